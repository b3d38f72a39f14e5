from __future__ import annotations

import hashlib
import io
import json
import threading
import zipfile

import av
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.conftest import Clients
from app.test_routes_searches import ask_for_somebody
from reseen.app.worker import Worker
from reseen.library import Store


@pytest.fixture
def answer(client: TestClient) -> dict:
    return ask_for_somebody(client)


def order(client: TestClient, answer: dict, **asked: object) -> dict:
    made = client.post("/api/v1/exports", json={"search": answer["id"], "moments": ["0"], **asked})
    assert made.status_code == 202, made.text
    found: dict = made.json()
    return found


def work(app: FastAPI, store: Store) -> None:
    """The worker's part, in this process."""
    worker = Worker(app.state.context.settings, "export", threading.Event())
    job = store.take_job("export", "host/1/0")
    assert job is not None
    worker._name = "host/1/0"
    worker.do(store, job)


def test_moments_are_taken_away_as_one_file_with_checksums(
    app: FastAPI, client: TestClient, store: Store, answer: dict
) -> None:
    job = order(client, answer, csv=True, json=True)
    (waiting,) = client.get("/api/v1/exports").json()["items"]
    assert (waiting["state"], waiting["job"], waiting["sha256"]) == ("waiting", job["id"], None)
    assert client.get(f"/api/v1/exports/{waiting['id']}/file").status_code == 409
    assert client.get(f"/api/v1/searches/{answer['id']}").json()["moments"][0]["exported"] is False
    work(app, store)
    assert store.job(job["id"]).state == "done", store.job(job["id"]).message
    made = client.get(f"/api/v1/exports/{waiting['id']}").json()
    content = client.get(f"/api/v1/exports/{waiting['id']}/file").content
    assert (made["state"], made["size"]) == ("done", len(content))
    assert made["sha256"] == hashlib.sha256(content).hexdigest()
    archive = zipfile.ZipFile(io.BytesIO(content))
    names = set(archive.namelist())
    assert {"report.html", "moments.csv", "moments.json", "manifest.json", "SHA256SUMS"} < names
    sums = dict(reversed(line.split("  ")) for line in archive.read("SHA256SUMS").decode().splitlines())
    assert set(sums) == names - {"SHA256SUMS"}
    for name, sha256 in sums.items():
        assert hashlib.sha256(archive.read(name)).hexdigest() == sha256
    manifest = json.loads(archive.read("manifest.json"))
    source = store.source(answer["moments"][0]["source_id"])
    (moment,) = manifest["moments"]
    (clip,) = [file for file in manifest["files"] if file["name"].startswith("clips/")]
    assert (moment["clip"], clip["source_sha256"], moment["source_sha256"]) == (
        clip["name"],
        source.sha256,
        source.sha256,
    )
    assert manifest["asked"] == {"clips": True, "blur": "others", "padding": 2.0}
    assert manifest["versions"]["reseen"]
    with av.open(io.BytesIO(archive.read(clip["name"]))) as video:
        frames = sum(1 for _ in video.decode(video=0))
    assert frames > 20
    # It is marked from now on, and nothing half-made is left.
    assert client.get(f"/api/v1/searches/{answer['id']}").json()["moments"][0]["exported"] is True
    assert sorted(path.name for path in store.exports_folder.iterdir()) == [f"{waiting['id']}.zip"]
    assert [entry.action for entry in store.audit(action="export")] == ["export"]
    assert len(store.audit(action="download")) == 1


def test_an_export_that_is_cancelled_leaves_nothing(
    app: FastAPI, client: TestClient, store: Store, answer: dict
) -> None:
    order(client, answer)
    (made,) = client.get("/api/v1/exports").json()["items"]
    assert client.delete(f"/api/v1/exports/{made['id']}").status_code == 204
    assert client.get("/api/v1/exports").json()["items"] == []
    assert store.take_job("export", "host/1/0") is None
    assert list(store.exports_folder.iterdir()) == []


def test_an_export_deleted_while_it_is_made_leaves_nothing(
    app: FastAPI, client: TestClient, store: Store, answer: dict
) -> None:
    job = order(client, answer, clips=False)
    (made,) = client.get("/api/v1/exports").json()["items"]
    store.delete_export(made["id"], "somebody")
    work(app, store)
    assert store.job(job["id"]).state == "failed"
    assert list(store.exports_folder.iterdir()) == []


def test_what_cannot_be_exported_is_refused(client: TestClient, answer: dict) -> None:
    def status(**asked: object) -> int:
        body = {"search": answer["id"], "moments": ["0"], **asked}
        return client.post("/api/v1/exports", json=body).status_code

    assert status(moments=[]) == 422
    assert status(moments=["999"]) == 404
    assert status(search="unknown") == 404
    assert status(case=99) == 404
    assert status(clips=False, report=False) == 422
    assert status(padding=-1) == 422
    assert status(blur="a little") == 422
    assert client.get("/api/v1/exports").json()["items"] == []


def test_an_export_is_its_makers_and_an_admins(app: FastAPI, clients: Clients, store: Store) -> None:
    answer = ask_for_somebody(clients.searcher)
    order(clients.searcher, answer, clips=False, csv=True)
    work(app, store)
    (made,) = clients.searcher.get("/api/v1/exports").json()["items"]
    assert clients.admin.get(f"/api/v1/exports/{made['id']}/file").status_code == 200
    assert clients.limited.get(f"/api/v1/exports/{made['id']}/file").status_code == 404
    assert clients.limited.get("/api/v1/exports").json()["items"] == []
    assert clients.limited.delete(f"/api/v1/exports/{made['id']}").status_code == 404
