"""Who may use which route: a table that has to name every route, and is held against the application."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from app.conftest import Clients
from reseen.app.routes import ALL
from reseen.app.routing import Entry, Routes

ROLES: Mapping[str, str | None] = {
    # signing in and out, and what describes the interface
    "GET /api/v1/session": None,
    "POST /api/v1/session": None,
    "DELETE /api/v1/session": None,
    "GET /enter": None,
    "GET /api/v1/openapi.json": None,
    # tokens, audit, settings, models
    "GET /api/v1/tokens": "admin",
    "POST /api/v1/tokens": "admin",
    "DELETE /api/v1/tokens/{token_id}": "admin",
    "GET /api/v1/audit": "admin",
    "GET /api/v1/audit/export": "admin",
    "GET /api/v1/audit/{entry_id}/thumbnail": "admin",
    "GET /api/v1/settings": "admin",
    "PUT /api/v1/settings": "admin",
    "GET /api/v1/models": "viewer",
    "POST /api/v1/calibration": "admin",
    # photos, searches, people, shots, cases
    "POST /api/v1/photos": "searcher",
    "GET /api/v1/photos/{photo_id}": "searcher",
    "GET /api/v1/photos/{photo_id}/image": "searcher",
    "PATCH /api/v1/photos/{photo_id}": "searcher",
    "DELETE /api/v1/photos/{photo_id}": "searcher",
    "POST /api/v1/searches": "searcher",
    "POST /api/v1/search": "searcher",
    "GET /api/v1/searches/{search_id}": "searcher",
    "GET /api/v1/searches/{search_id}/moments/{moment_id}": "searcher",
    "GET /api/v1/searches/{search_id}/report": "searcher",
    "GET /api/v1/searches/{search_id}/csv": "searcher",
    "GET /api/v1/searches/{search_id}/json": "searcher",
    "GET /api/v1/people": "viewer",
    "GET /api/v1/people/count": "viewer",
    "GET /api/v1/people/page": "viewer",
    "GET /api/v1/people/{person}": "viewer",
    "POST /api/v1/people/{person}/hide": "admin",
    "GET /api/v1/shots/{shot_id}": "viewer",
    "GET /api/v1/shots/{shot_id}/image": "viewer",
    "GET /api/v1/cases": "searcher",
    "POST /api/v1/cases": "searcher",
    "GET /api/v1/cases/{case_id}": "searcher",
    "PATCH /api/v1/cases/{case_id}": "searcher",
    "DELETE /api/v1/cases/{case_id}": "searcher",
    "GET /api/v1/cases/{case_id}/photos/{place}": "searcher",
    "POST /api/v1/cases/{case_id}/verdicts": "searcher",
    "POST /api/v1/cases/{case_id}/join": "searcher",
    "POST /api/v1/cases/{case_id}/split": "searcher",
    "POST /api/v1/cases/{case_id}/search": "searcher",
    "GET /api/v1/cases/{case_id}/forget": "admin",
    "POST /api/v1/cases/{case_id}/forget": "admin",
    # footage, cameras, jobs
    "GET /api/v1/sources": "viewer",
    "GET /api/v1/sources/{source_id}": "viewer",
    "GET /api/v1/sources/{source_id}/video": "viewer",
    "GET /api/v1/sources/{source_id}/frame": "viewer",
    "GET /api/v1/sources/{source_id}/tracks": "viewer",
    "PATCH /api/v1/sources/{source_id}": "admin",
    "GET /api/v1/sources/{source_id}/removal": "admin",
    "DELETE /api/v1/sources/{source_id}": "admin",
    "POST /api/v1/sources/{source_id}/relink": "admin",
    "GET /api/v1/cameras": "viewer",
    "PATCH /api/v1/cameras/{name:path}": "admin",
    "GET /api/v1/folders": "admin",
    "POST /api/v1/footage": "admin",
    "POST /api/v1/footage/guess": "admin",
    "POST /api/v1/uploads": "admin",
    "GET /api/v1/uploads/{upload_id}": "admin",
    "PUT /api/v1/uploads/{upload_id}": "admin",
    "DELETE /api/v1/uploads/{upload_id}": "admin",
    "POST /api/v1/uploads/{upload_id}/finish": "admin",
    "GET /api/v1/watched": "admin",
    "POST /api/v1/watched": "admin",
    "DELETE /api/v1/watched/{watched_id}": "admin",
    "GET /api/v1/jobs": "viewer",
    "GET /api/v1/jobs/events": "viewer",
    "GET /api/v1/jobs/{job_id}": "viewer",
    "POST /api/v1/jobs/{job_id}/{wish}": "searcher",
    # exports
    "GET /api/v1/exports": "searcher",
    "POST /api/v1/exports": "searcher",
    "GET /api/v1/exports/{export_id}": "searcher",
    "GET /api/v1/exports/{export_id}/file": "searcher",
    "DELETE /api/v1/exports/{export_id}": "searcher",
    # pages: they hold no data, only what asks for it
    "GET /": None,
    "GET /look": None,
    "GET /browse": None,
    "GET /footage": None,
    "GET /cases": None,
    "GET /settings": None,
    "GET /sign-in": None,
    "GET /static/{version}/{name:path}": None,
    "GET /favicon.ico": None,
    "GET /api/v1/texts": None,
}
"""Every route, and the least role it takes; None is open to all. A new route belongs in here."""

ENTRIES = [entry for routes in ALL for entry in routes.table()]
ALLOWED = {
    "viewer": {None, "viewer"},
    "searcher": {None, "viewer", "searcher"},
    "limited": {None, "viewer", "searcher"},
}


def key(entry: Entry) -> str:
    return f"{entry.method} {entry.path}"


def test_every_route_is_in_the_table_with_its_role() -> None:
    assert {key(entry): entry.role for entry in ENTRIES} == dict(ROLES)


def served(app: FastAPI) -> set[str]:
    """Every route that the application answers at, however it was made."""
    found: set[str] = set()
    waiting = [("", route) for route in app.routes]
    while waiting:
        prefix, route = waiting.pop()
        below = getattr(route, "original_router", None)
        if isinstance(route, APIRoute):
            found |= {f"{method} {prefix}{route.path}" for method in route.methods}
        elif below is not None:
            waiting += [(prefix, inner) for inner in below.routes]
        else:
            found.add(f"{type(route).__name__} {getattr(route, 'path', '?')}")
    return found


def test_nothing_is_served_that_the_table_does_not_know(app: FastAPI) -> None:
    assert served(app) - {"Mount /static"} == set(ROLES)


def test_a_route_cannot_be_made_without_a_role() -> None:
    with pytest.raises(TypeError, match="role"):
        Routes("things").get("/things")  # type: ignore[call-arg]


def ask(client: TestClient, entry: Entry) -> int:
    """The answer's status where every path parameter names something that is not there."""
    path = re.sub(r"{[^}]*}", "987654321", entry.path)
    return client.request(entry.method, path, follow_redirects=False).status_code


@pytest.mark.parametrize("entry", ENTRIES, ids=key)
def test_a_route_lets_in_whom_it_should_and_nobody_else(everybody: Clients, entry: Entry) -> None:
    for name in (item.name for item in fields(Clients)):
        admitted = name == "admin" or entry.role in ALLOWED.get(name, {None} if name == "nobody" else set())
        if admitted and entry.path.endswith("/events"):
            continue  # it would never end; its own test asks
        status = ask(getattr(everybody, name), entry)
        if admitted:
            assert status not in {401, 403} and status < 500, f"{name}: {status}"
        else:
            assert status == (403 if name in ALLOWED else 401), f"{name}: {status}"
