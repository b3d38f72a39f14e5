"""Jobs: taken up once, gone on with when a worker dies, steered from outside."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest

from reseen.library import Job, JobProgress, LibraryError, Store, UnknownRowError, worker_name
from reseen.library.tables_of_work import JobRow


def _add(store: Store, kind: str = "index", **options: object) -> Job:
    return store.add_job(kind, {"paths": ["a.mp4"]}, who="me", lane="index", **options)  # type: ignore[arg-type]


def _age(store: Store, job_id: int, seconds: float) -> None:
    with store._db.write() as session:
        row = session.get(JobRow, job_id)
        assert row is not None
        row.beat_at = datetime.now(UTC) - timedelta(seconds=seconds)


def test_a_job_is_as_it_was_asked_for(store: Store, folder: Path) -> None:
    with Store.open(folder) as reader:
        added = reader.add_job("clips", {"moments": [1, 2]}, who="Ann", lane="export", priority=3, title="Clips")
    job = store.job(added.id)
    assert job == added
    assert (job.kind, job.lane, job.state, job.priority, job.title, job.who) == (
        "clips", "export", "waiting", 3, "Clips", "Ann",
    )  # fmt: skip
    assert job.arguments == {"moments": [1, 2]}
    assert job.progress == JobProgress()
    with pytest.raises(UnknownRowError, match="no job with id 9"):
        store.job(9)


def test_the_most_urgent_of_the_lane_goes_first_and_the_oldest_among_equals(store: Store) -> None:
    first, second, urgent = _add(store), _add(store), _add(store, "forget", priority=10)
    other = store.add_job("clips", {}, who="me", lane="export", priority=99)
    taken = [store.take_job("index", f"w{i}") for i in range(4)]
    assert [job and job.id for job in taken] == [urgent.id, first.id, second.id, None]
    assert all(job is None or (job.state, job.attempts) == ("running", 1) for job in taken)
    assert store.job(other.id).state == "waiting"


def test_a_job_is_taken_by_one_of_many(store: Store, folder: Path) -> None:
    ids = {_add(store).id for _ in range(8)}
    with Store.open(folder) as another, ThreadPoolExecutor(8) as pool:
        stores = [store, another] * 8
        taken = list(pool.map(lambda i: stores[i].take_job("index", f"w{i}"), range(16)))
    assert sorted(job.id for job in taken if job) == sorted(ids)


def test_a_beat_keeps_a_job_and_tells_how_far_it_is(store: Store) -> None:
    job = _add(store)
    store.take_job("index", "w")
    progress = JobProgress(0.5, 12.5, 30.0, 7, "a.mp4", 1, {"sources": 2})
    assert store.beat(job.id, "w", progress) == ""
    assert store.job(job.id).progress == progress
    _age(store, job.id, 9)
    assert store.beat(job.id, "w") == ""
    assert store.take_job("index", "v") is None
    assert store.job(job.id).progress == progress


def test_a_worker_that_says_nothing_loses_its_job(store: Store) -> None:
    job = _add(store)
    store.take_job("index", "w")
    _age(store, job.id, 11)
    again = store.take_job("index", "v")
    assert again is not None
    assert (again.id, again.attempts) == (job.id, 2)
    assert store.beat(job.id, "w") == "lost"
    assert not store.end_job(job.id, "w", "done")
    assert store.beat(job.id, "v") == ""
    assert store.end_job(job.id, "v", "done", "all well")
    ended = store.job(job.id)
    assert (ended.state, ended.message) == ("done", "all well")
    assert ended.ended_at is not None


def test_the_job_of_a_process_that_is_gone_is_taken_up_at_once(store: Store) -> None:
    """By its id and the time it began: ids are used again."""
    job = _add(store)
    code = "import sys; from reseen.library import worker_name; print(worker_name(), flush=True); sys.stdin.read()"
    child = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    name = child.stdout.readline().strip()
    store.take_job("index", name)
    assert store.take_job("index", worker_name()) is None
    child.kill()
    child.communicate()
    taken = store.take_job("index", worker_name())
    assert taken is not None
    assert taken.id == job.id
    store.end_job(job.id, worker_name(), "waiting")
    host = worker_name().split("/")[0]
    store.take_job("index", f"{host}/{psutil.Process().pid}/1.00")  # this id, but another process
    assert store.take_job("index", worker_name()) is not None


def test_a_job_that_kills_its_workers_is_given_up(store: Store) -> None:
    job = _add(store)
    for _ in range(21):
        assert store.take_job("index", "w") is not None
    assert store.take_job("index", "w") is None
    assert store.job(job.id).state == "failed"
    assert "died 21 times" in store.job(job.id).message


def test_a_job_that_gets_further_is_never_given_up(store: Store) -> None:
    job = _add(store)
    for i in range(60):
        assert store.take_job("index", "w") is not None
        if i % 10 == 0:
            store.beat(job.id, "w", JobProgress(fraction=(i + 1) / 100))
    assert store.job(job.id).state == "running"


def test_a_waiting_job_is_steered_at_once(store: Store) -> None:
    job = _add(store)
    assert store.ask_job(job.id, "pause").state == "paused"
    assert store.take_job("index", "w") is None
    assert store.ask_job(job.id, "resume").state == "waiting"
    assert store.ask_job(job.id, "cancel").state == "cancelled"
    assert store.take_job("index", "w") is None
    with pytest.raises(LibraryError, match="has ended"):
        store.ask_job(job.id, "resume")


@pytest.mark.parametrize("wish", ["pause", "cancel"])
def test_a_running_job_is_asked(store: Store, wish: str) -> None:
    job = _add(store)
    store.take_job("index", worker_name())
    assert store.ask_job(job.id, wish).state == "running"  # type: ignore[arg-type]
    assert store.beat(job.id, worker_name()) == wish
    store.ask_job(job.id, "resume")
    assert store.beat(job.id, worker_name()) == ("" if wish == "pause" else "cancel")


def test_a_job_whose_worker_died_can_be_cancelled_and_paused(store: Store) -> None:
    job = _add(store)
    store.take_job("index", "w")
    _age(store, job.id, 11)
    assert store.ask_job(job.id, "pause").state == "paused"
    store.ask_job(job.id, "resume")
    store.take_job("index", "w")
    store.ask_job(job.id, "cancel")
    _age(store, job.id, 11)
    assert store.take_job("index", "v") is None
    assert store.job(job.id).state == "cancelled"


def test_a_more_urgent_job_of_the_lane_is_yielded_to(store: Store) -> None:
    job = _add(store)
    store.take_job("index", "w")
    store.add_job("clips", {}, who="me", lane="export", priority=9)
    _add(store)
    assert store.beat(job.id, "w") == ""
    urgent = _add(store, "forget", priority=1)
    assert store.beat(job.id, "w") == "yield"
    store.end_job(job.id, "w", "waiting")
    taken = store.take_job("index", "w")
    assert taken is not None
    assert taken.id == urgent.id
    assert store.beat(urgent.id, "w") == ""


def test_every_change_is_seen_by_who_asks_what_changed(store: Store) -> None:
    first, second = _add(store), _add(store)
    marker = store.jobs_marker()
    assert store.jobs_changed_since(marker) == ()
    assert [job.id for job in store.jobs_changed_since(0)] == [first.id, second.id]
    seen = []
    for change in (
        lambda: store.take_job("index", "w"),
        lambda: store.beat(first.id, "w", JobProgress(0.1)),
        lambda: store.ask_job(second.id, "cancel"),
        lambda: store.end_job(first.id, "w", "failed", "why"),
    ):
        change()
        [job] = store.jobs_changed_since(marker)
        marker = job.changed
        seen.append((job.id, job.state))
    assert seen == [(1, "running"), (1, "running"), (2, "cancelled"), (1, "failed")]
    store.beat(first.id, "w", JobProgress(0.1))
    assert store.jobs_changed_since(marker) == ()


def test_jobs_are_listed_newest_first(store: Store) -> None:
    ids = [_add(store).id for _ in range(5)]
    store.ask_job(ids[2], "cancel")
    assert [job.id for job in store.jobs(limit=2)] == [5, 4]
    assert [job.id for job in store.jobs(before=4)] == [3, 2, 1]
    assert [job.id for job in store.jobs(["cancelled"])] == [3]


def test_a_name_is_of_this_process() -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(worker_name) != worker_name() == worker_name()
