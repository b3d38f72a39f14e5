"""What stands in a place: boxes, cylinders and leafy ellipsoids, and where rays meet them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reseen.synthetic.curves import Floats
from reseen.synthetic.materials import Material

FAR = np.float32(1e6)
"""Where a ray ends that meets nothing."""


@dataclass(frozen=True)
class Solid:
    """A box, a standing cylinder or an ellipsoid.

    Attributes:
        kind: ``box``, ``cylinder`` or ``leaves`` (an ellipsoid with a ragged edge).
        x: Centre, metres.
        y: Centre, metres.
        low: Lower end, metres.
        high: Upper end, metres.
        half_x: Half of the extent along x (radius for cylinders), metres.
        half_y: Half of the extent along y, metres.
        material: What it is made of.
        solid: False for what people may walk through or under (crowns, ceilings).
    """

    kind: str
    x: float
    y: float
    low: float
    high: float
    half_x: float
    half_y: float
    material: Material
    solid: bool = True

    @property
    def corners(self) -> Floats:
        """``(8, 3)`` corners of the box around it."""
        signs = np.array([[a, b, c] for a in (-1, 1) for b in (-1, 1) for c in (0, 1)], np.float32)
        return np.asarray(
            np.array([self.x, self.y, self.low], np.float32)
            + signs * np.array([self.half_x, self.half_y, self.high - self.low], np.float32),
            np.float32,
        )

    def hit(self, origin: Floats, rays: Floats) -> Floats:
        """How far along each ray the solid begins; a huge number where it is missed.

        Args:
            origin: ``(3,)`` or ``(N, 3)``.
            rays: ``(N, 3)`` or ``(3,)``.
        """
        if self.kind == "box":
            return self._hit_box(origin, rays)
        return self._hit_round(origin, rays, flat=self.kind == "cylinder")

    def _hit_box(self, origin: Floats, rays: Floats) -> Floats:
        low = np.array([self.x - self.half_x, self.y - self.half_y, self.low], np.float32)
        high = np.array([self.x + self.half_x, self.y + self.half_y, self.high], np.float32)
        safe = np.where(np.abs(rays) < 1e-7, np.float32(1e-7), rays)
        first, second = (low - origin) / safe, (high - origin) / safe
        enter, leave = np.minimum(first, second).max(-1), np.maximum(first, second).min(-1)
        # A ray that starts inside (a room is seen from within) leaves through a wall: that is not a hit.
        return np.where((enter <= leave) & (enter > 1e-3), enter, FAR).astype(np.float32)

    def _hit_round(self, origin: Floats, rays: Floats, flat: bool) -> Floats:
        centre = np.array([self.x, self.y, 0.5 * (self.low + self.high)], np.float32)
        size = np.array([self.half_x, self.half_y, 0.5 * (self.high - self.low)], np.float32)
        start, way = (origin - centre) / size, rays / size
        used = slice(0, 2) if flat else slice(0, 3)
        a = (way[..., used] ** 2).sum(-1)
        b = (start[..., used] * way[..., used]).sum(-1)
        c = (start[..., used] ** 2).sum(-1) - 1
        inside = b * b - a * c
        reach = (-b - np.sqrt(np.maximum(inside, 0))) / np.maximum(a, 1e-9)
        good = (inside > 0) & (reach > 1e-3)
        if flat:
            good &= np.abs(start[..., 2] + reach * way[..., 2]) <= 1
        found = np.where(good, reach, FAR)
        if flat:
            found = np.minimum(found, self._hit_lid(start, way))
        return np.asarray(found, np.float32)

    def _hit_lid(self, start: Floats, way: Floats) -> Floats:
        """Where rays from above meet the top of a cylinder (all in units of its half extents)."""
        falls = way[..., 2] < -1e-6
        reach = (1 - start[..., 2]) / np.where(falls, way[..., 2], -1)
        x, y = start[..., 0] + reach * way[..., 0], start[..., 1] + reach * way[..., 1]
        return np.where(falls & (reach > 1e-3) & (x * x + y * y <= 1), reach, FAR)

    def surface(self, points: Floats) -> tuple[Floats, Floats, Floats]:
        """Normals ``(N, 3)`` and texture places u, v ``(N,)`` of points on the solid."""
        centre = np.array([self.x, self.y, 0.5 * (self.low + self.high)], np.float32)
        size = np.array([self.half_x, self.half_y, 0.5 * (self.high - self.low)], np.float32)
        local = (points - centre) / size
        normals = np.zeros_like(points)
        if self.kind == "box":
            axis = np.abs(local).argmax(-1)
            row = np.arange(len(points))
            normals[row, axis] = np.sign(local[row, axis])
            u = np.where(axis == 0, points[:, 1] - self.y, points[:, 0] - self.x)
            v = np.where(axis == 2, points[:, 1] - self.y, points[:, 2] - self.low)
            return normals, u.astype(np.float32), v.astype(np.float32)
        normals = local / size
        if self.kind == "cylinder":
            lid = local[:, 2] > 0.999
            normals[:, 2] = lid
            normals[lid, :2] = 0
        normals /= np.maximum(np.linalg.norm(normals, axis=-1, keepdims=True), 1e-6)
        if self.kind == "leaves":  # no axis around which the texture would be pinched
            return normals, points[:, 1] + 0.6 * points[:, 0], points[:, 2] + 0.5 * points[:, 0]
        u = np.arctan2(local[:, 1], local[:, 0]) * max(self.half_x, self.half_y)
        return normals, u.astype(np.float32), (points[:, 2] - self.low).astype(np.float32)

    def blocks(self, x: Floats, y: Floats, margin: float) -> NDArray[np.bool_]:
        """Where a person cannot stand because of it."""
        if not self.solid:
            return np.zeros(np.shape(x), np.bool_)
        inside = (np.abs(x - self.x) < self.half_x + margin) & (np.abs(y - self.y) < self.half_y + margin)
        return np.asarray(inside, np.bool_)
