"""A match: one person of one source, and how alike the wanted one they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class SourceClock:
    """What the merging of moments knows about a source.

    Attributes:
        id: The source in the library.
        name: The source as the user named it.
        camera: Its camera.
        started_at: Its wall-clock start (UTC), if known.
        duration: Seconds.
    """

    id: int
    name: str
    camera: str
    started_at: datetime | None
    duration: float


@dataclass(frozen=True, eq=False)
class Path:
    """Where somebody was: ``(N,)`` float64 times in seconds, rising, and ``(N, 4)`` float32 boxes at these times."""

    times: NDArray[np.float64]
    boxes: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Match:
    """One person of one source (tracklets joined over segments) with their score for a query.

    Attributes:
        source: The source.
        tracklets: Ids of the tracklets.
        times: ``(N,)`` float64, rising, seconds from the start of the source.
        boxes: ``(N, 4)`` float32, ``x1, y1, x2, y2`` in displayed pixels.
        score: How alike, the higher the better.
        best_time: Time of the most alike shot, in seconds.
        best_box: Its box.
        best_shot: Its id.
        path: Where the person was all the time, also when small or hidden; None when ``times`` and ``boxes`` are all.
        clear: Whether the person is clearly seen; else this is what there is of somebody who never is.
    """

    source: SourceClock
    tracklets: tuple[int, ...]
    times: NDArray[np.float64]
    boxes: NDArray[np.float32]
    score: float
    best_time: float
    best_box: tuple[float, float, float, float]
    best_shot: int
    path: Path | None = None
    clear: bool = True

    @property
    def start(self) -> float:
        """Seconds from the start of the source."""
        return float(self.times[0])

    @property
    def end(self) -> float:
        """Seconds from the start of the source."""
        return float(self.times[-1])
