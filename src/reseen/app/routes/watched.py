"""Watched folders: what arrives in them is looked through."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Path
from pydantic import BaseModel, Field

from reseen.app.access import Who
from reseen.app.context import Here
from reseen.app.problems import Problem, not_found
from reseen.app.routes.footage import PathText, Pattern, Zone, given_camera
from reseen.app.routes.sources import CameraName
from reseen.app.routing import Routes
from reseen.indexing import AUTO, Clock, check_clock
from reseen.library import Watched

routes = Routes("watched")

WatchedId = Annotated[int, Path(ge=0, lt=2**63)]


class WatchedWanted(BaseModel):
    """A folder to be watched."""

    folder: PathText
    camera: CameraName | None = Field(None, description="The camera of its files; else each file's name.")
    start_from_name: Pattern | None = None
    zone: Zone | None = None


class WatchedShown(BaseModel):
    """A watched folder."""

    id: int
    folder: str
    camera: str | None
    who: str
    added_at: datetime
    looked_at: datetime | None
    problem: str = Field(description="Why it cannot be read; empty when it can.")


@routes.get("/watched", role="admin")
def list_watched(here: Here, visitor: Who) -> list[WatchedShown]:
    """The folders that are watched."""
    return [_shown(one) for one in here.store.watched() if _sees(visitor, one)]


@routes.post("/watched", role="admin", status_code=201)
def watch_folder(here: Here, visitor: Who, wanted: WatchedWanted) -> WatchedShown:
    """Watch a folder: files are looked through once they have been still for some seconds."""
    folder = here.places.find(wanted.folder)
    if not folder.is_dir():
        raise Problem(422, f"{wanted.folder}: this is no folder")
    check_clock(Clock(name_pattern=wanted.start_from_name, zone=wanted.zone))
    options = {"start_from_name": wanted.start_from_name or AUTO, "zone": wanted.zone}
    camera = given_camera(visitor, wanted.camera)
    return _shown(here.store.add_watched(folder, camera, visitor.name, options))


@routes.delete("/watched/{watched_id}", role="admin", status_code=204)
def watch_no_longer(here: Here, visitor: Who, watched_id: WatchedId) -> None:
    """Watch a folder no longer; what was found in its files stays."""
    if not any(one.id == watched_id and _sees(visitor, one) for one in here.store.watched()):
        raise not_found("watched folder")
    here.store.delete_watched(watched_id, visitor.name)


def _sees(visitor: Who, watched: Watched) -> bool:
    return visitor.cameras is None or (watched.camera is not None and visitor.sees(watched.camera))


def _shown(watched: Watched) -> WatchedShown:
    return WatchedShown(
        id=watched.id,
        folder=str(watched.folder),
        camera=watched.camera,
        who=watched.who,
        added_at=watched.added_at,
        looked_at=watched.looked_at,
        problem=watched.problem,
    )
