"""Batches of identities."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reseen.errors import InputError
from reseen.training.sampling import check_identities, pk_batches, share_of_rank, uniform_batches


@given(
    counts=st.lists(st.integers(1, 13), min_size=3, max_size=20),
    people=st.integers(1, 3),
    shots=st.integers(1, 5),
    seed=st.integers(0, 2**40),
)
@settings(max_examples=60, deadline=None)
def test_rules(counts: list[int], people: int, shots: int, seed: int) -> None:
    labels = np.random.default_rng(seed).permutation(np.repeat([-1, *range(len(counts))], [2, *counts]))
    batches = pk_batches(labels, people, shots, seed)
    groups = labels[batches].reshape(len(batches), people, shots)
    assert (groups >= 0).all()
    assert (groups == groups[..., :1]).all()
    assert all(len(set(row)) == people for row in groups[..., 0].tolist())
    drawn = np.bincount(batches.ravel(), minlength=len(labels))
    allowed = np.maximum(1, np.asarray(counts) // shots)
    given_groups = np.bincount(groups[..., 0].ravel(), minlength=len(counts))
    assert (given_groups <= allowed).all()
    assert ((allowed - given_groups) > 0).sum() < people
    many = np.asarray([count >= shots for count in counts])
    assert drawn[(labels >= 0) & many[labels]].max(initial=0) <= 1


def test_the_same_seed_draws_the_same_and_another_does_not() -> None:
    labels = np.repeat(np.arange(20), 8)
    assert (pk_batches(labels, 4, 4, 1, 2) == pk_batches(labels, 4, 4, 1, 2)).all()
    assert not np.array_equal(pk_batches(labels, 4, 4, 1, 2), pk_batches(labels, 4, 4, 1, 3))


@pytest.mark.parametrize("world", [1, 2, 4])
def test_processes_share_every_batch_without_splitting_an_identity(world: int) -> None:
    labels = np.repeat(np.arange(12), 6)
    batches = pk_batches(labels, 4, 3, 5)
    shares = [share_of_rank(batches, 3, rank, world) for rank in range(world)]
    assert (np.concatenate(shares, axis=1) == batches).all()
    for share in shares:
        groups = labels[share].reshape(len(share), -1, 3)
        assert (groups == groups[..., :1]).all()


def test_uneven_shares_are_refused() -> None:
    with pytest.raises(InputError, match="cannot be shared evenly by 3"):
        share_of_rank(np.zeros((2, 8), np.int64), 2, 0, 3)


def test_too_few_people() -> None:
    with pytest.raises(InputError, match="needs 5 people but the training data has 3"):
        pk_batches(np.repeat(np.arange(3), 4), 5, 2, 0)


def test_uniform_batches_see_everything_once_a_round() -> None:
    one = uniform_batches(10, 5, 3)
    assert sorted(one.ravel().tolist()) == list(range(10))
    more = uniform_batches(10, 4, 3, batches=5)
    assert more.shape == (5, 4)
    assert np.bincount(more.ravel()).tolist() == [2] * 10
    assert uniform_batches(3, 8, 1, batches=2).shape == (2, 8)


def test_people_with_one_picture() -> None:
    assert check_identities(np.asarray([0, 0, 1, 1, -1]), ["a"]) == ""
    assert check_identities(np.asarray([0, 0, 1]), ["a"]) == (
        "1 of 2 people have a single picture, which is repeated in a batch"
    )
    with pytest.raises(InputError, match="every person has a single picture"):
        check_identities(np.asarray([0, 1, 2]), ["a"])
