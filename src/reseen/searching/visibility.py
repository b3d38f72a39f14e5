"""When a person is clearly seen: large enough, not hidden by somebody nearer, not half outside the picture.

A tracklet goes on while a person is a few pixels high far away or walks behind others. A moment is what somebody
would want to look at: the stretches in which the person can be recognised.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter


@dataclass(frozen=True)
class VisibilitySettings:
    """What counts as clearly seen.

    Attributes:
        height: Pixels from which a person is large enough.
        share: In small pictures this share of the picture's height is large enough too.
        hidden: A person is hidden where at least this share of the box is covered by another person's.
        slim: At the picture's left or right border a box narrower than this share of its height is somebody of whom
            more than half is outside: from the side a person is about 0.3 as wide as high.
        border: A box is at the border when it comes this near to it, as a share of the picture's width.
        smooth: Heights are taken as the median of so many frames.
        least: A stretch shorter than this many seconds is no moment of its own.
        gap: A shorter gap (seconds) does not interrupt a stretch.
    """

    height: float = 80.0
    share: float = 0.25
    hidden: float = 0.5
    slim: float = 0.15
    border: float = 0.01
    smooth: int = 5
    least: float = 0.8
    gap: float = 2.0


def clear_stretches(
    times: NDArray[np.float64],
    boxes: NDArray[np.float32],
    overlaps: NDArray[np.float32],
    picture: tuple[int, int],
    settings: VisibilitySettings,
) -> list[tuple[int, int]]:
    """The stretches in which a person is clearly seen; none of somebody who never is, or only for instants.

    Args:
        times: ``(N,)`` float64, rising, seconds.
        boxes: ``(N, 4)`` float32, ``x1, y1, x2, y2`` in displayed pixels.
        overlaps: ``(N,)`` float32, share of the box covered by another person.
        picture: Displayed width and height of the source in pixels.
        settings: What counts.

    Returns:
        First and last index of each stretch.
    """
    heights = median_filter(boxes[:, 3] - boxes[:, 1], size=settings.smooth, mode="nearest")
    large = min(settings.height, settings.share * picture[1])
    inside = ~_half_outside(boxes, picture[0], settings)
    clear = np.flatnonzero((heights >= large) & (overlaps < settings.hidden) & inside)
    if not len(clear):
        return []
    breaks = np.flatnonzero(np.diff(times[clear]) >= settings.gap)
    firsts = clear[np.concatenate(([0], breaks + 1))]
    lasts = clear[np.concatenate((breaks, [len(clear) - 1]))]
    stretches = [(int(first), int(last)) for first, last in zip(firsts, lasts, strict=True)]
    long = [(first, last) for first, last in stretches if times[last] - times[first] >= settings.least]
    # A piece of a torn track may be short and clear all the same; an instant of a long one is chance.
    return long or (stretches if 2 * len(clear) >= len(times) else [])


def _half_outside(boxes: NDArray[np.float32], width: int, settings: VisibilitySettings) -> NDArray[np.bool_]:
    """``(N,)`` bool: boxes at the left or right border that are too slim for a whole person."""
    near = settings.border * width
    slim = boxes[:, 2] - boxes[:, 0] < settings.slim * (boxes[:, 3] - boxes[:, 1])
    found: NDArray[np.bool_] = ((boxes[:, 0] <= near) | (boxes[:, 2] >= width - near)) & slim
    return found
