from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from library.samples import DIM, tracklet, unit
from reseen.library import LibraryError
from reseen.library.codec import check_vectors, pack_path, pack_vectors, unpack_path, unpack_vectors

ARRAYS = ("times", "boxes", "scores", "observed", "overlaps", "warmup_times", "warmup_boxes")


@given(st.integers(0, 2**32 - 1), st.integers(1, 200))
def test_a_path_comes_back_to_the_bit(seed: int, count: int) -> None:
    given_one = tracklet(np.random.default_rng(seed), 1 / 3, count, shots=0)
    back = unpack_path(pack_path(given_one))
    for name in ARRAYS:
        before, after = getattr(given_one, name), getattr(back, name)
        assert after.dtype == before.dtype, name
        assert after.tobytes() == before.tobytes(), name
    assert back.shots == ()


def test_a_path_without_warmup_comes_back(rng: np.random.Generator) -> None:
    bare = dataclasses.replace(tracklet(rng, 0.0), warmup_times=np.zeros(0), warmup_boxes=np.zeros((0, 4), np.float32))
    back = unpack_path(pack_path(bare))
    assert back.warmup_times.shape == (0,)
    assert back.warmup_boxes.shape == (0, 4)


def test_a_steady_path_shrinks(rng: np.random.Generator) -> None:
    one = tracklet(rng, 0.0, 150)
    still = dataclasses.replace(one, boxes=np.tile(one.boxes[:1], (150, 1)))
    assert len(pack_path(still)) < 150 * 33 / 2


@pytest.mark.parametrize("cut", [0, 5, 30, -1])
def test_a_damaged_path_is_refused(rng: np.random.Generator, cut: int) -> None:
    with pytest.raises(LibraryError, match="damaged"):
        unpack_path(pack_path(tracklet(rng, 0.0))[:cut])


def test_arrays_of_different_length_are_refused(rng: np.random.Generator) -> None:
    with pytest.raises(ValueError, match="differ in length"):
        pack_path(dataclasses.replace(tracklet(rng, 0.0), scores=np.zeros(2, np.float32)))


def test_vectors_are_rounded_to_float16_and_no_further(rng: np.random.Generator) -> None:
    given_ones = unit(rng, 7)
    back = unpack_vectors(pack_vectors(given_ones), DIM)
    assert back.dtype == np.float32
    np.testing.assert_array_equal(back, given_ones.astype(np.float16).astype(np.float32))


def test_no_vectors_are_a_matrix_too() -> None:
    assert unpack_vectors([], DIM).shape == (0, DIM)


def test_a_vector_of_another_length_is_refused() -> None:
    with pytest.raises(LibraryError, match="16 numbers"):
        unpack_vectors([b"\0" * 30], DIM)


@pytest.mark.parametrize(("change", "said"), [(2.0, "unit vectors"), (np.nan, "unit vectors"), (0.0, "unit vectors")])
def test_only_unit_vectors_go_in(rng: np.random.Generator, change: float, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        check_vectors(unit(rng, 3) * np.float32(change), 3, DIM)
