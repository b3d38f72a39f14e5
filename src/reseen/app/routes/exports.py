"""Exports: moments to be taken away as one file with checksums."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Literal

from fastapi import Path
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field, model_validator

from reseen.app.access import Visitor, Who
from reseen.app.answers import HeldAnswer
from reseen.app.cases import case_of
from reseen.app.context import Context, Here
from reseen.app.jobs import JobShown, job_shown
from reseen.app.paging import Page, Paged
from reseen.app.problems import Problem, not_found
from reseen.app.routing import Routes
from reseen.app.working.exporting import Blur, ExportOrder, moment_arguments, prepared
from reseen.library import Export, LibraryError, UnknownRowError
from reseen.reports import csv_text, document
from reseen.reports.page import ReportSettings, report_html
from reseen.searching import Moment, SearchResult

routes = Routes("exports")

ExportId = Annotated[int, Path(ge=1, lt=2**63)]


class NewExport(BaseModel):
    """Which moments are taken away, and as what."""

    search: str = Field(max_length=100, description="The id of a search of yours.")
    case: int | None = Field(None, ge=1, lt=2**63, description="The case it belongs to.")
    moments: list[Annotated[str, Field(max_length=20)]] = Field(
        min_length=1, max_length=500, description="Ids of moments of that search."
    )
    clips: bool = Field(True, description="The video of each moment.")
    blur: Blur = Field("others", description="What is made unrecognisable in the clips.")
    padding: float = Field(2.0, ge=0, le=60, allow_inf_nan=False, description="Seconds kept before and after.")
    report: bool = Field(True, description="One HTML page with pictures.")
    csv: bool = Field(False, description="A table.")
    json_: bool = Field(False, alias="json", description="The moments as ``reseen find --json`` prints them.")
    name: str | None = Field(None, min_length=1, max_length=200)

    @model_validator(mode="after")
    def _something(self) -> NewExport:
        if not (self.clips or self.report or self.csv or self.json_):
            raise ValueError("choose something: clips, report, csv or json")
        return self


class ExportShown(BaseModel):
    """Something that was, or is being, put together."""

    id: int
    name: str
    who: str
    state: Literal["waiting", "running", "paused", "done", "failed", "cancelled"]
    job: int | None
    case: int | None
    created_at: datetime
    size: int
    sha256: str | None
    moments: int
    clips: bool
    blur: str


@routes.post("/exports", role="searcher", status_code=202)
def add_export(here: Here, visitor: Who, new: NewExport) -> JobShown:
    """Have moments put together as one ZIP file, with SHA-256 of each file and of its source."""
    held = here.answers.get(visitor, new.search)
    case = None if new.case is None else case_of(here, visitor, new.case)
    chosen = [held.moment(number) for number in dict.fromkeys(new.moments)]
    for moment in chosen:
        _check(here, visitor, moment)
    name = new.name or _name(held, case.name if case else None)
    tracklets = sorted({number for moment in chosen for number in moment.tracklets})
    facts: dict[str, object] = {"moments": len(chosen), "clips": new.clips, "blur": new.blur, "padding": new.padding}
    facts |= {"report": new.report, "csv": new.csv, "json": new.json_, "photos": list(held.result.query.hashes)}
    made = here.store.add_export(
        name, visitor.name, tracklets=tracklets, facts=facts, case_id=None if case is None else case.id
    )
    try:
        _prepare(here, made.id, new, _only(held.result, chosen))
        order = ExportOrder(
            made.id, tuple(moment_arguments(moment) for moment in chosen), new.clips, new.blur, new.padding,
            held.result.query.hashes, held.result.threshold,
        )  # fmt: skip
        job = here.store.add_job(
            "export", order.arguments(), who=visitor.name, lane="export", title=f"put together {name}"
        )
        here.store.set_export_job(made.id, job.id)
    except BaseException:
        shutil.rmtree(prepared(here.store, made.id), ignore_errors=True)
        here.store.delete_export(made.id, visitor.name)
        raise
    return job_shown(job)


@routes.get("/exports", role="searcher")
def list_exports(here: Here, visitor: Who, paging: Paged) -> Page[ExportShown]:
    """What you had put together, newest first; an admin sees all."""
    mine = None if visitor.sees_all else visitor.name
    found = here.store.exports(mine, paging.number(), paging.limit + 1)
    return paging.page(found, lambda some: [_shown(here, one) for one in some], lambda export: (export.id,))


@routes.get("/exports/{export_id}", role="searcher")
def show_export(here: Here, visitor: Who, export_id: ExportId) -> ExportShown:
    """Something you had put together."""
    return _shown(here, _export(here, visitor, export_id))


@routes.get(
    "/exports/{export_id}/file",
    role="searcher",
    response_class=FileResponse,
    responses={200: {"content": {"application/zip": {}}}},
)
def show_export_file(here: Here, visitor: Who, export_id: ExportId) -> FileResponse:
    """The finished file."""
    export = _export(here, visitor, export_id)
    if export.path is None or not export.path.is_file():
        raise Problem(409, "it is not finished; GET /exports tells how it stands")
    here.store.record("download", {"export": export.id, "name": export.name, "sha256": export.sha256}, who=visitor.name)
    return FileResponse(export.path, media_type="application/zip", filename=f"reseen-{export.id}.zip")


@routes.delete("/exports/{export_id}", role="searcher", status_code=204)
def delete_export(here: Here, visitor: Who, export_id: ExportId) -> None:
    """Delete something that was put together; one that is being made is cancelled."""
    export = _export(here, visitor, export_id)
    if export.job_id is not None:
        with suppress(LibraryError):  # it may have ended
            here.store.ask_job(export.job_id, "cancel")
    here.store.delete_export(export_id, visitor.name)
    shutil.rmtree(prepared(here.store, export_id), ignore_errors=True)


def _prepare(here: Context, export_id: int, new: NewExport, result: SearchResult) -> None:
    """The report and tables are made at once, from the answer as it is; the clips come later."""
    folder = prepared(here.store, export_id)
    folder.mkdir(parents=True)
    if new.report:
        text = report_html(here.store, result, ReportSettings())
        (folder / "report.html").write_text(text, encoding="utf-8", newline="\n")
    if new.csv:
        (folder / "moments.csv").write_text(csv_text(result), encoding="utf-8", newline="\n")
    if new.json_:
        text = json.dumps(document(result), indent=2, ensure_ascii=False)
        (folder / "moments.json").write_text(text + "\n", encoding="utf-8", newline="\n")


def _only(result: SearchResult, chosen: Sequence[Moment]) -> SearchResult:
    """The answer with the chosen moments alone."""
    kept = {id(moment) for moment in chosen}
    return replace(
        result,
        moments=tuple(moment for moment in result.moments if id(moment) in kept),
        below=tuple(moment for moment in result.below if id(moment) in kept),
    )


def _check(here: Context, visitor: Visitor, moment: Moment) -> None:
    try:
        camera = here.store.source(moment.source_id).camera
        here.store.tracklets(moment.tracklets)
    except UnknownRowError:
        raise Problem(409, "some of these moments were removed meanwhile: search again") from None
    visitor.must_see(camera, "moment")


def _export(here: Context, visitor: Visitor, export_id: int) -> Export:
    try:
        export = here.store.export_of(export_id)
    except UnknownRowError:
        raise not_found("export") from None
    if export.who != visitor.name and not visitor.sees_all:
        raise not_found("export")
    return export


def _shown(here: Context, export: Export) -> ExportShown:
    job = None
    if export.job_id is not None:
        try:
            job = here.store.job(export.job_id)
        except UnknownRowError:
            job = None
    state = "done" if export.path is not None else "failed" if job is None else job.state
    return ExportShown(
        id=export.id,
        name=export.name,
        who=export.who,
        state=state,
        job=export.job_id,
        case=export.case_id,
        created_at=export.created_at,
        size=export.size,
        sha256=export.sha256,
        moments=int(str(export.facts.get("moments", 0))),
        clips=bool(export.facts.get("clips")),
        blur=str(export.facts.get("blur", "")),
    )


def _name(held: HeldAnswer, case: str | None) -> str:
    photos = held.result.query.photos
    return case or (photos[0].path if photos else "moments")
