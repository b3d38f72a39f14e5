"""A place as solids on a ground, and its picture by casting one ray a pixel, more along edges."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from reseen.synthetic.curves import Floats, read_cloud, smoothstep
from reseen.synthetic.drawing import Light
from reseen.synthetic.materials import Material, Spots, paint
from reseen.synthetic.pinhole import Pinhole
from reseen.synthetic.solids import FAR, Solid

_SKY, _GROUND = -1, -2
_COARSE = 3  # shadows on the ground are looked for at every third pixel
_EDGE_SAMPLES = ((-0.25, -0.25), (0.25, -0.25), (-0.25, 0.25), (0.25, 0.25))


@dataclass(frozen=True, eq=False)
class Backdrop:
    """What a camera sees when nobody is there.

    Attributes:
        light: ``(h, w, 3)`` linear R, G, B.
        depth: ``(h, w)`` metres along the camera's axis.
        ground: ``(h, w)`` share of each pixel that shows the ground.
    """

    light: Floats
    depth: Floats
    ground: Floats


@dataclass(frozen=True, eq=False)
class Scenery:
    """Ground, solids and sky of a place.

    Attributes:
        grounds: Strips of ground ``(from y, material)`` from right to left, the first from minus infinity.
        solids: What stands on it.
        sky: Colours at the horizon and above, linear R, G, B.
        light: The light.
        noise: Seamless noise for the textures.
    """

    grounds: tuple[tuple[float, Material], ...]
    solids: tuple[Solid, ...]
    sky: tuple[Floats, Floats]
    light: Light
    noise: Floats = field(repr=False)

    def free(self, x: Floats, y: Floats, margin: float = 0.45) -> NDArray[np.bool_]:
        """Where a person can stand."""
        good = np.ones(np.shape(x), np.bool_)
        for solid in self.solids:
            if solid.low < 1.9:
                good &= ~solid.blocks(x, y, margin)
        return good

    def seen_by(self, camera: Pinhole) -> Backdrop:
        """The place without people, as a camera sees it."""
        height, width = camera.picture_height, camera.width
        columns, rows = np.meshgrid(np.arange(width, dtype=np.float32) + 0.5, np.arange(height, dtype=np.float32) + 0.5)
        columns, rows = columns.ravel(), rows.ravel()
        light, depth, owner = self._cast(camera, columns, rows)
        shade = self._ground_shade(camera).ravel()
        ground = (owner == _GROUND).astype(np.float32)
        light *= np.where(ground, shade, 1)[:, None]
        edges = _edges(owner.reshape(height, width))
        edge_light, edge_ground = light[edges], ground[edges]
        for right, down in _EDGE_SAMPLES:
            sample, _, who = self._cast(camera, columns[edges] + right, rows[edges] + down)
            edge_light += sample * np.where(who == _GROUND, shade[edges], 1)[:, None]
            edge_ground += who == _GROUND
        light[edges] = edge_light / (1 + len(_EDGE_SAMPLES))
        ground[edges] = edge_ground / (1 + len(_EDGE_SAMPLES))
        return Backdrop(light.reshape(height, width, 3), depth.reshape(height, width), ground.reshape(height, width))

    def _cast(self, camera: Pinhole, columns: Floats, rows: Floats) -> tuple[Floats, Floats, NDArray[np.int32]]:
        """Light, depth and owner (a solid's number, the ground or the sky) at places of the picture."""
        rays = camera.rays(columns, rows)
        down = rays[:, 2] < -1e-4
        depth = np.where(down, -camera.height / np.where(down, rays[:, 2], -1), FAR).astype(np.float32)
        owner = np.where(down, _GROUND, _SKY).astype(np.int32)
        for index, solid in enumerate(self.solids):
            window = _window(solid, camera, columns, rows)
            if len(window):
                reach = solid.hit(camera.position, rays[window])
                if solid.kind == "leaves":
                    self._fray(solid, camera.position, rays[window], reach)
                nearer = reach < depth[window]
                depth[window[nearer]], owner[window[nearer]] = reach[nearer], index
        light = self._sky_light(rays)
        length = np.linalg.norm(rays, axis=-1)
        for index in np.unique(owner[owner != _SKY]).tolist():
            chosen = np.flatnonzero(owner == index)
            points = camera.position + rays[chosen] * depth[chosen, None]
            sample = depth[chosen] * length[chosen] / camera.focal
            light[chosen] = self._shaded(index, points, rays[chosen] / length[chosen, None], sample)
        return light, depth, owner

    def _fray(self, solid: Solid, origin: Floats, rays: Floats, reach: Floats) -> None:
        """Make holes near the outline of leaves, in place."""
        found = np.flatnonzero(reach < FAR)
        normals, u, v = solid.surface(origin + rays[found] * reach[found, None])
        facing = -np.einsum("ni,ni->n", normals, rays[found]) / np.linalg.norm(rays[found], axis=-1)
        rough = 0.14 * read_cloud(self.noise, u / 1.3, v / 1.3) + 0.16 * read_cloud(self.noise, u / 0.3, v / 0.3)
        reach[found[rough > facing - 0.08]] = FAR

    def _shaded(self, index: int, points: Floats, ways: Floats, sample: Floats) -> Floats:
        if index == _GROUND:
            lit = self.light.on(self.light.towards[2:], np.ones(1, np.float32)).T
            return self._ground(points, sample / np.maximum(-ways[:, 2], 0.08) ** 0.7) * lit
        solid = self.solids[index]
        normals, u, v = solid.surface(points)
        slant = np.abs(np.einsum("ni,ni->n", normals, ways))
        blur = (sample / np.maximum(slant, 0.15)).astype(np.float32)
        albedo = paint(solid.material, Spots(u, v, blur, self.noise))
        foot = 1 - 0.25 * smoothstep(0.35, 0.0, points[:, 2])
        lit = self.light.on(normals @ self.light.towards, normals[:, 2]).T
        return np.asarray(albedo * lit * foot[:, None], np.float32)

    def _ground(self, points: Floats, blur: Floats) -> Floats:
        albedo = np.zeros_like(points)
        strip = np.searchsorted([start for start, _ in self.grounds[1:]], points[:, 1], side="right")
        for number, (_, material) in enumerate(self.grounds):
            chosen = strip == number
            if chosen.any():
                x, y = points[chosen, 0], points[chosen, 1]
                albedo[chosen] = paint(material, Spots(x, y, blur[chosen].astype(np.float32), self.noise))
        return albedo

    def _ground_shade(self, camera: Pinhole) -> Floats:
        """Factor on the light of the ground: shadows of the solids, and less light close to them."""
        height, width = camera.picture_height, camera.width
        columns, rows = np.meshgrid(
            np.arange(0, width + _COARSE, _COARSE, dtype=np.float32),
            np.arange(0, height + _COARSE, _COARSE, dtype=np.float32),
        )
        rays = camera.rays(columns.ravel(), rows.ravel())
        steep = rays[:, 2] < -0.02
        points = camera.position + rays[steep] * (-camera.height / rays[steep, 2])[:, None]
        coarse = np.ones(columns.size, np.float32)
        coarse[steep] = self._corner_shade(points) * self._shadow(points)
        fine = cv2.resize(coarse.reshape(columns.shape), None, fx=_COARSE, fy=_COARSE)[:height, :width]
        return np.asarray(fine, np.float32)

    def _shadow(self, points: Floats) -> Floats:
        shade = np.ones(len(points), np.float32)
        raised = points + np.array([0, 0, 0.02], np.float32)
        for solid in self.solids:
            if solid.high < 8 and (solid.solid or solid.kind == "leaves"):
                blocked = solid.hit(raised, self.light.towards) < FAR
                shade[blocked] *= 0.6 if solid.kind == "leaves" else 0.0
        hardness = 1 - 0.8 * self.light.softness
        return np.asarray(1 - (1 - shade) * (1 - self.light.shadow()) * hardness, np.float32)

    def _corner_shade(self, points: Floats) -> Floats:
        shade = np.ones(len(points), np.float32)
        for solid in self.solids:
            if solid.low < 0.3:
                away_x = np.maximum(np.abs(points[:, 0] - solid.x) - solid.half_x, 0)
                away_y = np.maximum(np.abs(points[:, 1] - solid.y) - solid.half_y, 0)
                shade *= 1 - 0.45 * np.exp(-np.hypot(away_x, away_y) / 0.25)
        return np.asarray(shade, np.float32)

    def _sky_light(self, rays: Floats) -> Floats:
        up = rays[:, 2] / np.linalg.norm(rays, axis=-1)
        clouds = read_cloud(self.noise, rays[:, 1] / (3 * np.maximum(up, 0.03) + 1), up * 1.5)
        share = np.clip(smoothstep(0.0, 0.5, up) + 0.12 * clouds, 0, 1)[:, None]
        return np.asarray(self.sky[0] * (1 - share) + self.sky[1] * share, np.float32)


def _edges(owner: NDArray[np.int32]) -> NDArray[np.intp]:
    """Flat places of the pixels next to which something else begins."""
    edge = np.zeros(owner.shape, np.bool_)
    across, along = owner[:, 1:] != owner[:, :-1], owner[1:] != owner[:-1]
    edge[:, 1:] |= across
    edge[:, :-1] |= across
    edge[1:] |= along
    edge[:-1] |= along
    return np.flatnonzero(edge)


def _window(solid: Solid, camera: Pinhole, columns: Floats, rows: Floats) -> NDArray[np.intp]:
    """Which of some places of the picture may show the solid."""
    corners = solid.corners
    ahead = (corners - camera.position) @ camera.rotation[2]
    if ahead.max() < 0.05:
        return np.zeros(0, np.intp)
    if ahead.min() < 0.05:
        return np.arange(len(columns))
    right, down, depth = camera.rotation @ (corners - camera.position).T
    pixels = np.stack(camera.pixels(right, down, depth), 1)
    low, high = pixels.min(0) - 1, pixels.max(0) + 1
    if high[0] < 0 or high[1] < 0 or low[0] > camera.width or low[1] > camera.picture_height:
        return np.zeros(0, np.intp)
    return np.flatnonzero((columns > low[0]) & (columns < high[0]) & (rows > low[1]) & (rows < high[1]))
