"""Searches: who is wanted and where, answered with moments."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import File, Form, Response, UploadFile
from pydantic import AwareDatetime, BaseModel, Field

from reseen.app import asking
from reseen.app.access import Visitor, Who
from reseen.app.answers import HeldAnswer, named_for
from reseen.app.cases import case_of
from reseen.app.context import Context, Here
from reseen.app.photos import Wanted, WantedPhoto
from reseen.app.problems import Problem
from reseen.app.routes.photos import content_of, name_of
from reseen.app.routing import Routes
from reseen.app.security.headers import policy_of_report
from reseen.app.shapes import (
    Answer,
    Box,
    Group,
    MomentShown,
    Number,
    ResultShown,
    answer_shown,
    document_of,
    moments_shown,
)
from reseen.app.tracks import Track, tracks_between
from reseen.library import Filter
from reseen.reports import csv_text, document
from reseen.reports.page import ReportSettings, report_html
from reseen.searching import Judged, SearchSettings

routes = Routes("searches")

AROUND = 5.0
"""Seconds before and after a moment of which everybody is told."""


class AskedPhoto(BaseModel):
    """A photo that was sent, and who in it is wanted: as chosen before, another person, or a box."""

    id: str = Field(max_length=100)
    person: int | None = Field(None, ge=0, le=10_000)
    box: Box | None = None


class Asked(BaseModel):
    """Who is wanted, and where to look."""

    photos: list[AskedPhoto] = Field([], max_length=50)
    shots: list[Number] = Field([], max_length=50, description="Shots of the wanted person.")
    people: list[Number] = Field([], max_length=10, description="People seen before who are the wanted person.")
    case: Number | None = Field(None, description="A case: its photos and verdicts count as well.")
    cameras: list[Annotated[str, Field(max_length=500)]] | None = Field(
        None, max_length=1000, description="Names of cameras, or patterns such as Gate*."
    )
    start: AwareDatetime | None = Field(None, description="Only what was recorded from then on.")
    end: AwareDatetime | None = Field(None, description="Only what was recorded before then.")
    confirmed: list[Group] = Field([], max_length=500, description="Matches (by tracklets) that are the wanted person.")
    rejected: list[Group] = Field([], max_length=500, description="Matches that are somebody else.")
    top: int = Field(500, ge=1, le=500)


class MomentDetail(BaseModel):
    """A moment, its source, and everybody seen around it."""

    moment: MomentShown
    video: str = Field(description="The address of the video.")
    video_start: float = Field(description="Add this to a time of the video to get the time in the source.")
    duration: float
    width: int
    height: int
    fps: float | None
    tracks: list[Track]


@routes.post("/searches", role="searcher", status_code=201)
def search(here: Here, visitor: Who, asked: Asked) -> Answer:
    """Find the moments at which somebody is seen; all of them, also those below the threshold."""
    questions = [asking.by_photo(here.sent, visitor, photo.id, _wanted(photo)) for photo in asked.photos]
    if asked.shots:
        questions.append(asking.by_shots(here, visitor, asked.shots))
    questions += [asking.by_person(here, visitor, person) for person in asked.people]
    judged = Judged(tuple(map(tuple, asked.confirmed)), tuple(map(tuple, asked.rejected)))
    case = None
    if asked.case is not None:
        case = case_of(here, visitor, asked.case)
        own = asking.by_case(here, case) if not questions else None
        questions += [own] if own is not None else []
        told = asking.judged_of(here.store, case.id)
        judged = Judged(told.confirmed + judged.confirmed, told.rejected + judged.rejected, told.persons)
    wanted = Filter(cameras=tuple(asked.cameras) if asked.cameras else None, start=asked.start, end=asked.end)
    return ask(here, visitor, asking.joined(questions), wanted, judged, top=asked.top, case=case)


@routes.post("/search", role="searcher", sent="photos")
def search_at_once(
    here: Here,
    visitor: Who,
    photo: Annotated[list[UploadFile], File(description="One or more photos of the same person.", max_length=8)],
    person: Annotated[int | None, Form(ge=1, le=10_000, description="Person of the first photo, from 1.")] = None,
    box: Annotated[str | None, Form(max_length=100, description="A box in the first photo: x1,y1,x2,y2.")] = None,
    camera: Annotated[list[str] | None, Form(max_length=1000, description="Only these cameras.")] = None,
    start: Annotated[AwareDatetime | None, Form(description="Only what was recorded from then on.")] = None,
    end: Annotated[AwareDatetime | None, Form(description="Only what was recorded before then.")] = None,
    threshold: Annotated[float | None, Form(ge=-2, le=2, description="Score from which a moment is reported.")] = None,
    top: Annotated[int | None, Form(ge=1, le=500, description="At most so many moments.")] = None,
    everything: Annotated[bool, Form(alias="all", description="Also moments below the threshold.")] = False,
) -> ResultShown:
    """For scripts: photos in, moments out, in one request; the answer is what ``reseen find --json`` prints."""
    choices = [Wanted(None if person is None else person - 1, _corners(box)), *[Wanted()] * (len(photo) - 1)]
    sent = [
        WantedPhoto(name_of(one), content_of(here, one), choice) for one, choice in zip(photo, choices, strict=True)
    ]
    query = here.photos.query(sent)
    wanted = Filter(cameras=tuple(camera) if camera else None, start=start, end=end)
    result = here.library.answer(
        query,
        visitor.narrowed(wanted),
        SearchSettings(threshold=threshold, top=top, below=everything, cameras=visitor.cameras),
        who=visitor.name,
        thumbnail=asking.thumbnail_of(query.photos[0].crop),
    )
    return ResultShown.model_validate(document(named_for(visitor, here.store, result)))


@routes.get("/searches/{search_id}", role="searcher")
def show_search(here: Here, visitor: Who, search_id: str) -> Answer:
    """An answer of yours, as it stands now."""
    return answer_shown(here.store, here.library.card, here.answers.get(visitor, search_id))


@routes.get("/searches/{search_id}/moments/{moment_id}", role="searcher")
def show_moment(here: Here, visitor: Who, search_id: str, moment_id: str) -> MomentDetail:
    """A moment of an answer of yours, with everybody seen around it."""
    held = here.answers.get(visitor, search_id)
    moment = held.moment(moment_id)
    source = here.store.source(moment.source_id)
    visitor.must_see(source.camera, "moment")
    tracks = tracks_between(here.store, source.id, moment.start - AROUND, moment.end + AROUND, moment.tracklets)
    return MomentDetail(
        moment=moments_shown(here.store, held)[int(moment_id)],
        video=f"/api/v1/sources/{source.id}/video",
        video_start=0.0,
        duration=source.duration,
        width=source.width,
        height=source.height,
        fps=source.frame_rate,
        tracks=tracks,
    )


@routes.get(
    "/searches/{search_id}/report", role="searcher", response_class=Response,
    responses={200: {"content": {"text/html": {}}}},
)  # fmt: skip
def show_report(here: Here, visitor: Who, search_id: str) -> Response:
    """An answer of yours as one self-contained HTML file."""
    held = here.answers.get(visitor, search_id)
    text = report_html(here.store, held.result, ReportSettings())
    _record(here, visitor, held, "report")
    # The report has its style inside; it is shown apart from the pages, and nothing in it may run.
    headers = {
        "Content-Disposition": 'inline; filename="reseen-report.html"',
        "Content-Security-Policy": policy_of_report(text),
    }
    return Response(text, media_type="text/html; charset=utf-8", headers=headers)


@routes.get(
    "/searches/{search_id}/csv", role="searcher", response_class=Response,
    responses={200: {"content": {"text/csv": {}}}},
)  # fmt: skip
def show_csv(here: Here, visitor: Who, search_id: str) -> Response:
    """An answer of yours as CSV."""
    held = here.answers.get(visitor, search_id)
    _record(here, visitor, held, "csv")
    name = {"Content-Disposition": 'attachment; filename="reseen.csv"'}
    return Response(csv_text(held.result), media_type="text/csv; charset=utf-8", headers=name)


@routes.get("/searches/{search_id}/json", role="searcher")
def show_json(here: Here, visitor: Who, search_id: str) -> ResultShown:
    """An answer of yours as ``reseen find --json --all`` prints it."""
    held = here.answers.get(visitor, search_id)
    _record(here, visitor, held, "json")
    return ResultShown.model_validate(document_of(held))


def ask(
    here: Context, visitor: Visitor, question: asking.Question, wanted: Filter, judged: Judged, **more: Any
) -> Answer:
    """Search, keep the answer and show it."""
    held = here.answers.search(
        visitor, question.query, question.pictures, wanted, judged=judged, thumbnail=question.thumbnail, **more
    )
    return answer_shown(here.store, here.library.card, held)


def _wanted(photo: AskedPhoto) -> Wanted | None:
    if photo.box is not None:
        x1, y1, x2, y2 = photo.box
        return Wanted(box=(x1, y1, x2, y2))
    return None if photo.person is None else Wanted(person=photo.person)


def _corners(text: str | None) -> tuple[float, float, float, float] | None:
    if text is None:
        return None
    try:
        x1, y1, x2, y2 = (float(part) for part in text.split(","))
    except ValueError:
        raise Problem(422, "box: give four numbers, x1,y1,x2,y2, in pixels of the photo") from None
    return x1, y1, x2, y2


def _record(here: Context, visitor: Visitor, held: HeldAnswer, kind: str) -> None:
    here.store.record(
        "export",
        {"kind": kind, "threshold": held.result.threshold},
        photos=held.result.query.hashes,
        results=len(held.moments),
        who=visitor.name,
        thumbnail=held.thumbnail,
    )
