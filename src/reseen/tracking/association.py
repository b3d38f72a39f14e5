"""Which detection belongs to which track.

Likeness is the overlap of boxes, both grown by how far the prediction may be off (buffered IoU, Yang et al., "Hard
to track objects with irregular motions and similar appearances? Make it easier by buffering the matching space",
WACV 2023; here the buffer comes from the filter, so it grows with the time since the last sight), times the
agreement of heights. The best assignment as a whole is taken (Hungarian method, by scipy).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from reseen.tracking.boxes import Boxes, iou


@dataclass(frozen=True)
class AssociationSettings:
    """What counts as the same person one step later.

    Attributes:
        buffer: How far boxes grow on each side, in standard deviations of the predicted centre.
        stretch: Ratio of heights (natural logarithm) at which likeness has fallen to 0.6.
        heading: Weight of going on in the same direction, in units of likeness.
        heading_reach: Heights travelled from which on a direction is trusted.
        ageing: Likeness lost per second that the person was not found, so that a fresh track goes before a lost one.
    """

    buffer: float = 1.0
    stretch: float = 0.25
    heading: float = 0.1
    heading_reach: float = 0.3
    ageing: float = 0.1


@dataclass(frozen=True, eq=False)
class Expectations:
    """Where N tracks are expected in the frame at hand.

    Attributes:
        boxes: ``(N, 4)`` expected boxes in pixels.
        spreads: ``(N, 2)`` standard deviations of their centres in pixels.
        origins: ``(N, 2)`` centres where they were last seen.
        strides: ``(N, 2)`` the way from an earlier sight to the last one, in heights; 0 where unknown.
        ages: ``(N,)`` seconds for which they were not found; 0 for those found in the frame before.
    """

    boxes: Boxes
    spreads: NDArray[np.float64]
    origins: NDArray[np.float64]
    strides: NDArray[np.float64]
    ages: NDArray[np.float64]

    def keep(self, rows: NDArray[np.intp]) -> Expectations:
        """Those of some tracks, chosen by index."""
        return Expectations(
            self.boxes[rows], self.spreads[rows], self.origins[rows], self.strides[rows], self.ages[rows]
        )


def likeness(expected: Expectations, boxes: Boxes, settings: AssociationSettings) -> NDArray[np.float64]:
    """How well each detection continues each track.

    Args:
        expected: N tracks.
        boxes: ``(M, 4)`` detections in pixels.
        settings: What counts as the same person.

    Returns:
        ``(N, M)``, about 0 (not at all) to 1 (exactly where expected).
    """
    margin = settings.buffer * np.concatenate([-expected.spreads, expected.spreads], axis=1)[:, None]
    overlap = iou(expected.boxes[:, None] + margin, boxes[None] + margin)
    heights = np.maximum(boxes[:, 3] - boxes[:, 1], 1.0)
    expected_heights = np.maximum(expected.boxes[:, 3] - expected.boxes[:, 1], 1.0)
    ratio = np.log(heights[None] / expected_heights[:, None]) / settings.stretch
    result = overlap * np.exp(-0.5 * ratio**2)
    result += settings.heading * _heading(expected, boxes, settings)
    return np.asarray(result - settings.ageing * expected.ages[:, None], np.float64)


def _heading(expected: Expectations, boxes: Boxes, settings: AssociationSettings) -> NDArray[np.float64]:
    """Cosine between the way come and the way to each detection, ``(N, M)``, less for short ways.

    The observation-centric momentum of Cao et al., "Observation-centric SORT", CVPR 2023.
    """
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2
    heights = np.maximum(expected.boxes[:, 3] - expected.boxes[:, 1], 1.0)
    onward = (centres[None] - expected.origins[:, None]) / heights[:, None, None]
    come = np.linalg.norm(expected.strides, axis=1)[:, None]
    go = np.linalg.norm(onward, axis=2)
    cosine = np.einsum("nd,nmd->nm", expected.strides, onward) / np.maximum(come * go, 1e-9)
    reach = settings.heading_reach
    return np.asarray(cosine * np.minimum(come / reach, 1.0) * np.minimum(go / reach, 1.0), np.float64)


@dataclass(frozen=True, eq=False)
class Stage:
    """Which tracks and detections may be paired, before others are.

    Attributes:
        rows: ``(N,)`` bool, the tracks.
        columns: ``(M,)`` bool, the detections.
        least: Pairs less alike than this stay apart. What a pair is worth is what lies above it, so that a doubtful
            pair is never made at the cost of a good one.
    """

    rows: NDArray[np.bool_]
    columns: NDArray[np.bool_]
    least: float


def assign_in_stages(values: NDArray[np.float64], stages: Sequence[Stage]) -> NDArray[np.intp]:
    """Give detections to tracks; in each stage those that are left, by the assignment that is best as a whole.

    Args:
        values: ``(N, M)`` likeness of tracks and detections.
        stages: The stages in their order.

    Returns:
        ``(M,)`` the track of each detection, or -1.
    """
    owners = np.full(values.shape[1], -1, np.intp)
    idle = np.ones(values.shape[0], np.bool_)
    for stage in stages:
        rows = np.flatnonzero(stage.rows & idle)
        columns = np.flatnonzero(stage.columns & (owners < 0))
        gain = np.maximum(values[np.ix_(rows, columns)] - stage.least, 0.0)
        for row, column in zip(*linear_sum_assignment(gain, maximize=True), strict=True):
            if gain[row, column] > 0:
                owners[columns[column]] = rows[row]
                idle[rows[row]] = False
    return owners


def doubtful_rows(
    values: NDArray[np.float64],
    owners: NDArray[np.intp],
    fresh: NDArray[np.bool_],
    least: float,
    margin: float,
) -> set[int]:
    """The tracks that may have been taken for each other.

    Args:
        values: ``(N, M)`` likeness of tracks and detections.
        owners: ``(M,)`` the track that each detection was given to, or -1.
        fresh: ``(N,)`` whether a track was found in the frame before; one that has been missing for longer has
            put the others in doubt already.
        least: Likeness that a pair needs.
        margin: Two tracks are in doubt if the assignment with them exchanged is worse by less than this, summed
            over both.

    Returns:
        Row indices; a track without detection is among them if it could as well have got another's.
    """
    doubtful: set[int] = set()
    columns = {int(row): column for column, row in enumerate(owners) if row >= 0}
    for row, column in columns.items():
        for rival in map(int, np.flatnonzero(values[:, column] >= least)):
            other = columns.get(rival)
            loss = values[row, column] - values[rival, column]
            if other is None:
                in_doubt = bool(fresh[rival]) and loss < margin
            else:
                loss += values[rival, other] - values[row, other]
                in_doubt = rival != row and values[row, other] >= least and loss < margin
            if in_doubt:
                doubtful |= {row, rival}
    return doubtful
