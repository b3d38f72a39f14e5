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
    points = np.ascontiguousarray(figure.points[:, ::4])
    scale = camera.focal / max(spot.x, 2.0)
    grain = 2 * figure.spacing * scale
    strength = (1 - light.shadow() ** (1 / 2.2)) * (1 - 0.75 * light.softness)
    if strength > 0.03:
        thrown = _on_ground(points, camera, light.towards[:2] / light.towards[2])
        yield from _cast(thrown, camera, strength, (0.012 + 0.07 * light.softness) * scale, grain)
    low = points[:, camera.rotation[:, 2] @ points + camera.height < 0.45]
    yield from _cast(_on_ground(low, camera, np.zeros(2, np.float32)), camera, 0.62, 0.06 * scale, grain)


def _on_ground(points: Floats, camera: Pinhole, slant: Floats) -> Floats:
    """Move points in the camera's directions down to the ground, slanting by metres a metre."""
    down = np.eye(3, dtype=np.float32)
    down[:2, 2] = -slant
    down[2, 2] = 0
    turn = camera.rotation @ down
    shift = turn @ camera.position - camera.rotation @ camera.position
    return np.asarray(turn @ camera.rotation.T @ points + shift[:, None], np.float32)


def _cast(points: Floats, camera: Pinhole, strength: float, blur: float, grain: float) -> Iterator[Shadow]:
    points = points[:, points[2] > 0.5]
    if points.shape[1] == 0:
        return
    column, row = camera.pixels(*points)
    pad = int(3 * blur + grain) + 4
    left, top = max(int(column.min()) - pad, 0), max(int(row.min()) - pad, 0)
    right, bottom = (
        min(int(column.max()) + pad, camera.width),
        min(int(row.max()) + pad, camera.picture_height),
    )
    if right - left < 4 or bottom - top < 4:
        return
    columns, rows = (right - left) // _SHRINK + 1, (bottom - top) // _SHRINK + 1
    marks = np.zeros((rows, columns), np.float32)
    place = ((column - left) / _SHRINK).astype(np.int32), ((row - top) / _SHRINK).astype(np.int32)
    inside = (place[0] >= 0) & (place[0] < columns) & (place[1] >= 0) & (place[1] < rows)
    marks[place[1][inside], place[0][inside]] = 1
    side = max(round(grain / _SHRINK), 1) * 2 + 1
    closed = cv2.morphologyEx(marks, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8))
    # The ground is seen at a slant: what is round on it is flat in the picture.
    slant = camera.height / float(np.linalg.norm(points.mean(1)))
    soft = cv2.GaussianBlur(closed, (0, 0), max(blur / _SHRINK, 0.6), sigmaY=max(blur * slant / _SHRINK, 0.6))
    full = cv2.resize(soft, (columns * _SHRINK, rows * _SHRINK), interpolation=cv2.INTER_LINEAR)
    dark = np.asarray(strength * full[: bottom - top, : right - left], np.float32)
    yield Shadow((slice(top, bottom), slice(left, right)), dark)
