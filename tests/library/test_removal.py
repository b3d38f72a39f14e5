from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from library.samples import MODELS, add_indexed, found, new_source, spans
from reseen.errors import UsageError
from reseen.library import Filter, ModelsUsed, Store
from reseen.library.tables import SourceRow

NOON = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
WIDE = ModelsUsed("detector-a", "d" * 64, "embedder-a", "ab" * 32, 128)

# What all of a kind begin with (tables of a JPEG, the header of a path) proves nothing about one of them.
JPEG_TABLES = 640
PATH_HEADER = 24


def _traces(store: Store, source_ids: list[int]) -> list[bytes]:
    """Pieces of the pictures, embeddings and paths of sources."""
    wanted = Filter(sources=tuple(source_ids))
    vectors = store.vectors(wanted)
    pictures = [store.shot_image(i)[JPEG_TABLES:] for i in vectors.shot_ids]
    with store._db.read() as session:
        paths = session.connection().exec_driver_sql(
            f"SELECT path FROM tracklets WHERE source_id IN ({','.join(map(str, source_ids))})"
        )
        blobs = [path[PATH_HEADER:] for (path,) in paths]
    blobs += [row.astype("<f2").tobytes() for row in vectors.matrix] + pictures
    return [blob[i : i + 16] for blob in blobs for i in range(0, len(blob) - 16, 61)]


def _found_in(folder: Path, traces: list[bytes]) -> int:
    content = b"\n".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())
    return sum(trace in content for trace in traces)


@pytest.mark.parametrize("vacuum", [False, True])
@pytest.mark.parametrize("seed", [1, 2])
def test_nothing_of_a_removed_source_is_left_in_the_folder(folder: Path, seed: int, vacuum: bool) -> None:
    rng = np.random.default_rng(seed)
    with Store.create(folder, WIDE) as store:
        ids = [
            add_indexed(store, new_source(f"{i}.mp4"), i, segments=2, tracklets=int(rng.integers(1, 9))).id
            for i in range(6)
        ]
        (folder / "before-0002-from-0001-x.sqlite").write_bytes((folder / "library.sqlite").read_bytes())
        store.rebuild_index()
        for round_ in range(2):
            gone = rng.choice(ids, 2, replace=False).tolist()
            ids = [i for i in ids if i not in gone]
            traces, kept = _traces(store, gone), _traces(store, ids)
            assert len(traces) > 30
            assert _found_in(folder, traces) == len(traces)
            removed = store.remove(store.plan_removal(sources=gone), vacuum=vacuum)
            assert removed.unfinished == ()
            assert _found_in(folder, traces) == 0
            assert _found_in(folder, kept) == len(kept)
            assert store.verify(deep=True) == ()
            ids.append(add_indexed(store, new_source(f"later{round_}.mp4"), 50 + round_).id)
        assert not list(folder.glob("before-*"))


def test_a_plan_says_first_what_goes(store: Store) -> None:
    a = add_indexed(store, new_source("a.mp4"), seed=1)
    add_indexed(store, new_source("b.mp4"), seed=2)
    plan = store.plan_removal(sources=[a.id])
    assert plan.sources == (a,)
    assert (plan.seconds, plan.tracklets, plan.shots) == (90.0, 9, 18)
    pictures = sum(shot.size for shot in store.shots(store.tracklet_ids(Filter(sources=(a.id,)))))
    with store._db.read() as session:
        paths = session.connection().exec_driver_sql("SELECT sum(length(path)) FROM tracklets WHERE source_id = 1")
        assert plan.bytes == pictures + 18 * 32 + paths.scalar()
    assert len(store.sources()) == 2  # nothing has happened yet
    store.remove(plan)
    assert [source.shown for source in store.sources()] == ["clips/b.mp4"]
    assert store.coverage().tracklets == 9
    assert len(store.vectors()) == 18


def test_a_removed_source_is_found_no_more(store: Store) -> None:
    add_indexed(store, new_source("a.mp4"), seed=1)
    add_indexed(store, new_source("b.mp4"), seed=2)
    query = store.vectors(Filter(sources=(1,))).matrix[:1]
    assert store.search(query, 1)[1].tolist() == [[1]]
    store.remove(store.plan_removal(sources=[1]))
    scores, ids = store.search(query, 30)
    assert scores[0, 0] < 0.95
    assert np.sum(ids >= 0) == 18
    assert 1 not in ids


def test_removal_is_an_entry_of_the_audit_log(store: Store) -> None:
    a = add_indexed(store, new_source("a.mp4"), seed=1)
    store.remove(store.plan_removal(sources=[a.id]), who="an admin")
    [entry] = store.audit()
    assert (entry.action, entry.who, entry.results) == ("remove", "an admin", 1)
    assert a.sha256 in entry.detail


def test_removal_by_camera_takes_the_camera_too(store: Store) -> None:
    for i, camera in enumerate(("Gate 1", "Gate 2", "Yard")):
        add_indexed(store, new_source(f"{i}.mp4", camera=camera), seed=i, segments=1)
    store.set_areas("Gate 2", "{}")
    plan = store.plan_removal(cameras=["Gate*"])
    assert [source.camera for source in plan.sources] == ["Gate 1", "Gate 2"]
    store.remove(plan)
    assert [camera.name for camera in store.cameras()] == ["Gate 2", "Yard"]


def test_removal_by_age_goes_by_the_wall_clock(store: Store) -> None:
    now = datetime.now(UTC)
    for name, start in (
        ("old", now - timedelta(days=40)),
        ("young", now - timedelta(days=3)),
        ("unknown", None),
    ):
        add_indexed(store, new_source(name, started_at=start, camera=name), seed=1, segments=1)
    month = now - timedelta(days=30)
    assert [s.camera for s in store.plan_removal(older_than=month).sources] == ["old"]
    assert store.plan_removal(older_than=month, cameras=["young"]).sources == ()
    later = store.plan_removal(older_than=now + timedelta(days=1))
    assert [s.camera for s in later.sources] == ["old", "young", "unknown"]
    with pytest.raises(UsageError, match="name the sources"):
        store.plan_removal()


def test_the_same_footage_can_be_indexed_again_after_removal(store: Store) -> None:
    first = add_indexed(store, new_source("a.mp4"), seed=1)
    store.remove(store.plan_removal(sources=[first.id]))
    again = add_indexed(store, new_source("a.mp4"), seed=1)
    assert again.id != first.id
    assert again.state == "done"
    assert store.verify(deep=True) == ()


def test_a_removal_that_was_killed_is_finished_by_the_next_writer(folder: Path) -> None:
    with Store.create(folder, MODELS) as store:
        a = add_indexed(store, new_source("a.mp4"), seed=1)
        add_indexed(store, new_source("b.mp4"), seed=2)
        store.rebuild_index()
        with store._db.write() as session:  # what a removal commits first; then the process dies
            row = session.get(SourceRow, a.id)
            session.delete(row)
            session.connection().exec_driver_sql("UPDATE library SET epoch = epoch + 1")
    assert len(list(folder.rglob("*.jpg"))) == 36
    with Store.open(folder, write=True) as store:
        assert len(list(folder.rglob("*.jpg"))) == 18
        assert store.verify(deep=True) == ()
        assert not list((folder / "index").iterdir())


def test_a_reader_in_the_way_is_told_of(folder: Path) -> None:
    from reseen.library import StoreSettings

    with Store.create(folder, MODELS, settings=StoreSettings(busy_timeout=0.1)) as store:
        a = add_indexed(store, new_source("a.mp4"), seed=1)
        with Store.open(folder) as reader, reader._db.read() as session:
            session.connection().exec_driver_sql("SELECT count(*) FROM shots").scalar()
            removed = store.remove(store.plan_removal(sources=[a.id]))
            assert "when the last one closes it" in removed.unfinished[0]
    assert not (folder / "library.sqlite-wal").exists()


def test_a_removed_continuation_leaves_no_link(store: Store) -> None:
    source = store.add_source(new_source("a.mp4"))
    first, second = store.plan_segments(source.id, spans(2))
    rng = np.random.default_rng(0)
    a = store.commit_segment(first.id, found(rng, 0.0))
    store.commit_segment(second.id, found(rng, 30.0, continues=(a[0],)))
    store.remove(store.plan_removal(sources=[source.id]))
    assert store.verify(deep=True) == ()
    assert len(store.persons().tracklet_ids) == 0


def test_trimming_takes_what_was_unused_for_longest(store: Store) -> None:
    ids = [add_indexed(store, new_source(f"{i}.mp4"), seed=i).id for i in range(4)]
    store.touch([ids[0]])
    total = store.plan_removal(sources=ids).bytes
    assert store.trim(max_bytes=total) is None
    one = store.plan_removal(sources=[ids[1]]).bytes
    removed = store.trim(max_bytes=total - one - 1)
    assert removed is not None
    assert [source.id for source in removed.plan.sources] == ids[1:3]
    assert [source.id for source in store.sources()] == [ids[0], ids[3]]
    assert store.trim(max_age=timedelta(days=1)) is None
    assert store.trim(max_age=timedelta(0)) is not None
    assert store.sources() == ()
    assert store.verify(deep=True) == ()
