from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from reseen.evaluation import false_match_curve, miss_rates, threshold_at

SCORES = arrays.arrays(np.float64, st.integers(10, 300), elements=st.floats(-1, 1, width=16).map(float))
POPULATIONS = st.lists(SCORES, min_size=1, max_size=3)


def share(populations: list[np.ndarray], score: float) -> float:
    return float(np.mean([(one >= score).mean() for one in populations]))


def test_a_hundred_scores_by_hand() -> None:
    curve = false_match_curve([np.arange(100) / 100], points=200)
    assert curve.pairs == 100
    assert curve.scores[0] == 0
    assert curve.rates[0] == 1
    # Three of a hundred reach 0.97; of any higher score the data only say "fewer than 3 in 100".
    assert curve.scores[-1] == 0.97
    assert curve.rates[-1] == pytest.approx(0.03)
    half = int(np.searchsorted(curve.scores, 0.5))
    assert curve.rates[half] == pytest.approx(0.5, abs=0.02)


def test_populations_count_alike_whatever_their_size() -> None:
    small, large = np.zeros(20), np.ones(2000)
    curve = false_match_curve([small, large])
    assert curve.scores.tolist() == [0, 1]
    assert curve.rates.tolist() == [1, 0.5]
    assert curve.pairs == 40


@given(POPULATIONS, st.integers(2, 60))
def test_the_curve_falls_and_tells_the_measured_share(populations: list[np.ndarray], points: int) -> None:
    curve = false_match_curve(populations, points)
    assert (np.diff(curve.scores) > 0).all()
    assert (np.diff(curve.rates) < 0).all()
    assert len(curve.scores) <= points + 1
    floor = 3 / curve.pairs
    for score, rate in zip(curve.scores, curve.rates, strict=True):
        assert rate == pytest.approx(max(share(populations, score), floor))


@given(POPULATIONS, st.floats(0, 1))
def test_the_threshold_keeps_the_rate_and_is_the_lowest_that_does(populations: list[np.ndarray], rate: float) -> None:
    threshold = threshold_at(populations, rate)
    assert share(populations, threshold) <= rate + 1e-9
    lower = np.nextafter(threshold, -np.inf)
    assert share(populations, lower) > rate - 1e-9 or lower < min(one.min() for one in populations)


@pytest.mark.parametrize("populations", [[], [np.zeros(9)], [np.full(20, np.nan)]])
def test_too_little_is_refused(populations: list[np.ndarray]) -> None:
    with pytest.raises(ValueError):
        false_match_curve(populations)


@given(SCORES, arrays.arrays(np.float64, 5, elements=st.floats(-1, 1)))
def test_misses_are_the_share_below(scores: np.ndarray, thresholds: np.ndarray) -> None:
    expected = [(scores < threshold).mean() for threshold in thresholds]
    np.testing.assert_allclose(miss_rates(scores, thresholds), expected)
