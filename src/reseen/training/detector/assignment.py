"""Which cells answer for which person: SimOTA (Ge et al., "OTA", CVPR 2021; "YOLOX") with a teacher's boxes.

The cost of giving a cell to a person is how far the teacher's box and score of that cell are from the person, and,
for people that the teacher does not see, how badly their size suits the level. It is computed once a canvas.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reseen.evaluation.detection import intersections
from reseen.training.detector.cells import LARGEST
from reseen.training.detector.scenes import Boxes

NOBODY = -1
IGNORED = -2
CANDIDATES = 10
RADIUS = 2.5
"""Cells answer within this many strides of a person's centre."""
USUAL_SIZE = 5.0
"""Strides that a person measures (root of the area) on the level that suits best."""
FAR = 1e6


def assign(
    cells: NDArray[np.float32],
    places: NDArray[np.float32],
    strides: NDArray[np.float32],
    boxes: Boxes,
    ignored: Boxes,
) -> NDArray[np.int16]:
    """Give cells to people.

    Args:
        cells: ``(N, 5)``, what the teacher says.
        places: ``(N, 2)`` columns and rows of the cells.
        strides: ``(N, 1)``.
        boxes: ``(G, 4)`` people in pixels of the canvas.
        ignored: ``(I, 4)`` regions of which nothing is known.

    Returns:
        ``(N,)``: the number of the person, ``NOBODY``, or ``IGNORED`` (the cell's middle is in an ignored region).
    """
    middle = (places + 0.5) * strides
    result = np.full(len(cells), NOBODY, np.int16)
    result[_inside(middle, ignored).any(1)] = IGNORED
    if not len(boxes):
        return result
    cost, overlap = _costs(cells, places, strides, boxes)
    chosen = np.zeros(cost.shape, np.bool_)
    for person in range(len(boxes)):
        best = np.sort(overlap[:, person])[::-1][:CANDIDATES]
        count = max(1, int(best.sum()))
        nearest = np.argsort(cost[:, person], kind="stable")[:count]
        chosen[nearest[cost[nearest, person] < FAR], person] = True
    wanted = np.flatnonzero(chosen.any(1))
    priced = np.where(chosen[wanted], cost[wanted], np.inf)
    result[wanted] = priced.argmin(1)
    return result


def _costs(
    cells: NDArray[np.float32], places: NDArray[np.float32], strides: NDArray[np.float32], boxes: Boxes
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Cost and overlap of each cell with each person, both ``(N, G)``; the cost is ``FAR`` out of reach."""
    centre = (cells[:, :2] + places) * strides
    half = np.exp(np.minimum(cells[:, 2:4], LARGEST)) * strides / 2
    said = np.concatenate([centre - half, centre + half], 1)
    shared = intersections(said, boxes)
    size = np.maximum(boxes[:, 2:] - boxes[:, :2], 1e-3)
    union = (4 * half.prod(1))[:, None] + size.prod(1) - shared
    middle = (places + 0.5) * strides
    people = (boxes[:, :2] + boxes[:, 2:]) / 2
    reach = np.abs(middle[:, None] - people).max(2) < RADIUS * strides
    reach &= _inside(middle, boxes) | (np.abs(middle[:, None] - people).max(2) <= strides / 2)
    overlap = np.where(reach, shared / np.maximum(union, 1e-9), 0.0)
    score = -0.5 * np.log(np.clip(cells[:, 4:5], 1e-4, 1.0))
    level = np.abs(np.log2(np.sqrt(size.prod(1)) / (USUAL_SIZE * strides)))
    away = np.abs(middle[:, None] - people).max(2) / strides
    cost = score - 3.0 * np.log(overlap + 0.05) + level + 0.2 * away
    return np.where(reach, cost, FAR), overlap


def _inside(points: NDArray[np.float32], boxes: Boxes) -> NDArray[np.bool_]:
    low = (points[:, None] >= boxes[:, :2]).all(2)
    high = (points[:, None] <= boxes[:, 2:]).all(2)
    return np.asarray(low & high, np.bool_)
