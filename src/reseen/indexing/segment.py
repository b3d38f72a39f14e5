"""A segment in, its tracklets out: the pure function at the heart of indexing.

What comes out depends on the source, the span, the models and the settings alone, so a segment can be done
again, on another day or another machine, with the same result.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reseen.detection import Detector, MotionGate
from reseen.embedding import Embedder
from reseen.indexing.progress import Stopwatch, mark
from reseen.indexing.settings import IndexSettings, Workers
from reseen.indexing.splitting import EmbeddedTracklet, SplitSettings, split_at_crossings
from reseen.media import Frame, Gap, ReadSettings, Span, open_segment
from reseen.tracking import ShotSettings, Tracker, TrackerSettings, Tracklet


@dataclass(frozen=True, eq=False)
class TrackedSegment:
    """A segment before embedding.

    Attributes:
        span: Which part of the source.
        tracklets: The people, with their shots.
        gaps: What could not be decoded.
        seconds: Footage looked through.
        frames: Frames analysed.
    """

    span: Span
    tracklets: tuple[Tracklet, ...]
    gaps: tuple[Gap, ...]
    seconds: float
    frames: int


AsKept = Callable[[NDArray[np.uint8]], NDArray[np.uint8]]
"""Gives a shot as the library will give it back: as a JPEG read again."""


def _as_it_is(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return picture


class Stopped(Exception):  # noqa: N818 - asked for, no error
    """The run was asked to stop; the segment at hand is dropped whole."""


class _Decoding:
    """A thread that decodes ahead: frames with the gate's word come out of a bounded queue, in order."""

    def __init__(self, path: Path, span: Span, settings: IndexSettings, workers: Workers, stop: threading.Event):
        self._source = path, span
        self._settings, self._workers, self._stop = settings, workers, stop
        self._queue: queue.Queue[tuple[Frame, bool] | BaseException | None] = queue.Queue(workers.queue_frames)
        self.gaps: tuple[Gap, ...] = ()
        self.last_time: float | None = None
        self.watch = Stopwatch()
        self._abandoned = threading.Event()
        self._thread = threading.Thread(target=self._run, name="decode", daemon=True)

    def __enter__(self) -> _Decoding:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._abandoned.set()
        with suppress(queue.Empty):
            while True:
                self._queue.get_nowait()
        self._thread.join()

    def __iter__(self) -> Iterator[tuple[Frame, bool]]:
        while True:
            item = self._queue.get()
            if item is None:
                return
            if isinstance(item, BaseException):
                raise item
            yield item

    def _run(self) -> None:
        try:
            self._decode()
            self._put(None)
        except BaseException as error:
            self._put(error)

    def _decode(self) -> None:
        path, span = self._source
        settings = self._settings
        read = ReadSettings(rate=settings.rate, warmup=settings.warmup_seconds, threads=self._workers.decode_threads)
        gate = MotionGate() if settings.gate else None
        with open_segment(path, span, read) as reader:
            since = mark()
            for frame in reader:
                since = self.watch.lap("decode", since)
                moved = gate is None or gate.moved(frame)
                since = self.watch.lap("gate", since)
                if moved:
                    _ = frame.bgr  # converted here, so that the detector need not wait for it
                    since = self.watch.lap("colour", since)
                self._put((frame, moved))
                since = mark()
            self.watch.lap("decode", since)
            self.gaps, self.last_time = tuple(reader.gaps), reader.last_time

    def _put(self, item: tuple[Frame, bool] | BaseException | None) -> None:
        while not self._abandoned.is_set():
            if self._stop.is_set() and not isinstance(item, BaseException):
                raise Stopped
            try:
                self._queue.put(item, timeout=0.2)
                return
            except queue.Full:
                continue


@dataclass(frozen=True, eq=False)
class SegmentTracker:
    """Detects and tracks the people of a segment.

    Attributes:
        detector: The detector, with the areas of the camera at hand.
        settings: How footage is analysed.
        workers: How the machine is used.
        stop: Set by another thread to end the segment early.
        watch: Where the stages' times are booked.
    """

    detector: Detector
    settings: IndexSettings
    workers: Workers
    stop: threading.Event
    watch: Stopwatch

    def run(self, path: Path, span: Span) -> TrackedSegment:
        """Look through one segment.

        Raises:
            MediaError: The file cannot be read (any more).
            Stopped: The run was asked to stop.
        """
        tracker = Tracker(TrackerSettings(), high=self.detector.high, shots=ShotSettings(k=self.settings.shots))
        frames = 0
        with _Decoding(path, span, self.settings, self.workers, self.stop) as decoding:
            for frame, moved in decoding:
                if self.stop.is_set():
                    raise Stopped
                since = mark()
                if moved:
                    detections = self.detector.detect(frame.bgr)
                    since = self.watch.lap("detect", since)
                    tracker.update(frame.time, detections, frame, cut=frame.cut, warmup=frame.warmup)
                else:
                    tracker.skip(frame.time, frame, warmup=frame.warmup)
                self.watch.lap("track", since)
                frames += not frame.warmup
        for stage in decoding.watch.cpu:
            self.watch.cpu[stage] = self.watch.cpu.get(stage, 0.0) + decoding.watch.cpu[stage]
            self.watch.wall[stage] = self.watch.wall.get(stage, 0.0) + decoding.watch.wall[stage]
        return TrackedSegment(span, tracker.finish(), decoding.gaps, seen_seconds(span, decoding.gaps), frames)


def seen_seconds(span: Span, gaps: Sequence[Gap]) -> float:
    """Seconds of a span that lie in none of the gaps; gaps may overlap, and reach beyond the span."""
    seen, at = 0.0, span.start
    for gap in sorted(gaps, key=lambda gap: gap.start):
        seen += max(min(gap.start, span.end) - at, 0.0)
        at = max(at, gap.end)
    return seen + max(span.end - at, 0.0)


def embed_segment(
    segment: TrackedSegment, embedder: Embedder, split: SplitSettings, watch: Stopwatch, as_kept: AsKept = _as_it_is
) -> tuple[EmbeddedTracklet, ...]:
    """Embed all shots of a segment in one go, and split what a crossing melted together.

    The batches are those of the segment, never those of a queue, so that results do not depend on timing.
    """
    since = mark()
    images = [as_kept(shot.image) for tracklet in segment.tracklets for shot in tracklet.shots]
    vectors = embedder.embed(images) if images else np.zeros((0, embedder.dim), np.float32)
    items: list[EmbeddedTracklet] = []
    row = 0
    for tracklet in segment.tracklets:
        part: NDArray[np.float32] = vectors[row : row + len(tracklet.shots)]
        row += len(tracklet.shots)
        items.extend(split_at_crossings(EmbeddedTracklet(tracklet, part), split))
    watch.lap("embed", since)
    return tuple(items)
