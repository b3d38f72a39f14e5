from __future__ import annotations

from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from library.samples import add_indexed, new_source
from reseen.library import LibraryError, Store, UnknownRowError
from reseen.library.uploads import plain_name


def test_an_upload_arrives_in_pieces_and_goes_on_after_a_break(store: Store, folder: Path) -> None:
    content = bytes(range(256)) * 4
    with Store.open(folder) as reader:
        one = reader.add_upload("../gate 1.mp4", len(content), "Ann", "AB" * 32)
        assert (one.name, one.received, one.sha256) == ("gate 1.mp4", 0, "ab" * 32)
        assert reader.write_upload(one.id, 0, content[:300]).received == 300
    assert store.upload(one.id).received == 300
    # The answer was lost and the piece comes again, longer.
    assert store.write_upload(one.id, 100, content[100:500]).received == 500
    assert store.write_upload(one.id, 0, content[:10]).received == 500
    with pytest.raises(LibraryError, match="500 bytes have arrived: go on from there"):
        store.write_upload(one.id, 501, b"x")
    with pytest.raises(LibraryError, match="more arrives than"):
        store.write_upload(one.id, 500, bytes(600))
    with pytest.raises(LibraryError, match="only 500 of 1024"):
        store.finish_upload(one.id)
    store.write_upload(one.id, 500, content[500:])
    path = store.finish_upload(one.id)
    assert path.read_bytes() == content
    assert path.name == "gate 1.mp4"
    assert store.is_uploaded(path)
    assert not store.is_uploaded(folder / "elsewhere.mp4")
    assert store.uploads() == ()
    with pytest.raises(UnknownRowError):
        store.upload(one.id)


def test_a_broken_off_upload_leaves_nothing(store: Store) -> None:
    one = store.add_upload("a.mp4", 10, "Ann")
    store.write_upload(one.id, 0, b"12345")
    store.delete_upload(one.id)
    assert not one.path.exists()
    assert store.uploads() == ()
    with pytest.raises(LibraryError, match="an empty file"):
        store.add_upload("a.mp4", 0, "Ann")


def test_uploaded_footage_goes_with_its_source(store: Store) -> None:
    one = store.add_upload("a.mp4", 5, "Ann")
    store.write_upload(one.id, 0, b"12345")
    path = store.finish_upload(one.id)
    source = add_indexed(store, new_source("a.mp4"), seed=1)
    kept = add_indexed(store, new_source("b.mp4"), seed=2)
    store.relink(source.id, path, source.sha256)
    assert store.plan_removal(sources=[kept.id]).uploaded == ()
    plan = store.plan_removal(sources=[source.id])
    assert plan.uploaded == (path,)
    store.remove(plan)
    assert not path.parent.exists()


@given(st.text())
def test_a_name_from_a_stranger_can_lie_in_any_folder(name: str) -> None:
    try:
        plain = plain_name(name)
    except LibraryError:
        return
    assert plain
    assert len(plain.encode()) <= 200
    assert PurePosixPath(plain).name == plain
    assert PureWindowsPath(plain).name == plain
    assert not set(plain) & set('<>:"/\\|?*\0')
    assert plain == plain.strip(" .")
    assert plain_name(plain) == plain


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("C:\\clips\\a.mp4", "a.mp4"), ("/etc/passwd", "passwd"), ("..\\..\\a.mp4", "a.mp4"), ("con.mp4", "_con.mp4"),
        ("a:b.mp4", "b.mp4"), ("门口.mp4", "门口.mp4"), ("x" * 300 + ".mp4", "x" * 196 + ".mp4"), ("NUL", "_NUL"),
    ],
)  # fmt: skip
def test_names(name: str, plain: str) -> None:
    assert plain_name(name) == plain
