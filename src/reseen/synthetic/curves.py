"""Smooth curves through a few points, and smooth noise: what shapes, walks and textures are drawn with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
"""Arrays of real numbers; float32 throughout, unless said otherwise."""


def hermite(at: NDArray[np.floating], knots: NDArray[np.floating], values: NDArray[np.floating]) -> Floats:
    """A smooth curve through points, by cubic Hermite pieces that do not overshoot.

    Args:
        at: ``(N,)`` where to read the curve; outside the knots it stays at the end values.
        knots: ``(K,)`` ascending.
        values: ``(K,)`` or ``(K, D)``.

    Returns:
        ``(N,)`` or ``(N, D)`` float32.
    """
    flat = values.reshape(len(knots), -1).astype(np.float64)
    steps = np.diff(knots)[:, None]
    slopes = np.diff(flat, axis=0) / steps
    tangents = np.zeros_like(flat)
    before, after = slopes[:-1], slopes[1:]
    same_way = before * after > 0
    tangents[1:-1] = np.where(same_way, 2 * before * after / np.where(same_way, before + after, 1.0), 0.0)
    tangents[0], tangents[-1] = slopes[0], slopes[-1]
    piece = np.clip(np.searchsorted(knots, at, side="right") - 1, 0, len(knots) - 2)
    step = steps[piece]
    t = np.clip((at[:, None] - knots[piece][:, None]) / step, 0.0, 1.0)
    start, end = flat[piece], flat[piece + 1]
    curve = (
        (1 + 2 * t) * (1 - t) ** 2 * start
        + t * (1 - t) ** 2 * step * tangents[piece]
        + t * t * (3 - 2 * t) * end
        + t * t * (t - 1) * step * tangents[piece + 1]
    )
    return curve.reshape((len(at), *values.shape[1:])).astype(np.float32)


def periodic_table(points: Sequence[tuple[float, float]]) -> Callable[[float], float]:
    """A smooth periodic function of an angle through (per cent of the cycle, value) points."""
    percent = np.array([p for p, _ in points], np.float64)
    value = np.array([v for _, v in points], np.float64)
    percent = np.concatenate([percent - 100, percent, percent + 100])
    grid = np.arange(201) / 2
    table = hermite(grid, percent, np.tile(value, 3)).astype(np.float64)

    def read(angle: float) -> float:
        return float(np.interp(angle / (2 * np.pi) % 1.0 * 100, grid, table))

    return read


def smoothstep(low: float | Floats, high: float | Floats, at: Floats) -> Floats:
    """0 below ``low``, 1 above ``high``, smooth between (``low > high`` falls instead)."""
    t = np.clip((at - low) / (high - low), 0.0, 1.0)
    return np.asarray(t * t * (3 - 2 * t), np.float32)


def cloud(rng: np.random.Generator, side: int = 512, octaves: int = 6, falloff: float = 0.55) -> Floats:
    """A tile of smooth noise that repeats without a seam, ``(side, side)`` of mean 0 and deviation 1."""
    total = np.zeros((side, side), np.float32)
    weight = 1.0
    for octave in range(octaves):
        cells = 4 * 2**octave
        if cells > side:
            break
        grid = rng.standard_normal((cells, cells)).astype(np.float32)
        padded = np.pad(grid, 2, mode="wrap")
        scale = side // cells
        big = cv2.resize(padded, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
        total += weight * big[2 * scale : 2 * scale + side, 2 * scale : 2 * scale + side]
        weight *= falloff
    return np.asarray((total - total.mean()) / total.std(), np.float32)


def read_cloud(tile: Floats, u: Floats, v: Floats) -> Floats:
    """Noise at places given in tiles (1 is the width of the tile, repeating), nearest sample."""
    side = len(tile)
    column = np.floor(u * side).astype(np.int64) % side
    row = np.floor(v * side).astype(np.int64) % side
    return tile[row, column]
