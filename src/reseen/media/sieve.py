"""Leaving out pictures that nobody asked for and no other picture is built on.

H.264 says in each slice whether its picture is a reference for others. One that is not, and is not the first in
its cell of the time grid, changes nothing that is looked at: it need not be decoded. With the usual two or three
B-frames that is half of all pictures and a third of the work.
"""

from __future__ import annotations

from collections.abc import Callable

_SLICES = frozenset({1, 2, 5})
_START = b"\0\0\1"
_CELLS = 64


class ReferenceSieve:
    """Says of each packet of an H.264 stream whether it can be left out.

    The first picture of each cell is always kept, whatever the order of the packets: one is left out only if
    an earlier picture of the same cell was seen already, or if it lies before all that is asked for.
    """

    def __init__(self, extradata: bytes | None, cell_of: Callable[[int], int], needed_from: int | None = None) -> None:
        """Prepares for one stream.

        Args:
            extradata: The stream's configuration record, which tells how its units are separated.
            cell_of: The cell of the time grid in which a time stamp (in ticks) lies.
            needed_from: Ticks from which on pictures are asked for; earlier ones only serve as references.
        """
        self._length_size = (extradata[4] & 3) + 1 if extradata and extradata[0] == 1 and len(extradata) > 4 else 0
        self._cell_of = cell_of
        self._needed_from = needed_from
        self._first: dict[int, int] = {}

    def leaves_out(self, ticks: int, is_key: bool, data: memoryview) -> bool:
        """Whether the packet can be left out; to be asked of every packet, in order of decoding.

        Args:
            ticks: Time stamp of its picture.
            is_key: Whether it is a key frame.
            data: Its bytes.
        """
        if self._needed_from is not None and ticks < self._needed_from:
            return not is_key and not self._is_reference(data)
        cell = self._cell_of(ticks)
        first = self._first.get(cell)
        if first is None or ticks < first:
            self._first[cell] = ticks
            if len(self._first) > _CELLS:
                del self._first[min(self._first)]
            return False
        return ticks > first and not is_key and not self._is_reference(data)

    def _is_reference(self, data: memoryview) -> bool:
        header = self._slice_header(data)
        return header is None or header >> 5 & 3 != 0

    def _slice_header(self, data: memoryview) -> int | None:
        """The first byte of the packet's first slice; all slices of a picture agree in what it is used for."""
        if self._length_size:
            return self._by_length(data, self._length_size)
        at = 0
        text = bytes(data[:4096])
        while (at := text.find(_START, at)) >= 0 and at + 3 < len(text):
            if text[at + 3] & 31 in _SLICES:
                return text[at + 3]
            at += 3
        return None

    def _by_length(self, data: memoryview, size: int) -> int | None:
        at = 0
        while at + size < len(data):
            if data[at + size] & 31 in _SLICES:
                return data[at + size]
            at += size + int.from_bytes(data[at : at + size], "big")
        return None
