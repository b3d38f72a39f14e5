"""A person being tracked: what was seen so far, and where the next sight is expected."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reseen.tracking.boxes import Boxes, centre_size
from reseen.tracking.motion import Motion, MotionSettings

_STRIDE_SECONDS = 0.5
"""How far back the direction of walking is measured; shorter ways are mostly noise."""


@dataclass(frozen=True, eq=False)
class Sight:
    """One frame of a track.

    Attributes:
        time: Seconds from the start of the source.
        box: ``(4,)`` float64 in pixels.
        score: Score of the detection; 0 where nothing was detected.
        observed: Whether the detector saw the person.
        warmup: Whether the frame lies before the segment.
    """

    time: float
    box: Boxes
    score: float
    observed: bool
    warmup: bool


class Track:
    """A person being tracked.

    The filter always stands at the last sight; a prediction starts from there. A sight after a gap first walks the
    filter through the frames missed, along the straight line between the two sights (observation-centric
    re-update, Cao et al., CVPR 2023), and fills these frames.

    Attributes:
        sights: What was seen, in order of time.
        best_score: Best score of a sight.
        proven: Whether a sure detection ever belonged to it or to the track it is the heir of.
        doubted: Whether the next sight may be somebody else, so that it belongs to an heir.
    """

    def __init__(self, time: float, box: Boxes, score: float, *, warmup: bool, motion: MotionSettings):
        self.sights = [Sight(time, box, score, True, warmup)]
        self.best_score = score
        self.proven = False
        self.doubted = False
        self._missed: list[tuple[float, bool]] = []
        self._motion = Motion.start(box, motion)

    @property
    def last(self) -> Sight:
        """The last sight."""
        return self.sights[-1]

    @property
    def missing(self) -> bool:
        """Whether the person was not found in the frame before."""
        return bool(self._missed)

    @property
    def missed(self) -> float:
        """Seconds from the last sight to the last frame in which the person was not found; 0 if found there."""
        return self._missed[-1][0] - self.last.time if self._missed else 0.0

    @property
    def first_missed(self) -> float | None:
        """Time of the first frame after the last sight in which the person was not found."""
        return self._missed[0][0] if self._missed else None

    def expect(self, time: float) -> Motion:
        """What is believed of the box at a time after the last sight."""
        return self._motion.predict(time - self.last.time)

    def stride(self) -> NDArray[np.float64]:
        """``(2,)`` the way walked in about the last half second, in heights; 0 while unknown."""
        now = self.last
        for sight in reversed(self.sights[:-1]):
            if now.time - sight.time >= _STRIDE_SECONDS:
                break
        else:
            sight = self.sights[0]
        way = centre_size(now.box)[:2] - centre_size(sight.box)[:2]
        return np.asarray(way / max(now.box[3] - now.box[1], 1.0), np.float64)

    def see(self, time: float, box: Boxes, score: float, *, warmup: bool, noise: float = 1.0) -> None:
        """The detector found the person at ``time``; ``noise`` as in :meth:`Motion.update`."""
        start = self.last
        for missed, before in self._missed:
            share = (missed - start.time) / (time - start.time)
            between = start.box + share * (box - start.box)
            self._step(Sight(missed, between, 0.0, False, before), noise)
        self._missed.clear()
        self._step(Sight(time, box, score, True, warmup), noise)
        self.best_score = max(self.best_score, score)

    def heir(self, time: float, box: Boxes, score: float, *, warmup: bool, noise: float = 1.0) -> Track:
        """The track that begins where this one ends in doubt: another tracklet that keeps its motion."""
        heir = Track(time, box, score, warmup=warmup, motion=self._motion.settings)
        heir.proven = self.proven
        heir._motion = self.expect(time).update(box, noise)
        return heir

    def hold(self, time: float, *, warmup: bool) -> None:
        """Nothing in the picture moved: the person stands where they stood."""
        self._step(Sight(time, self.last.box, 0.0, False, warmup), 1.0)

    def miss(self, time: float, *, warmup: bool) -> None:
        """The person was not found at ``time``."""
        self._missed.append((time, warmup))

    def _step(self, sight: Sight, noise: float) -> None:
        self._motion = self._motion.predict(sight.time - self.last.time).update(sight.box, noise)
        self.sights.append(sight)
