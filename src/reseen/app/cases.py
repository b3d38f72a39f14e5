"""A case as the interface shows it: its photos, and its verdicts with where they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Literal

import numpy as np
from fastapi import Path
from pydantic import BaseModel, Field

from reseen.app.access import Visitor
from reseen.app.context import Context
from reseen.app.problems import not_found
from reseen.app.shapes import AskedFilters, Box, NewSinceShown
from reseen.library import Case, Filter, Source, Store, StoredTracklet, UnknownRowError, Verdict
from reseen.reports.document import iso

CaseId = Annotated[int, Path(ge=1, lt=2**63)]


class CasePhotoShown(BaseModel):
    """A photo of the wanted person; its picture is at ``image``, gone once it was forgotten."""

    name: str
    sha256: str
    box: Box
    image: str | None


class VerdictShown(BaseModel):
    """What was said of a match, and where that is."""

    tracklets: list[int]
    verdict: Literal["confirmed", "rejected"]
    note: str
    who: str
    at: datetime
    person: int
    source_id: int
    camera: str
    start: float
    end: float
    wall_start: str | None
    best_shot: int | None


class CaseShown(BaseModel):
    """A case."""

    id: int
    name: str
    who: str
    created_at: datetime
    changed_at: datetime
    opened_at: datetime
    photos: list[CasePhotoShown]
    filters: AskedFilters
    threshold: float | None
    verdicts: list[VerdictShown]
    notes: str
    new_since: NewSinceShown = Field(description="What came in since it was last searched.")


def case_of(here: Context, visitor: Visitor, case_id: int) -> Case:
    """A case that a visitor may open: their own; an admin who sees all cameras opens every one.

    Raises:
        Problem: There is none.
    """
    try:
        case = here.store.case(case_id)
    except UnknownRowError:
        raise not_found("case") from None
    if case.who != visitor.name and not visitor.sees_all:
        raise not_found("case")
    return case


def case_shown(here: Context, visitor: Visitor, case: Case) -> CaseShown:
    """A case as a visitor sees it."""
    return cases_shown(here, visitor, [case])[0]


def cases_shown(here: Context, visitor: Visitor, cases: Sequence[Case]) -> list[CaseShown]:
    """Cases as a visitor sees them; verdicts on cameras that they may not see are left out."""
    store = here.store
    said = {case.id: store.verdicts(case.id) for case in cases}
    judged = {number for verdicts in said.values() for verdict in verdicts for number in verdict.tracklets}
    places = _Places(store, visitor, judged)
    shown = []
    for case in cases:
        filters = AskedFilters.model_validate(case.filters)
        new = store.new_since(case, visitor.narrowed(filters.wanted))
        shown.append(
            CaseShown(
                id=case.id,
                name=case.name,
                who=case.who,
                created_at=case.created_at,
                changed_at=case.changed_at,
                opened_at=case.opened_at,
                photos=_photos_shown(case),
                filters=filters,
                threshold=case.threshold,
                verdicts=[one for verdict in said[case.id] if (one := places.shown(verdict)) is not None],
                notes=case.notes,
                new_since=NewSinceShown(people=new.people, seconds=round(new.seconds, 3)),
            )
        )
    return shown


def _photos_shown(case: Case) -> list[CasePhotoShown]:
    return [
        CasePhotoShown(
            name=photo.name,
            sha256=photo.sha256,
            box=[float(value) for value in photo.box],
            image=None if photo.jpeg is None else f"/api/v1/cases/{case.id}/photos/{place}",
        )
        for place, photo in enumerate(case.photos)
    ]


class _Places:
    """Where judged tracklets are, of those that are still there and that a visitor may see."""

    def __init__(self, store: Store, visitor: Visitor, judged: set[int]) -> None:
        self._store = store
        asked = np.array(sorted(judged), np.int64)
        seen = asked[np.isin(asked, store.tracklet_ids(visitor.narrowed(Filter())))].tolist() if judged else []
        self._rows: Mapping[int, StoredTracklet] = {row.id: row for row in store.tracklets(seen)}
        self._sources: Mapping[int, Source] = {
            number: store.source(number) for number in {row.source_id for row in self._rows.values()}
        }
        self._best: dict[int, tuple[float, int]] = {}
        for shot in store.shots(seen):
            held = self._best.get(shot.tracklet_id, (-1.0, 0))
            self._best[shot.tracklet_id] = max(held, (shot.quality, shot.id))

    def shown(self, verdict: Verdict) -> VerdictShown | None:
        """A verdict with where it is; None where nothing of it is seen."""
        mine = [self._rows[number] for number in verdict.tracklets if number in self._rows]
        if not mine:
            return None
        first = min(mine, key=lambda row: row.tracklet.start)
        source, start = self._sources[first.source_id], first.tracklet.start
        best = max((self._best[row.id] for row in mine if row.id in self._best), default=None)
        began = source.started_at
        return VerdictShown(
            tracklets=[row.id for row in mine],
            verdict=verdict.verdict,
            note=verdict.note,
            who=verdict.who,
            at=verdict.at,
            person=self._store.chain(first.id)[0],
            source_id=source.id,
            camera=source.camera,
            start=round(start, 3),
            end=round(max(row.tracklet.end for row in mine if row.source_id == source.id), 3),
            wall_start=iso(None if began is None else began + timedelta(seconds=start)),
            best_shot=None if best is None else best[1],
        )
