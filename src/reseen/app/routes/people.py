"""People seen: the wall of shots, newest first, and what is no person."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Path, Query
from pydantic import AwareDatetime, BaseModel, Field

from reseen.app.access import Visitor, Who
from reseen.app.context import Here
from reseen.app.paging import Page, Paged, Place
from reseen.app.problems import Problem
from reseen.app.routing import Routes
from reseen.library import Filter, PersonSeen
from reseen.reports.document import iso

routes = Routes("people")

PersonId = Annotated[int, Path(ge=1, lt=2**63, description="Id of a person, or of any of their tracklets.")]
Hidden = Annotated[bool, Query(description="Also what was hidden as no person.")]


class Person(BaseModel):
    """A person as one stretch of footage shows them."""

    person: int
    camera: str
    source_id: int
    start: float
    end: float
    wall_start: str | None
    best_shot: int | None
    shots: list[int]
    tracklets: list[int]
    hidden: bool = Field(description="Whether somebody said that it is no person (a poster, a mannequin).")


class PeopleCount(BaseModel):
    """How many people, and how many were left out as no persons."""

    count: int
    hidden: int


class Hiding(BaseModel):
    """Whether something is no person."""

    hidden: bool


class HidingDone(BaseModel):
    """What came of it: how many stretches of footage are hidden or shown now."""

    person: int
    hidden: bool
    changed: int


def _asked(
    camera: Annotated[list[str] | None, Query(max_length=1000, description="Only these cameras.")] = None,
    start: Annotated[AwareDatetime | None, Query(description="Only from then on.")] = None,
    end: Annotated[AwareDatetime | None, Query(description="Only before then.")] = None,
) -> Filter:
    return Filter(cameras=tuple(camera) if camera else None, start=start, end=end)


Asked = Annotated[Filter, Depends(_asked)]


@routes.get("/people", role="viewer")
def list_people(here: Here, visitor: Who, paging: Paged, asked: Asked, hidden: Hidden = False) -> Page[Person]:
    """Everybody seen, newest first."""
    found = here.store.people_page(
        visitor.narrowed(asked), after=_after(paging.place), limit=paging.limit + 1, hidden=hidden
    )
    return paging.page(found, lambda some: [person_shown(one) for one in some], lambda one: (one.moment, one.person))


@routes.get("/people/count", role="viewer")
def count_people(here: Here, visitor: Who, asked: Asked, hidden: Hidden = False) -> PeopleCount:
    """How many people were seen."""
    wanted = visitor.narrowed(asked)
    every = here.store.people_count(wanted, hidden=True)
    shown = here.store.people_count(wanted)
    return PeopleCount(count=every if hidden else shown, hidden=every - shown)


@routes.get("/people/page", role="viewer")
def page_of_people(
    here: Here,
    visitor: Who,
    asked: Asked,
    offset: Annotated[int, Query(ge=0, lt=2**63, description="The place of the first one.")] = 0,
    limit: Annotated[int, Query(ge=1, le=200, description="At most so many.")] = 50,
    hidden: Hidden = False,
) -> Page[Person]:
    """People from a place in the list on, for jumping into its middle."""
    found = here.store.people_page(visitor.narrowed(asked), offset=offset, limit=limit, hidden=hidden)
    return Page(items=[person_shown(one) for one in found], next=None)


@routes.get("/people/{person}", role="viewer")
def show_person(here: Here, visitor: Who, person: PersonId) -> Person:
    """A person."""
    return person_shown(_seen(here, visitor, person))


@routes.post("/people/{person}/hide", role="admin")
def hide_person(here: Here, visitor: Who, person: PersonId, hiding: Hiding) -> HidingDone:
    """Say that something is no person, or that it is one; it holds for what looks the same at that place, too."""
    seen = _seen(here, visitor, person)
    changed = here.store.hide_person(seen.person, hiding.hidden, visitor.name)
    return HidingDone(person=seen.person, hidden=hiding.hidden, changed=len(changed))


def person_shown(seen: PersonSeen) -> Person:
    """A person as the interface shows them."""
    return Person(
        person=seen.person,
        camera=seen.camera,
        source_id=seen.source_id,
        start=round(seen.start, 3),
        end=round(seen.end, 3),
        wall_start=iso(seen.wall_start),
        best_shot=seen.best_shot,
        shots=list(seen.shots),
        tracklets=list(seen.tracklets),
        hidden=seen.hidden,
    )


def _seen(here: Here, visitor: Visitor, person: int) -> PersonSeen:
    seen = here.store.person_seen(person)
    visitor.must_see(seen.camera, "person")
    return seen


def _after(place: Place) -> tuple[float, int] | None:
    if not place:
        return None
    if len(place) != 2 or not isinstance(place[0], int | float) or not isinstance(place[1], int):
        raise Problem(422, "cursor: this is no cursor of this list; leave it out to start at the beginning")
    return float(place[0]), place[1]
