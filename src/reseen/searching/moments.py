"""Matches to moments: the intervals of a camera's footage in which the wanted person is seen.

Matches of one camera that overlap or nearly touch are one moment, also across consecutive files. Two people who
are visible at the same time are never merged.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from reseen.searching.match import Match, Path

Verdict = Literal["confirmed", "rejected"]


@dataclass(frozen=True)
class Moment:
    """An interval of one source in which the wanted person is seen.

    Attributes:
        source: The source as the user named it.
        source_id: The source in the library.
        camera: Its camera.
        start: Seconds from the start of the source.
        end: Seconds from the start of the source; equal to ``start`` for a still image.
        best_time: When the most alike shot was taken, in seconds.
        score: Score of the best match in the moment.
        expected_false_matches: How many such matches chance would give among the people searched; None when the
            model has no measured curve.
        at_most: True when the data behind the curve only say that fewer are expected than that.
        best_box: ``x1, y1, x2, y2`` of the most alike shot, in displayed pixels.
        best_shot: Its id in the library.
        wall_start: Wall-clock time of the start, if known.
        tracklets: Ids of the tracklets.
        group: Moments of one stay that spans several files share a number.
        verdict: What somebody said of it before.
    """

    source: str
    source_id: int
    camera: str
    start: float
    end: float
    best_time: float
    score: float
    expected_false_matches: float | None
    at_most: bool
    best_box: tuple[float, float, float, float]
    best_shot: int
    wall_start: datetime | None
    tracklets: tuple[int, ...]
    group: int = 0
    verdict: Verdict | None = None


@dataclass(frozen=True)
class MergeSettings:
    """How matches become moments.

    Attributes:
        gap: Matches of one camera closer than this many seconds are one moment.
        together: Two matches seen in this many seconds of common frames are two people, unless the same box.
        same_box: Boxes of one person tracked twice overlap at least this much (IoU).
        nested: One person tracked twice, once whole and once from the waist up: of the smaller box at least this
            share lies in the other.
    """

    gap: float = 2.0
    together: float = 0.5
    same_box: float = 0.5
    nested: float = 0.8


@dataclass(frozen=True)
class Bonds:
    """What somebody said of matches: of each person by hand, the tracklets."""

    persons: tuple[frozenset[int], ...] = ()

    def joins(self, one: Match, other: Match) -> bool:
        """Whether two matches of one source were said to be one person."""
        return one.source.id == other.source.id and not self._of(one).isdisjoint(self._of(other))

    def parts(self, one: Match, other: Match) -> bool:
        """Whether two matches were said to be different people."""
        a, b = self._of(one), self._of(other)
        return bool(a and b) and a.isdisjoint(b)

    def _of(self, match: Match) -> set[int]:
        return {number for number, person in enumerate(self.persons) if not person.isdisjoint(match.tracklets)}


def merge_intervals(intervals: Iterable[tuple[float, float]], gap: float) -> list[tuple[float, float]]:
    """Join intervals (seconds) that overlap or are less than ``gap`` apart; sorted by start.

    Raises:
        ValueError: An interval ends before it starts.
    """
    merged: list[tuple[float, float]] = []
    for start, end in sorted(intervals):
        if end < start:
            raise ValueError(f"the interval {start}..{end} ends before it starts")
        if merged and start - merged[-1][1] < gap:
            merged[-1] = merged[-1][0], max(merged[-1][1], end)
        else:
            merged.append((start, end))
    return merged


def seen_together(one: Match, other: Match, settings: MergeSettings) -> bool:
    """Whether two matches are two people: in the same frames of one source, at different places.

    Somebody who is small or half hidden is there all the same: what counts is where both are, not where they are
    clearly seen.
    """
    if one.source.id != other.source.id:
        return False
    a, b = one.path or Path(one.times, one.boxes), other.path or Path(other.times, other.boxes)
    _, left, right = np.intersect1d(a.times, b.times, assume_unique=True, return_indices=True)
    if len(left) == 0:
        return False
    iou, inside = _overlaps(a.boxes[left], b.boxes[right])
    apart = (iou < settings.same_box) & (inside < settings.nested)
    if a.times.size == 1 or b.times.size == 1:
        return bool(apart.all())
    common = a.times[left][apart]
    if common.size == 0:
        return False
    return float(common[-1] - common[0]) >= settings.together or bool(apart.all() and common.size >= 2)


@dataclass
class _Group:
    """Matches of one moment, and when it is: the stretches in which the person is clearly seen, if there are any."""

    matches: list[Match]
    camera_times: list[tuple[float, float]]

    @property
    def clear(self) -> bool:
        return self.matches[0].clear


def group_matches(matches: Sequence[Match], settings: MergeSettings, bonds: Bonds | None = None) -> list[list[Match]]:
    """Group matches into moments, best first; greedy from the best match down.

    A match joins the best group of its camera that it touches and in which nobody was seen together with it.
    Groups that a later match brings within reach of each other are joined as well. Those in which the person is
    clearly seen come first: what is not clear joins one of their groups without making its time longer. What
    ``bonds`` says goes before all that.
    """
    bonds = bonds or Bonds()
    starts = _camera_starts(matches)
    cameras: dict[str, list[_Group]] = {}
    for match in sorted(matches, key=lambda item: (not item.clear, -item.score)):
        groups = cameras.setdefault(match.source.camera, [])
        begin = starts[match.source.id]
        span = begin + match.start, begin + match.end
        group = _Group([match], [span])
        touched = [item for item in groups if _joinable(item, group, settings, bonds)]
        host = next((item for item in touched if item.clear and not match.clear), None)
        if host is not None:
            host.matches.append(match)
            continue
        for other in touched:
            if _joinable(other, group, settings, bonds):
                group = _Group(other.matches + group.matches, other.camera_times + group.camera_times)
                groups.remove(other)
        groups.append(group)
    found = [group.matches for groups in cameras.values() for group in groups]
    return sorted(found, key=lambda group: -max(match.score for match in group))


def _joinable(one: _Group, other: _Group, settings: MergeSettings, bonds: Bonds) -> bool:
    """Whether two groups of one camera are one moment."""
    if bonds.persons:
        pairs = [(a, b) for a in one.matches for b in other.matches]
        if any(bonds.parts(a, b) for a, b in pairs):
            return False
        if any(bonds.joins(a, b) for a, b in pairs):
            return True
    # The cheap questions first: every match is held against every group of its camera.
    if all(max(a[0], b[0]) - min(a[1], b[1]) >= settings.gap for a in one.camera_times for b in other.camera_times):
        return False
    if not _same_stretch(one, other):
        return False
    return not any(seen_together(a, b, settings) for a in one.matches for b in other.matches)


def _same_stretch(one: _Group, other: _Group) -> bool:
    """Different files join only where both have a clock; the same file always does."""
    sources = {match.source.id: match.source for match in (*one.matches, *other.matches)}
    return len(sources) == 1 or all(source.started_at is not None for source in sources.values())


def _camera_starts(matches: Sequence[Match]) -> dict[int, float]:
    """Seconds at which each source starts on a line of time shared by all; sources without a clock start at 0."""
    return {
        match.source.id: 0.0 if match.source.started_at is None else match.source.started_at.timestamp()
        for match in matches
    }


def to_moments(group: Sequence[Match], number: int) -> list[Moment]:
    """The moments of one group of matches: one per source, in the order of time.

    A group's score is that of its best match, in each of its sources. A moment is shown, and lasts, where the person
    is clearly seen, if that is anywhere.
    """
    score = max(match.score for match in group)
    moments: list[Moment] = []
    shown = [match for match in group if match.clear] or list(group)
    clocks = {match.source.id: match.source.started_at for match in shown}
    for source_id in sorted(clocks, key=lambda number: (clocks[number] or datetime.min.replace(tzinfo=UTC), number)):
        members = [match for match in shown if match.source.id == source_id]
        best = max(members, key=lambda match: match.score)
        start = min(match.start for match in members)
        wall = best.source.started_at
        moments.append(
            Moment(
                source=best.source.name,
                source_id=source_id,
                camera=best.source.camera,
                start=start,
                end=max(match.end for match in members),
                best_time=best.best_time,
                score=score,
                expected_false_matches=None,
                at_most=False,
                best_box=best.best_box,
                best_shot=best.best_shot,
                wall_start=None if wall is None else wall + timedelta(seconds=start),
                tracklets=tuple(
                    sorted({number for match in group if match.source.id == source_id for number in match.tracklets})
                ),
                group=number,
            )
        )
    return moments


def _overlaps(
    boxes: NDArray[np.float32], others: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Of boxes pair by pair, ``(N, 4)`` twice: intersection over union and over the smaller box, ``(N,)`` each."""
    corner = np.minimum(boxes[:, 2:], others[:, 2:]) - np.maximum(boxes[:, :2], others[:, :2])
    shared = np.prod(np.maximum(corner, 0), axis=1)
    sizes, other_sizes = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1), np.prod(others[:, 2:] - others[:, :2], axis=1)
    union = sizes + other_sizes - shared
    return shared / np.maximum(union, 1e-9), shared / np.maximum(np.minimum(sizes, other_sizes), 1e-9)
