from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from reseen.tracking import AssociationSettings
from reseen.tracking.association import Expectations, Stage, assign_in_stages, doubtful_rows, likeness
from tracking.scenes import box

SETTINGS = AssociationSettings()


def expected(*xs: float, spread: float = 10.0, stride: float = 0.0, age: float = 0.0) -> Expectations:
    boxes = np.array([box(x) for x in xs]).reshape(-1, 4)
    count = len(boxes)
    return Expectations(
        boxes,
        np.full((count, 2), spread),
        (boxes[:, :2] + boxes[:, 2:]) / 2,
        np.tile([stride, 0.0], (count, 1)),
        np.full(count, age),
    )


def boxes(*xs: float, height: float = 100.0) -> np.ndarray:
    return np.array([box(x, height=height) for x in xs]).reshape(-1, 4)


def everything(rows: int, columns: int, least: float = 0.2) -> Stage:
    return Stage(np.ones(rows, bool), np.ones(columns, bool), least)


def test_where_expected_is_most_alike() -> None:
    values = likeness(expected(0, 300), boxes(0, 20, 300), SETTINGS)
    assert values.shape == (2, 3)
    assert values[0, 0] == pytest.approx(1.0)
    assert values[0, 0] > values[0, 1] > values[0, 2] == pytest.approx(0.0)


def test_what_is_less_known_reaches_farther() -> None:
    near, far = (likeness(expected(0, spread=spread), boxes(60), SETTINGS)[0, 0] for spread in (1.0, 60.0))
    assert near == pytest.approx(0.0)
    assert far > 0.4


def test_another_size_is_less_alike() -> None:
    same, smaller = (likeness(expected(0), boxes(0, height=height), SETTINGS)[0, 0] for height in (100, 60))
    assert smaller < 0.2 < same


def test_going_on_is_more_alike_than_turning_back() -> None:
    on, back = likeness(expected(0, spread=50, stride=0.5), boxes(40, -40), SETTINGS)[0]
    assert on == pytest.approx(back + 2 * SETTINGS.heading)
    assert np.ptp(likeness(expected(0, spread=50, stride=0.0), boxes(40, -40), SETTINGS)) == pytest.approx(0.0)


def test_a_track_just_seen_goes_before_a_lost_one() -> None:
    fresh, lost = (likeness(expected(0, age=age), boxes(0), SETTINGS)[0, 0] for age in (0.0, 1.0))
    assert lost == pytest.approx(fresh - SETTINGS.ageing)


@pytest.mark.parametrize(("rows", "columns"), [(0, 0), (0, 3), (3, 0)])
def test_nobody_or_nothing(rows: int, columns: int) -> None:
    values = likeness(expected(*range(rows)), boxes(*range(columns)), SETTINGS)
    assert values.shape == (rows, columns)
    assert assign_in_stages(values, [everything(rows, columns)]).tolist() == [-1] * columns


def test_nothing_alike_enough_is_given_to_nobody() -> None:
    assert assign_in_stages(np.full((2, 2), 0.1), [everything(2, 2)]).tolist() == [-1, -1]


def test_best_as_a_whole_not_one_after_the_other() -> None:
    values = np.array([[0.9, 0.8], [0.85, 0.0]])
    assert assign_in_stages(values, [everything(2, 2)]).tolist() == [1, 0]


def test_a_good_pair_is_not_parted_for_two_poor_ones() -> None:
    values = np.array([[0.9, 0.25], [0.25, 0.0]])
    assert assign_in_stages(values, [everything(2, 2)]).tolist() == [0, -1]


def test_the_first_stage_chooses_first() -> None:
    values = np.array([[0.5], [0.9]])
    first = Stage(np.array([True, False]), np.array([True]), 0.2)
    assert assign_in_stages(values, [first, everything(2, 1)]).tolist() == [0]


@given(arrays(np.float64, st.tuples(st.integers(0, 4), st.integers(0, 4)), elements=st.floats(0, 1)))
def test_no_other_assignment_is_worth_more(values: np.ndarray) -> None:
    rows, columns = values.shape
    owners = assign_in_stages(values, [everything(rows, columns)])
    given_rows = owners[owners >= 0]
    assert len(set(given_rows.tolist())) == len(given_rows)
    gain = np.maximum(values - 0.2, 0.0)
    worth = sum(gain[row, column] for column, row in enumerate(owners) if row >= 0)
    size = max(rows, columns)
    square = np.zeros((size, size))
    square[:rows, :columns] = gain
    best = max((sum(square[i, p[i]] for i in range(size)) for p in itertools.permutations(range(size))), default=0.0)
    assert worth == pytest.approx(best)


FRESH = np.array([True, True])


def test_exchangeable_tracks_are_in_doubt() -> None:
    owners = np.array([0, 1])
    alike = np.array([[0.80, 0.79], [0.78, 0.79]])
    apart = np.array([[0.80, 0.40], [0.40, 0.80]])
    assert doubtful_rows(alike, owners, FRESH, 0.2, 0.05) == {0, 1}
    assert doubtful_rows(apart, owners, FRESH, 0.2, 0.05) == set()


def test_one_sight_for_two_tracks_puts_both_in_doubt_once() -> None:
    values, owners = np.array([[0.70], [0.69]]), np.array([0])
    assert doubtful_rows(values, owners, FRESH, 0.2, 0.05) == {0, 1}
    assert doubtful_rows(values, owners, np.array([True, False]), 0.2, 0.05) == set()


def test_a_track_that_could_not_have_it_puts_nobody_in_doubt() -> None:
    assert doubtful_rows(np.array([[0.21], [0.19]]), np.array([0]), FRESH, 0.2, 0.05) == set()
