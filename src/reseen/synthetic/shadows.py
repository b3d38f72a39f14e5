"""The shadows that people throw on the ground."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from reseen.synthetic.curves import Floats
from reseen.synthetic.drawing import Light
from reseen.synthetic.figures import Posed, Spot
from reseen.synthetic.pinhole import Pinhole

_SHRINK = 2  # shadows are soft: half of the picture's resolution is enough


@dataclass(frozen=True, eq=False)
class Shadow:
    """Where the ground is darker.

    Attributes:
        window: Rows and columns of the picture.
        dark: ``(h, w)`` share of the developed brightness that is lost there.
    """

    window: tuple[slice, slice]
    dark: Floats


def shadows_of(figure: Posed, spot: Spot, camera: Pinhole, light: Light) -> Iterator[Shadow]:
    """The shadow away from the sun, and the one right under the feet."""
    up = np.array([[0.0, 0.0, 1.0]], np.float32)
    lit, unlit = light.on(up).mean(), light.on(up, np.zeros(1, np.float32)).mean()
    strength = (1 - (unlit / lit) ** (1 / 2.2)) * (1 - 0.75 * light.softness)
    points = figure.points[::4]
    height = points[:, 2]
    if strength > 0.03:
        along = light.towards[:2] / light.towards[2]
        thrown = points.copy()
        thrown[:, :2] -= height[:, None] * along
        thrown[:, 2] = 0
        scale = camera.focal / max(spot.x, 2.0)
        yield from _cast(thrown, camera, strength, (0.02 + 0.10 * light.softness) * scale, figure.spacing * 2 * scale)
    low = points[height < 0.35]
    if len(low):
        scale = camera.focal / max(spot.x, 2.0)
        low = low * np.array([1, 1, 0], np.float32)
        yield from _cast(low, camera, 0.30, 0.07 * scale, figure.spacing * 2 * scale)


def _cast(points: Floats, camera: Pinhole, strength: float, blur: float, grain: float) -> Iterator[Shadow]:
    points = points[(points - camera.position) @ camera.rotation[2] > 0.5]
    if len(points) == 0:
        return
    pixels, _ = camera.project(points)
    pad = int(3 * blur + grain) + 4
    left, top = max(int(pixels[:, 0].min()) - pad, 0), max(int(pixels[:, 1].min()) - pad, 0)
    right = min(int(pixels[:, 0].max()) + pad, camera.width)
    bottom = min(int(pixels[:, 1].max()) + pad, camera.picture_height)
    if right - left < 4 or bottom - top < 4:
        return
    columns, rows = (right - left) // _SHRINK + 1, (bottom - top) // _SHRINK + 1
    mask = np.zeros((rows, columns), np.float32)
    place = ((pixels - np.array([left, top], np.float32)) / _SHRINK).astype(np.int32)
    column, row = place[:, 0], place[:, 1]
    inside = (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
    mask[row[inside], column[inside]] = 1
    side = max(round(grain / _SHRINK), 1) * 2 + 1
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8))
    soft = max(blur / _SHRINK, 0.6)
    mask = cv2.GaussianBlur(mask, (0, 0), soft)
    full = cv2.resize(mask, (columns * _SHRINK, rows * _SHRINK), interpolation=cv2.INTER_LINEAR)
    dark = np.asarray(strength * full[: bottom - top, : right - left], np.float32)
    yield Shadow((slice(top, bottom), slice(left, right)), dark)
