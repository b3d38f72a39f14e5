"""Tracks that ended become tracklets: the segment's part of each, its overlaps and its best shots."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from reseen.tracking.boxes import Boxes, covered
from reseen.tracking.shots import ShotPool, ShotSettings, choose
from reseen.tracking.track import Sight, Track
from reseen.tracking.tracklet import Tracklet

_STEADY_SECONDS = 1.0
"""How long a person must be too small for a tracklet to end."""


def assemble(
    ended: Sequence[tuple[Track, ShotPool]], min_height: float, settings: ShotSettings
) -> tuple[Tracklet, ...]:
    """The tracklets of tracks, in order of their start (then from left to right).

    Args:
        ended: The tracks and their candidate shots; those without a frame in the segment are left out.
        min_height: Least height of a person in pixels; of a track only the stretches in which the person is so
            high become tracklets.
        settings: How shots are chosen.
    """
    parts = [
        (sights, pool)
        for track, pool in ended
        for piece in track.pieces()
        for sights in _tall_stretches(piece, min_height)
        if not sights[-1].warmup
    ]
    parts.sort(key=lambda part: (_inside(part[0])[0].time, *_inside(part[0])[0].box))
    overlaps = _overlaps([_inside(sights) for sights, _ in parts])
    return tuple(
        _tracklet(sights, pool, overlap, settings) for (sights, pool), overlap in zip(parts, overlaps, strict=True)
    )


def _inside(sights: list[Sight]) -> list[Sight]:
    """Those in the segment."""
    return [sight for sight in sights if not sight.warmup]


def _tall_stretches(sights: list[Sight], min_height: float) -> list[list[Sight]]:
    """The stretches of a track in which the person is at least so high; a moment of less does not end one.

    Boxes flutter, so the height that counts is the median over about a second.
    """
    if min_height <= 0:
        return [sights]
    times = np.array([sight.time for sight in sights])
    heights = np.array([sight.box[3] - sight.box[1] for sight in sights])
    smooth = [np.median(heights[np.abs(times - time) <= _STEADY_SECONDS / 2]) for time in times]
    stretches: list[list[Sight]] = []
    last: float | None = None
    for sight, height in zip(sights, smooth, strict=True):
        if height < min_height:
            continue
        if last is None or sight.time - last > _STEADY_SECONDS:
            stretches.append([])
        else:
            first = sights.index(stretches[-1][-1]) + 1
            stretches[-1].extend(sights[first : sights.index(sight)])
        stretches[-1].append(sight)
        last = sight.time
    return stretches


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
