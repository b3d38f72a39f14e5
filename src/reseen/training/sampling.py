"""Which pictures make a batch: identity-balanced (PK) and uniform sampling.

Every function is a pure function of its seed, so a run that resumes in the middle of an epoch draws the same
batches again. PK sampling follows Hermans, Beyer and Leibe, "In Defense of the Triplet Loss" (2017), by the
rules of the CLIP-ReID authors' sampler.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from reseen.errors import InputError

Index = NDArray[np.int64]


def rng_of(*seed: int) -> np.random.Generator:
    """A generator that depends on all the numbers given."""
    return np.random.default_rng(np.random.SeedSequence([int(part) & 0xFFFFFFFF for part in seed]))


def pk_batches(labels: Index, people: int, shots: int, *seed: int) -> Index:
    """One epoch of batches of ``people`` identities with ``shots`` pictures each.

    Each identity's pictures are shuffled and cut into groups of ``shots``; an identity with fewer gives one
    group drawn with replacement. Batches are drawn from identities that have a group left, until fewer than
    ``people`` have. Unlabelled pictures (-1) are never drawn.

    Args:
        labels: (N,) int64 identity of each picture.
        people: P, identities in a batch.
        shots: K, pictures of each.
        seed: Numbers the draw depends on, such as the recipe's seed and the epoch.

    Returns:
        (batches, P*K) int64 positions into ``labels``; runs of K share their identity.

    Raises:
        InputError: Fewer than ``people`` identities, so that not one batch can be made.
    """
    rng = rng_of(*seed)
    groups = _groups(labels, shots, rng)
    if len(groups) < people:
        raise InputError(
            f"a batch needs {people} people but the training data has {len(groups)}; lower sampling.people"
        )
    batches: list[Index] = []
    left = list(groups)
    while len(left) >= people:
        chosen = rng.choice(len(left), size=people, replace=False)
        batches.append(np.concatenate([groups[left[i]].pop() for i in chosen]))
        left = [label for label in left if groups[label]]
    return np.stack(batches)


def _groups(labels: Index, shots: int, rng: np.random.Generator) -> dict[int, list[Index]]:
    order = np.argsort(labels, kind="stable")
    values, starts = np.unique(labels[order], return_index=True)
    groups: dict[int, list[Index]] = {}
    for label, members in zip(values.tolist(), np.split(order, starts[1:]), strict=True):
        if label < 0:
            continue
        few = len(members) < shots
        drawn = rng.choice(members, size=shots, replace=True) if few else rng.permutation(members)
        count = max(1, len(members) // shots)
        groups[label] = [drawn[i * shots : (i + 1) * shots].astype(np.int64) for i in range(count)]
    return groups


def uniform_batches(count: int, size: int, *seed: int, batches: int = 0) -> Index:
    """Batches of ``size`` distinct-as-can-be pictures out of ``count``, reshuffled when all were seen.

    Args:
        count: How many pictures there are.
        size: Pictures in a batch.
        seed: Numbers the draw depends on.
        batches: How many batches; 0 for one pass (an incomplete last batch is left out).

    Returns:
        (batches, size) int64.
    """
    rng = rng_of(*seed)
    wanted = batches or max(1, count // size)
    rounds = -(-wanted * size // max(count, 1))
    order = np.concatenate([rng.permutation(count) for _ in range(rounds)])
    return order[: wanted * size].reshape(wanted, size).astype(np.int64)


def share_of_rank(batches: Index, shots: int, rank: int, world: int) -> Index:
    """One process's part of every batch: whole groups of ``shots``, so that each holds whole identities.

    Raises:
        InputError: The groups of a batch cannot be dealt evenly.
    """
    groups = batches.shape[1] // shots
    if groups % world:
        raise InputError(f"a batch of {groups} people cannot be shared evenly by {world} processes")
    part = groups // world * shots
    return batches[:, rank * part : (rank + 1) * part]


def lonely(labels: Index) -> int:
    """How many identities have a single picture."""
    known = labels[labels >= 0]
    return int((np.bincount(known) == 1).sum()) if known.size else 0


def check_identities(labels: Index, shown: Sequence[str]) -> str:
    """A warning line about identities with one picture, or an empty string.

    Raises:
        InputError: No identity has two pictures: nothing about sameness can be learnt.
    """
    known = labels[labels >= 0]
    people, alone = np.unique(known).size, lonely(labels)
    if known.size and alone == people:
        raise InputError(f"{', '.join(shown)}: every person has a single picture; at least two are needed to learn")
    return f"{alone} of {people} people have a single picture, which is repeated in a batch" if alone else ""
