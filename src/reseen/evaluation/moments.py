"""Moments found against moments true: temporal overlap, false moments, order of the ranking."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment


@dataclass(frozen=True)
class Interval:
    """A stretch of one source, in seconds from its start; both ends included."""

    source: str
    start: float
    end: float


@dataclass(frozen=True)
class ScoredMoment:
    """A moment that a search returned: where, and with which score (higher is better)."""

    source: str
    start: float
    end: float
    score: float


@dataclass(frozen=True)
class WantedPerson:
    """What is true for one query.

    Attributes:
        query: Name of the query.
        appearances: Stretches that must be found; none when the person is absent.
        also_in_view: Stretches (they cover the appearances) in which finding the person is right and not
            finding is no miss.
    """

    query: str
    appearances: tuple[Interval, ...]
    also_in_view: tuple[Interval, ...]


@dataclass(frozen=True)
class MomentSettings:
    """How moments are judged.

    Attributes:
        overlap: Intersection over union in time from which an appearance counts as found.
        tolerance: A moment that touches no ``also_in_view``, each widened by this many seconds, is false.
    """

    overlap: float = 0.5
    tolerance: float = 0.3


@dataclass(frozen=True, eq=False)
class JudgedQuery:
    """One query judged.

    Attributes:
        query: Its name.
        overlaps: ``(A,)`` float64, temporal IoU of each appearance with the moment assigned to it, 0 if none.
        start_errors: ``(A,)`` float64, seconds by which that moment starts late (early is negative); NaN
            where the appearance was not found.
        end_errors: ``(A,)`` float64, likewise for the end.
        reported: Moments that reached the threshold.
        right: How many of these touch the person.
        average_precision: Of the ranking of all moments, the threshold aside; NaN for an absent person.
        overlap: The IoU that counts as found.
    """

    query: str
    overlaps: NDArray[np.float64]
    start_errors: NDArray[np.float64]
    end_errors: NDArray[np.float64]
    reported: int
    right: int
    average_precision: float
    overlap: float

    @property
    def found(self) -> NDArray[np.bool_]:
        """``(A,)`` bool, which appearances were found."""
        return self.overlaps >= self.overlap


@dataclass(frozen=True)
class MomentFigures:
    """Several queries together. What cannot be measured (nothing reported, nothing found) is NaN.

    Attributes:
        queries: Number of queries.
        appearances: Number of appearances to be found.
        recall: Share of them found.
        precision: Share of the reported moments that touch their person.
        reported: Number of reported moments.
        mean_overlap: Mean temporal IoU of the found appearances.
        start_error: Median absolute error of their start, in seconds.
        end_error: Median absolute error of their end, in seconds.
        mean_average_precision: Mean over the queries with an appearance.
        false_for_absent: Moments reported for people who are not there.
    """

    queries: int
    appearances: int
    recall: float
    precision: float
    reported: int
    mean_overlap: float
    start_error: float
    end_error: float
    mean_average_precision: float
    false_for_absent: int


def temporal_overlap(a: Interval | ScoredMoment, b: Interval | ScoredMoment) -> float:
    """Intersection over union in time, 0..1; two instants overlap wholly when they are the same."""
    if a.source != b.source:
        return 0.0
    union = max(a.end, b.end) - min(a.start, b.start)
    if union <= 0:
        return 1.0
    return max(0.0, min(a.end, b.end) - max(a.start, b.start)) / union


def judge_query(
    wanted: WantedPerson,
    moments: Sequence[ScoredMoment],
    threshold: float,
    settings: MomentSettings | None = None,
) -> JudgedQuery:
    """Judge the moments of one query.

    Args:
        wanted: The truth.
        moments: All moments of the ranking, those below the threshold too.
        threshold: Moments with this score or more are reported; the rest only rank.
        settings: Overlap and tolerance.
    """
    settings = settings or MomentSettings()
    reported = [moment for moment in moments if moment.score >= threshold]
    touching = [_touches(moment, wanted, settings.tolerance) for moment in reported]
    overlaps, starts, ends = _assign(wanted.appearances, reported, settings.overlap)
    return JudgedQuery(
        query=wanted.query,
        overlaps=overlaps,
        start_errors=starts,
        end_errors=ends,
        reported=len(reported),
        right=sum(touching),
        average_precision=_average_precision(wanted, moments, settings.tolerance),
        overlap=settings.overlap,
    )


def summarise(judged: Sequence[JudgedQuery]) -> MomentFigures:
    """Figures over several queries; appearances and moments count alike whatever query they belong to."""
    none = [np.zeros(0)]
    overlaps = np.concatenate([one.overlaps for one in judged] or none)
    found = np.concatenate([one.found for one in judged] or none).astype(np.bool_)
    reported = sum(one.reported for one in judged)
    precisions = [one.average_precision for one in judged if not np.isnan(one.average_precision)]
    starts = np.concatenate([one.start_errors for one in judged] or none)[found]
    ends = np.concatenate([one.end_errors for one in judged] or none)[found]
    return MomentFigures(
        queries=len(judged),
        appearances=len(overlaps),
        recall=float(found.mean()) if len(found) else np.nan,
        precision=sum(one.right for one in judged) / reported if reported else np.nan,
        reported=reported,
        mean_overlap=float(overlaps[found].mean()) if found.any() else np.nan,
        start_error=float(np.median(np.abs(starts))) if found.any() else np.nan,
        end_error=float(np.median(np.abs(ends))) if found.any() else np.nan,
        mean_average_precision=float(np.mean(precisions)) if precisions else np.nan,
        false_for_absent=sum(one.reported - one.right for one in judged if not len(one.overlaps)),
    )


def _touches(moment: Interval | ScoredMoment, wanted: WantedPerson, tolerance: float) -> bool:
    return any(
        moment.source == view.source and moment.start <= view.end + tolerance and moment.end >= view.start - tolerance
        for view in wanted.also_in_view
    )


def _assign(
    appearances: Sequence[Interval], moments: Sequence[ScoredMoment], least: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Give each appearance at most one moment, each moment to at most one, for the greatest sum of overlaps.

    Returns:
        Overlap of each appearance, and the errors of start and end where it is at least ``least`` (else NaN).
    """
    table = np.array([[temporal_overlap(a, m) for m in moments] for a in appearances])
    table = table.reshape(len(appearances), len(moments))
    overlaps = np.zeros(len(appearances))
    starts, ends = np.full(len(appearances), np.nan), np.full(len(appearances), np.nan)
    for a, m in zip(*linear_sum_assignment(table, maximize=True), strict=True):
        overlaps[a] = table[a, m]
        if table[a, m] >= least:
            starts[a] = moments[m].start - appearances[a].start
            ends[a] = moments[m].end - appearances[a].end
    return overlaps, starts, ends


def _average_precision(wanted: WantedPerson, moments: Sequence[ScoredMoment], tolerance: float) -> float:
    """Mean, over the appearances, of the precision at the place in the ranking where each is first reached.

    A moment that touches the person but reaches no further appearance (the same stay again, somebody else who is in
    view at the same time) is neither right nor wrong: it is left out of the ranking. An appearance that is never
    reached counts with precision 0. Equal scores rank wrong ones first.
    """
    if not wanted.appearances:
        return np.nan
    touching = [_touches(moment, wanted, tolerance) for moment in moments]
    order = sorted(range(len(moments)), key=lambda index: (-moments[index].score, touching[index]))
    reached: set[int] = set()
    total, places = 0.0, 0
    for index in order:
        if not touching[index]:
            places += 1
            continue
        for number, appearance in enumerate(wanted.appearances):
            if number not in reached and temporal_overlap(appearance, moments[index]) > 0:
                reached.add(number)
                places += 1
                total += len(reached) / places
    return total / len(wanted.appearances)
