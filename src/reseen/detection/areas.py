"""Parts of the picture in which people count, or do not."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from reseen.errors import UsageError

Polygon = tuple[tuple[float, float], ...]
_KINDS = ("include", "exclude")


@dataclass(frozen=True)
class Areas:
    """Areas of a camera's picture; where a person stands (the middle of the box's lower edge) decides.

    Attributes:
        include: If there are any, only people standing in one of these count.
        exclude: People standing in one of these do not count.

    Each area is a polygon of ``(x, y)`` in fractions of width and height, 0..1; its border belongs to it.
    """

    include: tuple[Polygon, ...] = ()
    exclude: tuple[Polygon, ...] = ()

    def __post_init__(self) -> None:
        for polygon in (*self.include, *self.exclude):
            if len(polygon) < 3:
                raise UsageError(f"area {list(polygon)}: a polygon needs at least 3 points")
            numbers = [number for point in polygon for number in point]
            if not all(math.isfinite(number) and 0.0 <= number <= 1.0 for number in numbers):
                raise UsageError(f"area {list(polygon)}: points are fractions of width and height, 0 to 1")

    @staticmethod
    def from_json(text: str) -> Areas:
        """Areas as a library keeps them; see ``to_json``."""
        kept = json.loads(text)
        shapes = [tuple(tuple((x, y) for x, y in polygon) for polygon in kept[name]) for name in _KINDS]
        return Areas(*shapes)

    def to_json(self) -> str:
        """Areas as JSON text."""
        return json.dumps({name: getattr(self, name) for name in _KINDS})

    def __bool__(self) -> bool:
        return bool(self.include or self.exclude)

    def contain(self, boxes: NDArray[np.float32], width: int, height: int) -> NDArray[np.bool_]:
        """Which people count.

        Args:
            boxes: ``(N, 4)`` float32, ``x1, y1, x2, y2`` in pixels.
            width: Of the picture, in pixels.
            height: Of the picture, in pixels.

        Returns:
            ``(N,)`` bool.
        """
        feet = [((x1 + x2) / (2 * width), y2 / height) for x1, _, x2, y2 in boxes.tolist()]
        counted = [
            (not self.include or _within(point, self.include)) and not _within(point, self.exclude) for point in feet
        ]
        return np.array(counted, dtype=bool)


def _within(point: tuple[float, float], polygons: tuple[Polygon, ...]) -> bool:
    shapes = (np.asarray(polygon, np.float32) for polygon in polygons)
    return any(cv2.pointPolygonTest(shape, point, False) >= 0 for shape in shapes)
