"""Jobs over HTTP: seen by whom they concern, steered, followed as they go on, until the token is revoked."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from app.conftest import CAMERAS, Clients, Serve
from reseen.library import JobProgress, Store, worker_name

API = "/api/v1"
PATIENCE = 120.0


def add(store: Store, who: str = "Ann", kind: str = "index", **arguments: object) -> int:
    lane = "export" if kind == "export" else "index"
    return store.add_job(kind, arguments, who=who, lane=lane, title=f"{kind} of {who}").id


def test_a_job_is_listed_and_shown(client: TestClient, store: Store) -> None:
    ids = [add(store) for _ in range(5)]
    store.take_job("index", worker_name())
    store.beat(ids[0], worker_name(), JobProgress(0.25, 8.0, 12.5, 3, "gate.mp4", 1))
    first = client.get(f"{API}/jobs", params={"limit": 3}).json()
    rest = client.get(f"{API}/jobs", params={"limit": 3, "cursor": first["next"]}).json()
    assert [one["id"] for one in first["items"] + rest["items"]] == ids[::-1]
    assert rest["next"] is None
    shown = client.get(f"{API}/jobs/{ids[0]}").json()
    assert shown["state"] == "running"
    assert shown["progress"] == {
        "fraction": 0.25, "speed": 8.0, "eta": 12.5, "people": 3, "current": "gate.mp4", "source_id": 1,
    }  # fmt: skip
    assert [one["id"] for one in client.get(f"{API}/jobs", params={"state": "running"}).json()["items"]] == ids[:1]
    source = client.get(f"{API}/sources/1").json()
    assert (source["progress"]["speed"], source["progress"]["eta"]) == (8.0, 12.5)
    assert client.get(f"{API}/jobs/99").status_code == 404


def test_a_job_is_paused_resumed_and_cancelled(client: TestClient, store: Store) -> None:
    number = add(store)
    states = [client.post(f"{API}/jobs/{number}/{wish}").json()["state"] for wish in ("pause", "resume", "cancel")]
    assert states == ["paused", "waiting", "cancelled"]
    assert client.post(f"{API}/jobs/{number}/resume").status_code in {400, 409}
    assert client.post(f"{API}/jobs/{number}/burn").status_code == 422
    assert [entry.action for entry in store.audit()][-3:] == ["pause job", "resume job", "cancel job"]


def test_jobs_are_seen_by_whom_they_concern(clients: Clients, store: Store) -> None:
    gate, yard = add(store, camera=CAMERAS[0]), add(store, camera=CAMERAS[1])
    forget, own = add(store, kind="forget"), add(store, "searcher", "export")

    def seen(client: TestClient) -> list[int]:
        return [one["id"] for one in client.get(f"{API}/jobs").json()["items"]][::-1]

    assert seen(clients.admin) == [gate, yard, forget, own]
    assert seen(clients.searcher) == [gate, yard, own]
    assert seen(clients.viewer) == [gate, yard]
    assert seen(clients.limited) == [gate]
    assert clients.limited.get(f"{API}/jobs/{yard}").status_code == 404
    assert clients.searcher.post(f"{API}/jobs/{gate}/cancel").status_code == 404
    assert clients.viewer.post(f"{API}/jobs/{gate}/cancel").status_code == 403
    assert clients.searcher.post(f"{API}/jobs/{own}/cancel").json()["state"] == "cancelled"


class Follower:
    """Reads the stream of jobs in a thread of its own."""

    def __init__(self, address: str, secret: str) -> None:
        self.jobs: list[dict[str, Any]] = []
        self.began = threading.Event()
        self._ask = f"{address}{API}/jobs/events", {"Authorization": f"Bearer {secret}"}
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self) -> None:
        try:
            with httpx.stream("GET", self._ask[0], headers=self._ask[1], timeout=PATIENCE) as response:
                assert response.headers["content-type"].startswith("text/event-stream")
                assert "no-store" in response.headers["cache-control"]
                self.began.set()
                for line in response.iter_lines():
                    if line.startswith("data: "):
                        self.jobs.append(json.loads(line.removeprefix("data: ")))
        except httpx.RemoteProtocolError:
            pass  # cut off

    def has(self, state: str) -> bool:
        return any(job["state"] == state for job in self.jobs)


def until(said: Any, what: str) -> None:
    ends = time.monotonic() + PATIENCE
    while not said():
        assert time.monotonic() < ends, what
        time.sleep(0.02)


@pytest.mark.parametrize("revoked", [True, False])
def test_jobs_are_followed_until_the_token_is_revoked_or_the_application_ends(serve: Serve, revoked: bool) -> None:
    server = serve()
    store: Store = server.app.state.context.store
    _, secret = store.add_token("desk", "viewer", CAMERAS[:1])
    before = add(store, camera=CAMERAS[0])
    follower = Follower(server.address, secret)
    until(lambda: follower.has("waiting"), "the jobs that are there")
    add(store, camera=CAMERAS[1])
    store.take_job("index", worker_name())
    until(lambda: follower.has("running"), "the change")
    store.end_job(before, worker_name(), "done", "all well")
    until(lambda: follower.has("done"), "the end of the job")
    assert {job["id"] for job in follower.jobs} == {before}
    if revoked:
        store.revoke_token("desk")
    else:
        server.app.state.context.leaving.set()
    follower.thread.join(PATIENCE)
    assert not follower.thread.is_alive()
    add(store, camera=CAMERAS[0])
    assert not [job for job in follower.jobs if job["id"] > before]
