from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from library.samples import DIM, MODELS, add_indexed, new_source, unit
from reseen.library import LibraryError, ModelsDifferError, Store

OTHER = dataclasses.replace(MODELS, embedder_name="embedder-b", embedder_sha256="cd" * 32, dim=24)

Batches = Iterator[tuple[np.ndarray, np.ndarray]]


def _batches(store: Store, seed: int = 5) -> Batches:
    """New embeddings made from the stored pictures, as a re-embedding makes them."""
    for ids, pictures in store.shot_batches(5):
        assert all(picture.shape == (32, 16, 3) for picture in pictures)
        yield ids, np.concatenate([unit(np.random.default_rng((seed, int(i))), 1, OTHER.dim) for i in ids])


@pytest.fixture
def filled(store: Store) -> Store:
    add_indexed(store, new_source("a.mp4"), seed=1)
    store.rebuild_index()
    return store


def test_another_embedder_takes_over(filled: Store, folder: Path) -> None:
    old = filled.vectors()
    tracklets = filled.coverage()
    assert filled.replace_embedder(OTHER, _batches(filled)) == 18
    assert filled.models == OTHER
    new = filled.vectors()
    assert new.matrix.shape == (18, 24)
    np.testing.assert_array_equal(new.shot_ids, old.shot_ids)
    expected = np.concatenate([unit(np.random.default_rng((5, int(i))), 1, 24) for i in old.shot_ids])
    np.testing.assert_array_equal(new.matrix, expected.astype(np.float16).astype(np.float32))
    assert filled.coverage() == tracklets
    assert filled.search(expected[3:4], 1)[1].tolist() == [[4]]
    assert filled.verify(deep=True) == ()
    with pytest.raises(ModelsDifferError):
        filled.search(unit(np.random.default_rng(0), 1), 1)
    filled.close()
    with pytest.raises(ModelsDifferError):
        Store.open(folder, models=MODELS)
    with Store.open(folder, models=OTHER) as store:
        np.testing.assert_array_equal(store.vectors().matrix, new.matrix)


def test_the_old_embeddings_are_gone_for_good(filled: Store, folder: Path) -> None:
    traces = [row.astype("<f2").tobytes() for row in filled.vectors().matrix]
    filled.replace_embedder(OTHER, _batches(filled))
    filled.close()
    content = b"\n".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())
    assert not any(trace in content for trace in traces)


def test_a_failure_half_way_changes_nothing(filled: Store, folder: Path) -> None:
    before = filled.vectors()

    def breaks() -> Batches:
        yield from list(_batches(filled))[:2]
        raise RuntimeError("the embedder broke")

    with pytest.raises(RuntimeError, match="broke"):
        filled.replace_embedder(OTHER, breaks())
    assert filled.models == MODELS
    np.testing.assert_array_equal(filled.vectors().matrix, before.matrix)
    filled.close()
    with Store.open(folder, write=True, models=MODELS) as store:
        assert store.verify(deep=True) == ()
        assert store.replace_embedder(OTHER, _batches(store)) == 18


def test_missing_pictures_are_refused_or_dropped(filled: Store, folder: Path) -> None:
    (folder / "shots" / filled.shots_by_id([7])[0].file).unlink()
    with pytest.raises(LibraryError, match="1 shots have no new embedding"):
        filled.replace_embedder(OTHER, _batches(filled))
    assert filled.models == MODELS
    assert filled.replace_embedder(OTHER, _batches(filled), drop_missing=True) == 17
    assert 7 not in filled.vectors().shot_ids
    assert filled.info().bytes_shots == sum(file.stat().st_size for file in folder.rglob("*.jpg"))
    assert filled.verify(deep=True) == ()


def test_a_search_elsewhere_notices_the_switch(filled: Store, folder: Path) -> None:
    with Store.open(folder) as reader:
        assert reader.vectors().matrix.shape == (18, DIM)
        filled.replace_embedder(OTHER, _batches(filled))
        assert reader.models == OTHER
        assert reader.vectors().matrix.shape == (18, 24)


def test_embeddings_that_do_not_fit_are_refused(filled: Store) -> None:
    with pytest.raises(ValueError, match="need embeddings"):
        filled.replace_embedder(OTHER, [(np.array([1]), np.ones((1, DIM), np.float32))])
    with pytest.raises(ModelsDifferError, match="detector"):
        filled.replace_embedder(dataclasses.replace(OTHER, detector_sha256="0" * 64), ())
    assert filled.models == MODELS
