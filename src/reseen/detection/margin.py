"""Room around a tight crop, so that a detector sees a person in it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

GRAY = 128


def with_margin(bgr: NDArray[np.uint8], share: float = 0.3) -> tuple[NDArray[np.uint8], tuple[int, int]]:
    """Put a picture in the middle of a square gray ground.

    Detectors have learned people with surroundings: in a tight crop they see nobody, and in one that is
    stretched to their square even less.

    Args:
        bgr: ``(H, W, 3)`` uint8.
        share: Margin above and below, as a share of the picture's height (left and right at least as much).

    Returns:
        ``(S, S, 3)`` uint8, and where the picture's top left corner lies in it: ``x, y`` in pixels. Subtract
        it from boxes found there.
    """
    height, width = bgr.shape[:2]
    margin = round(height * share)
    side = max(height, width) + 2 * margin
    x, y = (side - width) // 2, (side - height) // 2
    ground = np.full((side, side, 3), GRAY, np.uint8)
    ground[y : y + height, x : x + width] = bgr
    return ground, (x, y)
