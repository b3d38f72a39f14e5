"""Reading a segment: the frames of a span, chosen by time, with what is missing among them."""

from __future__ import annotations

import math
import statistics
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from os import PathLike
from types import TracebackType
from typing import Self

from reseen.media.clock import FramePicker, seconds
from reseen.media.container import check_file
from reseen.media.cuts import COMPARISONS, CONTEXT, mark_cuts
from reseen.media.decoding import FrameDecoder
from reseen.media.frame import Frame
from reseen.media.kinds import kind_of
from reseen.media.pictures import Picture, still_pictures, video_pictures
from reseen.media.segments import Entry, Gap, Span
from reseen.media.survey import survey

_PAUSE_SECONDS = 10.0
_PAUSE_STEPS = 10
_SILENT_SECONDS = 0.5


@dataclass(frozen=True)
class ReadSettings:
    """How a segment is read.

    Attributes:
        rate: Frames a second to choose: for every ``k / rate`` the first frame at or after it.
        warmup: Seconds before the span of which frames are delivered too, marked ``warmup``; as far back as
            the span's entry allows.
        every: Choose all frames instead.
        threads: Threads of the decoder; 0 leaves the number to FFmpeg. The frames are the same.
    """

    rate: float = 5.0
    warmup: float = 2.0
    every: bool = False
    threads: int = 1


class SegmentReader:
    """The frames of one span, a pure function of source, span and settings.

    Iterate over it once. ``gaps`` is complete when the iteration has ended by itself.

    Attributes:
        gaps: What could not be seen of the span, in order of time.
        decoded: Frames of the span decoded so far, chosen or not; ones that no chosen frame needs may be left
            out.
        last_time: Seconds of the last of them, or ``None``.
    """

    def __init__(self, path: str | PathLike[str], span: Span, settings: ReadSettings) -> None:
        """Opens the source.

        Raises:
            MediaError: If it cannot be opened.
        """
        self.gaps: tuple[Gap, ...] = span.gaps
        self.decoded = 0
        self.last_time: float | None = None
        self._span = span
        self._settings = settings
        check_file(path)
        self._path = path
        self._pauses: list[Gap] = []
        self._entry = span.entry or Entry(0)
        self._decoder: FrameDecoder | None = None
        if kind_of(path) != "image":
            self._entry = span.entry or _entry_for(path, span)
            rate = None if settings.every else settings.rate
            # A cell more of both grids, so that its first frame is there for all that is looked at.
            needed_from = span.start - max(settings.warmup, CONTEXT) - 1 / COMPARISONS - 1 / settings.rate
            self._decoder = FrameDecoder(path, self._entry, settings.threads, rate, needed_from)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the source."""
        if self._decoder is not None:
            self._decoder.close()

    def __iter__(self) -> Iterator[Frame]:
        start, end = self._span.start, self._end
        for frame in mark_cuts(self._chosen()):
            if frame.time >= end:
                break
            if frame.time >= start - self._settings.warmup:
                yield replace(frame, warmup=True) if frame.time < start else frame
        self.gaps = merge_gaps([*self._span.gaps, *self._pauses, *self._missing()])

    @property
    def _end(self) -> float:
        """A still image has no duration, and its only frame counts all the same."""
        return self._span.end if self._span.end > self._span.start else math.inf

    def _chosen(self) -> Iterator[Frame]:
        picker = FramePicker(self._settings.rate, self._settings.every)
        steps: deque[float] = deque(maxlen=101)
        before: float | None = None
        for picture in self._pictures():
            if self._span.start <= picture.time < self._end:
                self.decoded += 1
                self.last_time = picture.time
            if before is not None:
                self._note_pause(before, picture.time, steps)
                steps.append(picture.time - before)
            before = picture.time
            if picker.wants(picture.time):
                yield picture.frame()

    def _pictures(self) -> Iterator[Picture]:
        if self._decoder is None:
            return still_pictures(self._path)
        return video_pictures(self._decoder, self._entry.origin)

    def _note_pause(self, before: float, now: float, steps: deque[float]) -> None:
        if now - before <= _PAUSE_SECONDS or not steps:
            return
        usual = statistics.median(steps)
        if now - before > _PAUSE_STEPS * usual:
            start, end = max(before + usual, self._span.start), min(now, self._end)
            if start < end:
                self._pauses.append(Gap(start, end, "no pictures were recorded"))

    def _missing(self) -> list[Gap]:
        """Stretches whose packets gave no frame: refused by the decoder, or silent for long."""
        decoder = self._decoder
        if decoder is None:
            return []
        gaps: list[Gap] = []
        threaded = self._settings.threads != 1
        run: list[tuple[float, float, bool]] = []
        for ticks, duration, refused in decoder.missing():
            start = seconds(ticks - self._entry.origin, decoder.time_base)
            if not self._span.start <= start < self._end:
                continue
            # With several threads the decoder reports an error late, with another packet.
            packet = (
                start,
                start + seconds(duration, decoder.time_base),
                refused or (threaded and decoder.errors > 0),
            )
            if run and start > run[-1][1] + 1e-3:
                gaps += _gap_of(run)
                run = []
            run.append(packet)
        return gaps + _gap_of(run)


def open_segment(path: str | PathLike[str], span: Span, settings: ReadSettings | None = None) -> SegmentReader:
    """Opens one segment of a source for reading.

    Args:
        path: The source.
        span: One of ``plan_segments``.
        settings: How to read it.

    Raises:
        MediaError: If the source cannot be opened.
    """
    return SegmentReader(path, span, settings or ReadSettings())


def merge_gaps(gaps: list[Gap]) -> tuple[Gap, ...]:
    """Sorts gaps by time and joins those of one reason that touch."""
    merged: list[Gap] = []
    for gap in sorted(gaps, key=lambda g: (g.start, g.end)):
        last = merged[-1] if merged else None
        if last is not None and last.reason == gap.reason and gap.start <= last.end + 1e-3 and gap.end > gap.start:
            merged[-1] = replace(last, end=max(last.end, gap.end))
        else:
            merged.append(gap)
    return tuple(merged)


def _gap_of(run: list[tuple[float, float, bool]]) -> list[Gap]:
    if not run:
        return []
    start, end = run[0][0], run[-1][1]
    if any(refused for _, _, refused in run):
        return [Gap(start, end, "damaged: it cannot be decoded")]
    # Single packets without a frame of their own are normal in some codings (second fields, hidden frames).
    return [Gap(start, end, "no picture came out of the decoder")] if end - start > _SILENT_SECONDS else []


def _entry_for(path: str | PathLike[str], span: Span) -> Entry:
    spans = survey(path).spans
    fitting = [s for s in spans if s.start <= span.start + 1e-6 and s.entry is not None]
    return (fitting or spans)[-1].entry or Entry(0)
