"""Uploaded footage is looked through under the user's name for it; what no source needs is not kept."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

from app.conftest import World
from cli.tiny_world import YELLOW, Stay, write_clip
from reseen.app import AppSettings
from reseen.app.worker import Worker
from reseen.app.working.footage import FootageOrder
from reseen.library import Job, Store, worker_name


def upload(store: Store, name: str, content: bytes) -> Path:
    one = store.add_upload(name, len(content), "Ann")
    store.write_upload(one.id, 0, content)
    return store.finish_upload(one.id)


def look_through(store: Store, settings: AppSettings, path: Path) -> Job:
    """As a worker does it, in this process."""
    order = FootageOrder((str(path),), "Door")
    store.add_job("index", order.arguments(), who="Ann", lane="index")
    job = store.take_job("index", worker_name())
    assert job is not None
    Worker(settings, "index", threading.Event()).do(store, job)
    return store.job(job.id)


def test_what_was_uploaded(settings: AppSettings, world: World, tmp_path: Path) -> None:
    """Through a link to the library's folder, as its path may be one."""
    linked = tmp_path / "linked.reseen"
    linked.symlink_to(settings.library)
    settings = replace(settings, library=linked)
    fresh = write_clip(tmp_path / "fresh.mp4", 2.0, [Stay(YELLOW, 1, 1, 0.0, 2.0)]).read_bytes()
    with Store.open(linked) as store:
        kept = upload(store, "Door 1.mp4", fresh)
        done = look_through(store, settings, kept)
        assert done.state == "done", done.message
        source = store.sources()[-1]
        assert (source.shown, source.camera, source.state) == ("Door 1.mp4", "Door", "done")
        assert source.footage_present
        assert kept.read_bytes() == fresh
        assert store.needless_uploads() == ()
        # The same footage again, footage that is here already, and what turns out to be none.
        known = (world.footage / "gate.mp4").read_bytes()
        for name, content in (
            ("again.mp4", fresh),
            ("gate.mp4", known),
            ("bad.mp4", b"\0\0\0\x18ftypisom" + bytes(90)),
        ):
            path = upload(store, name, content)
            state = look_through(store, settings, path).state
            assert state == ("failed" if name == "bad.mp4" else "done")
            assert not path.parent.exists()
        assert kept.read_bytes() == fresh
        assert len(store.sources()) == 3
