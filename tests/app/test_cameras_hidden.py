"""A token for one camera: everything of another is not there, down to the last thumbnail."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.conftest import CAMERAS, Clients, World
from reseen.app.routes import ALL
from reseen.library import Filter, Store

OWN, OTHER = CAMERAS


@dataclass(frozen=True)
class Ids:
    """What there is of one camera."""

    source_id: int
    person: int
    shot_id: int


OF_A_CAMERA = {"source_id", "person", "shot_id"}
OF_A_VISITOR = {
    "photo_id", "search_id", "moment_id", "case_id", "place", "job_id", "wish", "export_id", "number",
}  # fmt: skip
"""Ids of things that belong to whoever made them; the tests of their owners are with their routes."""

READABLE = [
    entry
    for routes in ALL
    for entry in routes.table()
    if entry.path.startswith("/api/") and "{" in entry.path and entry.role in {"viewer", "searcher"}
]
PARAMETERS: Mapping[str, str] = {"frame": "?time=1", "tracks": "?start=0&end=5"}


def ids_of(store: Store, camera: str) -> Ids:
    (source,) = store.sources(Filter(cameras=(camera,)))
    tracklet = int(store.tracklet_ids(Filter(cameras=(camera,)))[0])
    return Ids(source.id, store.chain(tracklet)[0], store.shots([tracklet])[0].id)


def names_in(path: str) -> set[str]:
    return {name.split(":")[0] for name in re.findall(r"{([^}]*)}", path)}


def test_every_id_is_known_to_belong_to_somebody() -> None:
    for entry in READABLE:
        assert names_in(entry.path) <= OF_A_CAMERA | OF_A_VISITOR, f"{entry.path}: say in this test whose that is"


def test_what_belongs_to_another_camera_is_not_there(clients: Clients, store: Store) -> None:
    own, other = ids_of(store, OWN), ids_of(store, OTHER)
    tried = 0
    for entry in READABLE:
        if entry.method != "GET" or not names_in(entry.path) <= OF_A_CAMERA:
            continue
        end = PARAMETERS.get(entry.path.rsplit("/", 1)[-1], "")
        mine, hidden = (entry.path.format(**vars(ids)) + end for ids in (own, other))
        assert clients.limited.get(mine).status_code in {200, 206}, mine
        assert clients.viewer.get(hidden).status_code in {200, 206}, hidden
        refused = clients.limited.get(hidden)
        assert refused.status_code == 404, hidden
        assert OTHER not in refused.text and "yard" not in refused.text
        tried += 1
    assert tried >= 7


LISTS = ["/api/v1/sources", "/api/v1/cameras", "/api/v1/people", "/api/v1/people/page?offset=0&limit=50",
         "/api/v1/jobs", "/api/v1/cases"]  # fmt: skip


@pytest.mark.parametrize("path", LISTS)
def test_lists_are_narrowed(clients: Clients, path: str) -> None:
    shown = clients.limited.get(path)
    assert shown.status_code == 200, shown.text
    assert OTHER not in shown.text and "yard" not in shown.text
    whole = clients.admin.get(path)
    assert whole.status_code == 200
    if path not in {"/api/v1/jobs", "/api/v1/cases"}:
        assert OTHER in whole.text
        assert OWN in shown.text


def test_counts_are_narrowed(clients: Clients, store: Store) -> None:
    seen = len(set(store.persons(Filter(cameras=(OWN,))).person_ids.tolist()))
    everybody = len(set(store.persons().person_ids.tolist()))
    assert clients.limited.get("/api/v1/people/count").json()["count"] == seen
    assert clients.admin.get("/api/v1/people/count").json()["count"] == everybody
    assert seen < everybody
    asked = clients.limited.get("/api/v1/people/count", params={"camera": OTHER})
    assert asked.status_code == 200 and asked.json()["count"] == 0


def sent(client: TestClient, world: World) -> dict[str, Any]:
    with (world.photos / "yellow.png").open("rb") as photo:
        found: dict[str, Any] = client.post("/api/v1/photos", files={"file": photo}).json()
    return found


@pytest.mark.parametrize("cameras", [None, [OTHER], ["*"], ["Y*"], [OWN, OTHER], ["[GY]*"]])
def test_a_search_shows_and_says_nothing_of_another_camera(
    everybody: Clients, world: World, cameras: list[str] | None
) -> None:
    photo = sent(everybody.limited, world)
    answer = everybody.limited.post("/api/v1/searches", json={"photos": [{"id": photo["id"]}], "cameras": cameras})
    assert answer.status_code == 201
    found = answer.json()
    assert {moment["camera"] for moment in found["moments"]} <= {OWN}
    said = answer.text.replace(json.dumps({"cameras": cameras}, separators=(",", ":"))[1:-1], "")
    assert OTHER not in said and "yard" not in said
    with (world.photos / "yellow.png").open("rb") as file:
        at_once = everybody.limited.post("/api/v1/search", files={"photo": file}, data={"camera": cameras or []})
    assert at_once.status_code == 200
    assert OTHER not in at_once.text and "yard" not in at_once.text


def test_nobody_of_another_camera_can_be_searched_for(clients: Clients, store: Store) -> None:
    other = ids_of(store, OTHER)
    for asked in ({"shots": [other.shot_id]}, {"people": [other.person]}):
        assert clients.viewer.post("/api/v1/searches", json=asked).status_code == 403
        assert clients.limited.post("/api/v1/searches", json=asked).status_code == 404
        assert clients.searcher.post("/api/v1/searches", json=asked).status_code == 201


def test_brackets_in_a_name_open_no_other_camera(app: FastAPI, store: Store) -> None:
    from app.conftest import client_of

    store.set_camera(ids_of(store, OTHER).source_id, "Gate [1]")
    _, secret = store.add_token("narrow", "searcher", ["Gate [1]"])
    app.state.context.doors.tokens.changed()
    shown = client_of(app, secret).get("/api/v1/cameras").json()
    assert [camera["name"] for camera in shown] == ["Gate [1]"]
    people = client_of(app, secret).get("/api/v1/people").json()["items"]
    assert {person["camera"] for person in people} == {"Gate [1]"}
