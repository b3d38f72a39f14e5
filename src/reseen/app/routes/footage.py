"""Footage on the server's own disk: looked for in the folders that were allowed, and added."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, Field

from reseen.app.access import Visitor, Who
from reseen.app.context import Context, Here
from reseen.app.jobs import JobShown, job_shown
from reseen.app.problems import Problem
from reseen.app.routes.sources import CameraName
from reseen.app.routing import Routes
from reseen.app.working.footage import FootageOrder
from reseen.indexing import AUTO, Clock, check_clock, guess
from reseen.library import Job
from reseen.media import FootageFile, expand_footage, looks_like_footage

routes = Routes("footage")

_MOST_ENTRIES = 5000
_MOST_GUESSES = 500

PathText = Annotated[str, Field(min_length=1, max_length=4096)]
Time = Annotated[str, Field(max_length=64, description="ISO 8601; without a zone it is in `zone`.")]
Zone = Annotated[str, Field(max_length=64, description="Zone of times without one, like Europe/Berlin.")]
Pattern = Annotated[
    str, Field(max_length=100, description="A strptime pattern in the files' names; `auto` for the usual ones.")
]


class FolderEntry(BaseModel):
    """Something in a folder."""

    name: str
    path: str
    folder: bool
    size: int = Field(description="Bytes; 0 for a folder.")
    known: bool = Field(description="The library has this file already.")


class Folder(BaseModel):
    """A folder; without a path, the folders that may be looked into."""

    path: str | None
    parent: str | None = Field(description="The folder it lies in; null where that may not be looked into.")
    entries: list[FolderEntry]
    more: int = Field(description="How many further entries are not listed.")


class FootageWanted(BaseModel):
    """What is to be looked through."""

    paths: list[PathText] = Field(min_length=1, max_length=1000, description="Files and folders.")
    camera: CameraName | None = Field(None, description="Its camera; else the name of each file without its ending.")
    start: Time | None = Field(None, description="When the first file begins; the others follow on.")
    start_from_name: Pattern | None = None
    zone: Zone | None = None


class PathsWanted(BaseModel):
    """Files and folders, and where their clocks may be read."""

    paths: list[PathText] = Field(min_length=1, max_length=1000)
    start_from_name: Pattern | None = None
    zone: Zone | None = None


class GuessShown(BaseModel):
    """What a file seems to be, to be confirmed or changed."""

    path: str
    camera: str
    wall_start: datetime | None
    started_from: str | None
    note: str
    duration: float
    width: int
    height: int
    problem: str | None = Field(description="Why it cannot be used.")


@routes.get("/folders", role="admin")
def show_folder(
    here: Here, path: Annotated[str | None, Query(max_length=4096, description="A folder, or none for the top.")] = None
) -> Folder:
    """What lies in a folder: folders and footage."""
    if path is None or path == "":
        entries = [FolderEntry(name=str(root), path=str(root), folder=True, size=0, known=False)
                   for root in here.places.roots if root.is_dir()]  # fmt: skip
        return Folder(path=None, parent=None, entries=entries, more=0)
    folder = here.places.find(path)
    found = [one for one in here.places.entries(folder) if one.folder or looks_like_footage(one.path)]
    known = {str(source.path) for source in here.store.sources()}
    entries = [
        FolderEntry(
            name=one.name,
            path=str(one.path),
            folder=one.folder,
            size=one.size,
            known=not one.folder and str(one.path.resolve()) in known,
        )
        for one in found[:_MOST_ENTRIES]
    ]
    parent = str(folder.parent) if here.places.inside(folder.parent) else None
    return Folder(path=str(folder), parent=parent, entries=entries, more=max(len(found) - _MOST_ENTRIES, 0))


@routes.post("/footage", role="admin", status_code=202)
def add_footage(here: Here, visitor: Who, wanted: FootageWanted) -> JobShown:
    """Look through files and folders on the server; a worker does it, whether the browser stays open or not."""
    paths = tuple(str(here.places.find(path)) for path in wanted.paths)
    order = FootageOrder(
        paths,
        camera=given_camera(visitor, wanted.camera),
        start=wanted.start,
        start_from_name=_pattern(wanted.start, wanted.start_from_name),
        zone=wanted.zone,
    )
    return job_shown(add_order(here, visitor, order))


@routes.post("/footage/guess", role="admin")
def guess_footage(here: Here, wanted: PathsWanted) -> list[GuessShown]:
    """What files seem to be: their cameras and clocks, from names and metadata."""
    clock = Clock(name_pattern=wanted.start_from_name or AUTO, zone=wanted.zone)
    check_clock(clock)
    listing = expand_footage([here.places.find(path) for path in wanted.paths])
    if len(listing.files) > _MOST_GUESSES:
        raise Problem(422, f"these are {len(listing.files)} files: choose at most {_MOST_GUESSES} at a time")
    shown = [_guessed(here, file, clock) for file in listing.files]
    return [*shown, *(_unusable(item.shown, item.reason) for item in listing.unusable)]


def given_camera(visitor: Visitor, name: str | None) -> str | None:
    """The camera that is named, if it may be.

    Raises:
        Problem: It is none of this visitor's cameras, or they must name one.
    """
    camera = None if name is None else name.strip() or None
    if visitor.cameras is not None and (camera is None or not visitor.sees(camera)):
        raise Problem(422, "camera: name one of the cameras that you may see")
    return camera


def add_order(here: Context, visitor: Visitor, order: FootageOrder) -> Job:
    """Asks for footage to be looked through; an entry of the audit log.

    Raises:
        UsageError: What is said about the clock cannot be used.
    """
    check_clock(order.intake.clock)
    job = here.store.add_job("index", order.arguments(), who=visitor.name, lane="index", title=order.title)
    here.store.record("add footage", {"job": job.id, **order.arguments()}, who=visitor.name)
    return job


def _pattern(start: str | None, pattern: str | None) -> str | None:
    return pattern or (AUTO if start is None else None)


def _guessed(here: Context, file: FootageFile, clock: Clock) -> GuessShown:
    if not here.places.inside(file.path.resolve()):
        return _unusable(file.shown, "it leads out of the folders that may be read")
    found = guess(file.path, clock)
    return GuessShown(
        path=str(found.path),
        camera=found.camera,
        wall_start=found.started_at,
        started_from=found.started_from,
        note=found.note,
        duration=found.duration,
        width=found.width,
        height=found.height,
        problem=found.problem,
    )


def _unusable(path: str, reason: str) -> GuessShown:
    return GuessShown(
        path=path, camera=Path(path).stem, wall_start=None, started_from=None, note="", duration=0.0, width=0, height=0,
        problem=reason,
    )  # fmt: skip
