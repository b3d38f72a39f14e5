"""Shots: the pictures of people, and what is known of each."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Response
from pydantic import BaseModel

from reseen.app.access import Visitor, Who
from reseen.app.context import Here
from reseen.app.routing import Routes
from reseen.app.shapes import Box
from reseen.library import StoredShot

routes = Routes("shots")

ShotId = Annotated[int, Path(ge=1, lt=2**63)]


class Shot(BaseModel):
    """A picture of a person, cut out of a frame."""

    id: int
    source_id: int
    camera: str
    person: int
    tracklet: int
    time: float
    box: Box
    score: float
    quality: float


@routes.get("/shots/{shot_id}", role="viewer")
def show_shot(here: Here, visitor: Who, shot_id: ShotId) -> Shot:
    """What is known of a shot."""
    shot, camera = _seen(here, visitor, shot_id)
    return Shot(
        id=shot.id,
        source_id=shot.source_id,
        camera=camera,
        person=here.store.chain(shot.tracklet_id)[0],
        tracklet=shot.tracklet_id,
        time=round(shot.time, 3),
        box=[round(float(value), 1) for value in shot.box],
        score=round(shot.score, 4),
        quality=round(shot.quality, 4),
    )


@routes.get(
    "/shots/{shot_id}/image",
    role="viewer",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}}}},
)
def show_shot_image(here: Here, visitor: Who, shot_id: ShotId) -> Response:
    """The picture; a shot never changes, so a browser may keep it, but nobody between may."""
    _seen(here, visitor, shot_id)
    # Kept for an hour only: whoever is forgotten shall not be shown for long.
    keep = {"Cache-Control": "private, max-age=3600, immutable"}
    return Response(here.store.shot_image(shot_id), media_type="image/jpeg", headers=keep)


def _seen(here: Here, visitor: Visitor, shot_id: int) -> tuple[StoredShot, str]:
    (shot,) = here.store.shots_by_id([shot_id])
    camera = here.store.source(shot.source_id).camera
    visitor.must_see(camera, "shot")
    return shot, camera
