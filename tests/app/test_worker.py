"""Workers in processes of their own: killed, stopped, steered; the library is that of an uninterrupted run."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from cli.made import contents
from cli.tiny_world import CYAN, MAGENTA, YELLOW, Stay, write_clip
from reseen.api import Library
from reseen.app import AppSettings
from reseen.app.supervisor import Supervisor, _Lane
from reseen.app.working.arriving import Arrivals, keep_in_time
from reseen.app.working.footage import FootageOrder
from reseen.app.working.work import BEAT_SECONDS
from reseen.indexing import IndexSettings
from reseen.library import Job, Retention, Store
from reseen.runtime import SessionSettings

PATIENCE = 300.0
START = "2026-05-01T08:00:00Z"


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two files, 16 segments: somebody stands there over many of them, others come and go."""
    folder = tmp_path_factory.mktemp("clips")
    coming = [Stay(colour, 1 + n % 2, 1, n * 2.3, n * 2.3 + 1.7) for n, colour in enumerate([CYAN, MAGENTA] * 2)]
    write_clip(folder / "a.mp4", 10, [Stay(YELLOW, 0, 1, 0.5, 9.0), *coming])
    write_clip(folder / "b.mp4", 6, [Stay(YELLOW, 3, 1, 1.0, 6.0), *coming[:2]])
    return folder


@pytest.fixture
def empty(tmp_path: Path, clips: Path) -> AppSettings:
    """An empty library with segments of a second, and the clips beside it."""
    return make(tmp_path, clips)


def make(folder: Path, clips: Path) -> AppSettings:
    shutil.copytree(clips, folder / "clips")
    library = folder / "lib.reseen"
    analysis = IndexSettings(segment_seconds=1.0, warmup_seconds=1.0)
    Library(library, detector="tiny-detector", embedder="tiny-reid", analysis=analysis).close()
    # The workers stand back a little: where the processor is short, no job is over before the test has looked.
    return AppSettings(library=library, roots=(folder,), session=SessionSettings(threads=1), step_back=5)


@pytest.fixture(scope="module")
def uninterrupted(clips: Path, world: object, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What is in the library after an uninterrupted run in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RESEEN_MODELS", str(world.models))  # type: ignore[attr-defined]
        settings = make(tmp_path_factory.mktemp("whole"), clips)
        folder = settings.library.parent / "clips"
        with Library(settings.library, session=settings.session) as library:
            library.add([folder / "a.mp4", folder / "b.mp4"], camera="Gate", start=START)
        return comparable(settings.library)


def comparable(library: Path) -> dict[str, Any]:
    """All that was found, with files called by their names alone."""
    folder = f"{library.parent / 'clips'}{os.sep}"

    def renamed(value: Any) -> Any:
        if isinstance(value, str):
            return value.removeprefix(folder)
        if isinstance(value, list | tuple):
            return [renamed(one) for one in value]
        return value

    return {name: renamed(value) for name, value in contents(library).items()}


@contextmanager
def supervised(settings: AppSettings) -> Iterator[Supervisor]:
    supervisor = Supervisor(settings, ["index"])
    supervisor.start()
    try:
        yield supervisor
    finally:
        supervisor.stop()


def ask(store: Store, folder: Path, **options: object) -> Job:
    order = FootageOrder((str(folder / "a.mp4"), str(folder / "b.mp4")), "Gate", START)
    return store.add_job("index", order.arguments(), who="Ann", lane="index", title=order.title, **options)  # type: ignore[arg-type]


def until(said: Callable[[], object], what: str) -> None:
    ends = time.monotonic() + PATIENCE
    while not said():
        assert time.monotonic() < ends, what
        time.sleep(0.01)


def at_work(store: Store, job: Job, before: int) -> bool:
    """Whether a worker has the job that so many have had before it."""
    now = store.job(job.id)
    return now.state == "running" and now.attempts > before


def hear(supervisor: Supervisor) -> None:
    """Holds the worker until its next beat is due: what was asked of so short a job is heard before its end."""
    pid = supervisor.pids()["index"]
    assert pid is not None
    worker = psutil.Process(pid)
    worker.suspend()
    time.sleep(BEAT_SECONDS + 0.1)
    worker.resume()


def ended(store: Store, job: Job) -> bool:
    return store.job(job.id).state in {"done", "failed", "cancelled"}


def test_killed_ten_times_the_job_finishes_and_the_library_is_the_same(
    empty: AppSettings, uninterrupted: dict[str, object]
) -> None:
    chance = random.Random(3)
    with Store.open(empty.library) as store, supervised(empty) as supervisor:
        job = ask(store, empty.library.parent / "clips")
        for kill in range(10):
            # Each worker is killed at work: some before they committed anything, others after a segment.
            least = min(store.info().segments_done + kill % 2, 14)
            until(lambda: at_work(store, job, kill) and store.info().segments_done >= least, "progress")  # noqa: B023
            time.sleep(chance.uniform(0.0, 0.05))
            pid = supervisor.pids()["index"]
            assert pid is not None
            assert not ended(store, job), "the job was over before it had been killed ten times"
            psutil.Process(pid).kill()
            until(lambda: supervisor.pids()["index"] not in {pid, None}, "another worker")  # noqa: B023
        until(lambda: ended(store, job), "the end")
        done = store.job(job.id)
        assert (done.state, done.progress.fraction) == ("done", 1.0), done.message
        assert done.attempts == 11
        assert store.verify(deep=True) == ()
    assert comparable(empty.library) == uninterrupted


def test_a_job_tells_how_far_it_is_makes_way_and_is_paused(
    empty: AppSettings, uninterrupted: dict[str, object]
) -> None:
    """An urgent job goes in between; whoever is paused is left where it was, and the end is the same."""
    with Store.open(empty.library) as store, supervised(empty) as supervisor:
        marker = 0
        seen: list[Job] = []
        job = ask(store, empty.library.parent / "clips")

        def look() -> None:
            nonlocal marker
            for changed in store.jobs_changed_since(marker):
                marker = changed.changed
                seen.extend([changed] if changed.id == job.id else [])

        def segments(count: int) -> bool:
            look()
            return store.info().segments_done >= count

        until(lambda: segments(2), "two segments")
        urgent = store.add_job("verify", {}, who="Ann", lane="index", priority=10)
        hear(supervisor)
        until(lambda: ended(store, urgent), "the urgent job")
        assert store.job(urgent.id).message == "no problem found"
        assert not ended(store, job)
        until(lambda: segments(4), "four segments")
        store.ask_job(job.id, "pause")
        hear(supervisor)
        until(lambda: store.job(job.id).state == "paused" or ended(store, job), "the pause")
        assert store.job(job.id).state == "paused"
        done = store.info().segments_done
        assert 4 <= done < 16
        time.sleep(0.5)
        assert store.info().segments_done == done
        store.ask_job(job.id, "resume")
        until(lambda: segments(16) and ended(store, job), "the end")
        look()
        last = store.job(job.id)
        assert last.state == "done", last.message
        assert last.message.startswith("2 sources looked through, ")
        assert last.progress.details["refused"] == []
        assert last.progress.people == store.people_count() > 0
        fractions = [one.progress.fraction for one in seen]
        assert fractions == sorted(fractions)
        assert fractions[-1] == 1.0
        assert any(0.0 < fraction < 1.0 for fraction in fractions)
        on_the_way = next(one.progress for one in seen if one.progress.source_id)
        assert on_the_way.speed is not None
        assert on_the_way.eta is not None
        assert on_the_way.current.endswith(("a.mp4", "b.mp4"))
    assert comparable(empty.library) == uninterrupted


def test_the_application_is_killed_and_what_was_acknowledged_is_there(
    empty: AppSettings, uninterrupted: dict[str, object]
) -> None:
    """No worker outlives it, and the next one goes on with the job."""
    code = f"""
import time
from pathlib import Path
from reseen.app import AppSettings
from reseen.app.supervisor import Supervisor
from reseen.library import Store
if __name__ == "__main__":
    roots = (Path({str(empty.library.parent)!r}),)
    settings = AppSettings(library=Path({str(empty.library)!r}), roots=roots, step_back=0)
    supervisor = Supervisor(settings)
    supervisor.start()
    store = Store.open(settings.library)
    while None in supervisor.pids().values():
        time.sleep(0.05)
    print(*supervisor.pids().values(), flush=True)
    time.sleep(600)
"""
    main = empty.library.parent / "main.py"
    main.write_text(code)
    child = subprocess.Popen([sys.executable, str(main)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    workers = [psutil.Process(int(pid)) for pid in child.stdout.readline().split()]
    assert len(workers) == 2
    with Store.open(empty.library) as store:
        job = ask(store, empty.library.parent / "clips")
        case = store.add_case("The bag", "Ann")
        until(lambda: store.info().segments_done >= 2, "two segments")
        child.kill()
        child.wait()
        until(lambda: not any(worker.is_running() and worker.status() != "zombie" for worker in workers), "orphans")
        assert store.case(case.id).name == "The bag"
        assert store.info().segments_done >= 2
        with supervised(empty):
            until(lambda: ended(store, job), "the end")
        assert store.job(job.id).state == "done"
        assert store.verify(deep=True) == ()
    assert comparable(empty.library) == uninterrupted


@pytest.mark.skipif(os.name == "nt", reason="signals are a thing of Unix")
def test_sigterm_is_a_clean_end(empty: AppSettings) -> None:
    with Store.open(empty.library) as store, supervised(empty) as supervisor:
        job = ask(store, empty.library.parent / "clips")
        until(lambda: store.info().segments_done >= 2, "two segments")
        pid = supervisor.pids()["index"]
        assert pid is not None
        psutil.Process(pid).terminate()
        until(lambda: supervisor.pids()["index"] not in {pid, None}, "another worker")
        until(lambda: ended(store, job), "the end")
        assert store.job(job.id).attempts == 2


def test_one_job_after_the_other(empty: AppSettings) -> None:
    """What cannot be read is said; another writer is waited for; cancelled, removed, forgotten, purged."""
    folder = empty.library.parent / "clips"
    (folder / "broken.mp4").write_bytes(b"\x00\x00\x00\x18ftypisom" + bytes(100))
    with supervised(empty) as supervisor, Store.open(empty.library) as store:

        def finished(kind: str, arguments: dict[str, object], priority: int = 0) -> Job:
            job = store.add_job(kind, arguments, who="Ann", lane="index", priority=priority)
            until(lambda: ended(store, job), kind)
            return store.job(job.id)

        with Store.open(empty.library, write=True):
            job = ask(store, folder)
            waits = "waiting for another program"
            until(lambda: store.job(job.id).progress.current.startswith(waits), "the wait")
        until(lambda: store.info().segments_done >= 2, "two segments")
        store.ask_job(job.id, "cancel")
        hear(supervisor)
        until(lambda: ended(store, job), "the end")
        assert store.job(job.id).state == "cancelled"
        assert 2 <= store.info().segments_done < 16
        assert store.verify(deep=True) == ()

        paths = (str(folder / "a.mp4"), str(folder / "b.mp4"), str(folder / "broken.mp4"), str(folder / "gone.mp4"))
        some = finished("index", FootageOrder(paths, "Gate", START).arguments())
        assert some.state == "done"
        assert "2 sources looked through" in some.message
        refused = json.loads(json.dumps(some.progress.details))["refused"]
        assert {Path(item["name"]).name for item in refused} == {"broken.mp4", "gone.mp4"}
        none = finished("index", FootageOrder((str(folder / "broken.mp4"),)).arguments())
        assert (none.state, "broken.mp4" in none.message) == ("failed", True)
        (folder / "link.mp4").symlink_to(Path(__file__))
        outside = finished("index", FootageOrder((str(folder / "link.mp4"),)).arguments())
        assert "leads out of the folders" in outside.message
        unknown = finished("dance", {})
        assert (unknown.state, "'dance'" in unknown.message) == ("failed", True)

        person = store.people_page()[-1]
        forgotten = finished("forget", {"tracklets": [person.person]}, 10)
        assert forgotten.state == "done", forgotten.message
        assert "the footage itself was not touched" in forgotten.message
        # Going on with the footage brings nobody back.
        assert finished("index", FootageOrder(paths[:2], "Gate", START).arguments()).state == "done"
        assert set(person.tracklets).isdisjoint(store.tracklet_ids().tolist())

        store.set_camera(2, "Yard")
        store.set_retention(Retention(30, {"Yard": None}))
        keep_in_time(store)
        keep_in_time(store)
        [purge] = [one for one in store.jobs() if one.kind == "purge"]
        until(lambda: ended(store, purge), "the purge")
        assert (store.job(purge.id).state, purge.who, purge.lane) == ("done", "retention", "index")
        assert [source.camera for source in store.sources()] == ["Yard"]
        keep_in_time(store)
        assert len([one for one in store.jobs() if one.kind == "purge"]) == 1
        assert finished("remove", {"sources": [2]}, 10).state == "done"
        assert store.sources() == ()
        told = [(entry.action, entry.who) for entry in store.audit() if entry.action in {"forget", "remove"}]
        assert told == [("forget", "Ann"), ("remove", "retention"), ("remove", "Ann")]


def test_a_file_is_taken_when_it_has_been_still(empty: AppSettings) -> None:
    folder = empty.library.parent / "arriving"
    folder.mkdir()
    with Store.open(empty.library) as store:
        watched = store.add_watched(folder, "Gate", "Ann", {"zone": "Europe/Berlin"})
        arrivals = Arrivals(store, still=0.3)
        content = (empty.library.parent / "clips" / "a.mp4").read_bytes()
        with (folder / "a.mp4").open("wb") as growing:
            for i in range(5):
                growing.write(content[i * 1000 : (i + 1) * 1000])
                growing.flush()
                assert arrivals.look() == 0
                time.sleep(0.15)
        (folder / "notes.txt").write_text("no footage")
        until(lambda: arrivals.look() == 1, "the file")
        [job] = store.jobs()
        assert (job.kind, job.who) == ("index", "Ann")
        assert job.arguments["camera"] == "Gate"
        assert job.arguments["zone"] == "Europe/Berlin"
        assert job.arguments["paths"] == [str(folder / "a.mp4")]
        time.sleep(0.4)
        assert arrivals.look() == 0
        assert Arrivals(store, still=0.0).look() == 0  # also not after a restart
        (folder / "a.mp4").write_bytes(content)
        until(lambda: arrivals.look() == 1, "the file, changed")
        shutil.rmtree(folder)
        arrivals.look()
        assert store.watched()[0].problem == "no such file or folder"
        store.delete_watched(watched.id, "Ann")
        assert arrivals.look() == 0


def test_a_worker_that_dies_at_once_is_not_started_without_pause(tmp_path: Path) -> None:
    """There is no library: each process ends with an error."""
    lane = _Lane(AppSettings(library=tmp_path / "none.reseen"), "index")
    for pause in (0.5, 1.0):
        lane._not_before = 0.0
        lane.look()
        assert lane._process is not None
        lane._process.join()
        died = time.monotonic()
        lane.look()
        assert lane.pid is None
        assert lane._not_before >= died + pause


def test_settings_travel_to_the_worker(empty: AppSettings) -> None:
    import pickle

    assert pickle.loads(pickle.dumps(replace(empty, port=9))) == replace(empty, port=9)
