"""Who may use which route: a table that has to name every route, and is held against the application."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from app.conftest import Clients
from reseen.app import AppSettings
from reseen.app.routes import ALL
from reseen.app.routing import Entry, Routes

# What is sent in place of path parameters; nothing of it exists, and the check stands before any look.
NAMES = {"filename": "x", "path": "x"}

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
}
"""Every route, and the least role it takes; None is open to all. A new route belongs in here."""

ENTRIES = [entry for routes in ALL for entry in routes.table()]
ALLOWED = {
    "viewer": {None, "viewer"},
    "searcher": {None, "viewer", "searcher"},
    "limited": {None, "viewer", "searcher"},
}


@pytest.fixture
def settings(settings: AppSettings) -> AppSettings:
    """Wrong tokens are not counted here."""
    return replace(settings, token_failures=100_000)


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
    path = entry.path
    for name in [part[1:-1].split(":")[0] for part in path.split("/") if part.startswith("{")]:
        part = next(piece for piece in path.split("/") if piece[1:].startswith(name))
        path = path.replace(part, NAMES.get(name, "987654321"))
    return client.request(
        entry.method, path, follow_redirects=False, headers={"Accept": "application/json"}
    ).status_code


def test_each_route_lets_in_whom_it_should_and_nobody_else(clients: Clients) -> None:
    for entry in ENTRIES:
        if entry.path.endswith("/events"):
            allowed = [name for name in ("viewer", "searcher", "limited") if entry.role in ALLOWED[name]]
            asked = [field.name for field in fields(Clients) if field.name not in (*allowed, "admin")]
        else:
            asked = [field.name for field in fields(Clients)]
        # The routes that end a sign-in or take a token must not change who the others are.
        for name in asked:
            status = ask(getattr(clients, name), entry)
            where = f"{name}: {key(entry)} gave {status}"
            if name in {"wrong", "revoked"}:
                assert status == (401 if entry.role is not None or status == 401 else status), where
                assert entry.role is None or status == 401, where
            elif name == "nobody":
                assert (status in {401, 303}) if entry.role is not None else status != 403, where
            elif name == "admin" or entry.role in ALLOWED[name]:
                assert status not in {401, 403}, where
                assert status < 500, where
            else:
                assert status == 403, where
