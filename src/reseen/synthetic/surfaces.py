"""Surfaces that a figure is made of: tubes through rings, as points with normals that hang on bones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reseen.synthetic.curves import Floats, hermite
from reseen.synthetic.gait import BONE, BONES

Weights = Callable[["Patch"], Mapping[str, "Floats | float"]]


@dataclass(frozen=True, eq=False)
class Patch:
    """A piece of surface before it is coloured.

    Attributes:
        points: ``(N, 3)`` metres in the rest pose.
        normals: ``(N, 3)`` unit, outward.
        angle: ``(N,)`` radians around the tube's axis, 0 in front and a quarter turn to the left.
        along: ``(N,)`` metres, the coordinate along the tube's axis.
    """

    points: Floats
    normals: Floats
    angle: Floats
    along: Floats

    def keep(self, mask: NDArray[np.bool_]) -> Patch:
        """The part of the patch where the mask holds."""
        return Patch(self.points[mask], self.normals[mask], self.angle[mask], self.along[mask])


@dataclass(frozen=True, eq=False)
class Surface:
    """A coloured surface that hangs on bones.

    Attributes:
        points: ``(N, 3)`` metres in the rest pose.
        normals: ``(N, 3)`` unit, outward.
        albedo: ``(N, 3)`` reflected share of light in linear R, G, B.
        weights: ``(N, 13)`` how much each bone carries the point; rows sum to 1.
    """

    points: Floats
    normals: Floats
    albedo: Floats
    weights: Floats

    @staticmethod
    def join(pieces: Sequence[Surface]) -> Surface:
        """One surface of several."""
        return Surface(
            np.concatenate([p.points for p in pieces]),
            np.concatenate([p.normals for p in pieces]),
            np.concatenate([p.albedo for p in pieces]),
            np.concatenate([p.weights for p in pieces]),
        )


@dataclass(frozen=True)
class Folds:
    """Folds of cloth: a sum of waves around and along the tube.

    Attributes:
        depth: Metres, about half of the height of a fold.
        waves: Rows of ``(turns around, radians a metre along, phase, share)``.
    """

    depth: float
    waves: tuple[tuple[int, float, float, float], ...]

    @staticmethod
    def random(rng: np.random.Generator, depth: float, count: int = 7) -> Folds:
        """Some folds, mostly slanting."""
        return Folds(
            depth,
            tuple(
                (
                    int(rng.integers(-4, 5)),
                    float(rng.uniform(12, 55)),
                    float(rng.uniform(0, 2 * np.pi)),
                    float(rng.uniform(0.3, 1.0)),
                )
                for _ in range(count)
            ),
        )

    def __call__(self, angle: Floats, along: Floats) -> Floats:
        """Metres outward at each place."""
        total = np.zeros(np.broadcast_shapes(angle.shape, along.shape), np.float32)
        for turns, pace, phase, share in self.waves:
            total += share * np.sin(turns * angle + pace * along + phase).astype(np.float32)
        return np.asarray(self.depth * total / max(len(self.waves), 1) ** 0.5, np.float32)


def tube(
    rings: Sequence[tuple[float, ...]],
    spacing: float,
    *,
    square: float = 2.0,
    folds: Folds | None = None,
    axis: str = "z",
) -> Patch:
    """A closed surface through elliptic rings.

    Args:
        rings: Rows of ``(along, center forward, center left, radius forward, radius left)`` in metres with
            ascending ``along``; for ``axis="x"`` the tube lies forward and a row means ``(along, center up,
            center left, radius up, radius left)``. Ends are closed.
        spacing: Metres between neighbouring points.
        square: 2 for ellipses; larger for boxes with round corners.
        folds: Folds to press into it.
        axis: Where the tube points, ``z`` or ``x``.
    """
    table = np.array(rings, np.float64)
    knots = table[:, 0]
    fine = np.linspace(knots[0], knots[-1], 200)
    radii = hermite(fine, knots, table[:, 3:5])
    arc = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(fine), np.diff(radii.max(1))))])
    ends = (table[0, 3:5].max(), table[-1, 3:5].max())
    steps = max(int(arc[-1] / spacing) + 1, 4)
    along = np.interp((np.arange(steps) + 0.5) / steps * arc[-1], arc, fine)
    shape = hermite(along, knots, table[:, 1:5])
    round_about = 2 * np.pi * float(np.sqrt((shape[:, 2:] ** 2).mean(1)).max())
    turns = max(int(round_about * (1.0 if square < 2.5 else 1.3) / spacing), 6)
    angle = ((np.arange(turns) + 0.5) / turns * 2 * np.pi).astype(np.float32)
    grid = _ring_points(along, shape, angle, square, folds)
    caps = [c for c in (_cap(table[0], spacing, -1.0), _cap(table[-1], spacing, 1.0)) if c is not None]
    normals = _normals(grid)
    patch = Patch(
        grid.reshape(-1, 3),
        normals.reshape(-1, 3),
        np.tile(angle, steps),
        np.repeat(along.astype(np.float32), turns),
    )
    if max(ends) > spacing:
        patch = _joined([patch, *caps])
    return _lying(patch) if axis == "x" else patch


def _ring_points(
    along: NDArray[np.floating], shape: Floats, angle: Floats, square: float, folds: Folds | None
) -> Floats:
    cos, sin = np.cos(angle), np.sin(angle)
    outward = (np.abs(cos) ** square + np.abs(sin) ** square) ** (-1 / square)
    across = np.stack([outward * cos, outward * sin], -1)
    reach = shape[:, None, 2:4].copy()
    if folds is not None:
        bump = folds(angle[None, :], along.astype(np.float32)[:, None])[..., None]
        reach = np.maximum(reach + bump, 0.2 * reach)
    flat = shape[:, None, :2] + reach * across[None]
    tall = np.broadcast_to(along[:, None, None], (*flat.shape[:2], 1))
    return np.concatenate([flat, tall], -1).astype(np.float32)


def _normals(grid: Floats) -> Floats:
    around = np.roll(grid, -1, 1) - np.roll(grid, 1, 1)
    upward = np.gradient(grid, axis=0)
    normals = np.cross(around, upward)
    return np.asarray(normals / np.maximum(np.linalg.norm(normals, axis=-1, keepdims=True), 1e-9), np.float32)


def _cap(ring: NDArray[np.float64], spacing: float, way: float) -> Patch | None:
    along, forward, left, radius_x, radius_y = ring[:5]
    if max(radius_x, radius_y) <= spacing:
        return None
    x, y = np.meshgrid(
        np.arange(-radius_x, radius_x + spacing, spacing), np.arange(-radius_y, radius_y + spacing, spacing)
    )
    inside = (x / radius_x) ** 2 + (y / radius_y) ** 2 <= 1
    x, y = x[inside], y[inside]
    points = np.stack([x + forward, y + left, np.full_like(x, along)], -1).astype(np.float32)
    normals = np.zeros_like(points)
    normals[:, 2] = way
    return Patch(points, normals, np.arctan2(y, x).astype(np.float32), points[:, 2].copy())


def _joined(patches: Sequence[Patch]) -> Patch:
    return Patch(
        np.concatenate([p.points for p in patches]),
        np.concatenate([p.normals for p in patches]),
        np.concatenate([p.angle for p in patches]),
        np.concatenate([p.along for p in patches]),
    )


def _lying(patch: Patch) -> Patch:
    # (up, left, forward) -> (forward, left, up) mirrors space, so the winding of the grid turns: normals stay
    # outward because they are permuted like the points.
    order = [2, 1, 0]
    return Patch(patch.points[:, order], patch.normals[:, order], patch.angle, patch.along)


def hang(
    patch: Patch,
    albedo: Floats | Sequence[float],
    bones: Mapping[str, Floats | float],
    shown: NDArray[np.bool_] | None = None,
) -> Surface:
    """Colour a patch and hang it on bones.

    Args:
        patch: The patch.
        albedo: ``(N, 3)`` or one colour, linear R, G, B.
        bones: For each bone its weight, one number or ``(N,)``; they are normalised.
        shown: ``(N,)`` which points are kept; None keeps all.
    """
    count = len(patch.points)
    weights = np.zeros((count, len(BONES)), np.float32)
    for name, weight in bones.items():
        weights[:, BONE[name]] = weight
    weights /= weights.sum(1, keepdims=True)
    colour = np.broadcast_to(np.asarray(albedo, np.float32), (count, 3)).astype(np.float32)
    if shown is None:
        shown = np.ones(count, np.bool_)
    return Surface(patch.points[shown], patch.normals[shown], colour[shown], weights[shown])
