"""When a person is clearly seen: large enough, and not hidden by somebody nearer.

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
        smooth: Heights are taken as the median of so many frames.
        least: A stretch shorter than this many seconds is no moment of its own.
        gap: A shorter gap (seconds) does not interrupt a stretch.
    """

    height: float = 80.0
    share: float = 0.25
    hidden: float = 0.5
    smooth: int = 5
    least: float = 0.8
    gap: float = 2.0


def clear_stretches(
    times: NDArray[np.float64],
    boxes: NDArray[np.float32],
    overlaps: NDArray[np.float32],
    picture_height: int,
    settings: VisibilitySettings,
) -> list[tuple[int, int]]:
    """The stretches in which a person is clearly seen.

    Args:
        times: ``(N,)`` float64, rising, seconds.
        boxes: ``(N, 4)`` float32, ``x1, y1, x2, y2`` in displayed pixels.
        overlaps: ``(N,)`` float32, share of the box covered by another person.
        picture_height: Displayed height of the source in pixels.
        settings: What counts.

    Returns:
        First and last index of each stretch. Somebody who is never clearly seen, or only for instants, is given as
        one stretch from first to last: small is better than not at all.
    """
    whole = [(0, len(times) - 1)]
    heights = median_filter(boxes[:, 3] - boxes[:, 1], size=settings.smooth, mode="nearest")
    large = min(settings.height, settings.share * picture_height)
    clear = np.flatnonzero((heights >= large) & (overlaps < settings.hidden))
    if not len(clear):
        return whole
    breaks = np.flatnonzero(np.diff(times[clear]) >= settings.gap)
    firsts = clear[np.concatenate(([0], breaks + 1))]
    lasts = clear[np.concatenate((breaks, [len(clear) - 1]))]
    long = [
        (int(first), int(last))
        for first, last in zip(firsts, lasts, strict=True)
        if times[last] - times[first] >= settings.least
    ]
    return long or whole
