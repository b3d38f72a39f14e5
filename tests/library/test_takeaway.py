from __future__ import annotations

from pathlib import Path

import pytest

from library.samples import add_indexed, new_source
from reseen.library import LibraryError, Store, UnknownRowError


def _finished(store: Store, export_id: int, content: bytes) -> Path:
    store.exports_folder.mkdir(exist_ok=True)
    file = store.exports_folder / "making.zip"
    file.write_bytes(content)
    path = store.finish_export(export_id, file, "f" * 64).path
    assert path is not None
    return path


def test_an_export_is_asked_for_made_and_deleted(store: Store, folder: Path) -> None:
    add_indexed(store, new_source("a.mp4"), seed=1)
    with Store.open(folder) as reader:
        case = reader.add_case("The bag", "Ann")
        asked = reader.add_export("The bag", "Ann", tracklets=[3, 1, 999], facts={"blur": "others"}, case_id=case.id)
        job = reader.add_job("export", {"export": asked.id}, who="Ann", lane="export")
        asked = reader.set_export_job(asked.id, job.id)
    assert (asked.path, asked.sha256, asked.tracklets, asked.job_id) == (None, None, (1, 3), job.id)
    assert store.exported_tracklets().tolist() == []
    path = _finished(store, asked.id, b"PK" * 500)
    done = store.export_of(asked.id)
    assert (done.path, done.size, done.sha256, done.case_id) == (path, 1000, "f" * 64, case.id)
    assert done.facts == {"blur": "others"}
    assert store.exported_tracklets().tolist() == [1, 3]
    assert not (store.exports_folder / "making.zip").exists()
    store.delete_export(asked.id, "Bob")
    assert not path.exists()
    assert store.exports() == ()
    with pytest.raises(UnknownRowError):
        store.export_of(asked.id)
    assert [(entry.action, entry.who) for entry in store.audit()][1:] == [("export", "Ann"), ("delete export", "Bob")]


def test_exports_are_listed_newest_first_and_by_owner(store: Store) -> None:
    for i in range(4):
        store.add_export(str(i), "Ann" if i % 2 else "Bob", tracklets=[])
    assert [one.name for one in store.exports(limit=2)] == ["3", "2"]
    assert [one.name for one in store.exports("Ann", before=4)] == ["1"]


def test_an_export_that_was_deleted_is_not_finished(store: Store) -> None:
    one = store.add_export("a", "me", tracklets=[])
    store.delete_export(one.id, "me")
    with pytest.raises(UnknownRowError):
        _finished(store, one.id, b"x")
    two = store.add_export("b", "me", tracklets=[])
    with pytest.raises(LibraryError, match="plain ending"):
        store.finish_export(two.id, store.exports_folder / "making", "f" * 64)


def test_an_export_of_which_the_file_is_open_goes_when_the_library_is_next_opened_to_write(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = store.add_export("a", "me", tracklets=[])
    path = _finished(store, one.id, b"somebody")

    def held(path: Path) -> None:
        raise PermissionError(path)

    with monkeypatch.context() as patch:
        patch.setattr("reseen.library.wiping.wipe", held)
        store.delete_export(one.id, "me")
    assert (store.exports(), path.exists()) == ((), True)
    store.close()
    with Store.open(folder, write=True):
        assert not path.exists()


def test_exports_go_with_the_source_they_show(store: Store) -> None:
    a, b = (add_indexed(store, new_source(name), seed=i) for i, name in enumerate(("a.mp4", "b.mp4")))
    of = {source.id: store.tracklet_ids_of(source.id) for source in (a, b)}
    shows_a = store.add_export("of a", "me", tracklets=of[a.id])
    shows_b = store.add_export("of b", "me", tracklets=of[b.id])
    path, kept = _finished(store, shows_a.id, b"about a"), _finished(store, shows_b.id, b"about b")
    waiting = store.add_export("not made yet", "me", tracklets=of[a.id][:1])
    prepared = store.exports_folder / f"{waiting.id}.prepared"
    prepared.mkdir()
    (prepared / "report.html").write_bytes(b"about a, too")
    plan = store.plan_removal(sources=[a.id])
    assert plan.exports == ("of a", "not made yet")
    store.remove(plan)
    assert not path.exists()
    assert not prepared.exists()
    assert kept.exists()
    assert [one.name for one in store.exports()] == ["of b"]
