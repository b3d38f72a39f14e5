"""The motion gate: frames in which nothing moved need no detector."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from reseen.errors import UsageError

if TYPE_CHECKING:
    from reseen.media import Frame


SPREAD = 1.4826
"""Standard deviations in a median absolute deviation, for a normal distribution."""


@dataclass(frozen=True)
class GateSettings:
    """What counts as motion.

    Attributes:
        longest: Seconds after which a frame is analysed even if nothing moved.
        contrast: Smallest change of a smoothed pixel that can be motion, in gray levels.
        noise: How many deviations of the picture's own noise a change must exceed.
        area: Changed pixels (of the small luma picture) in a window of three by three that make a motion.
        doubt: Noise, in gray levels after smoothing, above which nothing is skipped.
    """

    longest: float = 2.0
    contrast: float = 4.0
    noise: float = 6.0
    area: int = 3
    doubt: float = 4.0

    def __post_init__(self) -> None:
        if min(self.longest, self.contrast, self.noise, self.doubt) <= 0 or not 1 <= self.area <= 9:
            raise UsageError("gate settings must be above 0, and area from 1 to 9")


class MotionGate:
    """Says of each frame whether anything moved since the last analysed one.

    The comparison is with the last *analysed* frame, so slow motion adds up until it counts. A change of the
    whole picture's brightness or contrast is taken out by a straight line fitted through the two pictures'
    pixels; the noise is estimated from what is left (median absolute deviation). When in doubt (first frame,
    hard cut, other size, time that does not rise, too much noise) a frame is analysed. What a gate says
    depends on the frames given to it and on nothing else. Not for several threads.

    Args:
        settings: What counts as motion.
    """

    def __init__(self, settings: GateSettings | None = None) -> None:
        self._settings = settings or GateSettings()
        self._time = 0.0
        self._seen: NDArray[np.float32] | None = None

    def reset(self) -> None:
        """Forget the last analysed frame: the next one is analysed."""
        self._seen = None

    def moved(self, frame: Frame) -> bool:
        """Whether a frame must be analysed; if so, it becomes the one that later frames are compared with."""
        smooth = np.asarray(cv2.blur(frame.luma.astype(np.float32), (3, 3)), np.float32)
        if not self._must_look(frame, smooth):
            return False
        self._time, self._seen = frame.time, smooth
        return True

    def _must_look(self, frame: Frame, smooth: NDArray[np.float32]) -> bool:
        if self._seen is None or frame.cut or self._seen.shape != smooth.shape:
            return True
        passed = frame.time - self._time
        if passed <= 0 or passed >= self._settings.longest:
            return True
        return self._differs(self._seen, smooth)

    def _differs(self, before: NDArray[np.float32], now: NDArray[np.float32]) -> bool:
        change = without_light(before, now)
        deviation = SPREAD * float(np.median(np.abs(_sample(change))))
        if deviation > self._settings.doubt:
            return True
        limit = max(self._settings.contrast, self._settings.noise * deviation)
        changed = (np.abs(change) > limit).astype(np.float32)
        if not changed.any():
            return False
        crowd = cv2.boxFilter(changed, -1, (3, 3), normalize=False, borderType=cv2.BORDER_CONSTANT)
        return bool(crowd.max() >= self._settings.area - 0.5)


def without_light(before: NDArray[np.float32], now: NDArray[np.float32]) -> NDArray[np.float32]:
    """The change between two pictures, less one of brightness and contrast of the whole.

    Args:
        before: ``(h, w)`` float32, gray levels.
        now: The same.

    Returns:
        ``(h, w)`` float32, gray levels, about 0 where nothing moved.
    """
    change = now - before
    change -= np.median(_sample(change))
    x, y = _sample(before), _sample(change)
    still = np.abs(y) <= 3 * SPREAD * np.median(np.abs(y)) + 1e-3
    x, y = x[still], y[still]
    spread = float(np.var(x))
    if len(x) < 16 or spread < 1.0:
        return change
    centre = float(x.mean())
    slope = float(np.mean((x - centre) * (y - y.mean()))) / spread
    return np.asarray(change - slope * (before - centre) - y.mean(), np.float32)


def _sample(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """Every fourth pixel: enough for a median, and a quarter of its cost."""
    return picture[::2, ::2]
