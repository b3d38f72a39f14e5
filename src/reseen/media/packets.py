"""The packets of a source from a way in on, with their time stamps on the closed clock."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from os import PathLike

import av.error
from av.container import InputContainer
from av.format import Flags as FormatFlags
from av.packet import Packet
from av.video.stream import VideoStream

from reseen.media.clock import ClosedClock
from reseen.media.container import open_video
from reseen.media.segments import Entry

_BACK_SECONDS = (0, 5, 60)
_BACK_BYTES = (0, 1 << 20, 1 << 25)


class PacketReader:
    """Reads a video's packets from an entry on.

    Attributes:
        container: The open file.
        stream: Its stream of pictures.
        time_base: Seconds of a tick.
    """

    def __init__(self, path: str | PathLike[str], entry: Entry, threads: int = 1) -> None:
        """Opens the file.

        Args:
            path: The source.
            entry: Where to begin.
            threads: Threads of the stream's decoder.

        Raises:
            MediaError: If it cannot be opened.
        """
        self._path = path
        self._entry = entry
        self._threads = threads
        self.container: InputContainer
        self.stream: VideoStream
        self.container, self.stream = open_video(path, threads)
        self.time_base: Fraction = self.stream.time_base or Fraction(1, 1000)

    def close(self) -> None:
        """Closes the file."""
        self.container.close()

    def __iter__(self) -> Iterator[Packet[VideoStream]]:
        entry = self._entry
        if entry.stamp is not None or entry.position is not None:
            for packets in self._approaches():
                first = _find(packets, entry)
                if first is not None:
                    clock = clock_of(self.container, self.stream, entry.offset)
                    yield from clock.closed(_again(first, packets))
                    return
        yield from clock_of(self.container, self.stream).closed(readable_packets(self.container, self.stream))

    def _approaches(self) -> Iterator[Iterator[Packet[VideoStream]]]:
        """Streams of packets that should contain the entry, each from farther back; at last a fresh file."""
        entry = self._entry
        for back, size in zip(_BACK_SECONDS, _BACK_BYTES, strict=True):
            try:
                if entry.position is not None:
                    self.container.seek(max(0, entry.position - size), unsupported_byte_offset=True)
                else:
                    target = (entry.stamp or 0) - int(back / self.time_base)
                    self.container.seek(target, stream=self.stream)
            except (av.error.FFmpegError, OverflowError):
                continue
            yield readable_packets(self.container, self.stream)
        self.container.close()
        self.container, self.stream = open_video(self._path, self._threads)


def clock_of(container: InputContainer, stream: VideoStream, offset: int = 0) -> ClosedClock:
    """The clock by which a stream's packets are timed; the same for whoever reads them."""
    time_base = stream.time_base or Fraction(1, 1000)
    rate = stream.guessed_rate or stream.average_rate or Fraction(25)
    return ClosedClock(time_base, round(1 / rate / time_base), clock_may_jump(container), offset)


def clock_may_jump(container: InputContainer) -> bool:
    """Whether the format is one in which the clock may be set anew within a file (MPEG-TS and its like)."""
    return FormatFlags.ts_discont in FormatFlags(container.format.flags)


def readable_packets(container: InputContainer, stream: VideoStream) -> Iterator[Packet[VideoStream]]:
    """The stream's packets up to the end of the file or to where it can be read no further."""
    try:
        yield from container.demux(stream)
    except (av.error.FFmpegError, IndexError):
        # PyAV stumbles at the end of a file in which streams appeared that were not there at its start.
        return


def _again(first: Packet[VideoStream], rest: Iterator[Packet[VideoStream]]) -> Iterator[Packet[VideoStream]]:
    yield first
    yield from rest


def _find(packets: Iterator[Packet[VideoStream]], entry: Entry) -> Packet[VideoStream] | None:
    """Reads up to the entry's packet; ``None`` when the stream begins behind it or never comes to it."""
    for packet in packets:
        stamp = packet.pts if packet.pts is not None else packet.dts
        if stamp == entry.stamp and entry.position in {None, packet.pos}:
            return packet
        if entry.position is not None and packet.pos is not None and packet.pos > entry.position:
            return None
        if entry.position is None and packet.is_keyframe and (stamp or 0) > (entry.stamp or 0):
            return None
    return None
