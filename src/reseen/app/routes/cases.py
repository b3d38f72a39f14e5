"""Cases: searches that were judged, kept and reopened."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

import numpy as np
from fastapi import Path, Response
from numpy.typing import NDArray
from pydantic import AwareDatetime, BaseModel, Field, field_validator

from reseen.app import asking
from reseen.app.access import Visitor, Who
from reseen.app.context import Context, Here
from reseen.app.jobs import JobShown, job_shown
from reseen.app.paging import Page, Paged, cursor_at
from reseen.app.problems import Problem, not_found
from reseen.app.routes.searches import Group, ask, case_of
from reseen.app.routing import Routes
from reseen.app.shapes import Answer, AskedFilters, Box, NewSinceShown
from reseen.library import Case, Filter, Verdict
from reseen.reports.document import iso

routes = Routes("cases")

CaseId = Annotated[int, Path(ge=1, lt=2**63)]
Note = Annotated[str, Field(max_length=2000)]
Name = Annotated[str, Field(min_length=1, max_length=200)]

FORGET_FIRST = 100
"""Forgetting goes before looking through footage."""


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


class NewCase(BaseModel):
    """A case to be made of a search."""

    name: Name
    search: str = Field(max_length=100, description="The id of a search of yours.")
    notes: str = Field("", max_length=20_000)


class CaseChange(BaseModel):
    """What is to be changed; the rest stays."""

    name: Name | None = None
    notes: str | None = Field(None, max_length=20_000)
    threshold: float | None = Field(None, ge=-2, le=2)
    cameras: list[Annotated[str, Field(max_length=500)]] | None = Field(None, max_length=1000)
    start: AwareDatetime | None = None
    end: AwareDatetime | None = None


class NewVerdict(BaseModel):
    """A match, and what is said of it; null takes it back."""

    tracklets: Group
    verdict: Literal["confirmed", "rejected"] | None
    note: Note = ""


class Groups(BaseModel):
    """Tracklets in groups, each once."""

    tracklets: Annotated[list[Group], Field(min_length=2, max_length=200)]

    @field_validator("tracklets")
    @classmethod
    def _once(cls, groups: list[list[int]]) -> list[list[int]]:
        everything = [number for group in groups for number in group]
        if len(set(everything)) != len(everything):
            raise ValueError("each tracklet may be named once only")
        return groups


class ForgettingShown(BaseModel):
    """What forgetting the confirmed people of a case deletes for good; the footage itself remains."""

    people: int
    shots: int
    seconds: float
    photos: int
    thumbnails: int
    exports: list[str]
    sources: list[str] = Field(description="Footage that still shows them afterwards.")
    unfinished: list[str] = Field(description="Footage of which what is left to look through would find them again.")


@routes.get("/cases", role="searcher")
def list_cases(here: Here, visitor: Who, paging: Paged) -> Page[CaseShown]:
    """Your cases, newest first; an admin sees all."""
    mine = None if _sees_all(visitor) else visitor.name
    found = here.store.cases(paging.number(), paging.limit + 1, mine)
    shown = found[: paging.limit]
    items = [_shown(here, visitor, case) for case in shown]
    return Page(items=items, next=cursor_at(shown[-1].id) if len(found) > paging.limit else None)


@routes.post("/cases", role="searcher", status_code=201)
def add_case(here: Here, visitor: Who, new: NewCase) -> CaseShown:
    """Keep a search as a case, with its photos and filters."""
    held = here.answers.get(visitor, new.search)
    question = asking.Question(held.result.query, held.pictures, held.thumbnail)
    photos = asking.case_photos(here.store, question)
    wanted = held.asked
    filters = {"cameras": wanted.cameras, "start": _text(wanted.start), "end": _text(wanted.end)}
    case = here.store.add_case(new.name, visitor.name, photos, filters, held.result.threshold, new.notes)
    here.answers.belongs_to(visitor, held.id, case.id)
    return _shown(here, visitor, case)


@routes.get("/cases/{case_id}", role="searcher")
def show_case(here: Here, visitor: Who, case_id: CaseId) -> CaseShown:
    """A case."""
    return _shown(here, visitor, case_of(here, visitor, case_id))


@routes.patch("/cases/{case_id}", role="searcher")
def change_case(here: Here, visitor: Who, case_id: CaseId, change: CaseChange) -> CaseShown:
    """Rename a case, note something, move its threshold or its filters."""
    case = case_of(here, visitor, case_id)
    filters: dict[str, Any] | None = None
    if change.model_fields_set & {"cameras", "start", "end"}:
        given = change.model_dump(mode="json", include={"cameras", "start", "end"}, exclude_unset=True)
        filters = {**case.filters, **given}
        _filter_of(filters)
    case = here.store.change_case(
        case_id, name=change.name, notes=change.notes, threshold=change.threshold, filters=filters
    )
    return _shown(here, visitor, case)


@routes.delete("/cases/{case_id}", role="searcher", status_code=204)
def delete_case(here: Here, visitor: Who, case_id: CaseId) -> None:
    """Delete a case with its photos, verdicts and notes; the people stay in the library."""
    case_of(here, visitor, case_id)
    here.store.delete_case(case_id, visitor.name)


@routes.get(
    "/cases/{case_id}/photos/{place}",
    role="searcher",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}}}, 410: {"description": "It was forgotten."}},
)
def show_case_photo(here: Here, visitor: Who, case_id: CaseId, place: Annotated[int, Path(ge=0, lt=1000)]) -> Response:
    """A photo of the wanted person, by its place in the case from 0."""
    photos = case_of(here, visitor, case_id).photos
    if place >= len(photos):
        raise not_found("photo")
    jpeg = photos[place].jpeg
    if jpeg is None:
        raise Problem(410, "this person was forgotten; the case keeps the hash of the photo alone")
    return Response(jpeg, media_type="image/jpeg")


@routes.post("/cases/{case_id}/verdicts", role="searcher")
def set_verdict(here: Here, visitor: Who, case_id: CaseId, new: NewVerdict) -> CaseShown:
    """Say of a match that it is the wanted person, or somebody else; or take that back."""
    case_of(here, visitor, case_id)
    asking.seen_only(here.store, visitor, [new.tracklets])
    here.store.set_verdict(case_id, new.tracklets, new.verdict, visitor.name, new.note)
    return _shown(here, visitor, here.store.case(case_id))


@routes.post("/cases/{case_id}/join", role="searcher")
def join(here: Here, visitor: Who, case_id: CaseId, groups: Groups) -> CaseShown:
    """Say that matches are one person: they are shown and judged as one where they are of one source."""
    case_of(here, visitor, case_id)
    asking.seen_only(here.store, visitor, groups.tracklets)
    here.store.join(case_id, groups.tracklets, visitor.name)
    return _shown(here, visitor, here.store.case(case_id))


@routes.post("/cases/{case_id}/split", role="searcher")
def split(here: Here, visitor: Who, case_id: CaseId, groups: Groups) -> CaseShown:
    """Say that tracklets are different people, though they were shown as one."""
    case_of(here, visitor, case_id)
    asking.seen_only(here.store, visitor, groups.tracklets)
    here.store.split(case_id, groups.tracklets, visitor.name)
    return _shown(here, visitor, here.store.case(case_id))


@routes.post("/cases/{case_id}/search", role="searcher", status_code=201)
def search_case(here: Here, visitor: Who, case_id: CaseId) -> Answer:
    """Search again with what was judged; it also says what came in since the last time."""
    case = case_of(here, visitor, case_id)
    question = asking.by_case(here, case)
    judged = asking.judged_of(here.store, case_id)
    if question is None:
        raise Problem(409, "the photos of this case were forgotten: search with another photo")
    wanted = _filter_of(case.filters)
    new = here.store.new_since(case, visitor.narrowed(wanted))
    answer = ask(here, visitor, question, wanted, judged, threshold=case.threshold, case=case, new=new)
    here.store.mark_opened(case_id)
    return answer


@routes.get("/cases/{case_id}/forget", role="admin")
def plan_forgetting(here: Here, visitor: Who, case_id: CaseId) -> ForgettingShown:
    """What forgetting the confirmed people of a case would delete; nothing happens yet."""
    case_of(here, visitor, case_id)
    tracklets = _confirmed(here, case_id)
    plan = here.store.plan_forget(tracklets, case_id=case_id)
    rows = here.store.tracklets(plan.tracklets)
    return ForgettingShown(
        people=plan.persons,
        shots=plan.shots,
        seconds=round(sum(row.tracklet.end - row.tracklet.start for row in rows), 1),
        photos=plan.photos,
        thumbnails=plan.thumbnails,
        exports=list(plan.exports),
        sources=list(plan.sources),
        unfinished=list(plan.unfinished),
    )


@routes.post("/cases/{case_id}/forget", role="admin", status_code=202)
def forget(here: Here, visitor: Who, case_id: CaseId) -> JobShown:
    """Forget the confirmed people of a case for good; the footage itself remains."""
    case = case_of(here, visitor, case_id)
    tracklets = _confirmed(here, case_id)
    here.store.plan_forget(tracklets, case_id=case_id)
    job = here.store.add_job(
        "forget", {"tracklets": tracklets, "case": case_id}, who=visitor.name, lane="index", priority=FORGET_FIRST,
        title=f"forget the people of the case {case.name}",
    )  # fmt: skip
    here.forget_visits()
    return job_shown(job)


def _confirmed(here: Context, case_id: int) -> list[int]:
    verdicts = here.store.verdicts(case_id)
    found = [number for verdict in verdicts if verdict.verdict == "confirmed" for number in verdict.tracklets]
    if not found:
        raise Problem(409, "nobody was confirmed in this case: confirm the matches that are to be forgotten")
    return sorted(found)


def _shown(here: Context, visitor: Visitor, case: Case) -> CaseShown:
    new = here.store.new_since(case, visitor.narrowed(_filter_of(case.filters)))
    return CaseShown(
        id=case.id,
        name=case.name,
        who=case.who,
        created_at=case.created_at,
        changed_at=case.changed_at,
        opened_at=case.opened_at,
        photos=[
            CasePhotoShown(
                name=photo.name,
                sha256=photo.sha256,
                box=[float(value) for value in photo.box],
                image=None if photo.jpeg is None else f"/api/v1/cases/{case.id}/photos/{place}",
            )
            for place, photo in enumerate(case.photos)
        ],
        filters=AskedFilters.model_validate({"cameras": None, "start": None, "end": None, **case.filters}),
        threshold=case.threshold,
        verdicts=_verdicts_shown(here, visitor, here.store.verdicts(case.id)),
        notes=case.notes,
        new_since=NewSinceShown(people=new.people, seconds=round(new.seconds, 3)),
    )


def _verdicts_shown(here: Context, visitor: Visitor, verdicts: tuple[Verdict, ...]) -> list[VerdictShown]:
    """Verdicts with where they are; those of cameras that the visitor may not see are left out."""
    store = here.store
    there = store.tracklet_ids(visitor.narrowed(Filter()))
    ids = {number for verdict in verdicts for number in verdict.tracklets}
    seen = {number for number in ids if _within(there, number)}
    rows = {row.id: row for row in store.tracklets(sorted(seen))}
    shots: dict[int, tuple[float, int]] = {}
    for shot in store.shots(seen):
        shots[shot.tracklet_id] = max(shots.get(shot.tracklet_id, (-1.0, 0)), (shot.quality, shot.id))
    sources = {number: store.source(number) for number in {row.source_id for row in rows.values()}}
    shown = []
    for verdict in verdicts:
        mine = [rows[number] for number in verdict.tracklets if number in rows]
        if not mine:
            continue
        first = min(mine, key=lambda row: row.tracklet.start)
        source = sources[first.source_id]
        best = max((shots[row.id] for row in mine if row.id in shots), default=None)
        start = first.tracklet.start
        shown.append(
            VerdictShown(
                tracklets=[row.id for row in mine],
                verdict=verdict.verdict,
                note=verdict.note,
                who=verdict.who,
                at=verdict.at,
                person=store.chain(first.id)[0],
                source_id=source.id,
                camera=source.camera,
                start=round(start, 3),
                end=round(max(row.tracklet.end for row in mine if row.source_id == source.id), 3),
                wall_start=iso(_wall(source.started_at, start)),
                best_shot=None if best is None else best[1],
            )
        )
    return shown


def _wall(started_at: datetime | None, start: float) -> datetime | None:
    return None if started_at is None else started_at + timedelta(seconds=start)


def _within(rising: NDArray[np.int64], number: int) -> bool:
    place = int(np.searchsorted(rising, number))
    return place < len(rising) and int(rising[place]) == number


def _filter_of(filters: Any) -> Filter:
    """A case's filters as a search takes them.

    Raises:
        UsageError: The time range ends before it starts.
    """
    asked = AskedFilters.model_validate({"cameras": None, "start": None, "end": None, **filters})
    return Filter(cameras=tuple(asked.cameras) if asked.cameras else None, start=asked.start, end=asked.end)


def _sees_all(visitor: Visitor) -> bool:
    return visitor.may("admin") and visitor.cameras is None


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
