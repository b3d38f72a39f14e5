"""What scores mean: the rule of a search, curves and thresholds of named people."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reseen.evaluation import Embedded, pairwise
from reseen.training.scores import MOST_QUERIES, best_shots, from_populations, meaning_of, unit


def crowd(rng: np.random.Generator, count: int, most: int) -> list[np.ndarray]:
    rows = [rng.normal(size=(rng.integers(1, most + 1), 5)).astype(np.float32) for _ in range(count)]
    return [one / np.linalg.norm(one, axis=1, keepdims=True) for one in rows]


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**16), st.integers(1, 90), st.integers(1, 12), st.integers(1, 5))
def test_the_rule_is_the_mean_of_the_two_most_alike_shots(seed: int, queries: int, people: int, most: int) -> None:
    rng = np.random.default_rng(seed)
    wanted, seen = crowd(rng, queries, 3), crowd(rng, people, most)
    naive = pairwise(lambda likeness: float(np.sort(likeness, axis=1)[:, -2:].mean()))(wanted, seen)
    np.testing.assert_allclose(best_shots(wanted, seen), naive, atol=1e-6)


def test_nobody_looked_for_or_at() -> None:
    one = [np.ones((1, 3), np.float32)]
    assert best_shots([], one).shape == (0, 1) and best_shots(one, []).shape == (1, 0)


def people(rng: np.random.Generator, count: int) -> Embedded:
    identities = np.repeat(np.arange(count), 4)
    features = rng.normal(size=(count, 16))[identities] + 0.3 * rng.normal(size=(4 * count, 16))
    return Embedded(features.astype(np.float32), identities, np.tile([0, 0, 1, 1], count))


def test_the_threshold_keeps_its_rate_among_all_pairs() -> None:
    seen = people(np.random.default_rng(1), 40)
    found = meaning_of(seen, seen, "these", rate=0.01)
    assert len(found.pairs.different) == 160 * 39 * 2 and len(found.pairs.same) == 160
    assert (found.pairs.different >= found.threshold).mean() <= 0.01
    assert (found.pairs.different >= found.threshold - 0.02).mean() > 0.01
    assert found.missed == pytest.approx((found.pairs.same < found.threshold).mean())
    assert found.curve.pairs == 160 * 39 * 2 and found.curve.source == "these"
    assert json.loads(json.dumps(found.facts()))["threshold"] == found.threshold
    np.testing.assert_allclose(np.linalg.norm(unit(seen).features, axis=1), 1, atol=1e-6)


def test_of_very_many_queries_a_thousand_serve() -> None:
    seen = people(np.random.default_rng(2), 300)
    found = meaning_of(seen, seen, "many")
    assert len(found.pairs.same) == MOST_QUERIES and found.curve.pairs == MOST_QUERIES * 299 * 2


def test_populations_count_alike() -> None:
    few = meaning_of(*[people(np.random.default_rng(3), 12)] * 2, "few")
    many = meaning_of(*[people(np.random.default_rng(4), 60)] * 2, "many")
    both = from_populations([few.pairs, many.pairs], "both", 0.02)
    shares = [(one.pairs.different >= both.threshold).mean() for one in (few, many)]
    assert np.mean(shares) <= 0.02
    assert both.curve.pairs == 2 * len(few.pairs.different)


def test_nobody_seen_again_is_not_a_number_in_json() -> None:
    seen = people(np.random.default_rng(5), 12)
    alone = Embedded(seen.features[::4], seen.persons[::4], seen.cameras[::4])
    assert meaning_of(alone, alone, "alone").facts()["missed"] is None
