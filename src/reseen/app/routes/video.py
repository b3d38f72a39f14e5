"""Looking: the video of a source, its pictures, and where everybody is in it."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel

from reseen.app.access import Who
from reseen.app.context import Here
from reseen.app.holding import owner_of
from reseen.app.problems import Problem
from reseen.app.routes.sources import SourceId, known_source
from reseen.app.routing import Routes
from reseen.app.tracks import Track, tracks_between
from reseen.media import MediaError, media_type

routes = Routes("video")

Seconds = Annotated[float, Query(ge=0, le=1e8, allow_inf_nan=False)]

LONGEST = 600.0
"""Seconds of which tracks are told at a time."""


class Tracks(BaseModel):
    """Where everybody is between two times of a source."""

    start: float
    end: float
    tracks: list[Track]


@routes.get(
    "/sources/{source_id}/video",
    role="viewer",
    response_class=FileResponse,
    responses={
        200: {"content": {"video/mp4": {}, "video/webm": {}}},
        206: {"description": "A part of it.", "content": {"video/mp4": {}, "video/webm": {}}},
        410: {"description": "The footage is gone."},
        416: {"description": "There is no such part of it."},
    },
)
def show_video(here: Here, visitor: Who, source_id: SourceId) -> FileResponse:
    """The video, whole or in parts (``Range``): the file itself where a browser plays it, else a copy that it plays.

    A time in the video is the time in the source: nothing need be added. Making a copy may take its time; then the
    answer is 503, and ``Retry-After`` says when to come again.
    """
    source = known_source(here, visitor, source_id)
    try:
        file = here.playing.file(source)
    except MediaError as error:
        raise Problem(409, f"this footage cannot be played ({error.reason})") from None
    if here.playing.is_new_view(owner_of(visitor), source.id):
        here.store.record(
            "view", {"source": source.shown, "camera": source.camera, "sha256": source.sha256}, who=visitor.name
        )
    return FileResponse(file, media_type=media_type(file), headers={"Cache-Control": "private, no-cache"})


@routes.get(
    "/sources/{source_id}/frame",
    role="viewer",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}}}, 410: {"description": "The footage is gone."}},
)
def show_frame(
    here: Here,
    visitor: Who,
    source_id: SourceId,
    time: Seconds = 0.0,
    width: Annotated[int | None, Query(ge=16, le=8192, description="At most so many pixels wide.")] = None,
) -> Response:
    """The picture that is shown at a time, as JPEG."""
    source = known_source(here, visitor, source_id)
    try:
        picture = here.playing.frame(source, time, width)
    except MediaError as error:
        raise Problem(409, f"there is no picture to be had ({error.reason})") from None
    return Response(picture, media_type="image/jpeg")


@routes.get("/sources/{source_id}/tracks", role="viewer")
def show_tracks(here: Here, visitor: Who, source_id: SourceId, start: Seconds = 0.0, end: Seconds = 30.0) -> Tracks:
    """Where everybody is between two times, at most ten minutes; between two looks, on a straight line."""
    source = known_source(here, visitor, source_id)
    if end < start:
        raise Problem(422, "end: it lies before start")
    end = min(end, start + LONGEST)
    return Tracks(start=start, end=end, tracks=tracks_between(here.store, source.id, start, end))
