"""Cases: searches that were judged, kept and reopened."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Response
from pydantic import AwareDatetime, BaseModel, Field

from reseen.app import asking
from reseen.app.access import Who
from reseen.app.cases import CaseId, CaseShown, case_of, case_shown, cases_shown
from reseen.app.context import Here
from reseen.app.paging import Page, Paged
from reseen.app.problems import Problem, not_found
from reseen.app.routes.searches import ask
from reseen.app.routing import Routes
from reseen.app.shapes import Answer, AskedFilters

routes = Routes("cases")

Name = Annotated[str, Field(min_length=1, max_length=200)]


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


@routes.get("/cases", role="searcher")
def list_cases(here: Here, visitor: Who, paging: Paged) -> Page[CaseShown]:
    """Your cases, newest first; an admin sees all."""
    mine = None if visitor.sees_all else visitor.name
    found = here.store.cases(paging.number(), paging.limit + 1, mine)
    return paging.page(found, lambda cases: cases_shown(here, visitor, cases), lambda case: (case.id,))


@routes.post("/cases", role="searcher", status_code=201)
def add_case(here: Here, visitor: Who, new: NewCase) -> CaseShown:
    """Keep a search as a case, with its photos and filters."""
    held = here.answers.get(visitor, new.search)
    question = asking.Question(held.result.query, held.pictures, held.thumbnail)
    photos = asking.case_photos(here.store, question)
    filters = AskedFilters.of(held.asked).model_dump(mode="json")
    case = here.store.add_case(new.name, visitor.name, photos, filters, held.result.threshold, new.notes)
    here.answers.belongs_to(visitor, held.id, case.id)
    return case_shown(here, visitor, case)


@routes.get("/cases/{case_id}", role="searcher")
def show_case(here: Here, visitor: Who, case_id: CaseId) -> CaseShown:
    """A case."""
    return case_shown(here, visitor, case_of(here, visitor, case_id))


@routes.patch("/cases/{case_id}", role="searcher")
def change_case(here: Here, visitor: Who, case_id: CaseId, change: CaseChange) -> CaseShown:
    """Rename a case, note something, move its threshold or its filters."""
    case = case_of(here, visitor, case_id)
    filters: dict[str, Any] | None = None
    if change.model_fields_set & {"cameras", "start", "end"}:
        given = change.model_dump(mode="json", include={"cameras", "start", "end"}, exclude_unset=True)
        filters = {**case.filters, **given}
        _ = AskedFilters.model_validate(filters).wanted  # refused where it cannot be searched with
    case = here.store.change_case(
        case_id, name=change.name, notes=change.notes, threshold=change.threshold, filters=filters
    )
    return case_shown(here, visitor, case)


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


@routes.post("/cases/{case_id}/search", role="searcher", status_code=201)
def search_case(here: Here, visitor: Who, case_id: CaseId) -> Answer:
    """Search again with what was judged; it also says what came in since the last time."""
    case = case_of(here, visitor, case_id)
    question = asking.by_case(here, case)
    judged = asking.judged_of(here.store, case_id)
    if question is None:
        raise Problem(409, "the photos of this case were forgotten: search with another photo")
    wanted = AskedFilters.model_validate(case.filters).wanted
    new = here.store.new_since(case, visitor.narrowed(wanted))
    answer = ask(here, visitor, question, wanted, judged, threshold=case.threshold, case=case, new=new)
    here.store.mark_opened(case_id)
    return answer
