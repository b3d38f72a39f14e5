"""Packets in, frames with true times out; what does not come out is remembered."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable, Iterator
from fractions import Fraction
from os import PathLike

import av.error
from av.container import InputContainer
from av.filter import Graph
from av.format import Flags as FormatFlags
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from reseen.media.clock import ClosedClock
from reseen.media.container import open_video
from reseen.media.segments import Entry

_BACK_SECONDS = (0, 5, 60)
_BACK_BYTES = (0, 1 << 20, 1 << 25)

TimedFrame = tuple[int, VideoFrame]


class FrameDecoder:
    """Decodes a source from an entry on, frame by frame in the order of display.

    Packets that cannot be decoded are skipped; ``missing`` tells afterwards which.

    Attributes:
        time_base: Seconds of a tick.
        stored: Width and height of the stored pictures, as the container states them.
        pixel_aspect: Width of a pixel over its height, or ``None``.
        errors: How many packets the decoder refused.
    """

    def __init__(self, path: str | PathLike[str], entry: Entry, threads: int = 1) -> None:
        """Opens the file.

        Raises:
            MediaError: If it cannot be opened.
        """
        self._path = path
        self._entry = entry
        self._threads = threads
        self._container, self._stream = open_video(path, threads)
        self.time_base: Fraction = self._stream.time_base or Fraction(1, 1000)
        self.stored = (self._stream.codec_context.width, self._stream.codec_context.height)
        self.pixel_aspect = self._stream.sample_aspect_ratio
        self.errors = 0
        self._refused: set[int] = set()
        self._awaited: dict[int, int] = {}
        self._queue: list[int] = []

    def close(self) -> None:
        """Closes the file."""
        self._container.close()

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
        context = self._stream.codec_context
        for packet in self._packets():
            ticks = packet.pts
            if ticks is not None and not packet.is_discard:
                self._awaited[ticks] = packet.duration or 0
                if not self._entry.in_order:
                    heapq.heappush(self._queue, ticks)
            try:
                frames = context.decode(packet)
            except av.error.FFmpegError:
                self._refuse(ticks)
                continue
            yield from self._timed(frames)
        try:
            yield from self._timed(context.decode(None))
        except av.error.FFmpegError:
            self.errors += 1

    def _timed(self, frames: Iterable[VideoFrame]) -> Iterator[TimedFrame]:
        for frame in frames:
            ticks = frame.pts
            if not self._entry.in_order and self._queue:
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

    def _packets(self) -> Iterator[Packet[VideoStream]]:
        entry = self._entry
        if entry.stamp is not None or entry.position is not None:
            for packets in self._approaches():
                first = _find(packets, entry)
                if first is not None:
                    clock = clock_of(self._container, self._stream, entry.offset)
                    yield from clock.closed(_again(first, packets))
                    return
        packets = readable_packets(self._container, self._stream)
        yield from clock_of(self._container, self._stream).closed(packets)

    def _approaches(self) -> Iterator[Iterator[Packet[VideoStream]]]:
        """Streams of packets that should contain the entry, each from farther back; at last a fresh file."""
        entry, stream = self._entry, self._stream
        for seconds, size in zip(_BACK_SECONDS, _BACK_BYTES, strict=True):
            try:
                if entry.position is not None:
                    self._container.seek(max(0, entry.position - size), unsupported_byte_offset=True)
                else:
                    back = int(seconds / self.time_base)
                    self._container.seek((entry.stamp or 0) - back, stream=stream)
            except (av.error.FFmpegError, OverflowError):
                continue
            yield readable_packets(self._container, stream)
        self._container.close()
        self._container, self._stream = open_video(self._path, self._threads)


def clock_of(container: InputContainer, stream: VideoStream, offset: int = 0) -> ClosedClock:
    """The clock by which a stream's packets are timed; the same for whoever reads them."""
    time_base = stream.time_base or Fraction(1, 1000)
    rate = stream.guessed_rate or stream.average_rate or Fraction(25)
    return ClosedClock(time_base, round(1 / rate / time_base), clock_may_jump(container), offset)


def deinterlaced(frames: Iterable[TimedFrame], time_base: Fraction) -> Iterator[TimedFrame]:
    """Passes progressive frames through and fills in the missing lines of interlaced ones (bwdif).

    The filter looks at the frame before and after. It is set up at the first interlaced frame, with the frame
    before it, so that its output does not depend on where reading began.
    """
    before: TimedFrame | None = None
    lines: _Deinterlacer | None = None
    for ticks, frame in frames:
        shape = (frame.width, frame.height, frame.format.name)
        if lines is not None and lines.shape != shape:
            yield from lines.finish()
            lines, before = None, None
        if lines is None and frame.interlaced_frame:
            lines = _Deinterlacer(shape, frame, time_base)
            if before is not None and lines.accepts(before[1]):
                # It was handed on already; here it only serves as the filter's frame before.
                lines.lead_in(before)
        if lines is None:
            before = (ticks, frame)
            yield ticks, frame
        else:
            yield from lines.push(ticks, frame)
    if lines is not None:
        yield from lines.finish()


class _Deinterlacer:
    def __init__(self, shape: tuple[int, int, str], like: VideoFrame, time_base: Fraction) -> None:
        self.shape = shape
        self._graph = Graph()
        source = self._graph.add_buffer(width=like.width, height=like.height, format=like.format, time_base=time_base)
        filter_ = self._graph.add("bwdif", "mode=send_frame:parity=auto:deint=interlaced")
        self._graph.link_nodes(source, filter_, self._graph.add("buffersink")).configure()
        self._ticks: deque[int | None] = deque()

    def accepts(self, frame: VideoFrame) -> bool:
        return (frame.width, frame.height, frame.format.name) == self.shape

    def lead_in(self, frame: TimedFrame) -> None:
        self._ticks.append(None)
        self._graph.vpush(frame[1])

    def push(self, ticks: int, frame: VideoFrame) -> Iterator[TimedFrame]:
        self._ticks.append(ticks)
        self._graph.vpush(frame)
        yield from self._pull()

    def finish(self) -> Iterator[TimedFrame]:
        self._graph.vpush(None)
        yield from self._pull()

    def _pull(self) -> Iterator[TimedFrame]:
        # One frame out for each frame in, in order; the filter's own time stamps are not needed.
        while self._ticks:
            try:
                frame = self._graph.vpull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            ticks = self._ticks.popleft()
            if ticks is not None:
                yield ticks, frame


def clock_may_jump(container: InputContainer) -> bool:
    """Whether the format is one in which the clock may be set anew within a file (MPEG-TS and its like)."""
    return FormatFlags.ts_discont in FormatFlags(container.format.flags)


def readable_packets(container: InputContainer, stream: VideoStream) -> Iterator[Packet[VideoStream]]:
    """The stream's packets up to the end of the file or to where it can be read no further."""
    try:
        yield from container.demux(stream)
    except av.error.FFmpegError:
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
