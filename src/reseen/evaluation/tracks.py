"""How well tracklets follow the true people: IDF1, identity switches, fragmentations.

IDF1 is that of Ristani et al., "Performance measures and a data set for multi-target, multi-camera tracking", ECCV
workshops 2016; switches and fragmentations those of Bernardin and Stiefelhagen, "Evaluating multiple object tracking
performance: the CLEAR MOT metrics", 2008. Assignment is by scipy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

Trails = Mapping[int, Mapping[int, NDArray[np.float64]]]
"""Per identity the boxes ``(4,)`` (``x1, y1, x2, y2`` in pixels) by frame number."""


@dataclass(frozen=True)
class TrackFigures:
    """What came of a comparison.

    Attributes:
        idf1: Share of boxes with the right identity, when each true person is given one tracklet at best, 0..1.
        recall: Share of true boxes that some tracklet covers, 0..1.
        precision: Share of tracklets' boxes that cover a true one, 0..1.
        switches: How often a true person goes over from one tracklet to another.
        fragments: How often a true person is lost and found again.
        mixed: Tracklets that cover two people, each in at least two frames.
        truths: True people.
        tracklets: Tracklets.
    """

    idf1: float
    recall: float
    precision: float
    switches: int
    fragments: int
    mixed: int
    truths: int
    tracklets: int


def compare_tracks(truth: Trails, found: Trails, least_iou: float = 0.5) -> TrackFigures:
    """Compare tracklets with the truth.

    Args:
        truth: The true people.
        found: The tracklets.
        least_iou: Overlap from which on a box covers a true one.

    Returns:
        The figures; ratios are 1 where there is nothing to be found and nothing was.
    """
    true_ids, found_ids = sorted(truth), sorted(found)
    frames = sorted({frame for trail in (*truth.values(), *found.values()) for frame in trail})
    together = np.zeros((len(true_ids), len(found_ids)), np.int64)
    given = np.full((len(true_ids), len(frames)), -1, np.intp)
    present = np.zeros(given.shape, bool)
    for column, frame in enumerate(frames):
        here = [row for row, number in enumerate(true_ids) if frame in truth[number]]
        there = [row for row, number in enumerate(found_ids) if frame in found[number]]
        present[here, column] = True
        if not here or not there:
            continue
        overlap = _iou([truth[true_ids[row]][frame] for row in here], [found[found_ids[row]][frame] for row in there])
        together[np.ix_(here, there)] += overlap >= least_iou
        before = given[:, column - 1] if column else np.full(len(true_ids), -1, np.intp)
        for row, other in _match(overlap, least_iou, [before[row] for row in here], there):
            given[here[row], column] = there[other]
    boxes = sum(len(trail) for trail in truth.values()), sum(len(trail) for trail in found.values())
    covered = int((given >= 0).sum())
    rows, columns = linear_sum_assignment(together, maximize=True)
    same = int(together[rows, columns].sum())
    return TrackFigures(
        idf1=2 * same / sum(boxes) if sum(boxes) else 1.0,
        recall=covered / boxes[0] if boxes[0] else 1.0,
        precision=covered / boxes[1] if boxes[1] else 1.0,
        switches=sum(_switches(row) for row in given),
        fragments=sum(_fragments(row, there) for row, there in zip(given, present, strict=True)),
        mixed=_mixed(given, len(found_ids)),
        truths=len(true_ids),
        tracklets=len(found_ids),
    )


def _iou(first: Sequence[NDArray[np.float64]], second: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    one, two = np.asarray(first, np.float64)[:, None], np.asarray(second, np.float64)[None]
    common = np.prod(
        np.clip(np.minimum(one[..., 2:], two[..., 2:]) - np.maximum(one[..., :2], two[..., :2]), 0, None), -1
    )
    union = np.prod(one[..., 2:] - one[..., :2], -1) + np.prod(two[..., 2:] - two[..., :2], -1) - common
    return np.asarray(common / np.maximum(union, 1e-9), np.float64)


def _match(
    overlap: NDArray[np.float64], least: float, before: Sequence[int], there: Sequence[int]
) -> list[tuple[int, int]]:
    """Pairs of one frame: those of the frame before stay if they can, then the best as a whole."""
    value = np.where(overlap >= least, overlap + 1.0, 0.0)
    stays = np.asarray(before)[:, None] == np.asarray(there)[None]
    value += 1000.0 * (stays & (overlap >= least))
    rows, columns = linear_sum_assignment(value, maximize=True)
    return [(int(row), int(column)) for row, column in zip(rows, columns, strict=True) if value[row, column] > 0]


def _switches(given: NDArray[np.intp]) -> int:
    known = given[given >= 0]
    return int((known[1:] != known[:-1]).sum())


def _fragments(given: NDArray[np.intp], present: NDArray[np.bool_]) -> int:
    """How often following starts again after having been interrupted while the person was there."""
    followed = given[present] >= 0
    return max(int((followed[1:] & ~followed[:-1]).sum()) - int(followed.any() and not followed[0]), 0)


def _mixed(given: NDArray[np.intp], tracklets: int) -> int:
    counts = np.array([[int((row == number).sum()) for row in given] for number in range(tracklets)])
    return int(((counts >= 2).sum(axis=1) >= 2).sum()) if tracklets and len(given) else 0
