"""Drawing a figure into a picture: points through the camera, nearest wins, shaded, softened at the edges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from reseen.synthetic.curves import Floats
from reseen.synthetic.pinhole import Pinhole
from reseen.synthetic.figures import Posed


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

    def on(self, normals: Floats, sunny: Floats | None = None) -> Floats:
        """Light that falls on surfaces.

        Args:
            normals: ``(N, 3)``.
            sunny: ``(N,)`` share of the direct light that is not blocked; None for all of it.

        Returns:
            ``(N, 3)`` linear R, G, B.
        """
        wrap = 0.15 + 0.5 * self.softness
        terms = np.empty((len(normals), 3), np.float32)
        np.maximum((normals @ self.towards + wrap) / (1 + wrap), 0.0, out=terms[:, 0])
        if sunny is not None:
            terms[:, 0] *= sunny
        terms[:, 1] = 0.5 + 0.5 * normals[:, 2]
        terms[:, 2] = 1.0
        return np.asarray(terms @ np.stack([self.direct, self.above - self.below, self.below]), np.float32)


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

    def overlap(
        self, shape: Sequence[int]
    ) -> tuple[tuple[slice, slice], tuple[slice, slice]] | tuple[None, None]:
        """Where the piece lies in a picture of ``(h, w)``, and which part of the piece that is."""
        height, width = self.depth.shape
        top, left = max(self.top, 0), max(self.left, 0)
        bottom, right = min(self.top + height, shape[0]), min(self.left + width, shape[1])
        if bottom <= top or right <= left:
            return None, None
        part = (slice(top - self.top, bottom - self.top), slice(left - self.left, right - self.left))
        return (slice(top, bottom), slice(left, right)), part


def draw(figure: Posed, camera: Pinhole, light: Light) -> Drawn | None:
    """Draw a posed figure; None when (nearly) nothing of it is in front of the camera."""
    seen = _facing(figure, camera)
    if len(seen) < 50:
        return None
    pixels, depth = camera.project(figure.points[seen])
    low, high = _bounds(pixels)
    fine = fineness(float(high[1] - low[1]))
    small = (int(high[0] - low[0]), int(high[1] - low[1]))
    large = (max(round(small[0] * fine), 4), max(round(small[1] * fine), 4))
    scale = camera.focal * fine / float(depth.mean())
    size = min(max(round(figure.spacing * scale * 1.35 + 0.25), 1), 4)
    nearest = _nearest((pixels - low) * fine, depth, large, size)
    # One more row than there are points: what no point covers reads it.
    far = np.float32(depth.max() + 0.1)
    depths = np.append(depth, far)[nearest]
    colours = np.zeros((len(seen) + 1, 4), np.float32)
    colours[:-1, :3] = light.on(figure.normals[seen]) * figure.albedo[seen]
    colours[:-1, 3] = 1.0
    paint = np.take(colours, nearest, axis=0)
    paint[..., :3] *= _crevices(depths, nearest < len(seen), scale)[..., None]
    return Drawn(
        int(low[0]),
        int(low[1]),
        np.asarray(cv2.resize(paint, small, interpolation=cv2.INTER_AREA), np.float32),
        np.asarray(cv2.resize(depths, small, interpolation=cv2.INTER_NEAREST), np.float32),
    )


def _bounds(pixels: Floats) -> tuple[Floats, Floats]:
    """Whole pixels around some places, with a margin for blur."""
    columns, rows = pixels[:, 0], pixels[:, 1]
    low = np.array([np.floor(columns.min()) - 3, np.floor(rows.min()) - 3], np.float32)
    high = np.array([np.ceil(columns.max()) + 4, np.ceil(rows.max()) + 4], np.float32)
    return low, high


def _facing(figure: Posed, camera: Pinhole) -> NDArray[np.intp]:
    """Points whose surface is turned to the camera, and that are in front of it."""
    towards = camera.position - figure.points
    facing = np.einsum("ni,ni->n", figure.normals, towards)
    return np.flatnonzero((facing > 0) & (towards @ camera.rotation[2] < -0.3))


def fineness(height: float) -> float:
    """How many samples a pixel is cut into in each direction: small figures need more."""
    return float(np.clip(340 / max(height, 1.0), 1.0, 2.0))


def _nearest(
    places: Floats, depth: Floats, shape: tuple[int, int], size: int
) -> NDArray[np.int32]:
    """For each pixel which point is nearest; each point covers a square of ``size`` pixels; N where none is."""
    width, height = shape
    shift = np.float32((size - 1) / 2)
    column = np.clip((places[:, 0] - shift).astype(np.int32), 0, width - size)
    row = np.clip((places[:, 1] - shift).astype(np.int32), 0, height - size)
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
        mean = cv2.blur(depths * mask, (side, side), borderType=cv2.BORDER_CONSTANT) / np.maximum(
            amount, 1e-3
        )
        shade *= np.exp(-strength * np.clip(depths - mean, 0.0, 0.25) * amount)
    return np.asarray(shade, np.float32)
