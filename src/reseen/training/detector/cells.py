"""The cells of the three levels: positions, and boxes in YOLOX's parametrisation.

A cell of stride s at column x, row y that says ``(a, b, c, d)`` means a box with the centre ``((x + a) s, (y + b) s)``
and the size ``(s exp c, s exp d)`` (Ge et al., "YOLOX", arXiv 2107.08430).
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

STRIDES = (8, 16, 32)
LARGEST = 6.0
"""Bound of the logarithms of sizes, in strides."""


def grid(height: int, width: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Columns and rows ``(N, 2)`` and strides ``(N, 1)`` of all cells, finest level first, row by row."""
    places, strides = [], []
    for stride in STRIDES:
        rows, columns = np.mgrid[: height // stride, : width // stride]
        places.append(np.stack([columns.ravel(), rows.ravel()], 1))
        strides.append(np.full((rows.size, 1), stride))
    return np.concatenate(places).astype(np.float32), np.concatenate(strides).astype(np.float32)


def to_boxes(raw: Tensor, places: Tensor, strides: Tensor) -> Tensor:
    """What cells say, ``(..., N, 4)``, as boxes ``x1, y1, x2, y2`` in pixels."""
    centre = (raw[..., :2] + places) * strides
    half = raw[..., 2:].clamp(max=LARGEST).exp() * strides / 2
    return torch.cat([centre - half, centre + half], -1)


def from_boxes(boxes: Tensor, places: Tensor, strides: Tensor) -> Tensor:
    """The inverse of :func:`to_boxes`."""
    centre = (boxes[..., :2] + boxes[..., 2:]) / 2 / strides - places
    size = ((boxes[..., 2:] - boxes[..., :2]) / strides).clamp(min=1e-3).log()
    return torch.cat([centre, size], -1)


def window_cells(size: int, left: int, top: int, window: int) -> NDArray[np.int64]:
    """Numbers of the cells of a square canvas that lie in a square window, in the window's own order.

    Args:
        size: Side of the canvas.
        left: Of the window; a multiple of the largest stride, as all four.
        top: Of the window.
        window: Its side.
    """
    found, start = [], 0
    for stride in STRIDES:
        across = size // stride
        rows = np.arange(top // stride, (top + window) // stride)
        columns = np.arange(left // stride, (left + window) // stride)
        found.append((start + rows[:, None] * across + columns).ravel())
        start += across * across
    return np.concatenate(found)
