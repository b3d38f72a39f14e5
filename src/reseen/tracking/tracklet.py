"""The tracklet, and the shots chosen from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Shot:
    """A crop of a tracked person, chosen to be embedded.

    Attributes:
        time: Seconds from the start of the source.
        box: ``(4,)`` float32, ``x1, y1, x2, y2`` in displayed full-resolution pixels.
        score: Score of the detection in 0..1.
        quality: How good a picture of the person this is, in 0..1 (see ``tracking.quality``).
        image: ``(h, w, 3)`` uint8 BGR, the pixels inside the box (clipped to the frame), shrunk if they are very
            many (``ShotSettings.max_height``).
    """

    time: float
    box: NDArray[np.float32]
    score: float
    quality: float
    image: NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Tracklet:
    """The detections of one person through one uninterrupted stretch of one segment.

    Times rise strictly; frames in which the person was not detected but in between is known (interpolated) are
    marked by ``observed == False``.

    Attributes:
        times: ``(N,)`` float64, seconds from the start of the source; only frames of the segment, no warm-up.
        boxes: ``(N, 4)`` float32, ``x1, y1, x2, y2`` in displayed full-resolution pixels.
        scores: ``(N,)`` float32 detection scores in 0..1; 0 where not observed.
        observed: ``(N,)`` bool, whether the detector saw the person in that frame.
        overlaps: ``(N,)`` float32 in 0..1, the largest share of the box that the box of another tracklet of the
            segment covers at that time; where it is high, one person may have been taken for the other.
        shots: The best shots, in order of time.
        warmup_times: ``(M,)`` float64, times of the warm-up frames (before the segment) in which the person was
            already tracked; they lie in the segment before and identify the predecessor.
        warmup_boxes: ``(M, 4)`` float32, the boxes at those times.
    """

    times: NDArray[np.float64]
    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    observed: NDArray[np.bool_]
    overlaps: NDArray[np.float32]
    shots: tuple[Shot, ...]
    warmup_times: NDArray[np.float64]
    warmup_boxes: NDArray[np.float32]

    @property
    def start(self) -> float:
        """Time of the first frame, in seconds."""
        return float(self.times[0])

    @property
    def end(self) -> float:
        """Time of the last frame, in seconds."""
        return float(self.times[-1])
