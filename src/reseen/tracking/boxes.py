"""Arithmetic of many boxes at once: overlap, cover, growth by a margin."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Boxes = NDArray[np.float64]
"""``(N, 4)`` float64, ``x1, y1, x2, y2`` in pixels."""


def intersections(first: Boxes, second: Boxes) -> NDArray[np.float64]:
    """Areas common to each pair.

    Args:
        first: ``(..., 4)`` boxes.
        second: ``(..., 4)`` boxes of a shape that broadcasts with ``first``.

    Returns:
        Areas in square pixels, of the broadcast shape without its last axis.
    """
    sides = np.minimum(first[..., 2:], second[..., 2:]) - np.maximum(first[..., :2], second[..., :2])
    sides = np.clip(sides, 0.0, None)
    return np.asarray(sides[..., 0] * sides[..., 1], np.float64)


def areas(boxes: Boxes) -> NDArray[np.float64]:
    """Areas in square pixels, ``(...)`` for boxes ``(..., 4)``; 0 for boxes turned inside out."""
    sides = np.clip(boxes[..., 2:] - boxes[..., :2], 0.0, None)
    return np.asarray(sides[..., 0] * sides[..., 1], np.float64)


def iou(first: Boxes, second: Boxes) -> NDArray[np.float64]:
    """Intersection over union in 0..1 of boxes whose shapes broadcast; 0 where both boxes are empty."""
    common = intersections(first, second)
    union = areas(first) + areas(second) - common
    return np.asarray(common / np.maximum(union, 1e-9), np.float64)


def covered(boxes: Boxes) -> NDArray[np.float64]:
    """The largest share of each box that any single other box of the same frame covers.

    Args:
        boxes: ``(N, 4)`` boxes of one frame.

    Returns:
        ``(N,)`` in 0..1; 0 for a box on its own.
    """
    if len(boxes) < 2:
        return np.zeros(len(boxes))
    common = intersections(boxes[:, None], boxes[None])
    np.fill_diagonal(common, 0.0)
    share = common.max(axis=1) / np.maximum(areas(boxes), 1e-9)
    return np.asarray(np.clip(share, 0.0, 1.0), np.float64)


def centre_size(boxes: Boxes) -> NDArray[np.float64]:
    """``(..., 4)`` centre x, centre y, width, height of boxes ``(..., 4)``, in pixels."""
    sides = boxes[..., 2:] - boxes[..., :2]
    return np.concatenate([boxes[..., :2] + sides / 2, sides], axis=-1)


def from_centre_size(values: NDArray[np.float64]) -> Boxes:
    """The boxes ``(..., 4)`` of centres and sizes ``(..., 4)``; the way back from :func:`centre_size`."""
    half = values[..., 2:] / 2
    return np.concatenate([values[..., :2] - half, values[..., :2] + half], axis=-1)
