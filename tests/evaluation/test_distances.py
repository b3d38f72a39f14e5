"""Distances against the golden files and the plain formulas."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from reseen.evaluation import (
    Metric,
    angular_distance,
    cosine_distance,
    distance_rows,
    nearest,
    normalised,
    squared_euclidean,
)


def test_golden_distances(golden: Path) -> None:
    given_ = np.load(golden / "distance.npz")
    allowed = json.loads((golden / "config.json").read_text())["tolerances"]["distance"]["rel_to_max"]
    for found, name in (
        (squared_euclidean(given_["x"], given_["y"]), "euclidean_distance_squared"),
        (angular_distance(given_["x"], given_["y"]), "cosine_similarity_arccos"),
    ):
        assert np.abs(found - given_[name]).max() <= allowed * np.abs(given_[name]).max()


def test_by_hand() -> None:
    x, y = np.array([[3.0, 4.0]], np.float32), np.array([[0.0, 2.0], [-3.0, -4.0]], np.float32)
    np.testing.assert_allclose(squared_euclidean(x, y), [[13, 100]])
    np.testing.assert_allclose(cosine_distance(x, y), [[0.2, 2]], atol=1e-6)
    np.testing.assert_allclose(angular_distance(x, y), [[np.arccos(0.8), np.pi]], atol=5e-3)


def test_a_row_of_zeros_is_like_nothing() -> None:
    zero, one = np.zeros((1, 4), np.float32), np.ones((1, 4), np.float32)
    assert normalised(zero).tolist() == [[0, 0, 0, 0]]
    assert cosine_distance(zero, one).item() == 1


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_rows_are_those_of_the_whole(metric: Metric) -> None:
    rng = np.random.default_rng(0)
    x, y = (rng.standard_normal((count, 6)).astype(np.float32) for count in (9, 7))
    whole = (cosine_distance if metric == "cosine" else squared_euclidean)(x, y)
    rows = distance_rows(x, y, metric)
    np.testing.assert_allclose(np.concatenate([rows(0, 4), rows(4, 9)]), whole, atol=1e-5)
    assert rows(2, 5).dtype == np.float32


@given(arrays.arrays(np.float32, st.integers(0, 300), elements=st.integers(0, 50).map(float)), st.integers(1, 20))
def test_nearest_is_the_head_of_a_stable_sort(row: np.ndarray, count: int) -> None:
    np.testing.assert_array_equal(nearest(row, count), np.argsort(row, kind="stable")[:count])
