"""Splitting a tracklet whose shots before and after a crossing plainly show two people."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from reseen.tracking import Tracklet


@dataclass(frozen=True)
class SplitSettings:
    """When a tracklet is cut in two.

    Attributes:
        overlap: A crossing is where at least this share of the box was covered by another tracked person.
        cosine: Both sides are two people when their mean vectors are less alike than this.
        seconds: Each side must last at least this long, so that a doubtful end is not cut off.
    """

    overlap: float = 0.25
    cosine: float = 0.45
    seconds: float = 0.4


@dataclass(frozen=True, eq=False)
class EmbeddedTracklet:
    """A tracklet and the vectors of its shots.

    Attributes:
        tracklet: The tracklet.
        vectors: ``(S, D)`` float32 unit rows, one per shot of the tracklet, in the same order.
    """

    tracklet: Tracklet
    vectors: NDArray[np.float32]


def split_at_crossings(item: EmbeddedTracklet, settings: SplitSettings) -> tuple[EmbeddedTracklet, ...]:
    """Cut a tracklet at the crossing that best explains two different people; else give it back whole.

    Only places where another person covered this one can be cut: without a crossing an appearance that
    changes (turning round, a shadow) stays one person.
    """
    tracklet = item.tracklet
    best: tuple[float, float] | None = None
    shot_times = np.array([shot.time for shot in tracklet.shots])
    for at in _crossings(tracklet, settings.overlap):
        if at - tracklet.start < settings.seconds or tracklet.end - at < settings.seconds:
            continue
        before, after = shot_times <= at, shot_times > at
        if not before.any() or not after.any():
            continue
        likeness = _likeness(item.vectors[before], item.vectors[after])
        if likeness < settings.cosine and (best is None or likeness < best[0]):
            best = (likeness, at)
    if best is None:
        return (item,)
    head, tail = cut(item, best[1])
    return (*split_at_crossings(head, settings), *split_at_crossings(tail, settings))


def cut(item: EmbeddedTracklet, at: float) -> tuple[EmbeddedTracklet, EmbeddedTracklet]:
    """Cut in two: frames up to and including ``at`` (seconds), and those after it."""
    tracklet = item.tracklet
    early = tracklet.times <= at
    first = np.array([shot.time <= at for shot in tracklet.shots], bool)
    head = _part(tracklet, early, first)
    nobody = np.zeros(0, np.float64), np.zeros((0, 4), np.float32)
    tail = replace(_part(tracklet, ~early, ~first), warmup_times=nobody[0], warmup_boxes=nobody[1])
    return EmbeddedTracklet(head, item.vectors[first]), EmbeddedTracklet(tail, item.vectors[~first])


def _part(tracklet: Tracklet, frames: NDArray[np.bool_], shots: NDArray[np.bool_]) -> Tracklet:
    return replace(
        tracklet,
        times=tracklet.times[frames],
        boxes=tracklet.boxes[frames],
        scores=tracklet.scores[frames],
        observed=tracklet.observed[frames],
        overlaps=tracklet.overlaps[frames],
        shots=tuple(shot for shot, keep in zip(tracklet.shots, shots, strict=True) if keep),
    )


def _crossings(tracklet: Tracklet, overlap: float) -> list[float]:
    """The times of greatest overlap of each covered stretch, in seconds."""
    covered = tracklet.overlaps >= overlap
    edges = np.flatnonzero(np.diff(np.concatenate(([0], covered.astype(np.int8), [0]))))
    stretches = zip(edges[::2], edges[1::2], strict=True)
    return [float(tracklet.times[first + int(np.argmax(tracklet.overlaps[first:end]))]) for first, end in stretches]


def _likeness(before: NDArray[np.float32], after: NDArray[np.float32]) -> float:
    left, right = before.mean(axis=0), after.mean(axis=0)
    return float(left @ right / max(float(np.linalg.norm(left) * np.linalg.norm(right)), 1e-9))
