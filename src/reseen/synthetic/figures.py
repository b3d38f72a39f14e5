"""A person ready to be posed: the surface at some fineness, and the joints it bends at."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from reseen.synthetic.body import Tailor, arms, legs, trunk
from reseen.synthetic.curves import Floats
from reseen.synthetic.gait import Stance, pose
from reseen.synthetic.garments import bag, collar, hat, head_and_hair, tails
from reseen.synthetic.surfaces import Surface
from reseen.synthetic.wardrobe import Look


@dataclass(frozen=True)
class Spot:
    """Where somebody stands and faces.

    Attributes:
        x: Metres.
        y: Metres.
        heading: Radians from the world's ``x`` axis towards ``y``.
    """

    x: float
    y: float
    heading: float


@dataclass(frozen=True, eq=False)
class Posed:
    """A figure in the world, as points.

    Attributes:
        points: ``(N, 3)`` metres.
        normals: ``(N, 3)`` unit, outward.
        albedo: ``(N, 3)`` reflected share of light, linear R, G, B.
        spacing: Metres between neighbouring points.
    """

    points: Floats
    normals: Floats
    albedo: Floats
    spacing: float


@dataclass(frozen=True)
class Figure:
    """One person at one fineness.

    Attributes:
        look: Who.
        spacing: Metres between neighbouring points of the surface.
    """

    look: Look
    spacing: float

    @cached_property
    def _tailor(self) -> Tailor:
        return Tailor(self.look, self.spacing)

    @cached_property
    def surface(self) -> Surface:
        """Everything of the person in the rest pose."""
        tailor = self._tailor
        pieces = [trunk(tailor), *arms(tailor), *legs(tailor), *head_and_hair(tailor), *hat(tailor)]
        return Surface.join([*pieces, *tails(tailor), *collar(tailor), *bag(tailor)])

    @cached_property
    def _carried(self) -> tuple[tuple[int, slice, Floats | None], ...]:
        """For each bone the stretches of points that hang on it, with their weights (None where all are 1)."""
        runs = []
        for bone, weights in enumerate(self.surface.weights.T):
            held = np.concatenate([[False], weights > 1e-4, [False]])
            edges = np.flatnonzero(held[1:] != held[:-1]).reshape(-1, 2)
            for start, stop in _merged(edges):
                part = weights[start:stop]
                runs.append((bone, slice(start, stop), None if part.min() > 0.9999 else part[:, None].copy()))
        return tuple(runs)

    def posed(self, stance: Stance, spot: Spot) -> Posed:
        """The figure at a moment, at a place."""
        surface = self.surface
        matrices = pose(self._tailor.joints, self.look.gait, stance)
        cos, sin = np.cos(spot.heading), np.sin(spot.heading)
        moved = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]], np.float32) @ matrices
        moved[:, :2, 3] += np.array([spot.x, spot.y], np.float32)
        points, normals = np.zeros_like(surface.points), np.zeros_like(surface.normals)
        for bone, run, weights in self._carried:
            turn, shift = moved[bone, :, :3].T, moved[bone, :, 3]
            there, facing = surface.points[run] @ turn + shift, surface.normals[run] @ turn
            if weights is None:
                points[run], normals[run] = there, facing
                continue
            there *= weights
            facing *= weights
            points[run] += there
            normals[run] += facing
        return Posed(points, normals, surface.albedo, self.spacing)


def _merged(edges: NDArray[np.intp]) -> list[tuple[int, int]]:
    """Stretches with short breaks between them joined: fewer and longer ones are faster to carry."""
    runs: list[tuple[int, int]] = []
    for start, stop in edges.tolist():
        if runs and start - runs[-1][1] < 200:
            runs[-1] = (runs[-1][0], stop)
        else:
            runs.append((start, stop))
    return runs
