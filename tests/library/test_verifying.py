from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from library.samples import MODELS, add_indexed, new_source, spans
from reseen.library import LibraryError, Store


@pytest.fixture
def filled(folder: Path) -> Path:
    with Store.create(folder, MODELS) as store:
        add_indexed(store, new_source("a.mp4"), seed=1)
        store.rebuild_index()
    return folder


def _picture(folder: Path, number: int = 0) -> Path:
    return sorted(folder.rglob("*.jpg"))[number]


def _damage_pixels(folder: Path) -> None:
    file = _picture(folder)
    file.write_bytes(b"\0" * file.stat().st_size)


@pytest.mark.parametrize(
    ("spoil", "kind", "deep"),
    [
        (lambda folder: _picture(folder).unlink(), "shot missing", False),
        (lambda folder: _picture(folder).write_bytes(b"x"), "shot damaged", False),
        (_damage_pixels, "shot damaged", True),
    ],
)
def test_pictures_that_are_not_right_are_named(
    filled: Path, spoil: Callable[[Path], None], kind: str, deep: bool
) -> None:
    name = str(_picture(filled))
    spoil(filled)
    with Store.open(filled) as store:
        [problem] = store.verify(deep=deep)
        assert problem.kind == kind
        assert name in problem.what
        assert "index it again" in problem.cure
        assert len(store.vectors()) == 18  # searching goes on
        with pytest.raises(LibraryError, match="reseen library verify"):
            store.shot_pixels(1)
    if deep:
        with Store.open(filled) as store:
            assert store.verify() == ()


def test_leftovers_are_named_and_deleted(filled: Path) -> None:
    for name in ("0000/1/0099-0.jpg", "0000/1/0000-0.jpg.part", "stray.txt", "0000/77/0000-0.jpg"):
        file = filled / "shots" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x")
    with Store.open(filled) as reader:  # the folder of segment 77 may be being written by somebody else
        assert len(reader.verify()) == 2
    with Store.open(filled, write=True) as store:
        assert not (filled / "shots" / "0000" / "77").exists()  # opening cleans whole segments
        assert {problem.kind for problem in store.verify()} == {"leftover"}
        assert len(store.verify(repair=True)) == 3
        assert store.verify() == ()


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("UPDATE shots SET vector = x'00' WHERE id = 3", "embedding"),
        ("UPDATE shots SET vector = zeroblob(32) WHERE id = 3", "embedding"),
        ("UPDATE tracklets SET path = x'00' WHERE id = 3", "tracklet"),
        ("UPDATE tracklets SET count = 99 WHERE id = 3", "tracklet"),
        ("UPDATE tracklets SET continues = 9 WHERE id = 3", "link"),
    ],
)
def test_rows_that_are_not_right_are_named(filled: Path, statement: str, kind: str) -> None:
    with Store.open(filled, write=True) as store:
        with store._db.write() as session:
            session.connection().exec_driver_sql(statement)
        assert kind in [problem.kind for problem in store.verify(deep=True)]


def test_a_row_without_its_parent_is_named(filled: Path) -> None:
    import sqlite3

    database = sqlite3.connect(filled / "library.sqlite")
    database.execute("DELETE FROM segments WHERE id = 1")  # foreign keys are off in a plain connection
    database.commit()
    database.close()
    with Store.open(filled) as store:
        said = [problem for problem in store.verify() if problem.kind == "link"]
        assert len(said) == 3
        assert "tracklets belongs to a row of segments that is gone" in said[0].what


def test_names_from_a_tampered_database_do_not_leave_the_folder(filled: Path) -> None:
    with Store.open(filled, write=True) as store:
        with store._db.write() as session:
            session.connection().exec_driver_sql("UPDATE shots SET file = '../../../etc/passwd' WHERE id = 1")
        with pytest.raises(LibraryError, match="impossible name"):
            store.shot_image(1)


def test_what_is_being_written_is_no_leftover_for_a_reader(store: Store, folder: Path) -> None:
    source = store.add_source(new_source("a.mp4"))
    segment = store.plan_segments(source.id, spans(1))[0]
    import numpy as np

    store._shots.write(segment.id, [[np.zeros((4, 4, 3), np.uint8)]])  # the rows are not committed yet
    with Store.open(folder) as reader:
        assert reader.verify() == ()
    assert [problem.kind for problem in store.verify()] == ["leftover"]
