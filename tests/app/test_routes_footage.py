"""Footage over HTTP: folders and their borders, guesses, uploads, sources, cameras, watched folders."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.conftest import BASE, CAMERAS, Clients
from cli.tiny_world import write_clip
from reseen.app import AppSettings, create_app
from reseen.app.places import check_words
from reseen.errors import UsageError
from reseen.library import Filter, Store

API = "/api/v1"


def problem(response: Any, status: int) -> str:
    assert response.status_code == status, response.text
    assert response.headers["content-type"].startswith("application/problem+json")
    detail: str = response.json()["detail"]
    return detail


def test_the_top_shows_the_roots_and_a_folder_what_can_be_looked_through(client: TestClient, footage: Path) -> None:
    (footage / "sub").mkdir()
    (footage / "notes.txt").write_text("no footage")
    (footage / ".hidden.mp4").write_bytes(b"x")
    top = client.get(f"{API}/folders").json()
    assert (top["path"], top["parent"], [one["path"] for one in top["entries"]]) == (None, None, [str(footage)])
    inside = client.get(f"{API}/folders", params={"path": str(footage)}).json()
    assert inside["parent"] is None
    assert [(one["name"], one["folder"]) for one in inside["entries"]] == [
        ("gate.mp4", False), ("sub", True), ("yard.mp4", False),
    ]  # fmt: skip
    below = client.get(f"{API}/folders", params={"path": str(footage / "sub")}).json()
    assert (below["parent"], below["entries"]) == (str(footage), [])


@pytest.mark.parametrize("what", ["folders", "footage", "guess", "relink", "watched"])
def test_nothing_outside_the_roots_is_touched(client: TestClient, footage: Path, tmp_path: Path, what: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    shutil.copy(footage / "gate.mp4", outside / "secret.mp4")
    (footage / "link").symlink_to(outside)
    (footage / "link.mp4").symlink_to(outside / "secret.mp4")
    beside = f"{footage}x"
    shutil.copytree(outside, beside)

    def ask(path: str) -> Any:
        if what == "folders":
            return client.get(f"{API}/folders", params={"path": path})
        bodies = {
            "footage": ("footage", {"paths": [path]}), "guess": ("footage/guess", {"paths": [path]}),
            "relink": ("sources/1/relink", {"path": path}), "watched": ("watched", {"folder": path}),
        }  # fmt: skip
        where, body = bodies[what]
        return client.post(f"{API}/{where}", json=body)

    for path in (
        str(outside), str(outside / "secret.mp4"), str(footage / "link"), str(footage / "link.mp4"), "/etc/passwd",
        f"{footage}/../outside", f"{footage}/../outside/secret.mp4", "clips", "../..", beside, "~", "\0", "file:///etc",
        "http://127.0.0.1/x.mp4", "C:\\Windows", "\\\\server\\share\\a.mp4",
    ):  # fmt: skip
        assert ask(path).status_code in {400, 404, 422}, path
        assert "secret" not in ask(path).text or "secret" in path
    listed = client.get(f"{API}/folders", params={"path": str(footage)}).text
    assert "link" not in listed


@pytest.mark.parametrize(
    "path",
    [
        "C:\\clips\\..\\x", "\\\\?\\C:\\x", "\\\\.\\pipe\\x", "C:\\clips\\con.mp4", "C:\\clips\\a.mp4:stream", "C:x",
        "\\x", "C:\\clips\\COM1", "C:\\clips\\aux .mp4",
    ],
)  # fmt: skip
def test_what_windows_understands_otherwise_is_refused(path: str) -> None:
    with pytest.raises(UsageError):
        check_words(path, windows=True)


def test_footage_is_guessed_then_added(client: TestClient, store: Store, footage: Path) -> None:
    clip = footage / "Gate 3_20260501_081500.mp4"
    shutil.copy(footage / "yard.mp4", clip)
    (footage / "broken.mp4").write_bytes(b"nothing of the kind")
    asked = {"paths": [str(clip), str(footage / "broken.mp4")], "zone": "Europe/Berlin"}
    good, bad = client.post(f"{API}/footage/guess", json=asked).json()
    assert (good["camera"], good["wall_start"], good["started_from"], good["problem"]) == (
        "Gate 3", "2026-05-01T06:15:00Z", "name", None,
    )  # fmt: skip
    assert (good["width"], good["height"], good["duration"]) == (128, 128, pytest.approx(10.0, abs=0.2))
    assert bad["problem"] == "neither a video nor a picture"
    job = client.post(f"{API}/footage", json={"paths": [str(clip)], "camera": "Gate 3", "zone": "Europe/Berlin"})
    assert job.status_code == 202
    assert (job.json()["kind"], job.json()["state"]) == ("index", "waiting")
    held = store.job(job.json()["id"])
    assert held.arguments["paths"] == [str(clip)]
    assert (held.arguments["start_from_name"], held.arguments["zone"]) == ("auto", "Europe/Berlin")
    assert store.audit()[-1].action == "add footage"
    wrong = client.post(f"{API}/footage", json={"paths": [str(clip)], "zone": "Moon/Crater"})
    assert "Moon/Crater" in problem(wrong, 422)


def test_an_upload_arrives_in_pieces_and_is_looked_through(client: TestClient, store: Store, footage: Path) -> None:
    content = (footage / "gate.mp4").read_bytes()
    begun = client.post(f"{API}/uploads", json={"name": "../Door 1.mp4", "size": len(content)})
    assert begun.status_code == 201
    upload = begun.json()
    assert (upload["name"], upload["received"]) == ("Door 1.mp4", 0)
    where = f"{API}/uploads/{upload['id']}"
    assert client.put(where, params={"offset": 0}, content=content[:1000]).json()["received"] == 1000
    assert "1000 bytes have arrived" in problem(client.put(where, params={"offset": 2000}, content=b"x"), 409)
    assert problem(client.put(where, params={"offset": 1000}, content=content), 400)
    assert "go on from there" in problem(client.post(f"{where}/finish", json={}), 400)
    # The answer to a piece was lost: it is sent again.
    assert client.put(where, params={"offset": 0}, content=content).json()["received"] == len(content)
    assert client.get(where).json()["received"] == len(content)
    job = client.post(f"{where}/finish", json={"wall_start": "2026-05-01T10:00:00+02:00"})
    assert job.status_code == 202
    arguments = store.job(job.json()["id"]).arguments
    [path] = arguments["paths"]  # type: ignore[misc]
    assert Path(path).read_bytes() == content
    assert (arguments["camera"], arguments["start"]) == ("Door 1", "2026-05-01T10:00:00+02:00")
    assert client.get(where).status_code == 404


def test_what_lies_is_refused_by_what_it_is(client: TestClient, store: Store) -> None:
    text = b"this is no video, whatever its name says. " * 3000
    upload = client.post(f"{API}/uploads", json={"name": "a.mp4", "size": len(text)}).json()
    where = f"{API}/uploads/{upload['id']}"
    assert "neither a video nor a picture" in problem(client.put(where, params={"offset": 0}, content=text), 415)
    assert client.get(where).status_code == 404
    small = client.post(f"{API}/uploads", json={"name": "a.mp4", "size": 10}).json()
    problem(client.put(f"{API}/uploads/{small['id']}", params={"offset": 0}, content=b"0123456789"), 415)
    assert store.uploads() == ()
    assert not list((store.folder / "uploads").iterdir())


def test_sizes_and_hashes_are_held_to(app: FastAPI, client: TestClient, footage: Path) -> None:
    content = (footage / "yard.mp4").read_bytes()
    most = app.state.context.settings.max_upload_bytes
    assert "may be uploaded" in problem(client.post(f"{API}/uploads", json={"name": "a.mp4", "size": most + 1}), 413)
    problem(client.post(f"{API}/uploads", json={"name": "a.mp4", "size": 0}), 422)
    for sha256, status in (("0" * 64, 422), (hashlib.sha256(content).hexdigest(), 202)):
        made = client.post(f"{API}/uploads", json={"name": "a.mp4", "size": len(content), "sha256": sha256}).json()
        where = f"{API}/uploads/{made['id']}"
        client.put(where, params={"offset": 0}, content=content)
        assert client.post(f"{where}/finish", json={}).status_code == status
        assert client.get(where).status_code == 404


def test_an_upload_is_its_sender_s(clients: Clients, store: Store) -> None:
    _, secret = store.add_token("second", "admin")
    made = clients.admin.post(f"{API}/uploads", json={"name": "a.mp4", "size": 10}).json()
    where = f"{API}/uploads/{made['id']}"
    headers = {"Authorization": f"Bearer {secret}"}
    for response in (
        clients.nobody.get(where, headers=headers), clients.nobody.delete(where, headers=headers),
        clients.nobody.put(where, params={"offset": 0}, content=b"x", headers=headers),
        clients.nobody.post(f"{where}/finish", json={}, headers=headers),
    ):  # fmt: skip
        problem(response, 404)
    assert clients.admin.delete(where).status_code == 204


def test_a_source_is_shown_changed_and_relinked(
    client: TestClient, store: Store, footage: Path, tmp_path: Path
) -> None:
    page = client.get(f"{API}/sources").json()
    assert [(one["name"], one["camera"], one["state"]) for one in page["items"]] == [
        ("yard.mp4", CAMERAS[1], "done"), ("gate.mp4", CAMERAS[0], "done"),
    ]  # fmt: skip
    gate = page["items"][1]
    assert (gate["wall_start"], gate["started_from"], gate["progress"]["fraction"]) == (
        "2026-05-01T08:00:00Z", "given", 1.0,
    )  # fmt: skip
    assert gate["people"] == store.people_count(Filter(sources=(gate["id"],))) > 0
    assert gate["skipped"] == []
    first = client.get(f"{API}/sources", params={"limit": 1}).json()
    assert first["items"][0]["name"] == "yard.mp4"
    assert client.get(f"{API}/sources", params={"cursor": first["next"]}).json()["items"] == [gate]
    where = f"{API}/sources/{gate['id']}"
    changed = client.patch(where, json={"camera": "Door", "wall_start": "2026-05-01T10:30:00+02:00"}).json()
    assert (changed["camera"], changed["wall_start"]) == ("Door", "2026-05-01T08:30:00Z")
    assert store.audit()[-1].action == "change source"
    assert client.patch(where, json={"wall_start": None}).json()["wall_start"] is None
    problem(client.patch(where, json={"wall_start": "2026-05-01T10:30:00"}), 422)
    moved = footage / "moved.mp4"
    (footage / "gate.mp4").rename(moved)
    assert client.post(f"{where}/relink", json={"path": str(moved)}).json()["gone"] is False
    assert store.source(gate["id"]).path == moved
    assert problem(client.post(f"{where}/relink", json={"path": str(footage / "yard.mp4")}), 400)


def test_a_removal_is_said_first_then_asked_for(client: TestClient, store: Store) -> None:
    plan = client.get(f"{API}/sources/1/removal").json()
    people = len(store.tracklet_ids_of(1))
    assert (plan["people"], plan["uploaded"], plan["exports"]) == (people, False, [])
    assert plan["shots"] > 0
    assert plan["bytes"] > 0
    job = client.delete(f"{API}/sources/1")
    assert job.status_code == 202
    held = store.job(job.json()["id"])
    assert (held.kind, held.lane, held.arguments["sources"]) == ("remove", "index", [1])
    assert held.priority > 0
    assert len(store.sources()) == 2
    problem(client.delete(f"{API}/sources/9"), 404)


def test_a_camera_is_shown_and_changed(client: TestClient, store: Store) -> None:
    gate, yard = client.get(f"{API}/cameras").json()
    people = store.people_count(Filter(cameras=CAMERAS[:1]))
    assert (gate["name"], gate["sources"], gate["people"], gate["retention_days"]) == (CAMERAS[0], 1, people, None)
    assert gate["first"] == "2026-05-01T08:00:00Z"
    assert gate["last"].startswith("2026-05-01T08:00:09.9")
    assert (yard["first"], yard["areas"]) == (None, {"include": [], "exclude": []})
    where = f"{API}/cameras/Gate%201"
    areas = {"include": [], "exclude": [[[0, 0], [1, 0], [0.5, 1]]]}
    assert client.patch(where, json={"areas": areas}).json()["areas"] == areas
    problem(client.patch(where, json={"areas": {"exclude": [[[0, 0], [2, 0], [0.5, 1]]]}}), 422)
    assert client.patch(where, json={"retention_days": 7}).json()["retention_days"] == 7
    assert store.retention().of(CAMERAS[0]) == 7
    assert client.patch(where, json={"shift_seconds": -60}).json()["first"] == "2026-05-01T07:59:00Z"
    assert client.patch(where, json={"retention_days": None}).json()["retention_days"] is None
    problem(client.patch(f"{API}/cameras/Yard", json={"shift_seconds": 5}), 409)
    problem(client.patch(where, json={"shift_seconds": 1e10}), 422)
    problem(client.patch(f"{API}/cameras/Nowhere", json={}), 404)
    # A name with a slash is one name.
    store.set_camera(2, "Hall/left")
    assert client.patch(f"{API}/cameras/Hall%2Fleft", json={"retention_days": 3}).json()["name"] == "Hall/left"
    assert {entry.action for entry in store.audit()} >= {"change camera", "setting"}


def test_folders_are_watched(client: TestClient, store: Store, footage: Path) -> None:
    made = client.post(f"{API}/watched", json={"folder": str(footage), "camera": "Gate"})
    assert made.status_code == 201
    assert [(one["folder"], one["camera"]) for one in client.get(f"{API}/watched").json()] == [(str(footage), "Gate")]
    assert store.watched()[0].options == {"start_from_name": "auto", "zone": None}
    problem(client.post(f"{API}/watched", json={"folder": str(footage / "gate.mp4")}), 422)
    assert client.delete(f"{API}/watched/{made.json()['id']}").status_code == 204
    problem(client.delete(f"{API}/watched/{made.json()['id']}"), 404)
    assert [entry.action for entry in store.audit()][-2:] == ["watch", "watch no longer"]


def test_cameras_that_are_not_theirs_do_not_exist(clients: Clients) -> None:
    assert [one["id"] for one in clients.limited.get(f"{API}/sources").json()["items"]] == [1]
    assert [one["name"] for one in clients.limited.get(f"{API}/cameras").json()] == [CAMERAS[0]]
    problem(clients.limited.get(f"{API}/sources/2"), 404)
    assert clients.viewer.get(f"{API}/sources/1").json()["path"] is None


def test_without_roots_nothing_can_be_added_from_the_disk(settings: AppSettings, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.mp4", 1.0)
    with TestClient(create_app(replace(settings, roots=())), base_url=BASE) as client:
        assert client.get(f"{API}/folders").json()["entries"] == []
        problem(client.post(f"{API}/footage", json={"paths": [str(clip)]}), 422)
