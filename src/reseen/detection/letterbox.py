"""A picture of any size into a network's input, and boxes back."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from reseen.models import InputSpec

INTERPOLATION = {"linear": cv2.INTER_LINEAR, "cubic": cv2.INTER_CUBIC, "area": cv2.INTER_AREA}


@dataclass(frozen=True)
class Placement:
    """Where a picture lies in an input: from the top left corner on, scaled.

    Attributes:
        scale_x: Input pixels a picture pixel, across.
        scale_y: The same, down.
    """

    scale_x: float
    scale_y: float

    def to_input(self, boxes: NDArray[np.float32]) -> NDArray[np.float32]:
        """Boxes ``(N, 4)`` from picture pixels to input pixels."""
        return boxes * self._scales()

    def to_picture(self, boxes: NDArray[np.float32]) -> NDArray[np.float32]:
        """Boxes ``(N, 4)`` from input pixels to picture pixels, not clipped."""
        return boxes / self._scales()

    def _scales(self) -> NDArray[np.float32]:
        return np.array([self.scale_x, self.scale_y, self.scale_x, self.scale_y], np.float32)


def placement(width: int, height: int, spec: InputSpec) -> Placement:
    """Where a picture of a size goes.

    With a letterbox both scales are the exact ratio, although the scaled sides are whole pixels: that is how
    the networks' own code takes boxes back.
    """
    if spec.resize == "stretch":
        return Placement(spec.width / width, spec.height / height)
    ratio = min(spec.width / width, spec.height / height)
    return Placement(ratio, ratio)


def inner_size(width: int, height: int, spec: InputSpec) -> tuple[int, int]:
    """Width and height in pixels that a picture takes inside the input."""
    if spec.resize == "stretch":
        return spec.width, spec.height
    ratio = min(spec.width / width, spec.height / height)
    whole = int if spec.rounding == "floor" else round
    return max(1, whole(width * ratio)), max(1, whole(height * ratio))


def fit(picture: NDArray[np.uint8], spec: InputSpec) -> tuple[NDArray[np.uint8], Placement]:
    """Scale a picture to a network's input as its card says, exact to the pixel.

    Args:
        picture: ``(H, W, 3)`` uint8, any size from 1 x 1 on.
        spec: The card's input.

    Returns:
        ``(spec.height, spec.width, 3)`` uint8 in the same channel order, and where the picture lies in it.
    """
    height, width = picture.shape[:2]
    inside = inner_size(width, height, spec)
    scaled: NDArray[np.uint8] = picture
    if inside != (width, height):
        scaled = np.asarray(cv2.resize(picture, inside, interpolation=INTERPOLATION[spec.interpolation]), np.uint8)
    where = placement(width, height, spec)
    if inside == (spec.width, spec.height):
        return scaled, where
    canvas = np.full((spec.height, spec.width, 3), spec.fill, np.uint8)
    canvas[: inside[1], : inside[0]] = scaled
    return canvas, where
