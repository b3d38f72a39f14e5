from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from library.samples import add_indexed, new_source
from reseen.library import Filter, LibraryError, NewSource, Store, UnknownRowError

NOON = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


def _lying(tmp_path: Path, name: str, content: bytes = b"footage") -> NewSource:
    """A source whose file is really there."""
    path = tmp_path / name
    path.write_bytes(content)
    return dataclasses.replace(new_source("x.mp4"), path=path, shown=name, size=len(content))


def test_a_source_comes_out_as_it_went_in(store: Store) -> None:
    new = dataclasses.replace(
        new_source("a.mp4", camera="Gate 3", started_at=NOON),
        clock_note="by hand",
        warnings=("odd", "ends early"),
    )
    source = store.add_source(new)
    for field in dataclasses.fields(NewSource):
        assert getattr(source, field.name) == getattr(new, field.name), field.name
    assert (source.state, source.failure, source.segments) == ("pending", None, 0)
    assert store.source(source.id) == store.source_by_hash(new.sha256) == source
    assert store.source_by_path(new.path) == source
    assert store.source_by_hash("0" * 64) is None
    assert store.source_by_path(Path("/elsewhere.mp4")) is None
    assert [camera.name for camera in store.cameras()] == ["Gate 3"]


def test_the_same_content_twice_is_one_source(store: Store, tmp_path: Path) -> None:
    first = store.add_source(_lying(tmp_path, "a.mp4"))
    copy = store.add_source(dataclasses.replace(_lying(tmp_path, "copy.mp4"), camera="Another"))
    assert copy.id == first.id
    assert (copy.path, copy.shown, copy.camera) == (first.path, "a.mp4", "Gate 1")
    assert len(store.sources()) == 1
    first.path.unlink()
    moved = store.add_source(_lying(tmp_path, "copy.mp4"))
    assert (moved.id, moved.path, moved.shown) == (first.id, tmp_path / "copy.mp4", "copy.mp4")


def test_footage_gone_is_noticed(store: Store, tmp_path: Path) -> None:
    source = store.add_source(_lying(tmp_path, "a.mp4"))
    assert source.footage_present
    source.path.write_bytes(b"something else")
    assert not source.footage_present
    source.path.unlink()
    assert not source.footage_present
    assert store.info().footage_gone == 1


def test_a_moved_source_is_linked_again_only_to_the_same_content(store: Store, tmp_path: Path) -> None:
    source = store.add_source(_lying(tmp_path, "a.mp4"))
    target = tmp_path / "b.mp4"
    with pytest.raises(LibraryError, match=r"not the same footage as a\.mp4"):
        store.relink(source.id, target, "0" * 64)
    assert store.source(source.id) == source
    source.path.rename(target)
    linked = store.relink(source.id, target, source.sha256)
    assert linked.path == target
    assert linked.footage_present
    with pytest.raises(UnknownRowError, match="no source with id 99"):
        store.relink(99, target, source.sha256)


def test_a_person_may_name_a_source_in_several_ways(store: Store) -> None:
    a, b = (store.add_source(new_source(name)) for name in ("a.mp4", "b.mp4"))
    assert store.find_sources("clips/b.mp4") == (b,)
    assert store.find_sources("/footage/a.mp4") == (a,)
    assert store.find_sources(str(b.id)) == (b,)
    assert store.find_sources(a.sha256.upper()) == (a,)
    assert store.find_sources("0" * 40) == (a, b)
    assert store.find_sources("0" * 7) == ()
    assert store.find_sources("%_") == ()
    assert store.find_sources("b.mp4") == (b,)  # the name of its file, where nothing else is called so


def test_the_start_can_be_set_and_forgotten(store: Store) -> None:
    source = store.add_source(new_source("a.mp4"))
    known = store.set_start(source.id, NOON, "metadata", "creation_time")
    assert (known.started_at, known.started_from, known.clock_note) == (NOON, "metadata", "creation_time")
    forgotten = store.set_start(source.id, None)
    assert (forgotten.started_at, forgotten.started_from, forgotten.clock_note) == (None, None, "")
    with pytest.raises(UnknownRowError):
        store.set_start(99, NOON)


def test_a_cameras_clock_is_shifted_as_one(store: Store) -> None:
    names = {"a.mp4": ("Gate", NOON), "b.mp4": ("Gate", NOON + timedelta(hours=1)), "c.mp4": ("Gate", None)}
    for name, (camera, start) in names.items():
        store.add_source(new_source(name, camera=camera, started_at=start))
    other = store.add_source(new_source("d.mp4", camera="Yard", started_at=NOON))
    assert store.shift_clock("Gate", timedelta(minutes=-7)) == 2
    starts = [source.started_at for source in store.sources()]
    assert starts == [NOON - timedelta(minutes=7), NOON + timedelta(minutes=53), None, other.started_at]
    assert store.shift_clock("Nowhere", timedelta(1)) == 0


def test_a_source_can_change_its_camera(store: Store) -> None:
    source = store.add_source(new_source("a.mp4", camera="a"))
    assert store.set_camera(source.id, "Gate 3").camera == "Gate 3"
    assert [camera.name for camera in store.cameras()] == ["Gate 3"]


def test_areas_stay_with_their_camera(store: Store) -> None:
    store.set_areas("Gate 3", '{"include": []}')
    source = store.add_source(new_source("a.mp4", camera="Gate 3"))
    store.set_camera(source.id, "Yard")
    assert [(camera.name, camera.areas) for camera in store.cameras()] == [
        ("Gate 3", '{"include": []}'),
        ("Yard", ""),
    ]


def test_filters_choose_sources(store: Store) -> None:
    a = store.add_source(new_source("a.mp4", camera="Gate 1", started_at=NOON))
    b = store.add_source(new_source("b.mp4", camera="Gate 2", started_at=NOON + timedelta(seconds=90)))
    c = store.add_source(new_source("c.mp4", camera="Yard"))
    assert store.sources() == (a, b, c)
    assert store.sources(Filter(cameras=("Gate*",))) == (a, b)
    assert store.sources(Filter(cameras=("gate*", "Yard"))) == (c,)
    assert store.sources(Filter(sources=(3, 1))) == (a, c)
    assert store.sources(Filter(sources=())) == ()
    assert store.sources(Filter(start=NOON + timedelta(seconds=91))) == (b,)
    assert store.sources(Filter(end=NOON + timedelta(seconds=90))) == (a,)


def test_a_camera_whose_name_looks_like_a_pattern_is_found(store: Store) -> None:
    a = store.add_source(new_source("a.mp4", camera="hall[1]"))
    store.add_source(new_source("b.mp4", camera="hall1"))
    assert store.sources(Filter(cameras=("hall[[]1]",))) == (a,)
    assert a in store.sources(Filter(cameras=("hall[1]",)))


def test_use_is_noted(store: Store) -> None:
    a, b = add_indexed(store, new_source("a.mp4"), 1), store.add_source(new_source("b.mp4"))
    store.touch([a.id])
    assert store.source(a.id).last_used > b.last_used
    assert store.source(b.id).last_used == b.last_used
