"""Verdicts: what is said of the matches of a case, and forgetting whom they confirm."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field, field_validator

from reseen.app import asking
from reseen.app.access import Who
from reseen.app.cases import CaseId, CaseShown, case_of, case_shown
from reseen.app.context import Context, Here
from reseen.app.jobs import JobShown, job_shown
from reseen.app.problems import Problem
from reseen.app.routing import Routes
from reseen.app.shapes import Group

routes = Routes("verdicts")

Note = Annotated[str, Field(max_length=2000)]

FORGET_FIRST = 100
"""Forgetting goes before looking through footage."""


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


@routes.post("/cases/{case_id}/verdicts", role="searcher")
def set_verdict(here: Here, visitor: Who, case_id: CaseId, new: NewVerdict) -> CaseShown:
    """Say of a match that it is the wanted person, or somebody else; or take that back."""
    case_of(here, visitor, case_id)
    asking.seen_only(here.store, visitor, [new.tracklets])
    here.store.set_verdict(case_id, new.tracklets, new.verdict, visitor.name, new.note)
    return case_shown(here, visitor, here.store.case(case_id))


@routes.post("/cases/{case_id}/join", role="searcher")
def join(here: Here, visitor: Who, case_id: CaseId, groups: Groups) -> CaseShown:
    """Say that matches are one person: they are shown and judged as one where they are of one source."""
    case_of(here, visitor, case_id)
    asking.seen_only(here.store, visitor, groups.tracklets)
    here.store.join(case_id, groups.tracklets, visitor.name)
    return case_shown(here, visitor, here.store.case(case_id))


@routes.post("/cases/{case_id}/split", role="searcher")
def split(here: Here, visitor: Who, case_id: CaseId, groups: Groups) -> CaseShown:
    """Say that tracklets are different people, though they were shown as one."""
    case_of(here, visitor, case_id)
    asking.seen_only(here.store, visitor, groups.tracklets)
    here.store.split(case_id, groups.tracklets, visitor.name)
    return case_shown(here, visitor, here.store.case(case_id))


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
