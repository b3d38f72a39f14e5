"""Filling in the missing lines of interlaced pictures."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from fractions import Fraction

import av.error
from av.filter import Graph
from av.video.frame import VideoFrame

TimedFrame = tuple[int, VideoFrame]
"""Ticks of the source's clock and the frame."""


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
