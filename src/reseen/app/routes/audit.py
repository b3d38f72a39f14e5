"""The audit log: shown, filtered, exported."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Path, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import AwareDatetime, BaseModel, Field

from reseen.app.access import Who
from reseen.app.context import Here
from reseen.app.paging import Page, Paged
from reseen.app.problems import Problem, not_found
from reseen.app.routing import Routes
from reseen.library import AuditEntry, Store, UnknownRowError
from reseen.reports.spreadsheet import safe_text

routes = Routes("audit")

_AT_ONCE = 500
_COLUMNS = ("id", "at", "who", "action", "detail", "photos", "filters", "results")

Action = Annotated[str | None, Query(max_length=100, description="Only these: search, view, export, verdict, ...")]
Person = Annotated[str | None, Query(max_length=200, description="Only of this user or token.")]
Since = Annotated[AwareDatetime | None, Query(description="Only from then on.")]


class Entry(BaseModel):
    """An entry of the audit log; it is never changed and never deleted."""

    id: int
    at: datetime
    who: str = Field(description="The user of the operating system, or the name of the token.")
    action: str
    detail: Any = Field(description="More about it; depends on the action.")
    photos: list[str] = Field(description="SHA-256 of the photos asked with.")
    filters: Any = Field(description="The filters as they were asked for, if there were any.")
    results: int | None = Field(description="How many results.")
    thumbnail: Literal["shown", "forgotten", "none"] = Field(
        description="Whether there is a small picture of who was asked for; forgetting a person takes it away."
    )


@routes.get("/audit", role="admin")
def list_audit(
    here: Here, paging: Paged, action: Action = None, who: Person = None, since: Since = None
) -> Page[Entry]:
    """Entries, newest first."""
    entries = here.store.audit_page(paging.number(), action, who, since, paging.limit + 1)
    pictures = here.store.audit_thumbnails([entry.id for entry in entries])
    return paging.page(
        entries, lambda some: [_shown(entry, pictures.get(entry.id)) for entry in some], lambda entry: (entry.id,)
    )


@routes.get("/audit/export", role="admin", response_class=Response, responses={200: {"content": {"text/csv": {}}}})
def export_audit(
    here: Here, visitor: Who, action: Action = None, who: Person = None, since: Since = None
) -> StreamingResponse:
    """The entries as CSV, newest first; the export is an entry itself."""
    asked = {"action": action, "who": who, "since": since}
    here.store.record("export", {"what": "audit log"}, filters={k: v for k, v in asked.items() if v}, who=visitor.name)
    return StreamingResponse(
        _csv(here.store, action, who, since),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="reseen-audit.csv"'},
    )


@routes.get(
    "/audit/{entry_id}/thumbnail",
    role="admin",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}}}, 410: {"description": "The person was forgotten."}},
)
def show_audit_thumbnail(here: Here, entry_id: Annotated[int, Path(ge=0, lt=2**63)]) -> Response:
    """The small picture of who was asked for."""
    try:
        picture = here.store.audit_thumbnail(entry_id)
    except UnknownRowError:
        raise not_found("thumbnail") from None
    if picture is None:
        raise Problem(410, "this person was forgotten; the entry keeps the hash of the photo alone")
    return Response(picture, media_type="image/jpeg")


def _csv(store: Store, action: str | None, who: str | None, since: datetime | None) -> Iterator[str]:
    yield _row(_COLUMNS)
    before: int | None = None
    while entries := store.audit_page(before, action, who, since, _AT_ONCE):
        for entry in entries:
            photos = " ".join(entry.photos)
            results = "" if entry.results is None else entry.results
            told = (safe_text(entry.who), safe_text(entry.action), entry.detail, photos, entry.filters or "", results)
            yield _row((entry.id, entry.at.isoformat(), *told))
        before = entries[-1].id


def _row(values: tuple[object, ...]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(values)
    return out.getvalue()


def _shown(entry: AuditEntry, picture: bool | None) -> Entry:
    return Entry(
        id=entry.id,
        at=entry.at,
        who=entry.who,
        action=entry.action,
        detail=json.loads(entry.detail),
        photos=list(entry.photos),
        filters=None if entry.filters is None else json.loads(entry.filters),
        results=entry.results,
        thumbnail="none" if picture is None else "shown" if picture else "forgotten",
    )
