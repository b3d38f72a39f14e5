from __future__ import annotations

import dataclasses
import json
import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from library.samples import MODELS, Gap, add_indexed, found, new_source, spans, unit
from reseen.errors import InputError
from reseen.library import (
    LibraryError,
    LibraryLockedError,
    ModelsDifferError,
    NewerLibraryError,
    NoLibraryError,
    NotALibraryError,
    Store,
    StoreSettings,
)


def test_a_new_library_is_empty_and_says_what_it_is(store: Store, folder: Path) -> None:
    info = store.info()
    assert (info.sources, info.tracklets, info.shots, info.seconds) == (0, 0, 0, 0.0)
    assert info.models == store.models == MODELS
    assert json.loads(info.analysis) == {"rate": 5.0}
    assert store.analysis == info.analysis
    assert info.schema == "0003"
    assert store.verify(deep=True) == ()
    assert store.coverage().sources == 0
    assert len(store.vectors()) == 0
    scores, ids = store.search(np.ones((2, 16), np.float32), 3)
    assert np.all(ids == -1)
    assert np.all(np.isneginf(scores))
    assert {path.name for path in folder.iterdir()} >= {"library.sqlite", "writer.lock"}


def test_the_database_is_set_up_to_be_safe(store: Store) -> None:
    def pragma(name: str) -> Any:
        return store._db.execute_alone(f"PRAGMA {name}")[0][0]

    assert pragma("journal_mode") == "wal"
    assert pragma("foreign_keys") == 1
    assert pragma("secure_delete") == 1
    assert pragma("synchronous") == 2
    assert pragma("busy_timeout") == 30_000


def test_what_went_in_is_there_when_opened_again(folder: Path) -> None:
    with Store.create(folder, MODELS) as store:
        add_indexed(store, new_source("a.mp4"), seed=1)
        before = store.vectors()
    with Store.open(folder) as store:
        assert not store.writable
        np.testing.assert_array_equal(store.vectors().matrix, before.matrix)
        assert store.source(1).state == "done"
    assert not list(folder.glob("*-wal"))


def _file(folder: Path, content: bytes) -> None:
    folder.mkdir()
    (folder / "library.sqlite").write_bytes(content)


def _other_database(folder: Path) -> None:
    folder.mkdir()
    database = sqlite3.connect(folder / "library.sqlite")
    database.execute("CREATE TABLE bookmarks (url TEXT)")
    database.close()


@pytest.mark.parametrize(
    ("make", "error", "said"),
    [
        (lambda p: None, NoLibraryError, "no library there"),
        (lambda p: p.mkdir(), NoLibraryError, "no library.sqlite"),
        (lambda p: p.write_text("x"), NotALibraryError, "a library is a folder"),
        (lambda p: _file(p, b"no database at all" * 20), NotALibraryError, "no SQLite database"),
        (lambda p: _file(p, b""), NotALibraryError, "no SQLite database"),
        (_other_database, NotALibraryError, "another program"),
    ],
)
def test_what_is_no_library_is_said_to_be_none(folder: Path, make: Any, error: type, said: str) -> None:
    make(folder)
    with pytest.raises(error, match=said) as raised:
        Store.open(folder)
    assert isinstance(raised.value, InputError)
    assert "\n" not in str(raised.value)
    assert str(folder) in str(raised.value)


def test_a_newer_library_is_left_alone(folder: Path) -> None:
    Store.create(folder, MODELS).close()
    database = sqlite3.connect(folder / "library.sqlite")
    database.execute("UPDATE alembic_version SET version_num = '9001'")
    database.commit()
    database.close()
    with pytest.raises(NewerLibraryError, match=r"9001.*update Reseen"):
        Store.open(folder)


def test_a_damaged_database_is_one_line(folder: Path) -> None:
    with Store.create(folder, MODELS) as store:
        add_indexed(store, new_source("a.mp4"), seed=1)
    file = folder / "library.sqlite"
    content = bytearray(file.read_bytes())
    content[4096 * 2 :] = os.urandom(len(content) - 4096 * 2)
    file.write_bytes(content)
    with pytest.raises(LibraryError, match="damaged") as raised, Store.open(folder) as store:
        store.sources()
        store.vectors()
    assert "\n" not in str(raised.value)


def test_nothing_is_made_over_something_else(folder: Path, tmp_path: Path) -> None:
    Store.create(folder, MODELS).close()
    with pytest.raises(LibraryError, match="a library already"):
        Store.create(folder, MODELS)
    (tmp_path / "holiday.jpg").write_bytes(b"x")
    with pytest.raises(LibraryError, match="other files"):
        Store.create(tmp_path, MODELS)
    assert {path.name for path in tmp_path.iterdir()} == {"holiday.jpg", folder.name}


def test_a_creation_that_was_killed_can_be_repeated(folder: Path) -> None:
    folder.mkdir()
    (folder / "library.sqlite.part").write_bytes(b"half")
    (folder / "writer.lock").touch()
    with pytest.raises(NoLibraryError):
        Store.open(folder)
    Store.create(folder, MODELS).close()
    assert not (folder / "library.sqlite.part").exists()


def test_a_second_writer_is_refused_and_told_who_writes(store: Store, folder: Path) -> None:
    with pytest.raises(LibraryLockedError, match=f"process {os.getpid()} on "):
        Store.open(folder, write=True)
    script = f"import pathlib, reseen.library as l; l.Store.open(pathlib.Path({str(folder)!r}), write=True)"
    other = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert "LibraryLockedError" in other.stderr
    assert f"process {os.getpid()} on " in other.stderr
    store.close()
    Store.open(folder, write=True).close()


def test_the_lock_of_a_killed_writer_is_free(folder: Path) -> None:
    Store.create(folder, MODELS).close()
    script = (
        f"from pathlib import Path\nfrom reseen.library import *\nimport os\n"
        f"Store.open(Path({str(folder)!r}), write=True)\nos._exit(9)"
    )
    subprocess.run([sys.executable, "-c", script], check=False)
    assert (folder / "writer.json").exists()
    Store.open(folder, write=True).close()
    assert not (folder / "writer.json").exists()


def test_a_writer_may_wait_for_its_turn(folder: Path) -> None:
    first = Store.create(folder, MODELS)
    closing = threading.Timer(0.3, first.close)
    closing.start()
    with Store.open(folder, write=True, settings=StoreSettings(lock_timeout=20.0)) as second:
        assert second.writable
    closing.join()


def test_who_waits_for_long_is_told_for_whom(folder: Path) -> None:
    first = Store.create(folder, MODELS)
    told: list[str] = []
    closing = threading.Timer(1.5, first.close)
    closing.start()
    with Store.open(folder, write=True, settings=StoreSettings(lock_timeout=20.0, on_wait=told.append)):
        pass
    closing.join()
    assert len(told) == 1
    assert f"waiting for process {os.getpid()} on " in told[0]
    with Store.open(folder, write=True, settings=StoreSettings(lock_timeout=20.0, on_wait=told.append)):
        assert len(told) == 1  # nobody to wait for


def test_a_reader_may_not_write_footage(folder: Path) -> None:
    Store.create(folder, MODELS).close()
    with Store.open(folder) as store:
        for refused in (
            lambda: store.add_source(new_source("a.mp4")),
            lambda: store.plan_segments(1, spans(1)),
            lambda: store.fail_source(1, "x"),
            store.rebuild_index,
            lambda: store.remove(store.plan_removal(sources=[])),
            lambda: store.replace_embedder(MODELS, ()),
            lambda: store.verify(repair=True),
        ):
            with pytest.raises(LibraryError, match="for reading only"):
                refused()


def test_a_reader_sees_a_whole_segment_or_none_while_another_writes(store: Store, folder: Path) -> None:
    source = store.add_source(new_source("a.mp4"))
    segments = store.plan_segments(source.id, spans(12))
    errors: list[str] = []
    done = threading.Event()

    def watch() -> None:
        with Store.open(folder) as reader:
            last = 0
            while not done.is_set() or last < 24:
                vectors = reader.vectors()
                count = len(reader.tracklet_ids())
                if len(vectors) % 6 or len(vectors) < last or count % 3:
                    errors.append(f"{len(vectors)} vectors after {last}, {count} tracklets")
                    return
                ids = np.unique(vectors.tracklet_ids)
                if len(reader.tracklets(ids)) * 2 != len(reader.shots(ids)):
                    errors.append("a tracklet is not whole")
                last = len(vectors)
                if last == 72:
                    return

    watcher = threading.Thread(target=watch)
    watcher.start()
    for segment in segments:
        store.commit_segment(segment.id, found(np.random.default_rng(segment.index), segment.start))
    done.set()
    watcher.join(30)
    assert not watcher.is_alive()
    assert errors == []


def test_many_threads_may_use_one_store(store: Store, rng: np.random.Generator) -> None:
    add_indexed(store, new_source("a.mp4"), seed=1)
    queries = unit(rng, 1)
    expected = store.search(queries, 5)
    failures: list[BaseException] = []

    def use() -> None:
        try:
            for _ in range(10):
                np.testing.assert_array_equal(store.search(queries, 5)[1], expected[1])
                store.record("search", {}, results=5)
        except BaseException as error:  # a thread's failure is told to the test
            failures.append(error)

    threads = [threading.Thread(target=use) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(store.audit()) == 60


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"embedder_sha256": "0" * 64, "embedder_name": "embedder-b"}, "embedder-a .* embedder-b"),
        ({"dim": 8}, "cannot be compared"),
        ({"detector_sha256": "0" * 64, "detector_name": "detector-b"}, "detector-a .* detector-b"),
    ],
)
def test_embeddings_of_other_models_are_not_mixed_in(folder: Path, change: dict[str, Any], said: str) -> None:
    Store.create(folder, MODELS).close()
    other = dataclasses.replace(MODELS, **change)
    with pytest.raises(ModelsDifferError, match=said):
        Store.open(folder, write=True, models=other)
    with Store.open(folder, write=True, models=MODELS) as store:  # the refused one let go of the lock
        if "detector_sha256" in change:
            store.check_models(other, detector=False)


def test_a_renamed_model_with_the_same_checksum_is_the_same(folder: Path) -> None:
    Store.create(folder, MODELS).close()
    Store.open(folder, models=dataclasses.replace(MODELS, embedder_name="another name")).close()


class _Mount:
    def __init__(self, mountpoint: str, fstype: str, opts: str = "rw") -> None:
        self.mountpoint, self.fstype, self.opts = mountpoint, fstype, opts


def _pretend(monkeypatch: pytest.MonkeyPatch, *mounts: _Mount) -> None:
    """A mock: no network drive is at hand, so the list of mounts is made up."""
    monkeypatch.setattr(psutil, "disk_partitions", lambda all: list(mounts))  # noqa: A006


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "fuse.sshfs"])
def test_a_mocked_network_drive_is_refused(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    Store.create(folder, MODELS).close()
    _pretend(monkeypatch, _Mount("/", "ext4"), _Mount(str(tmp_path), kind))
    with pytest.raises(LibraryError, match=f"network drive .{kind}."):
        Store.open(folder, write=True)
    with pytest.raises(LibraryError, match="network drive"):
        Store.create(tmp_path / "other.reseen", MODELS)
    assert not (tmp_path / "other.reseen").exists()
    with Store.open(folder) as store:
        assert "network drive" in store.warnings[0]
    with Store.open(folder, write=True, settings=StoreSettings(allow_network=True)) as store:
        assert store.writable
        assert "network drive" in store.warnings[0]


def test_a_mocked_local_drive_below_a_network_drive_is_fine(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _pretend(monkeypatch, _Mount("/", "nfs"), _Mount(str(tmp_path), "ext4"))
    with Store.create(folder, MODELS) as store:
        assert store.warnings == ()


def test_mocked_lent_and_windows_drives(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _pretend(monkeypatch, _Mount(str(tmp_path), "9p"))
    with Store.create(folder, MODELS) as store:
        assert "lent by another system" in store.warnings[0]
    _pretend(monkeypatch, _Mount(str(tmp_path), "NTFS", "rw,remote"))
    with pytest.raises(LibraryError, match="network share"):
        Store.open(folder, write=True)


def test_info_counts_what_is_there(store: Store) -> None:
    add_indexed(store, new_source("a.mp4"), seed=1)
    half = store.add_source(new_source("b.mp4", camera="Gate 2"))
    segment, _ = store.plan_segments(half.id, spans(2))
    store.commit_segment(segment.id, found(np.random.default_rng(2), 0.0, gaps=(Gap(1.0, 2.0, "damaged"),)))
    store.fail_source(store.add_source(new_source("c.mp4")).id, "no picture in it")
    store.rebuild_index()
    info = store.info()
    assert dict(info.sources_by_state) == {"done": 1, "partial": 1, "failed": 1}
    assert (info.cameras, info.sources, info.footage_gone) == (2, 3, 3)
    assert (info.segments, info.segments_done, info.tracklets, info.shots) == (5, 4, 12, 24)
    assert info.seconds == 120.0
    assert info.bytes_shots == sum(f.stat().st_size for f in store.folder.rglob("*.jpg"))
    assert info.bytes_index > 24 * 32
    assert info.bytes_database > 0


def test_closing_twice_is_closing(folder: Path) -> None:
    store = Store.create(folder, MODELS)
    store.close()
    store.close()
    Store.open(folder, write=True).close()
