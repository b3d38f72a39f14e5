"""Scenes of people for the tests of tracking: their boxes by time, and frames to crop from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reseen.detection import Detections
from reseen.media import Frame
from reseen.tracking import ShotSettings, Tracker, TrackerSettings, Tracklet

HIGH = 0.5
Boxes = NDArray[np.float64]


@dataclass(frozen=True)
class Moment:
    """One frame: the true people by number, and what a detector says of them."""

    time: float
    truth: dict[int, Boxes]
    boxes: Boxes
    scores: NDArray[np.float64]

    @property
    def detections(self) -> Detections:
        return detections(self.boxes, self.scores)


def box(x: float, y: float = 200.0, height: float = 100.0) -> Boxes:
    """A person of whom the middle of the feet is at ``x, y``."""
    return np.array([x - 0.2 * height, y - height, x + 0.2 * height, y])


def detections(boxes: Sequence[Boxes] | Boxes, scores: Sequence[float] | NDArray[np.float64] | float) -> Detections:
    rows = np.asarray(boxes, np.float32).reshape(-1, 4)
    return Detections(rows, np.broadcast_to(np.asarray(scores, np.float32), (len(rows),)).copy())


def walkers(seed: int, people: int = 6, seconds: float = 20.0, rate: float = 5.0, miss: float = 0.0) -> list[Moment]:
    """People who walk straight on at several depths, come and go; a share of the detections is missing or doubtful."""
    rng = np.random.default_rng(seed)
    starts = rng.uniform(-3, seconds * 0.7, people)
    ends = starts + rng.uniform(4, 12, people)
    heights = rng.uniform(70, 220, people)
    speeds = rng.choice([-1, 1], people) * rng.uniform(0.3, 1.2, people) * heights
    xs, sways = rng.uniform(200, 1000, people), rng.uniform(0, 6, people)
    moments = []
    for index in range(int(seconds * rate) + 1):
        time = index / rate
        truth = {
            number: box(
                xs[number] + speeds[number] * (time - starts[number]),
                300 + heights[number] + 3 * np.sin(time + sways[number]),
                heights[number],
            )
            for number in range(people)
            if starts[number] <= time <= ends[number]
        }
        luck = {number: rng.uniform() for number in range(people)}
        seen = [number for number in truth if luck[number] >= miss]
        jitter = rng.normal(0, 0.02, (people, 4))
        boxes = [truth[number] + jitter[number] * heights[number] for number in seen]
        scores = [0.9 if luck[number] >= 2 * miss else 0.3 for number in seen]
        moments.append(Moment(time, truth, np.array(boxes).reshape(-1, 4), np.array(scores)))
    return moments


def track(
    frames: Sequence[tuple[float, Sequence[Boxes] | Boxes, Sequence[float] | NDArray[np.float64] | float]],
    *,
    cuts: Sequence[float] = (),
    warmup: float = -1.0,
    settings: TrackerSettings | None = None,
) -> tuple[Tracklet, ...]:
    """Track frames given as time, boxes and scores; those before ``warmup`` are warm-up."""
    tracker = Tracker(settings or TrackerSettings(), HIGH)
    for time, boxes, scores in frames:
        tracker.update(time, detections(boxes, scores), cut=time in cuts, warmup=time < warmup)
    return tracker.finish()


def track_moments(moments: Sequence[Moment], warmup: float = -1.0) -> tuple[Tracklet, ...]:
    return track([(moment.time, moment.boxes, moment.scores) for moment in moments], warmup=warmup)


def frame(time: float, seed: int = 0, size: tuple[int, int] = (640, 360)) -> Frame:
    """A frame of coloured noise, with nothing else in it."""
    width, height = size
    picture = np.random.default_rng(seed).integers(0, 255, (height, width, 3), np.uint8)
    return Frame(time, width, height, np.zeros((4, 4), np.uint8), lambda: picture)


def tracked_shots(
    boxes: Iterator[tuple[float, Boxes, float]] | Sequence[tuple[float, Boxes, float]], shots: ShotSettings
) -> Tracklet:
    """The only tracklet of one person given by time, box and score."""
    tracker = Tracker(TrackerSettings(), HIGH, shots)
    for time, where, score in boxes:
        tracker.update(time, detections([where], score), frame(time, seed=int(time * 1000)))
    (only,) = tracker.finish()
    return only
