"""When each camera saw the wanted person, as lanes to be drawn."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from reseen.library import Skipped, Source
from reseen.reports.axis import Axis, Tick
from reseen.reports.table import clock
from reseen.reports.wording import count, wall
from reseen.searching import Moment, SearchResult, how_sure

_TOUCHING = 1.0  # seconds between files that a recorder wrote one after the other
_APART = 0.1  # percent of the width
_THINNEST = 0.1  # percent; what has no width at all is not drawn


@dataclass(frozen=True)
class Bar:
    """A stretch on a lane: its left edge and width in percent, words to be shown, and what it leads to."""

    x: float
    width: float
    title: str
    link: str = ""
    sure: bool = True


@dataclass(frozen=True)
class Lane:
    """One camera.

    Attributes:
        camera: Its name.
        summary: What is on the lane, in words.
        footage: Stretches recorded.
        gaps: Stretches not looked through.
        moments: Stretches in which the person is seen, the most alike last, on top of the others.
    """

    camera: str
    summary: str
    footage: tuple[Bar, ...]
    gaps: tuple[Bar, ...]
    moments: tuple[Bar, ...]


@dataclass(frozen=True)
class Timeline:
    """Lanes over one axis.

    Attributes:
        title: What the axis shows.
        lanes: One per camera, those with moments first.
        ticks: Labels of the axis.
        breaks: Where time was cut out, in percent.
        left_out: Cameras for which there was no room.
    """

    title: str
    lanes: tuple[Lane, ...]
    ticks: tuple[Tick, ...]
    breaks: tuple[float, ...]
    left_out: int = 0


@dataclass(frozen=True)
class Drawn:
    """What the timelines are made of.

    Attributes:
        result: The search.
        sources: Sources that were asked about.
        names: How each source is called, by id.
        anchors: Where a moment is described on the page, by its place in the result.
        most_lanes: Cameras drawn per timeline.
    """

    result: SearchResult
    sources: Sequence[Source]
    names: Mapping[int, str]
    anchors: Mapping[int, str] = field(default_factory=dict)
    most_lanes: int = 24


@dataclass(frozen=True)
class _Placed:
    """A source on the line of time: where its start lies, and from when to when it was asked about."""

    source: Source
    origin: float
    start: float
    end: float


class _Found:
    """Moments and gaps by source."""

    def __init__(self, drawn: Drawn) -> None:
        self.moments: dict[int, list[tuple[int, Moment]]] = {}
        self.gaps: dict[int, list[Skipped]] = {}
        for place, moment in enumerate((*drawn.result.moments, *drawn.result.below)):
            self.moments.setdefault(moment.source_id, []).append((place, moment))
        for gap in drawn.result.coverage.skipped:
            self.gaps.setdefault(gap.source_id, []).append(gap)

    def extent(self, source: Source) -> float:
        """A source's length with what is missing at its end."""
        return max([source.duration, *(gap.end for gap in self.gaps.get(source.id, ()))])


def timelines(drawn: Drawn) -> tuple[Timeline, ...]:
    """One timeline by the wall clock for sources that have one, one laid end to end for those that have none.

    Still pictures without a clock have no place in time and are left out.
    """
    found = _Found(drawn)
    timed = [_by_clock(source, drawn, found) for source in drawn.sources if source.started_at is not None]
    loose = [source for source in drawn.sources if source.started_at is None and source.kind != "image"]
    made: list[Timeline] = []
    if timed:
        made.append(_timeline("By the wall clock", timed, drawn, found, by_clock=True))
    if loose:
        placed = _end_to_end(loose, found)
        made.append(_timeline("From the start of the footage", placed, drawn, found, by_clock=False))
    return tuple(made)


def _by_clock(source: Source, drawn: Drawn, found: _Found) -> _Placed:
    assert source.started_at is not None
    origin = source.started_at.timestamp()
    wanted = drawn.result.wanted
    start, end = origin, origin + found.extent(source)
    low = start if wanted.start is None else max(start, wanted.start.timestamp())
    high = end if wanted.end is None else min(end, wanted.end.timestamp())
    return _Placed(source, origin, low, max(low, high))


def _end_to_end(sources: Iterable[Source], found: _Found) -> list[_Placed]:
    at: dict[str, float] = {}
    placed: list[_Placed] = []
    for source in sources:
        begin = at.get(source.camera, 0.0)
        at[source.camera] = end = begin + max(found.extent(source), 1.0)
        placed.append(_Placed(source, begin, begin, end))
    return placed


def _timeline(title: str, placed: Sequence[_Placed], drawn: Drawn, found: _Found, *, by_clock: bool) -> Timeline:
    axis = Axis.over([(item.start, item.end) for item in placed])
    cameras: dict[str, list[_Placed]] = {}
    for item in placed:
        cameras.setdefault(item.source.camera, []).append(item)
    sheet = _Sheet(axis, drawn, found, by_clock)
    lanes = [sheet.lane(camera, items) for camera, items in cameras.items()]
    lanes.sort(key=lambda lane: (not lane.moments, not lane.gaps, _natural(lane.camera)))
    return Timeline(
        title,
        tuple(lanes[: drawn.most_lanes]),
        axis.ticks(wall=by_clock),
        axis.breaks,
        max(len(lanes) - drawn.most_lanes, 0),
    )


@dataclass(frozen=True)
class _Sheet:
    """What the lanes of one timeline have in common."""

    axis: Axis
    drawn: Drawn
    found: _Found
    by_clock: bool

    def lane(self, camera: str, items: Sequence[_Placed]) -> Lane:
        moments = [
            self._moment(moment, item.origin, self.drawn.anchors.get(place, ""))
            for item in items
            for place, moment in self.found.moments.get(item.source.id, ())
        ]
        gaps = [self._gap(gap, item.origin) for item in items for gap in self.found.gaps.get(item.source.id, ())]
        summary = f"{camera}: {count(len(moments), 'moment')}"
        if gaps:
            summary += f", {count(len(gaps), 'stretch', 'stretches')} not looked through"
        return Lane(camera, summary, self._footage(items), _joined(gaps), tuple(reversed(moments)))

    def _footage(self, items: Sequence[_Placed]) -> tuple[Bar, ...]:
        """The sources; by the clock, files of a recorder that follow one another are one stretch."""
        joined: list[tuple[float, float, list[str]]] = []
        for item in sorted(items, key=lambda item: item.start):
            name = self.drawn.names[item.source.id]
            if self.by_clock and joined and item.start - joined[-1][1] <= _TOUCHING:
                start, end, names = joined[-1]
                joined[-1] = (start, max(end, item.end), [*names, name])
            else:
                joined.append((item.start, item.end, [name]))
        bars: list[Bar] = []
        for start, end, names in joined:
            title = names[0] if len(names) == 1 else f"{names[0]} to {names[-1]} ({len(names)} files)"
            bars.append(self._bar(start, end, f"{title}, {clock(end - start)} long"))
        return tuple(bars)

    def _moment(self, moment: Moment, origin: float, link: str) -> Bar:
        sure = how_sure(moment, self.drawn.result.threshold)
        title = f"{moment.camera}, {clock(moment.start)} to {clock(moment.end)} of {moment.source}"
        if moment.wall_start is not None:
            title += f", {wall(moment.wall_start)}"
        title += f": {sure}, {moment.score:.2f}"
        bar = self._bar(origin + moment.start, origin + moment.end, title)
        return replace(bar, link=link, sure=sure != "unsure")

    def _gap(self, gap: Skipped, origin: float) -> Bar:
        stretch = clock(gap.start) + (f" to {clock(gap.end)}" if gap.end > gap.start else "")
        name = self.drawn.names.get(gap.source_id, gap.source)
        title = f"not looked through: {name}, {stretch}: {gap.reason}"
        return self._bar(origin + gap.start, origin + gap.end, title)

    def _bar(self, start: float, end: float, title: str) -> Bar:
        left, right = self.axis.x(start), self.axis.x(end)
        return Bar(round(left, 3), round(max(right - left, _THINNEST), 3), title)


def _natural(name: str) -> list[tuple[int, str]]:
    """Puts ``Gate 2`` before ``Gate 10``."""
    return [(int(part), "") if part.isdecimal() else (-1, part.casefold()) for part in re.split(r"(\d+)", name)]


def _joined(bars: Iterable[Bar]) -> tuple[Bar, ...]:
    """Bars so near to each other that nobody could tell them apart, as one."""
    joined: list[tuple[Bar, int]] = []
    for bar in sorted(bars, key=lambda bar: bar.x):
        if joined and bar.x - (joined[-1][0].x + joined[-1][0].width) < _APART:
            before, number = joined[-1]
            width = max(before.width, bar.x + bar.width - before.x)
            first = before.title.removesuffix(_more(number))
            joined[-1] = (Bar(before.x, round(width, 3), first + _more(number + 1)), number + 1)
        else:
            joined.append((bar, 0))
    return tuple(bar for bar, _ in joined)


def _more(number: int) -> str:
    return f", and {number} more beside it" if number else ""
