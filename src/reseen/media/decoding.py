"""Packets in, frames with true times out; what does not come out is remembered."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Iterator
from os import PathLike
from typing import cast

import av.error
from av.video.frame import VideoFrame

from reseen.media.clock import grid_cell, seconds
from reseen.media.interlace import TimedFrame, deinterlaced
from reseen.media.packets import PacketReader
from reseen.media.segments import Entry
from reseen.media.sieve import ReferenceSieve

_PROGRESSIVE = 1


class FrameDecoder:
    """Decodes a source from an entry on, frame by frame in the order of display.

    Packets that cannot be decoded are skipped; ``missing`` tells afterwards which.

    Attributes:
        time_base: Seconds of a tick.
        stored: Width and height of the stored pictures, as the container states them.
        pixel_aspect: Width of a pixel over its height, or ``None``.
        errors: How many packets the decoder refused.
    """

    def __init__(
        self,
        path: str | PathLike[str],
        entry: Entry,
        threads: int = 1,
        rate: float | None = None,
        needed_from: float | None = None,
    ) -> None:
        """Opens the file.

        Args:
            path: The source.
            entry: Where to begin.
            threads: Threads of the decoder; 0 leaves the number to FFmpeg.
            rate: Frames a second that will be chosen from the frames; pictures that are neither first in their
                cell of that grid nor needed by others may be left out. ``None`` decodes everything.
            needed_from: With a rate: seconds before which frames may be left out altogether.

        Raises:
            MediaError: If it cannot be opened.
        """
        self._packets = PacketReader(path, entry, threads)
        stream = self._packets.stream
        self.time_base = self._packets.time_base
        self.stored = (stream.codec_context.width, stream.codec_context.height)
        self.pixel_aspect = stream.sample_aspect_ratio
        self.errors = 0
        self._in_order = entry.in_order
        self._sieve = self._sieve_for(rate, needed_from, entry) if rate is not None else None
        self._refused: set[int] = set()
        self._awaited: dict[int, int] = {}
        self._queue: list[int] = []

    def close(self) -> None:
        """Closes the file."""
        self._packets.close()

    def frames(self) -> Iterator[TimedFrame]:
        """The frames with their ticks, deinterlaced where they are interlaced; ticks always rise."""
        last: int | None = None
        for ticks, frame in deinterlaced(self._decoded(), self.time_base):
            if last is None or ticks > last:
                last = ticks
                yield ticks, frame

    def missing(self) -> list[tuple[int, int, bool]]:
        """Packets without a frame: ticks, duration in ticks, and whether the decoder refused them."""
        return [(t, duration, t in self._refused) for t, duration in sorted(self._awaited.items())]

    def _decoded(self) -> Iterator[TimedFrame]:
        harmed = started = False
        for packet in self._packets:
            ticks = packet.pts
            # Behind damage whatever can be decoded is welcome, up to the next key frame.
            harmed = harmed and not packet.is_keyframe
            started = started or packet.is_keyframe
            if self._sieve is not None and ticks is not None:
                data = memoryview(cast(bytes, packet))
                if self._sieve.leaves_out(ticks, packet.is_keyframe, data) and not harmed:
                    continue
            if ticks is not None and not packet.is_discard:
                self._awaited[ticks] = packet.duration or 0
                if started and not self._in_order:
                    heapq.heappush(self._queue, ticks)
            try:
                frames = self._packets.stream.codec_context.decode(packet)
            except av.error.FFmpegError:
                self._refuse(ticks)
                harmed = True
                continue
            yield from self._timed(frames)
        try:
            yield from self._timed(self._packets.stream.codec_context.decode(None))
        except av.error.FFmpegError:
            self.errors += 1

    def _timed(self, frames: Iterable[VideoFrame]) -> Iterator[TimedFrame]:
        for frame in frames:
            ticks = frame.pts
            if not self._in_order and self._queue:
                # The stamps are right as a set, but were given out in the order of decoding.
                ticks = heapq.heappop(self._queue)
            if ticks is not None:
                self._awaited.pop(ticks, None)
                yield ticks, frame

    def _refuse(self, ticks: int | None) -> None:
        self.errors += 1
        if ticks is not None:
            self._refused.add(ticks)
            if ticks in self._queue:
                self._queue.remove(ticks)
                heapq.heapify(self._queue)

    def _sieve_for(self, rate: float, needed_from: float | None, entry: Entry) -> ReferenceSieve | None:
        context = self._packets.stream.codec_context
        # The deinterlacer needs all neighbours, and times by order need all packets.
        if context.name != "h264" or context.field_order != _PROGRESSIVE or not entry.in_order:
            return None
        # Nothing here may hold on to the decoder itself: a circle would keep its pictures in memory.
        origin, time_base = entry.origin, self.time_base
        return ReferenceSieve(
            context.extradata,
            lambda ticks: grid_cell(seconds(ticks - origin, time_base), rate),
            None if needed_from is None else origin + math.floor(needed_from / time_base),
        )
