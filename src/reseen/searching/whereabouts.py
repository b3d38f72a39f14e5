"""Where everybody is in a stretch of a source, joined over segments: what is drawn over the picture."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d
from scipy.signal import savgol_filter

from reseen.library import Filter, Store, StoredTracklet

_SMOOTH = 5
"""Boxes are drawn as the straight line through so many looks has them (chosen by ``benchmarks/overlay.py``)."""

_TORN = 3.0
"""A gap of so many usual steps tears a path: nobody knows where the person was."""


@dataclass(frozen=True, eq=False)
class Whereabouts:
    """Where one person is; between two times, on the straight line between the boxes.

    Attributes:
        person: Id of the person (the first tracklet of the chain).
        wanted: Whether some of their tracklets were named as the wanted person's.
        times: ``(N,)`` float64, rising, seconds from the start of the source.
        boxes: ``(N, 4)`` float32, ``x1, y1, x2, y2`` in displayed pixels.
    """

    person: int
    wanted: bool
    times: NDArray[np.float64]
    boxes: NDArray[np.float32]


def whereabouts(
    store: Store, source_id: int, start: float, end: float, own: Collection[int] = ()
) -> tuple[Whereabouts, ...]:
    """Everybody in a source between two times (seconds), a frame further on either side; by id of the person.

    A detector's boxes tremble from look to look; the paths are smoothed as far as people move evenly.

    Args:
        store: The library.
        source_id: The source.
        start: From when on.
        end: Until when.
        own: Ids of the wanted person's tracklets.
    """
    found = store.tracklets_between(source_id, start, end)
    if not found:
        return ()
    persons = store.persons(Filter(sources=(source_id,)))
    ids = np.array([row.id for row in found], np.int64)
    places = np.minimum(np.searchsorted(persons.tracklet_ids, ids), len(persons.tracklet_ids) - 1)
    groups: dict[int, list[StoredTracklet]] = {}
    for row, place in zip(found, places, strict=True):
        known = persons.tracklet_ids[place] == row.id
        groups.setdefault(int(persons.person_ids[place]) if known else row.id, []).append(row)
    wanted = set(own)
    return tuple(
        _joined(person, rows, start, end, any(row.id in wanted for row in rows))
        for person, rows in sorted(groups.items())
    )


def _joined(person: int, rows: list[StoredTracklet], start: float, end: float, wanted: bool) -> Whereabouts:
    times, first = np.unique(np.concatenate([row.tracklet.times for row in rows]), return_index=True)
    boxes = np.concatenate([row.tracklet.boxes for row in rows])[first]
    low = max(int(np.searchsorted(times, start, "left")) - 1, 0)
    high = int(np.searchsorted(times, end, "right")) + 1
    return Whereabouts(person, wanted, times[low:high], smoothed(times, boxes)[low:high])


def smoothed(times: NDArray[np.float64], boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Boxes without their trembling: sizes averaged over a few looks, centres on a straight line through them.

    Args:
        times: ``(N,)`` float64, rising, seconds.
        boxes: ``(N, 4)`` float32; not changed.

    Returns:
        ``(N, 4)`` float32, at the same times.
    """
    steps = np.diff(times)
    torn = np.flatnonzero(steps > _TORN * float(np.median(steps))) + 1 if len(steps) else np.zeros(0, np.intp)
    return np.concatenate([_even(part) for part in np.split(boxes, torn)]).astype(np.float32)


def _even(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    if len(boxes) < _SMOOTH:
        return boxes
    centres, sizes = (boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]
    centres = savgol_filter(centres, _SMOOTH, 1, axis=0, mode="interp")
    halves = uniform_filter1d(sizes, _SMOOTH, axis=0, mode="nearest") / 2
    return np.concatenate([centres - halves, centres + halves], axis=1).astype(np.float32)
