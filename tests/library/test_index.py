from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from library.samples import MODELS, add_indexed, new_source, unit
from reseen.library import Filter, ModelsDifferError, Store, UnknownRowError, index


def _files(folder: Path) -> list[Path]:
    return sorted((folder / "index").iterdir()) if (folder / "index").exists() else []


def _answers(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """What a search finds that has nothing in memory yet."""
    with Store.open(folder) as store:
        return store.search(unit(np.random.default_rng(5), 4), 12)


@pytest.fixture
def indexed(folder: Path) -> Path:
    """A library of 18 shots with a stored index."""
    with Store.create(folder, MODELS) as store:
        add_indexed(store, new_source("a.mp4"), seed=1)
        assert store.rebuild_index() == 18
    return folder


def test_the_index_holds_the_numbers_of_the_rows(store: Store) -> None:
    add_indexed(store, new_source("a.mp4"), seed=1)
    given = np.concatenate([unit_rows for i in range(3) for unit_rows in _given(1, i)])
    np.testing.assert_array_equal(store.vectors().matrix, given.astype(np.float16).astype(np.float32))


def _given(seed: int, segment: int) -> list[np.ndarray]:
    from library.samples import found

    return [one.vectors for one in found(np.random.default_rng((seed, segment)), 30.0 * segment).tracklets]


def test_new_footage_is_found_at_once(store: Store) -> None:
    add_indexed(store, new_source("a.mp4"), seed=1)
    assert len(store.vectors()) == 18
    add_indexed(store, new_source("b.mp4"), seed=2)
    wanted = _given(2, 1)[0][:1]
    scores, ids = store.search(wanted, 1)
    assert scores[0, 0] == pytest.approx(1.0, abs=2e-3)
    assert store.shots_by_id(ids[0])[0].source_id == 2


def test_a_reader_finds_what_another_process_committed_and_removed(store: Store, folder: Path) -> None:
    add_indexed(store, new_source("a.mp4"), seed=1)
    with Store.open(folder) as reader:
        assert len(reader.vectors()) == 18
        b = add_indexed(store, new_source("b.mp4"), seed=2)
        assert len(reader.vectors()) == 36
        store.remove(store.plan_removal(sources=[1]))
        vectors = reader.vectors()
        assert set(vectors.source_ids.tolist()) == {b.id}
        assert set(reader.search(_given(1, 0)[0], 36)[1].ravel().tolist()) == {-1, *vectors.shot_ids.tolist()}


def test_a_stored_index_answers_as_the_rows_do(indexed: Path) -> None:
    [file] = _files(indexed)
    assert file.name.startswith("shots-e1-n18-mabababababababab-c")
    stored = _answers(indexed)
    file.unlink()
    fresh = _answers(indexed)
    np.testing.assert_array_equal(stored[0], fresh[0])
    np.testing.assert_array_equal(stored[1], fresh[1])
    assert _files(indexed) == []  # a reader leaves the folder alone


def test_shots_committed_after_the_index_was_stored_are_found(indexed: Path) -> None:
    with Store.open(indexed, write=True) as store:
        add_indexed(store, new_source("b.mp4"), seed=2)
    [file] = _files(indexed)
    assert "-n18-" in file.name  # 18 more are not worth a new file
    with Store.open(indexed) as store:
        assert len(store.vectors()) == 36


def test_a_writer_stores_the_index_when_it_is_worth_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "_UNSAVED_AT_LEAST", 10)
    with Store.create(folder, MODELS) as store:
        add_indexed(store, new_source("a.mp4"), seed=1)
    [first] = _files(folder)
    with Store.open(folder, write=True):
        pass
    assert _files(folder) == [first]
    with Store.open(folder, write=True) as store:
        add_indexed(store, new_source("b.mp4"), seed=2)
    [second] = _files(folder)
    assert "-n36-" in second.name


@pytest.mark.parametrize("how", ["bit", "cut", "empty", "longer", "other", "renamed"])
def test_a_stored_index_that_does_not_hold_up_is_not_used(indexed: Path, how: str) -> None:
    good = _answers(indexed)
    [file] = _files(indexed)
    content = bytearray(file.read_bytes())
    if how == "bit":
        content[len(content) // 2] ^= 1
    file.write_bytes(
        {"cut": content[:-7], "empty": b"", "longer": content + b"x", "other": b"PK" * 99}.get(how, content)
    )
    if how == "renamed":
        file.rename(file.with_name(file.name.replace("-n18-", "-n17-")))
    with Store.open(indexed) as store:
        assert [problem.kind for problem in store.verify()] == ["index"]
    again = _answers(indexed)
    np.testing.assert_array_equal(good[0], again[0])
    np.testing.assert_array_equal(good[1], again[1])
    with Store.open(indexed, write=True) as store:
        assert [problem.repaired for problem in store.verify(repair=True)] == [True]
        assert store.verify(deep=True) == ()


def test_an_index_of_other_shots_is_not_used(indexed: Path, tmp_path: Path) -> None:
    [file] = _files(indexed)
    other = tmp_path / "other.reseen"
    with Store.create(other, MODELS) as store:
        first = add_indexed(store, new_source("x.mp4"), seed=7, segments=1)
        add_indexed(store, new_source("a.mp4"), seed=1)
        with store._db.write() as session:  # the same epoch and number of shots, other ids
            session.connection().exec_driver_sql(f"DELETE FROM sources WHERE id = {first.id}")
    before = _answers(other)
    (other / "index").mkdir()
    (other / "index" / file.name).write_bytes(file.read_bytes())
    np.testing.assert_array_equal(_answers(other)[1], before[1])
    with Store.open(other) as store:
        assert "other shots" in next(p.what for p in store.verify() if p.kind == "index")


def test_verify_compares_the_numbers_when_asked(indexed: Path) -> None:
    with Store.open(indexed, write=True) as store:
        with store._db.write() as session:
            session.connection().exec_driver_sql(
                "UPDATE shots SET vector = (SELECT vector FROM shots WHERE id = 3) WHERE id = 5"
            )
        assert store.verify() == ()
        assert "other embeddings" in next(p.what for p in store.verify(deep=True))


def test_leftovers_of_a_crash_are_cleaned(indexed: Path) -> None:
    [good] = _files(indexed)
    older, others = good.name.replace("-e1-", "-e0-"), good.name.replace("-mab", "-mcd")
    for name in ("shots.faiss", "shots.faiss.part", older, others):
        (indexed / "index" / name).write_bytes(b"x")
    Store.open(indexed).close()
    assert len(_files(indexed)) == 5
    Store.open(indexed, write=True).close()
    assert _files(indexed) == [good]


def test_ties_come_in_order_of_shots(store: Store) -> None:
    add_indexed(store, new_source("a.mp4"), seed=1)
    add_indexed(store, new_source("b.mp4"), seed=1)
    scores, ids = store.search(_given(1, 0)[0][:1], 4)
    assert scores[0, 0] == scores[0, 1]
    assert ids[0, :2].tolist() == [1, 19]


def test_queries_that_do_not_fit_are_refused(store: Store) -> None:
    with pytest.raises(ModelsDifferError, match=r"16 numbers \(embedder-a\)"):
        store.search(np.ones((1, 8), np.float32), 3)
    with pytest.raises(ValueError, match="queries are"):
        store.search(np.ones(16, np.float32), 3)
    with pytest.raises(ValueError, match="at least 1"):
        store.search(np.ones((1, 16), np.float32), 0)
    with pytest.raises(ModelsDifferError, match=r"16 numbers \(embedder-a\)"):
        store.likeness(np.ones((1, 8), np.float32))
    with pytest.raises(ValueError, match="queries are"):
        store.likeness(np.ones(16, np.float32))


def test_likeness_is_that_of_all_vectors_with_their_owners(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "_MULTIPLIED_AT_ONCE", 5)
    assert store.likeness(np.ones((2, 16), np.float32)).cosines.shape == (2, 0)
    for name, seed in (("a.mp4", 1), ("b.mp4", 2)):
        add_indexed(store, new_source(name, camera=name), seed=seed)
    queries = unit(np.random.default_rng(9), 3)
    for wanted in (Filter(), Filter(cameras=("b*",)), Filter(sources=())):
        vectors, found = store.vectors(wanted), store.likeness(queries, wanted)
        np.testing.assert_allclose(found.cosines, queries @ vectors.matrix.T, atol=1e-6)
        for column in ("shot_ids", "tracklet_ids", "source_ids"):
            np.testing.assert_array_equal(getattr(found, column), getattr(vectors, column))
        assert len(found) == len(vectors)


def test_vectors_of_shots_come_in_the_order_asked_for(store: Store) -> None:
    add_indexed(store, new_source("a.mp4"), seed=1)
    add_indexed(store, new_source("b.mp4"), seed=2)
    every = store.vectors()
    np.testing.assert_array_equal(store.vectors_of([30, 2, 2, 36]), every.matrix[[29, 1, 1, 35]])
    assert store.vectors_of([]).shape == (0, 16)
    store.remove(store.plan_removal(sources=[1]))
    np.testing.assert_array_equal(store.vectors_of([19]), every.matrix[[18]])
    for gone in ([1], [19, 18], [37], [0]):
        with pytest.raises(UnknownRowError, match="no shot with id"):
            store.vectors_of(gone)
