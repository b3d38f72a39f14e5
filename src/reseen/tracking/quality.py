"""How good a picture of a person a crop is, from 0 (useless) to 1."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from reseen.tracking.boxes import Boxes

_CROP = (64, 128)
"""Width and height at which sharpness is measured, so that it does not depend on the person's size."""


@dataclass(frozen=True)
class QualitySettings:
    """What makes a crop a good picture; each is a factor of the quality.

    Attributes:
        height: Height in pixels from which on more pixels add nothing; half of it gives a factor of 0.7.
        slenderness: Height over width of an upright person.
        slenderness_spread: Ratio to that (natural logarithm) at which the factor has fallen to 0.6.
        doubt: Factor of a detection whose score is just below the detector's threshold.
        border: Share of the box's height that it must keep from the frame's border to be surely whole.
        cut_head, cut_feet, cut_side: Factors of a box that touches the upper, lower, left or right border.
        front: How much of the loss by overlap remains for the person in front.
        sharpness: Sharpness (see :func:`sharpness`) at which the factor is 0.7.
    """

    height: float = 110.0
    slenderness: float = 2.5
    slenderness_spread: float = 0.4
    doubt: float = 0.4
    border: float = 0.03
    cut_head: float = 0.6
    cut_feet: float = 0.8
    cut_side: float = 0.7
    front: float = 0.5
    sharpness: float = 35.0


def quality(
    boxes: Boxes,
    scores: NDArray[np.float64],
    high: float,
    size: tuple[int, int],
    settings: QualitySettings,
) -> NDArray[np.float64]:
    """The quality of the people of one frame, as far as it can be told without looking at the pixels.

    Args:
        boxes: ``(N, 4)`` boxes in pixels.
        scores: ``(N,)`` detection scores in 0..1.
        high: The detector's threshold.
        size: Width and height of the frame in pixels.
        settings: What makes a good picture.

    Returns:
        ``(N,)`` in 0..1, to be multiplied by :func:`sharpness_factor`.
    """
    widths = np.maximum(boxes[:, 2] - boxes[:, 0], 1.0)
    heights = np.maximum(boxes[:, 3] - boxes[:, 1], 1.0)
    tall = np.sqrt(np.minimum(heights / settings.height, 1.0))
    ratio = np.log(heights / widths / settings.slenderness) / settings.slenderness_spread
    upright = np.exp(-0.5 * ratio**2)
    return np.asarray(
        tall
        * upright
        * _confidence(scores, high, settings.doubt)
        * _whole(boxes, heights, size, settings)
        * (1.0 - _hidden(boxes, settings.front)),
        np.float64,
    )


def sharpness(image: NDArray[np.uint8]) -> float:
    """How much fine detail a crop shows.

    The variance of the Laplacian (Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy", ICPR 2000).
    It is low for a blurred picture, and for a flat one: somebody dark against the light is hard to tell as well.

    Args:
        image: ``(h, w, 3)`` uint8 BGR.

    Returns:
        From 0 (flat or blurred); about 300 to 3000 for a clear picture.
    """
    small = cv2.resize(image, _CROP, interpolation=cv2.INTER_AREA)
    gray = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)
    return float(cv2.Laplacian(gray, cv2.CV_32F).var())


def sharpness_factor(image: NDArray[np.uint8], settings: QualitySettings) -> float:
    """The factor in 0..1 by which the sharpness of a crop changes its quality."""
    value = sharpness(image)
    return float(np.sqrt(value / (value + settings.sharpness)))


def _confidence(scores: NDArray[np.float64], high: float, doubt: float) -> NDArray[np.float64]:
    sure = doubt + (1.0 - doubt) * (0.5 + 0.5 * np.clip((scores - high) / max(1.0 - high, 1e-6), 0.0, 1.0))
    unsure = doubt * np.clip(scores / max(high, 1e-6), 0.0, 1.0)
    return np.where(scores >= high, sure, unsure)


def _whole(
    boxes: Boxes, heights: NDArray[np.float64], size: tuple[int, int], settings: QualitySettings
) -> NDArray[np.float64]:
    """The factor for parts outside the frame: left, top, right, bottom."""
    width, height = size
    distances = np.stack([boxes[:, 0], boxes[:, 1], width - boxes[:, 2], height - boxes[:, 3]], axis=1)
    inside = np.clip(distances / (settings.border * heights[:, None]), 0.0, 1.0)
    cut = np.array([settings.cut_side, settings.cut_head, settings.cut_side, settings.cut_feet])
    return np.asarray(np.prod(cut + (1.0 - cut) * inside, axis=1), np.float64)


def _hidden(boxes: Boxes, front: float) -> NDArray[np.float64]:
    """The largest share hidden by another person; less for the one whose feet are lower, who is nearer."""
    if len(boxes) < 2:
        return np.zeros(len(boxes))
    sides = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:]) - np.maximum(boxes[:, None, :2], boxes[None, :, :2])
    common = np.prod(np.clip(sides, 0.0, None), axis=2)
    np.fill_diagonal(common, 0.0)
    own = np.prod(np.maximum(boxes[:, 2:] - boxes[:, :2], 1.0), axis=1)
    share = common / own[:, None]
    nearer = boxes[:, None, 3] > boxes[None, :, 3]
    return np.asarray(np.where(nearer, front * share, share).max(axis=1), np.float64)
