"""Tracks that ended become tracklets: the segment's part of each, its overlaps and its best shots."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from reseen.tracking.boxes import Boxes, covered
from reseen.tracking.shots import ShotPool, ShotSettings, choose
from reseen.tracking.track import Sight, Track
from reseen.tracking.tracklet import Tracklet


def assemble(ended: Sequence[tuple[Track, ShotPool]], settings: ShotSettings) -> tuple[Tracklet, ...]:
    """The tracklets of tracks, in order of their start (then from left to right).

    Args:
        ended: The tracks and their candidate shots; those without a frame in the segment are left out.
        settings: How shots are chosen.
    """
    parts = [(track.sights, pool) for track, pool in ended if not track.last.warmup]
    parts.sort(key=lambda part: (_inside(part[0])[0].time, *_inside(part[0])[0].box))
    overlaps = _overlaps([_inside(sights) for sights, _ in parts])
    return tuple(
        _tracklet(sights, pool, overlap, settings) for (sights, pool), overlap in zip(parts, overlaps, strict=True)
    )


def _inside(sights: list[Sight]) -> list[Sight]:
    """Those in the segment."""
    return [sight for sight in sights if not sight.warmup]


def _tracklet(sights: list[Sight], pool: ShotPool, overlaps: NDArray[np.float32], settings: ShotSettings) -> Tracklet:
    inside = _inside(sights)
    before = sights[: len(sights) - len(inside)]
    times = np.array([sight.time for sight in inside], np.float64)
    candidates = tuple(shot for shot in pool.shots() if times[0] <= shot.time <= times[-1])
    return Tracklet(
        times=times,
        boxes=_boxes(inside).astype(np.float32),
        scores=np.array([sight.score for sight in inside], np.float32),
        observed=np.array([sight.observed for sight in inside], np.bool_),
        overlaps=overlaps,
        shots=choose(candidates, times, overlaps, settings),
        warmup_times=np.array([sight.time for sight in before], np.float64),
        warmup_boxes=_boxes(before).astype(np.float32),
    )


def _boxes(sights: list[Sight]) -> Boxes:
    return np.array([sight.box for sight in sights], np.float64).reshape(-1, 4)


def _overlaps(parts: list[list[Sight]]) -> list[NDArray[np.float32]]:
    """For each track and each of its sights, how much the others covered it at that time."""
    at: dict[float, list[tuple[int, int]]] = {}
    for index, sights in enumerate(parts):
        for position, sight in enumerate(sights):
            at.setdefault(sight.time, []).append((index, position))
    result = [np.zeros(len(sights), np.float32) for sights in parts]
    for present in at.values():
        shares = covered(_boxes([parts[index][position] for index, position in present]))
        for (index, position), share in zip(present, shares, strict=True):
            result[index][position] = share
    return result
