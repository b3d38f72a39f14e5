"""Drawing a figure into a picture: points through the camera, nearest wins, shaded, softened at the edges."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from reseen.synthetic.curves import Floats
from reseen.synthetic.pinhole import Pinhole
from reseen.synthetic.surfaces import Surface


@dataclass(frozen=True, eq=False)
class Light:
    """The light of a place.

    Attributes:
        towards: ``(3,)`` unit, towards the sun or the lamp.
        direct: ``(3,)`` linear R, G, B of its light.
        above: ``(3,)`` light from the sky or the ceiling.
        below: ``(3,)`` light thrown back by the ground.
        softness: 0 for a hard sun, 1 for light from everywhere.
    """

    towards: Floats
    direct: Floats
    above: Floats
    below: Floats
    softness: float

    def on(self, normals: Floats) -> Floats:
        """Light that falls on surfaces, ``(N, 3)`` for normals ``(N, 3)``."""
        wrap = 0.15 + 0.5 * self.softness
        facing = normals @ self.towards
        direct = np.maximum((facing + wrap) / (1 + wrap), 0.0)
        up = 0.5 + 0.5 * normals[:, 2]
        return np.asarray(
            direct[:, None] * self.direct + up[:, None] * self.above + (1 - up)[:, None] * self.below,
            np.float32,
        )


@dataclass(frozen=True, eq=False)
class Drawn:
    """A figure as one camera sees it, before other things hide it.

    Attributes:
        left: Column of the picture at which the piece begins; may be negative.
        top: Row of the picture at which the piece begins; may be negative.
        light: ``(h, w, 3)`` linear R, G, B, multiplied by ``cover``.
        cover: ``(h, w)`` share of each pixel that the figure covers, 0..1.
        depth: ``(h, w)`` metres along the camera's axis; meaningless where nothing is covered.
    """

    left: int
    top: int
    light: Floats
    cover: Floats
    depth: Floats


def place(
    surface: Surface, matrices: NDArray[np.float32], x: float, y: float, heading: float
) -> tuple[Floats, Floats]:
    """Pose a surface and put it into the world.

    Args:
        surface: In the rest pose.
        matrices: ``(13, 3, 4)`` of the pose.
        x: Where, metres.
        y: Where, metres.
        heading: Where it faces, radians.

    Returns:
        ``(N, 3)`` points and ``(N, 3)`` normals in the world.
    """
    cos, sin = np.cos(heading), np.sin(heading)
    turn = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]], np.float32)
    moved = turn @ matrices
    moved[:, 0, 3] += x
    moved[:, 1, 3] += y
    blend = (surface.weights @ moved.reshape(len(moved), 12)).reshape(-1, 3, 4)
    points = np.einsum("nij,nj->ni", blend[:, :, :3], surface.points) + blend[:, :, 3]
    normals = np.einsum("nij,nj->ni", blend[:, :, :3], surface.normals)
    return points, normals


def draw(
    surface: Surface, points: Floats, normals: Floats, camera: Pinhole, light: Light, spacing: float
) -> Drawn | None:
    """Draw a posed figure.

    Args:
        surface: Gives the colours.
        points: ``(N, 3)`` in the world.
        normals: ``(N, 3)``.
        camera: The camera.
        light: The light of the place.
        spacing: Metres between neighbouring points of the surface.

    Returns:
        The piece of picture, or None when nothing of the figure is in front of the camera.
    """
    towards = camera.position - points
    facing = np.einsum("ni,ni->n", normals, towards) > 0
    ahead = (points - camera.position) @ camera.rotation[2] > 0.3
    seen = np.flatnonzero(facing & ahead)
    if len(seen) < 50:
        return None
    pixels, depth = camera.project(points[seen])
    low, high = np.floor(pixels.min(0)).astype(int) - 2, np.ceil(pixels.max(0)).astype(int) + 3
    fine = _fineness(int(high[1] - low[1]))
    width, height = (high - low) * fine
    reach = spacing * camera.focal * fine / float(depth.mean())
    nearest = _nearest(
        (pixels - low) * fine, depth, int(width), int(height), max(round(reach * 1.35 + 0.25), 1)
    )
    covered = np.flatnonzero(nearest.ravel() >= 0)
    chosen = nearest.ravel()[covered]
    source = seen[chosen]
    far = float(depth.max()) + 0.1
    depths = np.full(nearest.size, far, np.float32)
    depths[covered] = depth[chosen]
    depths = depths.reshape(nearest.shape)
    open_sky = _crevices(depths, nearest >= 0, camera.focal * fine / float(depth.mean()))
    shaded = surface.albedo[source] * light.on(normals[source]) * open_sky.ravel()[covered, None]
    canvas = np.zeros((nearest.size, 4), np.float32)
    canvas[covered, :3] = shaded
    canvas[covered, 3] = 1.0
    small = cv2.resize(
        canvas.reshape(*nearest.shape, 4), tuple((high - low).tolist()), interpolation=cv2.INTER_AREA
    )
    flat = cv2.resize(depths, tuple((high - low).tolist()), interpolation=cv2.INTER_AREA)
    return Drawn(int(low[0]), int(low[1]), small[..., :3], small[..., 3], flat)


def _fineness(height: int) -> int:
    """How many samples a pixel is cut into in each direction: small figures need more."""
    return 3 if height < 70 else 2 if height < 420 else 1


def _nearest(places: Floats, depth: Floats, width: int, height: int, size: int) -> NDArray[np.int32]:
    """For each pixel which point is nearest; each point covers a square of ``size`` pixels; -1 where none is."""
    corner = np.floor(places - (size - 1) / 2).astype(np.int64)
    np.clip(corner, 0, [width - size, height - size], out=corner)
    first, last = float(depth.min()), float(depth.max())
    rank = ((last - depth) * (65535 / max(last - first, 1e-6))).astype(np.uint16)
    order = np.argsort(rank, kind="stable")
    base = corner[order, 1] * width + corner[order, 0]
    offsets = (np.arange(size)[:, None] * width + np.arange(size)).ravel()
    ids = np.full(width * height, -1, np.int32)
    # Far points first: of several writes to one place numpy keeps the last, the nearest point.
    ids[(base[:, None] + offsets).ravel()] = np.repeat(order.astype(np.int32), len(offsets))
    return ids.reshape(height, width)


def _crevices(depths: Floats, covered: NDArray[np.bool_], scale: float) -> Floats:
    """Less light where the neighbourhood is nearer to the camera: under arms, between legs, in folds."""
    shade = np.ones_like(depths)
    mask = covered.astype(np.float32)
    for metres, strength in ((0.05, 5.0), (0.16, 2.0)):
        side = max(round(metres * scale), 1) * 2 + 1
        amount = cv2.blur(mask, (side, side), borderType=cv2.BORDER_CONSTANT)
        mean = cv2.blur(depths * mask, (side, side), borderType=cv2.BORDER_CONSTANT) / np.maximum(
            amount, 1e-3
        )
        shade *= np.exp(-strength * np.clip(depths - mean, 0.0, 0.25) * amount)
    return np.asarray(shade, np.float32)
