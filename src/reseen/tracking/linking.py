"""Which tracklet of the segment before a tracklet continues."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from reseen.tracking.boxes import iou
from reseen.tracking.tracklet import Tracklet

_SAME_TIME = 1e-3
"""Seconds within which two times are those of the same frame."""


class Trail(Protocol):
    """Times and boxes of somebody, as in :class:`Tracklet`."""

    @property
    def times(self) -> NDArray[np.float64]:
        """``(N,)`` seconds, rising."""

    @property
    def boxes(self) -> NDArray[np.float32]:
        """``(N, 4)`` pixels."""


def link(previous: Sequence[tuple[int, Trail]], tracklet: Tracklet, least: float = 0.5) -> int | None:
    """Find the tracklet of the segment before that a tracklet continues.

    Both trackers saw the warm-up frames, so the same person has the same boxes there.

    Args:
        previous: Number and trail of the tracklets of the segment before.
        tracklet: A tracklet with its warm-up boxes.
        least: Mean IoU needed over the times that both have.

    Returns:
        The number of the predecessor; ``None`` if there is none. Of several the one that shares most: the sum of
        the IoU over equal times counts.
    """
    best: tuple[float, int] | None = None
    for number, trail in previous:
        here, there = _equal_times(tracklet.warmup_times, trail.times)
        if len(here) == 0:
            continue
        same = iou(tracklet.warmup_boxes[here].astype(np.float64), trail.boxes[there].astype(np.float64))
        if float(same.mean()) >= least and (best is None or float(same.sum()) > best[0]):
            best = float(same.sum()), number
    return best[1] if best else None


def _equal_times(first: NDArray[np.float64], second: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Indices into both of the times that both have; both rise."""
    if len(second) == 0:
        return np.zeros(0, np.intp), np.zeros(0, np.intp)
    near = np.clip(np.searchsorted(second, first - _SAME_TIME), 0, len(second) - 1)
    same = np.abs(second[near] - first) <= _SAME_TIME
    return np.flatnonzero(same), near[same].astype(np.intp)
