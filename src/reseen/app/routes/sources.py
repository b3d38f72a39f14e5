"""Sources: what footage the library knows, how far it was looked through, and what to do with it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path as FilePath
from typing import Annotated

from fastapi import Path
from pydantic import AwareDatetime, BaseModel, Field

from reseen.app.access import Visitor, Who
from reseen.app.context import Here
from reseen.app.jobs import JobShown, job_shown
from reseen.app.paging import Page, Paged
from reseen.app.problems import Problem
from reseen.app.routing import Routes
from reseen.library import Filter, Job, Source
from reseen.library.coverage import NOT_YET
from reseen.media import content_hash

routes = Routes("sources")

SourceId = Annotated[int, Path(ge=0, lt=2**63)]
CameraName = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]

URGENT = 10
"""Priority of what somebody waits for: indexing makes way for it."""


class Stretch(BaseModel):
    """A stretch that could not be looked through."""

    start: float
    end: float
    reason: str


class SourceProgress(BaseModel):
    """How far a source was looked through."""

    fraction: float
    speed: float | None = Field(description="Seconds of footage looked through per second, while it is at work.")
    eta: float | None = Field(description="Seconds that are left for the job that looks through it.")
    people: int


class SourceShown(BaseModel):
    """A piece of footage."""

    id: int
    name: str
    path: str | None = Field(description="Where it lies; shown to admins alone.")
    camera: str
    kind: str
    width: int
    height: int
    duration: float
    frame_rate: float | None
    state: str = Field(description="pending, partial, done or failed.")
    progress: SourceProgress
    wall_start: datetime | None
    started_from: str | None = Field(description="Where the clock was read: given, name or metadata.")
    clock_note: str
    people: int
    skipped: list[Stretch] = Field(description="What could not be read, and why.")
    warnings: list[str]
    failure: str | None
    gone: bool = Field(description="The file is no longer where it was; pictures of people are kept.")


class SourceChange(BaseModel):
    """What is to be changed; what is not named stays."""

    camera: CameraName | None = None
    wall_start: AwareDatetime | None = Field(None, description="When its first picture was taken; null: nobody knows.")


class Removal(BaseModel):
    """What removing a source would delete for good; nothing has happened yet."""

    seconds: float
    people: int
    shots: int
    bytes: int
    exports: list[str] = Field(description="Exports kept here that show somebody of it; they go too.")
    uploaded: bool = Field(description="It came by upload and lies in the library: it goes too. Else it stays.")


class Place(BaseModel):
    """A path on the server."""

    path: str = Field(max_length=4096)


@routes.get("/sources", role="viewer")
def list_sources(here: Here, visitor: Who, paging: Paged) -> Page[SourceShown]:
    """The sources, newest first."""
    before = paging.number()
    seen = [one for one in reversed(here.store.sources()) if visitor.sees(one.camera)]
    found = [one for one in seen if before is None or one.id < before]
    return paging.page(found, lambda some: _shown(here, visitor, some), lambda source: (source.id,))


@routes.get("/sources/{source_id}", role="viewer")
def show_source(here: Here, visitor: Who, source_id: SourceId) -> SourceShown:
    """A source."""
    return _shown(here, visitor, [known_source(here, visitor, source_id)])[0]


@routes.patch("/sources/{source_id}", role="admin")
def change_source(here: Here, visitor: Who, source_id: SourceId, change: SourceChange) -> SourceShown:
    """Give a source to another camera, or say when it was recorded."""
    before = known_source(here, visitor, source_id)
    told: dict[str, object] = {"source": before.shown, "sha256": before.sha256}
    if change.camera is not None and change.camera.strip() != before.camera:
        camera = change.camera.strip()
        if not camera or not visitor.sees(camera):
            raise Problem(422, f"camera: '{camera}' is none of your cameras")
        here.store.set_camera(source_id, camera)
        told |= {"camera": camera, "camera_before": before.camera}
    if "wall_start" in change.model_fields_set and change.wall_start != before.started_at:
        here.store.set_start(source_id, change.wall_start)
        told |= {"wall_start": change.wall_start, "wall_start_before": before.started_at}
    if len(told) > 2:
        here.store.record("change source", told, who=visitor.name)
    return _shown(here, visitor, [here.store.source(source_id)])[0]


@routes.get("/sources/{source_id}/removal", role="admin")
def plan_removal(here: Here, visitor: Who, source_id: SourceId) -> Removal:
    """What removing a source would delete."""
    known_source(here, visitor, source_id)
    plan = here.store.plan_removal(sources=[source_id])
    return Removal(
        seconds=plan.seconds,
        people=plan.tracklets,
        shots=plan.shots,
        bytes=plan.bytes,
        exports=list(plan.exports),
        uploaded=bool(plan.uploaded),
    )


@routes.delete("/sources/{source_id}", role="admin", status_code=202)
def remove_source(here: Here, visitor: Who, source_id: SourceId) -> JobShown:
    """Remove a source with all that was found in it, for good; a worker does it."""
    source = known_source(here, visitor, source_id)
    return job_shown(
        here.store.add_job(
            "remove",
            {"sources": [source_id], "camera": source.camera},
            who=visitor.name,
            lane="index",
            priority=URGENT,
            title=f"remove {source.shown}",
        )
    )


@routes.post("/sources/{source_id}/relink", role="admin")
def relink_source(here: Here, visitor: Who, source_id: SourceId, place: Place) -> SourceShown:
    """Say where footage that was moved lies now; it must be the same, byte by byte."""
    known_source(here, visitor, source_id)
    path = here.places.find(place.path)
    if not path.is_file():
        raise Problem(422, f"{place.path}: this is no file")
    source = here.store.relink(source_id, path, content_hash(path), place.path)
    here.store.record("relink source", {"source": source.shown, "sha256": source.sha256}, who=visitor.name)
    return _shown(here, visitor, [source])[0]


def known_source(here: Here, visitor: Visitor, source_id: int) -> Source:
    """A source that a visitor may see.

    Raises:
        Problem: There is none, or not for them.
    """
    source = here.store.source(source_id)
    visitor.must_see(source.camera, "source")
    return source


def _shown(here: Here, visitor: Visitor, sources: Sequence[Source]) -> list[SourceShown]:
    if not sources:
        return []
    ids = [source.id for source in sources]
    people = here.store.people_of_sources(ids)
    skipped: dict[int, list[Stretch]] = {}
    for one in here.store.coverage(Filter(sources=tuple(ids))).skipped:
        if one.reason != NOT_YET:
            skipped.setdefault(one.source_id, []).append(Stretch(start=one.start, end=one.end, reason=one.reason))
    at_work = {job.progress.source_id: job for job in here.store.jobs(["running"]) if job.kind == "index"}
    return [
        _one(source, visitor, people.get(source.id, 0), skipped.get(source.id, []), at_work.get(source.id))
        for source in sources
    ]


def _one(source: Source, visitor: Visitor, people: int, skipped: list[Stretch], job: Job | None) -> SourceShown:
    return SourceShown(
        id=source.id,
        name=FilePath(source.shown).name or source.shown,
        path=str(source.path) if visitor.may("admin") else None,
        camera=source.camera,
        kind=source.kind,
        width=source.width,
        height=source.height,
        duration=source.duration,
        frame_rate=source.frame_rate,
        state=source.state,
        progress=SourceProgress(
            fraction=source.segments_done / source.segments if source.segments else 0.0,
            speed=None if job is None else job.progress.speed,
            eta=None if job is None else job.progress.eta,
            people=people,
        ),
        wall_start=source.started_at,
        started_from=source.started_from,
        clock_note=source.clock_note,
        people=people,
        skipped=skipped,
        warnings=list(source.warnings),
        failure=source.failure,
        gone=not source.footage_present,
    )
