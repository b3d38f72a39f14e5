"""Drawing a figure into a picture: points through the camera, nearest wins, shaded, softened at the edges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from reseen.synthetic.curves import Floats
from reseen.synthetic.figures import Posed
from reseen.synthetic.pinhole import Pinhole


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

    def on(self, facing: Floats, up: Floats) -> Floats:
        """Light that falls on surfaces.

        Args:
            facing: ``(N,)`` cosine between the surface's normal and the way to the light.
            up: ``(N,)`` vertical part of the normal.

        Returns:
            ``(3, N)`` linear R, G, B.
        """
        wrap = 0.15 + 0.5 * self.softness
        terms = np.ones((3, len(facing)), np.float32)
        np.maximum((facing + wrap) / (1 + wrap), 0.0, out=terms[0])
        np.multiply(up, 0.5, out=terms[1])
        terms[1] += 0.5
        mix = np.stack([self.direct, self.above - self.below, self.below], 1)
        return np.asarray(mix @ terms, np.float32)

    def shadow(self) -> float:
        """Share of the light on open ground that is left in full shadow."""
        up = np.ones(1, np.float32)
        lit = self.on(up * self.towards[2], up).mean()
        return float(self.on(up * np.float32(-1), up).mean() / lit)


@dataclass(frozen=True, eq=False)
class Drawn:
    """A figure as one camera sees it, before other things hide it.

    Attributes:
        left: Column of the picture at which the piece begins; may be negative.
        top: Row of the picture at which the piece begins; may be negative.
        paint: ``(h, w, 4)`` linear R, G, B, multiplied by the fourth channel: the share of each pixel that the
            figure covers, 0..1.
        depth: ``(h, w)`` metres along the camera's axis; meaningless where nothing is covered.
    """

    left: int
    top: int
    paint: Floats
    depth: Floats

    @property
    def cover(self) -> Floats:
        """``(h, w)`` share of each pixel that the figure covers."""
        return self.paint[..., 3]

    def overlap(self, shape: Sequence[int]) -> tuple[tuple[slice, slice], tuple[slice, slice]] | tuple[None, None]:
        """Where the piece lies in a picture of ``(h, w)``, and which part of the piece that is."""
        height, width = self.depth.shape
        top, left = max(self.top, 0), max(self.left, 0)
        bottom, right = min(self.top + height, shape[0]), min(self.left + width, shape[1])
        if bottom <= top or right <= left:
            return None, None
        part = (slice(top - self.top, bottom - self.top), slice(left - self.left, right - self.left))
        return (slice(top, bottom), slice(left, right)), part


def draw(figure: Posed, camera: Pinhole, light: Light) -> Drawn | None:
    """Draw a posed figure; None when (nearly) nothing of it is in the picture."""
    x, y, z = figure.points
    right, down, forward = figure.normals
    seen = np.flatnonzero((x * right + y * down + z * forward < 0) & (z > 0.3))
    if len(seen) < 50:
        return None
    depth = z[seen]
    columns, rows = camera.pixels(x[seen], y[seen], depth)
    low = np.array([np.floor(columns.min()) - 3, np.floor(rows.min()) - 3], np.float32)
    high = np.array([np.ceil(columns.max()) + 4, np.ceil(rows.max()) + 4], np.float32)
    if high[0] <= 0 or high[1] <= 0 or low[0] >= camera.width or low[1] >= camera.picture_height:
        return None
    fine = fineness(float(high[1] - low[1]))
    small = (int(high[0] - low[0]), int(high[1] - low[1]))
    large = (max(round(small[0] * fine), 4), max(round(small[1] * fine), 4))
    scale = camera.focal * fine / float(depth.mean())
    size = min(max(round(figure.spacing * scale * 1.35 + 0.25), 1), 4)
    nearest = _nearest((columns - low[0]) * fine, (rows - low[1]) * fine, depth, large, size)
    # One more row than there are points: what no point covers reads it.
    far = np.float32(depth.max() + 0.1)
    depths = np.append(depth, far)[nearest]
    normals = figure.normals[:, seen]
    shades = light.on((camera.rotation @ light.towards) @ normals, camera.rotation[:, 2] @ normals)
    shades *= figure.albedo[:, seen]
    colours = np.zeros((len(seen) + 1, 4), np.float32)
    colours[:-1, :3] = shades.T
    colours[:-1, 3] = 1.0
    paint = np.take(colours, nearest, axis=0)
    paint[..., :3] *= _crevices(depths, nearest < len(seen), scale)[..., None]
    return Drawn(
        int(low[0]),
        int(low[1]),
        np.asarray(cv2.resize(paint, small, interpolation=cv2.INTER_AREA), np.float32),
        np.asarray(cv2.resize(depths, small, interpolation=cv2.INTER_NEAREST), np.float32),
    )


def fineness(height: float) -> float:
    """How many samples a pixel is cut into in each direction: small figures need more."""
    return float(np.clip(340 / max(height, 1.0), 1.0, 2.0))


def _nearest(columns: Floats, rows: Floats, depth: Floats, shape: tuple[int, int], size: int) -> NDArray[np.int32]:
    """For each pixel which point is nearest; each point covers a square of ``size`` pixels; N where none is."""
    width, height = shape
    shift = np.float32((size - 1) / 2)
    column = np.clip((columns - shift).astype(np.int32), 0, width - size)
    row = np.clip((rows - shift).astype(np.int32), 0, height - size)
    first, last = float(depth.min()), float(depth.max())
    rank = ((last - depth) * (65535 / max(last - first, 1e-6))).astype(np.uint16)
    order = np.argsort(rank, kind="stable")
    base = (row * width + column)[order]
    offsets = (np.arange(size)[:, None] * width + np.arange(size)).ravel().astype(np.int32)
    ids = np.full(width * height, len(depth), np.int32)
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
        mean = cv2.blur(depths * mask, (side, side), borderType=cv2.BORDER_CONSTANT) / np.maximum(amount, 1e-3)
        shade *= np.exp(-strength * np.clip(depths - mean, 0.0, 0.25) * amount)
    return np.asarray(shade, np.float32)
