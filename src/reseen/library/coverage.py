"""What has been looked through and what has not: nothing is said of footage that was not seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from reseen.library.filters import EVERYTHING, Filter, Window, window_of
from reseen.library.part import Part, in_chunks
from reseen.library.records import Source
from reseen.library.results import Coverage, Skipped
from reseen.library.sources import select_sources
from reseen.library.tables import GapRow, SegmentRow

NOT_YET = "not looked through yet"
"""The reason of what nobody tried to look through yet."""


class CoveragePart(Part):
    """Coverage."""

    def coverage(self, wanted: Filter = EVERYTHING) -> Coverage:
        """What a search with this filter looks through.

        A segment that a time filter cuts counts with its share of seconds. What is skipped comes by source
        and time, cut to the filter: gaps in decoding, and stretches that are not indexed, with why.
        """
        with self._db.read() as session:
            window = window_of(session, wanted)
            tracklets = len(self._index.tracklets_in(session, window))
            seconds = 0.0
            count = 0
            skipped: list[Skipped] = []
            for view in _views(session, window):
                if not view.sees(0.0, view.source.duration):
                    continue
                count += 1
                seconds += sum(view.seconds_of(row) for row in view.segments)
                skipped.extend(view.skipped())
        return Coverage(count, seconds, tracklets, tuple(skipped), window.without_clock)


@dataclass(frozen=True, eq=False)
class _View:
    """A source within a window, with its segments and gaps."""

    source: Source
    low: float
    high: float
    segments: list[SegmentRow]
    gaps: list[GapRow]

    def sees(self, start: float, end: float) -> bool:
        return end >= self.low and start < self.high

    def seconds_of(self, row: SegmentRow) -> float:
        if row.done_at is None or not self.sees(row.start, row.end):
            return 0.0
        length = row.end - row.start
        inside = min(row.end, self.high) - max(row.start, self.low)
        return row.seconds * (inside / length if length > 0 else 1.0)

    def skipped(self) -> list[Skipped]:
        stretches = [(gap.start, gap.end, gap.reason) for gap in self.gaps]
        stretches.extend((start, end, self.source.failure or NOT_YET) for start, end in self._untouched())
        return [
            Skipped(self.source.id, self.source.shown, max(start, self.low), min(end, self.high), reason)
            for start, end, reason in sorted(stretches)
            if self.sees(start, end)
        ]

    def _untouched(self) -> list[tuple[float, float]]:
        """Stretches of segments that are not committed, neighbours joined."""
        if not self.segments:
            return [(0.0, self.source.duration)]
        joined: list[tuple[float, float]] = []
        previous_open = False
        for row in self.segments:
            if row.done_at is None:
                if previous_open:
                    joined[-1] = (joined[-1][0], row.end)
                else:
                    joined.append((row.start, row.end))
            previous_open = row.done_at is None
        return joined


def _views(session: Session, window: Window) -> Iterator[_View]:
    low = dict(zip(window.source_ids.tolist(), window.low.tolist(), strict=True))
    high = dict(zip(window.source_ids.tolist(), window.high.tolist(), strict=True))
    for ids in in_chunks(window.source_ids.tolist()):
        segments: dict[int, list[SegmentRow]] = {}
        for row in session.scalars(
            select(SegmentRow).where(SegmentRow.source_id.in_(ids)).order_by(SegmentRow.source_id, SegmentRow.position)
        ):
            segments.setdefault(row.source_id, []).append(row)
        gaps: dict[int, list[GapRow]] = {}
        with_source = (
            select(GapRow, SegmentRow.source_id)
            .join(SegmentRow, GapRow.segment_id == SegmentRow.id)
            .where(SegmentRow.source_id.in_(ids))
        )
        for gap, source_id in session.execute(with_source):
            gaps.setdefault(source_id, []).append(gap)
        for source in select_sources(session, ids):
            yield _View(source, low[source.id], high[source.id], segments.get(source.id, []), gaps.get(source.id, []))
