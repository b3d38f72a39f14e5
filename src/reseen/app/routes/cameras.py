"""Cameras: where people count in their picture, how long what they saw is kept, and their clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Path
from pydantic import BaseModel, Field

from reseen.app.access import Visitor, Who
from reseen.app.context import Here
from reseen.app.problems import Problem, not_found
from reseen.app.routing import Routes
from reseen.detection import Areas
from reseen.library import Camera, Retention, Source

routes = Routes("cameras")

Name = Annotated[str, Path(max_length=1000)]
Point = tuple[Annotated[float, Field(ge=0, le=1)], Annotated[float, Field(ge=0, le=1)]]
Polygon = Annotated[list[Point], Field(min_length=3, max_length=200)]
Polygons = Annotated[list[Polygon], Field(max_length=50)]


class AreasShown(BaseModel):
    """Where people count; points are fractions of the picture's width and height."""

    include: Polygons = Field(default=[], description="If there are any, only people standing in one of these count.")
    exclude: Polygons = Field(default=[], description="People standing in one of these do not count.")


class CameraShown(BaseModel):
    """A camera."""

    name: str
    sources: int
    seconds: float = Field(description="Seconds of footage looked through.")
    people: int
    first: datetime | None = Field(description="When its earliest footage with a clock begins.")
    last: datetime | None = Field(description="When its latest footage with a clock ends.")
    areas: AreasShown
    retention_days: float | None = Field(description="Days for which what was found is kept; null: as for all cameras.")


class CameraChange(BaseModel):
    """What is to be changed; what is not named stays."""

    areas: AreasShown | None = Field(None, description="Holds for footage that is looked through from now on.")
    retention_days: float | None = Field(None, gt=0, le=36_500, description="Null: as for all cameras.")
    shift_seconds: float | None = Field(
        None, ge=-4e9, le=4e9, allow_inf_nan=False, description="Moves the start of all its sources by so much."
    )


@routes.get("/cameras", role="viewer")
def list_cameras(here: Here, visitor: Who) -> list[CameraShown]:
    """The cameras, by name."""
    return _shown(here, [camera for camera in here.store.cameras() if visitor.sees(camera.name)])


@routes.patch("/cameras/{name:path}", role="admin")
def change_camera(here: Here, visitor: Who, name: Name, change: CameraChange) -> CameraShown:
    """Draw the areas of a camera, set how long what it saw is kept, or correct its clock."""
    camera = _known(here, visitor, name)
    told: dict[str, object] = {}
    if change.areas is not None:
        include, exclude = (tuple(map(tuple, polygons)) for polygons in (change.areas.include, change.areas.exclude))
        areas = Areas(include, exclude)
        here.store.set_areas(camera.name, areas.to_json() if areas else "")
        told["areas"] = change.areas.model_dump()
    if "retention_days" in change.model_fields_set:
        held = here.store.retention()
        others = {one: days for one, days in held.cameras.items() if one != camera.name}
        own = {} if change.retention_days is None else {camera.name: change.retention_days}
        here.store.set_retention(Retention(held.days, {**others, **own}), visitor.name)
    if change.shift_seconds is not None:
        try:
            moved = here.store.shift_clock(camera.name, timedelta(seconds=change.shift_seconds))
        except OverflowError:
            raise Problem(422, "shift_seconds: that leads out of the years that a clock can show") from None
        if not moved:
            raise Problem(409, f"{camera.name}: no source of this camera has a clock")
        told["shift_seconds"] = change.shift_seconds
    if told:
        here.store.record("change camera", {"camera": camera.name, **told}, who=visitor.name)
    return _shown(here, [_known(here, visitor, name)])[0]


def _known(here: Here, visitor: Visitor, name: str) -> Camera:
    found = next((camera for camera in here.store.cameras() if camera.name == name), None)
    if found is None or not visitor.sees(name):
        raise not_found("camera")
    return found


def _shown(here: Here, cameras: list[Camera]) -> list[CameraShown]:
    sources: dict[str, list[Source]] = {}
    for source in here.store.sources():
        sources.setdefault(source.camera, []).append(source)
    ids = [source.id for camera in cameras for source in sources.get(camera.name, [])]
    people = here.store.people_of_sources(ids)
    seconds = here.store.seconds_of_sources(ids)
    days = here.store.retention().cameras
    return [
        CameraShown(
            name=camera.name,
            sources=len(own := sources.get(camera.name, [])),
            seconds=sum(seconds.get(source.id, 0.0) for source in own),
            people=sum(people.get(source.id, 0) for source in own),
            first=min((source.started_at for source in own if source.started_at is not None), default=None),
            last=max((_end(source) for source in own if source.started_at is not None), default=None),
            areas=_areas(camera),
            retention_days=days.get(camera.name),
        )
        for camera in cameras
    ]


def _end(source: Source) -> datetime:
    assert source.started_at is not None
    return source.started_at + timedelta(seconds=source.duration)


def _areas(camera: Camera) -> AreasShown:
    held = Areas.from_json(camera.areas) if camera.areas else Areas()
    return AreasShown(include=[list(polygon) for polygon in held.include], exclude=[list(p) for p in held.exclude])
