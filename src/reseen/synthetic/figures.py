"""A person ready to be posed: the surface at some fineness, and the joints it bends at."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from reseen.synthetic.bags import bag
from reseen.synthetic.body import arms, legs, trunk
from reseen.synthetic.curves import Floats
from reseen.synthetic.gait import Stance, pose
from reseen.synthetic.garments import collar, hat, head_and_hair, tails
from reseen.synthetic.pinhole import Pinhole
from reseen.synthetic.surfaces import Surface
from reseen.synthetic.tailor import Tailor
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
    """A figure before a camera, as points in the camera's directions (right, down, forward).

    Coordinates come first (``(3, N)``): every step over all points then runs along memory.

    Attributes:
        points: ``(3, N)`` metres from the camera.
        normals: ``(3, N)`` unit, outward.
        albedo: ``(3, N)`` reflected share of light, linear R, G, B.
        spacing: Metres between neighbouring points.
    """

    points: Floats
    normals: Floats
    albedo: Floats
    spacing: float


@dataclass(frozen=True, eq=False)
class _Model:
    """A surface as it is kept: coordinates first, and for each bone only the points that hang on it.

    Attributes:
        points: ``(3, N)`` metres in the rest pose.
        normals: ``(3, N)`` unit, outward.
        albedo: ``(3, N)`` linear R, G, B.
        carried: Bones, stretches of points that hang on them, and weights (None where all are 1).
    """

    points: Floats
    normals: Floats
    albedo: Floats
    carried: tuple[tuple[int, slice, Floats | None], ...]

    @staticmethod
    def of(surface: Surface) -> _Model:
        runs = []
        for bone, weights in enumerate(surface.weights.T):
            held = np.concatenate([[False], weights > 1e-4, [False]])
            edges = np.flatnonzero(held[1:] != held[:-1]).reshape(-1, 2)
            for start, stop in _merged(edges):
                part = weights[start:stop]
                runs.append((bone, slice(start, stop), None if part.min() > 0.9999 else part.copy()))
        points, normals, albedo = (
            np.ascontiguousarray(values.T) for values in (surface.points, surface.normals, surface.albedo)
        )
        return _Model(points, normals, albedo, tuple(runs))


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
    def _model(self) -> _Model:
        tailor = self._tailor
        pieces = [trunk(tailor), *arms(tailor), *legs(tailor), *head_and_hair(tailor), *hat(tailor)]
        return _Model.of(Surface.join([*pieces, *tails(tailor), *collar(tailor), *bag(tailor)]))

    @property
    def size(self) -> int:
        """How many points the surface has."""
        return int(self._model.points.shape[1])

    def posed(self, stance: Stance, spot: Spot, camera: Pinhole) -> Posed:
        """The figure at a moment, at a place, before a camera."""
        model = self._model
        matrices = pose(self._tailor.joints, self.look.gait, stance)
        cos, sin = np.cos(spot.heading), np.sin(spot.heading)
        moved = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]], np.float32) @ matrices
        moved[:, :, 3] += np.array([spot.x, spot.y, 0], np.float32) - camera.position
        moved = camera.rotation @ moved
        placed, facing = np.zeros_like(model.points), np.zeros_like(model.normals)
        for bone, run, weights in model.carried:
            turn, shift = moved[bone, :, :3], moved[bone, :, 3:]
            there, towards = turn @ model.points[:, run], turn @ model.normals[:, run]
            there += shift
            if weights is None:
                placed[:, run], facing[:, run] = there, towards
                continue
            there *= weights
            towards *= weights
            placed[:, run] += there
            facing[:, run] += towards
        return Posed(placed, facing, model.albedo, self.spacing)


def _merged(edges: NDArray[np.intp]) -> list[tuple[int, int]]:
    """Stretches with short breaks between them joined: fewer and longer ones are faster to carry."""
    runs: list[tuple[int, int]] = []
    for start, stop in edges.tolist():
        if runs and start - runs[-1][1] < 200:
            runs[-1] = (runs[-1][0], stop)
        else:
            runs.append((start, stop))
    return runs
