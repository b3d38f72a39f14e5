"""Answers as the interface shows them: what ``reseen find --json`` prints, and what the pages need beyond it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from reseen.app.answers import HeldAnswer
from reseen.library import Filter, Store, UnknownRowError
from reseen.models import Card, ScoreCurve
from reseen.reports import document
from reseen.reports.document import iso
from reseen.searching import Moment, how_sure
from reseen.searching.moments import Verdict

Number = Annotated[int, Field(ge=1, lt=2**63)]
"""An id of a row."""

Group = Annotated[list[Number], Field(min_length=1, max_length=1000)]
"""A match, by its tracklets."""

Box = Annotated[list[float], Field(min_length=4, max_length=4)]
"""``x1, y1, x2, y2`` in pixels of the picture as displayed."""

POINTS = 96
"""The slider's curve has so many points."""


class QueryShown(BaseModel):
    """Who was looked for, and with which models."""

    photos: list[str]
    person_box: Box | None
    detector: str
    embedder: str
    warnings: list[str]


class SkippedShown(BaseModel):
    """A stretch that was not looked through."""

    source: str
    start: float
    end: float
    reason: str


class CoverageShown(BaseModel):
    """What was looked through, and what was not."""

    sources: int
    seconds: float
    tracklets: int
    skipped: list[SkippedShown]


class MomentFound(BaseModel):
    """An interval of one source in which the wanted person is seen, as ``reseen find --json`` prints it."""

    source: str
    camera: str
    start: float
    end: float
    best_time: float
    score: float
    expected_false_matches: float | None
    best_box: Box
    wall_start: str | None
    tracklets: list[int]


class ResultShown(BaseModel):
    """What ``reseen find --json`` prints."""

    query: QueryShown
    threshold: float
    coverage: CoverageShown
    moments: list[MomentFound]


class MomentShown(MomentFound):
    """A moment with what the pages need."""

    id: str = Field(description="Its id within this search.")
    source_id: int
    person: int = Field(description="The person it shows best.")
    sure: Literal["very likely", "likely", "unsure"]
    at_most: bool = Field(description="The data only say that fewer false matches are expected than that.")
    best_shot: int
    exported: bool = Field(description="Whether it was taken away before.")
    verdict: Literal["confirmed", "rejected"] | None
    wall_end: str | None
    group: int = Field(description="Moments of one stay that spans several files share a number.")
    new: bool = Field(description="Whether it came in since the case was last opened; false without a case.")


class CurvePoint(BaseModel):
    """How many false matches are expected from a score on."""

    score: float
    expected: float
    at_most: bool = Field(description="The data only say that fewer are expected than that.")


class Histogram(BaseModel):
    """How alike everybody is: ``counts[i]`` people from ``edges[i]`` to ``edges[i + 1]``."""

    edges: list[float]
    counts: list[int]


class NewSinceShown(BaseModel):
    """What came in since a case was last opened: people, and seconds of footage, within its filters."""

    people: int
    seconds: float


class AskedFilters(BaseModel):
    """Which footage was asked about."""

    cameras: list[str] | None = None
    start: datetime | None = None
    end: datetime | None = None

    @staticmethod
    def of(asked: Filter) -> AskedFilters:
        """A filter as the interface shows it."""
        cameras = None if asked.cameras is None else list(asked.cameras)
        return AskedFilters(cameras=cameras, start=asked.start, end=asked.end)

    @property
    def wanted(self) -> Filter:
        """As a search takes it.

        Raises:
            UsageError: The time range ends before it starts.
        """
        return Filter(cameras=tuple(self.cameras) if self.cameras else None, start=self.start, end=self.end)


class Answer(BaseModel):
    """The answer to a search: all moments, also those below the threshold, best first."""

    model_config = ConfigDict(json_schema_extra={"description": "Visual similarity, not identity."})

    id: str
    query: QueryShown
    threshold: float
    coverage: CoverageShown
    moments: list[MomentShown]
    people: int = Field(description="How many people were compared with the wanted one.")
    hidden: int = Field(description="How many were left out because somebody said that they are no persons.")
    curve: list[CurvePoint] = Field(description="Rising scores; empty where the model has no measured curve.")
    below_curve: float | None = Field(
        description="From this score on the data only say that fewer are expected than the curve states."
    )
    histogram: Histogram
    filters: AskedFilters
    case: int | None = Field(description="The case it belongs to.")
    new_since: NewSinceShown | None = Field(description="What came in since the case was last opened.")


def answer_shown(store: Store, card: Card, held: HeldAnswer) -> Answer:
    """An answer as the interface shows it now."""
    result = held.result
    curve = [] if card.curve is None else curve_points(card.curve, result.people)
    return Answer(
        id=held.id,
        **{key: value for key, value in document_of(held).items() if key != "moments"},
        moments=moments_shown(store, held),
        people=result.people,
        hidden=result.hidden,
        curve=curve,
        below_curve=next((point.score for point in curve if point.at_most and point.expected < result.people), None),
        histogram=Histogram(edges=list(held.edges), counts=list(held.counts)),
        filters=AskedFilters.of(held.asked),
        case=held.case,
        new_since=None if held.new is None else NewSinceShown(people=held.new.people, seconds=held.new.seconds),
    )


def document_of(held: HeldAnswer) -> dict[str, Any]:
    """An answer as ``reseen find --json --all`` prints it."""
    return dict(document(held.result))


def moments_shown(store: Store, held: HeldAnswer) -> list[MomentShown]:
    """The moments of an answer as they stand now."""
    moments = held.moments
    taken = set(store.exported_tracklets().tolist())
    told = _told(store, held.case)
    owners = _persons(store, [moment.best_shot for moment in moments])
    found = document_of(held)["moments"]
    return [
        MomentShown(
            **found[number],
            id=str(number),
            source_id=moment.source_id,
            person=owners.get(moment.best_shot, moment.tracklets[0]),
            sure=how_sure(moment, held.result.threshold),
            at_most=moment.at_most,
            best_shot=moment.best_shot,
            exported=not taken.isdisjoint(moment.tracklets),
            verdict=_verdict(moment, told),
            wall_end=_wall_end(moment),
            group=moment.group,
            new=held.seen is not None and min(moment.tracklets) > held.seen,
        )
        for number, moment in enumerate(moments)
    ]


def _told(store: Store, case: int | None) -> dict[int, Verdict] | None:
    """What is said of each tracklet in a case now; None without a case."""
    if case is None:
        return None
    try:
        verdicts = store.verdicts(case)
    except UnknownRowError:
        return {}
    return {number: verdict.verdict for verdict in verdicts for number in verdict.tracklets}


def _verdict(moment: Moment, told: dict[int, Verdict] | None) -> Verdict | None:
    """What is said of a moment: by the case as it stands, else as it was when it was asked."""
    if told is None:
        return moment.verdict
    said = {told[number] for number in moment.tracklets if number in told}
    return "confirmed" if "confirmed" in said else "rejected" if said else None


def curve_points(curve: ScoreCurve, people: int) -> list[CurvePoint]:
    """Expected false matches over the score for a number of people; never rising."""
    scores = np.linspace(curve.scores[0], curve.scores[-1], POINTS)
    points = []
    for score in scores:
        expected = curve.expected(float(score), people)
        points.append(
            CurvePoint(score=round(float(score), 4), expected=float(f"{expected.value:.4g}"), at_most=expected.at_most)
        )
    return points


def _persons(store: Store, shots: list[int]) -> dict[int, int]:
    """The person of each shot; those that are gone are left out."""
    owners = store.tracklets_of_shots(shots)
    persons = store.persons()
    tracklets = np.array(list(owners.values()), np.int64)
    places = np.minimum(np.searchsorted(persons.tracklet_ids, tracklets), max(len(persons.tracklet_ids) - 1, 0))
    return {
        shot: int(persons.person_ids[place])
        for shot, tracklet, place in zip(owners, tracklets, places, strict=True)
        if persons.tracklet_ids[place] == tracklet
    }


def _wall_end(moment: Moment) -> str | None:
    if moment.wall_start is None:
        return None
    return iso(moment.wall_start + timedelta(seconds=moment.end - moment.start))
