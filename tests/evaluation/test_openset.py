from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from reseen.evaluation import Embedded, evaluate, open_set, open_set_of

UNIT = st.floats(-1, 1, width=32)


def test_by_hand() -> None:
    wrong = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.5, 0.6, 0.7, 0.8, 0.9], np.float32)
    right = np.array([0.95, 0.85, 0.2, 0.9, 0.4, np.inf, 0.9, 0.9, 0.7, 0.95], np.float32)
    (point,) = open_set(right, wrong, [0.1])
    # One stranger in ten may pass, so the threshold lies just above the second most alike, 0.8.
    assert point.threshold == pytest.approx(0.8)
    assert point.threshold > np.float32(0.8)
    assert point.true_positives == pytest.approx(6 / 9)
    assert (point.searches, point.supported) == (10, True)


def test_too_few_searches_say_so() -> None:
    wrong = np.linspace(0, 0.5, 200).astype(np.float32)
    one, tenth = open_set(wrong + 0.4, wrong)
    assert one.supported
    assert not tenth.supported
    assert tenth.threshold == pytest.approx(0.5)


def test_an_answer_above_the_threshold_but_of_somebody_else_is_not_found() -> None:
    (point,) = open_set(np.array([0.8, 0.9], np.float32), np.array([0.9, 0.1], np.float32), [1.0])
    assert point.threshold == -np.inf
    assert point.true_positives == 0.5


def test_nobody_else_is_refused() -> None:
    with pytest.raises(ValueError, match="somebody else"):
        open_set(np.array([0.5], np.float32), np.array([-np.inf], np.float32))


@given(
    arrays.arrays(np.float32, st.integers(1, 60), elements=UNIT),
    arrays.arrays(np.float32, 60, elements=UNIT),
    st.floats(0, 1),
)
def test_the_threshold_keeps_the_rate_and_is_the_lowest_that_does(
    wrong: np.ndarray, right: np.ndarray, rate: float
) -> None:
    (point,) = open_set(right[: len(wrong)], wrong, [rate])
    assert (wrong >= point.threshold).mean() <= rate + 1e-6
    if np.isfinite(point.threshold):
        assert (wrong >= np.nextafter(np.float32(point.threshold), -np.float32(np.inf))).mean() > rate - 1e-6


@given(arrays.arrays(np.float32, (2, 40), elements=UNIT))
def test_a_looser_rate_finds_no_fewer(scores: np.ndarray) -> None:
    points = open_set(scores[0], scores[1], [0.0, 0.01, 0.1, 0.5, 1.0])
    assert all(a.threshold >= b.threshold for a, b in pairwise(points))
    assert all(a.true_positives <= b.true_positives for a, b in pairwise(points))


def test_a_ranking_gives_similarities() -> None:
    angles = np.array([0.0, 1.0])
    query = Embedded(
        np.stack([np.cos(angles), np.sin(angles)], 1).astype(np.float32), np.array([1, 2]), np.zeros(2, int)
    )
    turned = angles + 0.2
    gallery = Embedded(
        np.stack([np.cos(turned), np.sin(turned)], 1).astype(np.float32), np.array([1, 2]), np.ones(2, int)
    )
    (point,) = open_set_of(evaluate(query, gallery), [0.5])
    # The strangers are 1.2 and 0.8 away; half of them may pass, so the line is at the farther one.
    assert point.threshold == pytest.approx(np.cos(1.2), abs=1e-6)
    assert point.true_positives == 1
