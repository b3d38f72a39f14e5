"""The audit log over HTTP: what each action leaves in it, and how it is read."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.conftest import BASE, Clients, World, client_of
from reseen.library import Store

AUDIT = "/api/v1/audit"


def entries(client: TestClient, **asked: object) -> list[dict[str, Any]]:
    answer = client.get(AUDIT, params=asked)  # type: ignore[arg-type]
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def test_tokens_and_settings_leave_entries_with_who_did_it(clients: Clients) -> None:
    made = clients.admin.post("/api/v1/tokens", json={"name": "door", "role": "viewer"}).json()
    clients.admin.delete(f"/api/v1/tokens/{made['id']}")
    clients.admin.put("/api/v1/settings", json={"retention_days": 30, "language": "zh"})
    found = [(item["action"], item["who"]) for item in entries(clients.admin)[:4]]
    assert found == [("setting", "admin"), ("setting", "admin"), ("revoke token", "admin"), ("create token", "admin")]
    assert made["token"] not in clients.admin.get(AUDIT).text
    shown = clients.admin.get("/api/v1/settings").json()
    assert (shown["retention_days"], shown["language"]) == (30, "zh")
    # What does not change leaves no entry.
    before = len(entries(clients.admin, limit=200))
    clients.admin.put("/api/v1/settings", json={"retention_days": 30, "language": "zh"})
    assert len(entries(clients.admin, limit=200)) == before


def test_a_search_leaves_photo_filters_results_and_a_thumbnail(everybody: Clients, world: World) -> None:
    clients = everybody
    before = len(entries(clients.admin, action="search", limit=200))
    with (world.photos / "yellow.png").open("rb") as photo:
        found = clients.searcher.post("/api/v1/search", files={"photo": photo}, data={"camera": "Gate*"}).json()
    entry, *older = entries(clients.admin, action="search", limit=200)
    assert len(older) == before
    assert entry["who"] == "searcher"
    assert entry["filters"] == {"cameras": ["Gate*"]}
    assert entry["results"] == len(found["moments"])
    assert len(entry["photos"][0]) == 64
    assert entry["thumbnail"] == "shown"
    picture = clients.admin.get(f"{AUDIT}/{entry['id']}/thumbnail")
    assert picture.headers["content-type"] == "image/jpeg"
    assert picture.content[:2] == b"\xff\xd8"
    assert clients.searcher.get(f"{AUDIT}/{entry['id']}/thumbnail").status_code == 403


def test_it_is_filtered_and_comes_in_pages(client: TestClient, store: Store) -> None:
    for number in range(7):
        store.record("search" if number % 2 else "view", {"number": number}, who=f"user {number % 3}")
    whole = entries(client, limit=200)
    assert [item["detail"]["number"] for item in whole] == [6, 5, 4, 3, 2, 1, 0]
    assert [item["detail"]["number"] for item in entries(client, action="view", who="user 0")] == [6, 0]
    assert entries(client, since="2100-01-01T00:00:00Z") == []
    read: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = client.get(AUDIT, params={"limit": 3, **({"cursor": cursor} if cursor else {})}).json()
        read += page["items"]
        cursor = page["next"]
    assert read == whole


@pytest.mark.parametrize(
    "asked",
    ["limit=0", "limit=201", "cursor=x", "cursor=W10", "cursor=WyJhIl0", "cursor=WzFlMzBd", "cursor=WzEsMl0",
     "since=2026-05-01", "since=2026-05-01T08:00:00"],
)  # fmt: skip
def test_what_is_no_question_is_refused(client: TestClient, asked: str) -> None:
    answer = client.get(f"{AUDIT}?{asked}")
    assert answer.status_code == 422, answer.text
    assert answer.json()["detail"]


def test_it_is_exported_as_csv_and_that_is_an_entry(client: TestClient, store: Store) -> None:
    store.record(
        "search", {"photos": ["a,b.jpg"]}, photos=["ab" * 32], filters={"cameras": ["Gate"]}, results=3, who="=cmd"
    )
    answer = client.get(f"{AUDIT}/export", params={"action": "search"})
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(row["who"], row["results"], row["photos"]) for row in rows] == [("'=cmd", "3", "ab" * 32)]
    assert entries(client)[0]["action"] == "export"


def test_a_thumbnail_that_is_not_there(client: TestClient, store: Store) -> None:
    number = store.record("search", {})
    assert client.get(f"{AUDIT}/{number}/thumbnail").status_code == 404
    assert client.get(f"{AUDIT}/{number + 99}/thumbnail").status_code == 404
    assert client.get(f"{AUDIT}/99999999999999999999/thumbnail").status_code == 422


def test_a_secret_is_shown_once(client: TestClient, store: Store) -> None:
    made = client.post("/api/v1/tokens", json={"name": "desk", "role": "searcher", "cameras": ["Yard"]}).json()
    assert made["cameras"] == ["Yard"]
    listed = client.get("/api/v1/tokens")
    assert listed.json() == [{key: value for key, value in made.items() if key != "token"}]
    answer = client_of(client.app, made["token"]).get("/api/v1/session").json()  # type: ignore[arg-type]
    assert (answer["name"], answer["role"], answer["cameras"]) == ("desk", "searcher", ["Yard"])
    for wrong in ({"name": "desk", "role": "viewer"}, {"name": "x", "role": "admin", "cameras": ["Yard"]}):
        assert client.post("/api/v1/tokens", json=wrong, headers={"Origin": BASE}).status_code == 400
