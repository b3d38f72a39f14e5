from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reseen.models import Expected, ScoreCurve

CURVE = ScoreCurve(scores=(0.2, 0.4, 0.6, 0.8), rates=(1.0, 0.1, 0.001, 0.0), pairs=100_000)


def test_at_a_measured_score_it_is_rate_times_people() -> None:
    expected = CURVE.expected(0.4, 3100)
    assert expected.value == pytest.approx(310)
    assert not expected.at_most


def test_between_scores_it_is_the_geometric_mean() -> None:
    assert CURVE.expected(0.5, 1000).value == pytest.approx(10.0)


def test_beyond_the_data_it_says_fewer_than() -> None:
    expected = CURVE.expected(0.95, 3100)
    assert expected == Expected(pytest.approx(3100 * 3 / 100_000), at_most=True)
    assert CURVE.expected(0.8, 3100) == expected


def test_below_the_curve_everybody_may_match() -> None:
    assert CURVE.expected(-0.5, 50) == Expected(50.0, at_most=False)
    partial = ScoreCurve(scores=(0.2, 0.4), rates=(0.5, 0.1), pairs=1000)
    assert partial.expected(0.1, 50) == Expected(50.0, at_most=True)


def test_a_rate_below_what_the_pairs_support_is_not_claimed() -> None:
    curve = ScoreCurve(scores=(0.2, 0.4), rates=(0.5, 0.001), pairs=100)
    assert curve.expected(0.4, 10) == Expected(pytest.approx(0.3), at_most=True)


def test_score_at_rate() -> None:
    assert CURVE.score_at(0.05) == 0.6
    assert CURVE.score_at(0.1) == 0.4
    assert ScoreCurve(scores=(0.2, 0.4), rates=(0.5, 0.1), pairs=10).score_at(0.01) == 0.4


@given(st.floats(-1, 1), st.floats(-1, 1), st.integers(0, 10_000))
def test_a_higher_score_never_expects_more(a: float, b: float, people: int) -> None:
    low, high = sorted((a, b))
    assert CURVE.expected(high, people).value <= CURVE.expected(low, people).value + 1e-9


@given(st.floats(-1, 1), st.integers(0, 10_000))
def test_never_more_than_everybody(score: float, people: int) -> None:
    assert 0 <= CURVE.expected(score, people).value <= people + 1e-9
