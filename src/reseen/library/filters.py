"""Which footage a question is about: by source, camera and wall clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from reseen.errors import UsageError
from reseen.library.columns import aware
from reseen.library.tables import CameraRow, SourceRow


@dataclass(frozen=True)
class Filter:
    """What to look at; None stands for everything.

    A time filter lets a tracklet through when any part of it lies in ``start <= t < end``. Sources whose
    start nobody knows cannot answer to a time filter: they are left out, and counted.

    Attributes:
        sources: Ids of sources.
        cameras: Names or patterns (``Gate*``; upper and lower case differ).
        start: Aware wall-clock time.
        end: Aware wall-clock time.

    Raises:
        UsageError: The range ends before it starts.
        ValueError: A time is naive.
    """

    sources: tuple[int, ...] | None = None
    cameras: tuple[str, ...] | None = None
    start: datetime | None = None
    end: datetime | None = None

    def __post_init__(self) -> None:
        for moment in (self.start, self.end):
            if moment is not None:
                aware(moment)
        if self.start is not None and self.end is not None and self.end <= self.start:
            raise UsageError("the time range ends before it starts: swap its two ends")

    @property
    def timed(self) -> bool:
        """Whether the wall clock matters."""
        return self.start is not None or self.end is not None


EVERYTHING = Filter()


@dataclass(frozen=True, eq=False)
class Window:
    """A filter as it applies to one library now: from when to when to look in which source.

    Attributes:
        source_ids: ``(S,)`` int64, rising.
        low: ``(S,)`` float64, seconds from each source's start; minus infinity without a time filter.
        high: ``(S,)`` float64, first second not looked at.
        without_clock: How many sources answer to all but the time filter, having no clock.
        whole: Whether it lets through everything.
    """

    source_ids: NDArray[np.int64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    without_clock: int
    whole: bool

    def passes(
        self, source_ids: NDArray[np.int64], starts: NDArray[np.float64], ends: NDArray[np.float64]
    ) -> NDArray[np.bool_]:
        """For N stretches of footage, given by source, start and end in seconds: ``(N,)`` bool."""
        if len(self.source_ids) == 0:
            return np.zeros(len(source_ids), np.bool_)
        at = np.minimum(np.searchsorted(self.source_ids, source_ids), len(self.source_ids) - 1)
        known = self.source_ids[at] == source_ids
        inside: NDArray[np.bool_] = known & (ends >= self.low[at]) & (starts < self.high[at])
        return inside


def named(name: str, patterns: tuple[str, ...]) -> bool:
    """Whether a camera's name is one of the patterns or fits one."""
    return any(name == pattern or fnmatchcase(name, pattern) for pattern in patterns)


def window_of(session: Session, wanted: Filter) -> Window:
    """Resolves a filter against the sources and their clocks as they are now."""
    columns = select(SourceRow.id, CameraRow.name, SourceRow.started_at).join(
        CameraRow, SourceRow.camera_id == CameraRow.id
    )
    only = None if wanted.sources is None else frozenset(wanted.sources)
    ids: list[int] = []
    low: list[float] = []
    high: list[float] = []
    without_clock = 0
    for source_id, camera, started_at in session.execute(columns.order_by(SourceRow.id)):
        if only is not None and source_id not in only:
            continue
        if wanted.cameras is not None and not named(camera, wanted.cameras):
            continue
        if wanted.timed and started_at is None:
            without_clock += 1
            continue
        ids.append(source_id)
        low.append(_seconds(started_at, wanted.start, -np.inf))
        high.append(_seconds(started_at, wanted.end, np.inf))
    return Window(
        source_ids=np.array(ids, np.int64),
        low=np.array(low, np.float64),
        high=np.array(high, np.float64),
        without_clock=without_clock,
        whole=only is None and wanted.cameras is None and not wanted.timed,
    )


def _seconds(started_at: datetime | None, moment: datetime | None, otherwise: float) -> float:
    if moment is None or started_at is None:
        return otherwise
    return (moment - started_at).total_seconds()
