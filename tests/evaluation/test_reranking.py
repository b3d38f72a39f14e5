"""Re-ranking against the golden files and against the method told with dense matrices and loops."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reseen.evaluation import RerankSettings, rerank, rerank_matrix, squared_euclidean


def dense(distances: np.ndarray, queries: int, k1: int, k2: int, weight: float) -> np.ndarray:
    """The method in float64 with one dense row of weights an image."""
    original = (distances / distances.max(axis=0)).T
    count = len(original)
    order = np.argsort(original, axis=1, kind="stable")

    def mutual(image: int, width: int) -> set[int]:
        return {int(other) for other in order[image, : width + 1] if image in order[other, : width + 1]}

    sets = np.zeros((count, count))
    for image in range(count):
        own = mutual(image, k1)
        members = set(own)
        for candidate in own:
            close = mutual(candidate, round(k1 / 2))
            if len(close & own) > 2 / 3 * len(close):
                members |= close
        chosen = sorted(members)
        weights = np.exp(-original[image, chosen])
        sets[image, chosen] = weights / weights.sum()
    if k2 > 1:
        sets = np.array([sets[order[image, :k2]].mean(axis=0) for image in range(count)])
    final = np.zeros((queries, count - queries))
    for image in range(queries):
        for other in range(queries, count):
            shared = np.minimum(sets[image], sets[other]).sum()
            jaccard = 1 - shared / np.maximum(sets[image], sets[other]).sum()
            final[image, other - queries] = (1 - weight) * jaccard + weight * original[image, other]
    return final


def parameters(name: str) -> RerankSettings:
    found = re.search(r"_k?(\d+)_(\d+)_([\d.]+)(?:_|$)", name)
    assert found, name
    return RerankSettings(int(found[1]), int(found[2]), float(found[3]))


def bars(golden: Path) -> tuple[dict, dict]:
    tolerances = json.loads((golden / "config.json").read_text())["tolerances"]
    return tolerances["rerank_float16_reference"], tolerances["rerank_own_float64"]


def test_golden_distances(golden: Path) -> None:
    arrays = np.load(golden / "rerank.npz")
    half, whole = bars(golden)
    names = [key for key in arrays if re.fullmatch(r"(float64_)?rerank_.*", key)]
    assert len(names) >= 2
    for name in names:
        found = rerank(arrays["query_features"], arrays["gallery_features"], parameters(name)).matrix()
        difference = np.abs(found - arrays[name])
        beyond, share = (whole if name.startswith("float64") else half)["share_beyond"]
        assert (difference > beyond).mean() <= share, name
        if not name.startswith("float64"):
            assert difference.max() <= half["max_abs"], name


def test_golden_local_distances(golden: Path) -> None:
    arrays = np.load(golden / "rerank.npz")
    half, _ = bars(golden)
    names = [key for key in arrays if key.startswith("small_") and key.endswith("_local")]
    assert len(names) == 2
    for name in names:
        queries, gallery = (int(number) for number in name.split("_")[1:3])
        distances = arrays["small_local_distmat"]
        if name.endswith("plus_local"):
            both = np.concatenate([arrays["query_features"][:queries], arrays["gallery_features"][:gallery]])
            distances = distances + squared_euclidean(both, both)
        settings_ = parameters(name.removeprefix(f"small_{queries}_{gallery}"))
        difference = np.abs(rerank_matrix(distances, queries, settings_).matrix() - arrays[name])
        assert difference.max() <= half["max_abs"]
        assert (difference > half["share_beyond"][0]).mean() <= half["share_beyond"][1]


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    queries=st.integers(1, 8),
    gallery=st.integers(1, 40),
    k1=st.integers(1, 12),
    k2=st.integers(1, 6),
    weight=st.floats(0, 1),
)
def test_equals_the_dense_method(*, seed: int, queries: int, gallery: int, k1: int, k2: int, weight: float) -> None:
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((6, 4))
    count = queries + gallery
    features = (centres[rng.integers(6, size=count)] + 0.5 * rng.standard_normal((count, 4))).astype(np.float32)
    exact = features.astype(np.float64)
    distances = ((exact[:, None] - exact) ** 2).sum(axis=2)
    expected = dense(distances, queries, k1, k2, weight)
    setting = RerankSettings(k1, k2, weight)
    by_matrix = rerank_matrix(distances.astype(np.float32), queries, setting).matrix()
    np.testing.assert_allclose(by_matrix, expected, atol=1e-5)
    by_features = rerank(features[:queries], features[queries:], setting).matrix()
    np.testing.assert_allclose(by_features, expected, atol=1e-4)


def test_a_matrix_that_is_not_symmetric_is_read_by_columns() -> None:
    distances = np.random.default_rng(3).random((12, 12))
    np.fill_diagonal(distances, 0)
    found = rerank_matrix(distances.astype(np.float32), 4, RerankSettings(4, 2, 0.3)).matrix()
    np.testing.assert_allclose(found, dense(distances, 4, 4, 2, 0.3), atol=1e-5)


def test_rows_are_the_rows_of_the_matrix() -> None:
    rng = np.random.default_rng(0)
    features = rng.standard_normal((30, 8)).astype(np.float32)
    reranked = rerank(features[:10], features[10:], RerankSettings(5, 2, 0.3, chunk_bytes=500))
    assert (reranked.queries, reranked.gallery) == (10, 20)
    np.testing.assert_allclose(reranked.rows(3, 7), reranked.matrix()[3:7], atol=1e-6)


def test_the_whole_weight_on_the_original_distance_keeps_its_order() -> None:
    rng = np.random.default_rng(1)
    features = rng.standard_normal((30, 8)).astype(np.float32)
    found = rerank(features[:5], features[5:], RerankSettings(6, 2, 1.0)).matrix()
    original = squared_euclidean(features[:5], features[5:])
    np.testing.assert_array_equal(np.argsort(found), np.argsort(original))


def test_pictures_all_the_same_stay_finite() -> None:
    same = np.ones((8, 4), np.float32)
    assert np.isfinite(rerank(same[:2], same[2:], RerankSettings(3, 2)).matrix()).all()


def test_without_a_neighbour_there_is_nothing_to_rank_by() -> None:
    with pytest.raises(ValueError, match="k1 and k2"):
        RerankSettings(k1=5, k2=0)
