from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reseen.evaluation import (
    Interval,
    MomentSettings,
    ScoredMoment,
    WantedPerson,
    judge_query,
    summarise,
    temporal_overlap,
)

PERSON = WantedPerson(
    "man",
    appearances=(Interval("gate", 10, 20), Interval("gate", 40, 50), Interval("yard", 5, 6)),
    also_in_view=(
        Interval("gate", 8, 22),
        Interval("gate", 39, 51),
        Interval("yard", 4, 7),
        Interval("roof", 0, 1),
    ),
)
ABSENT = WantedPerson("nobody", (), ())


def moment(source: str, start: float, end: float, score: float = 0.9) -> ScoredMoment:
    return ScoredMoment(source, start, end, score)


def test_everything_found_exactly() -> None:
    judged = judge_query(PERSON, [moment(a.source, a.start, a.end) for a in PERSON.appearances], 0.5)
    assert judged.overlaps.tolist() == [1, 1, 1]
    assert (judged.reported, judged.right, judged.average_precision) == (3, 3, 1)
    figures = summarise([judged])
    assert (figures.recall, figures.precision, figures.mean_overlap) == (1, 1, 1)
    assert (figures.start_error, figures.end_error) == (0, 0)


def test_overlap_and_errors_by_hand() -> None:
    judged = judge_query(PERSON, [moment("gate", 12, 21)], 0.5)
    assert judged.overlaps[0] == pytest.approx(8 / 11)
    assert (judged.start_errors[0], judged.end_errors[0]) == (2, 1)
    assert judged.found.tolist() == [True, False, False]
    assert np.isnan(judged.start_errors[1])


def test_a_torn_stay_is_found_by_its_larger_part_only() -> None:
    judged = judge_query(PERSON, [moment("gate", 10, 16), moment("gate", 17, 20)], 0.5)
    assert judged.overlaps[0] == pytest.approx(0.6)
    assert (judged.reported, judged.right) == (2, 2)


def test_two_stays_melted_into_one_moment_are_missed_but_not_false() -> None:
    judged = judge_query(PERSON, [moment("gate", 10, 50)], 0.5)
    assert not judged.found.any()
    assert (judged.reported, judged.right) == (1, 1)


@pytest.mark.parametrize(
    ("start", "end", "right"), [(22.2, 25, True), (22.4, 25, False), (5, 7.8, True), (5, 7.6, False)]
)
def test_touching_has_a_tolerance(start: float, end: float, right: bool) -> None:
    assert judge_query(PERSON, [moment("gate", start, end)], 0.5).right == right
    assert judge_query(PERSON, [moment("gate", start, end)], 0.5, MomentSettings(tolerance=1)).right == 1


def test_the_same_time_in_another_source_is_false() -> None:
    judged = judge_query(PERSON, [moment("cellar", 10, 20)], 0.5)
    assert (judged.reported, judged.right) == (1, 0)


def test_finding_the_person_where_they_need_not_be_found_is_right() -> None:
    judged = judge_query(PERSON, [moment("roof", 0, 1)], 0.5)
    assert (judged.reported, judged.right) == (1, 1)


def test_moments_below_the_threshold_only_rank() -> None:
    right = [moment(a.source, a.start, a.end, 0.3) for a in PERSON.appearances]
    judged = judge_query(PERSON, [moment("cellar", 0, 1, 0.4), *right], 0.5)
    assert judged.reported == 0
    assert judged.average_precision == pytest.approx((1 / 2 + 2 / 3 + 3 / 4) / 3)


def test_an_appearance_that_nothing_touches_costs_average_precision() -> None:
    judged = judge_query(PERSON, [moment("gate", 10, 20), moment("gate", 40, 50)], 0.5)
    assert judged.average_precision == pytest.approx(2 / 3)


def test_at_equal_scores_the_wrong_one_comes_first() -> None:
    right = [moment(a.source, a.start, a.end) for a in PERSON.appearances]
    judged = judge_query(PERSON, [*right, moment("cellar", 0, 1)], 0.5)
    assert judged.average_precision == pytest.approx((1 / 2 + 2 / 3 + 3 / 4) / 3)


def test_nothing_returned() -> None:
    judged = judge_query(PERSON, [], 0.5)
    assert judged.average_precision == 0
    figures = summarise([judged])
    assert figures.recall == 0
    assert np.isnan(figures.precision)
    assert np.isnan(figures.mean_overlap)


def test_the_absent_only_cost_precision() -> None:
    judged = judge_query(ABSENT, [moment("gate", 10, 20)], 0.5)
    assert np.isnan(judged.average_precision)
    whole = judge_query(PERSON, [moment(a.source, a.start, a.end) for a in PERSON.appearances], 0.5)
    figures = summarise([judged, whole])
    assert figures.false_for_absent == 1
    assert figures.precision == pytest.approx(3 / 4)
    assert (figures.queries, figures.appearances, figures.recall) == (2, 3, 1)
    assert figures.mean_average_precision == 1


def test_no_queries() -> None:
    figures = summarise([])
    assert (figures.queries, figures.appearances, figures.reported) == (0, 0, 0)
    assert np.isnan(figures.recall)


def test_stills_overlap_when_they_are_the_same_instant() -> None:
    assert temporal_overlap(moment("a.jpg", 0, 0), Interval("a.jpg", 0, 0)) == 1
    assert temporal_overlap(moment("a.jpg", 0, 0), Interval("b.jpg", 0, 0)) == 0
    assert temporal_overlap(moment("a", 0, 0), Interval("a", 0, 4)) == 0


times = st.tuples(st.sampled_from(["a", "b"]), st.floats(0, 50, width=16), st.floats(0, 10, width=16))


@given(times, times)
def test_overlap_is_symmetric_and_bounded(a: tuple[str, float, float], b: tuple[str, float, float]) -> None:
    one, two = Interval(a[0], a[1], a[1] + a[2]), Interval(b[0], b[1], b[1] + b[2])
    assert temporal_overlap(one, two) == temporal_overlap(two, one)
    assert 0 <= temporal_overlap(one, two) <= 1
    assert temporal_overlap(one, one) == 1


@given(st.lists(times, max_size=8))
def test_each_moment_finds_one_appearance_at_most(drawn: list[tuple[str, float, float]]) -> None:
    moments = [moment(source, start, start + length) for source, start, length in drawn]
    twice = WantedPerson("twins", PERSON.appearances * 2, PERSON.also_in_view)
    judged = judge_query(twice, moments, 0.5)
    assert judged.found.sum() <= len(moments)
    assert 0 <= judged.average_precision <= 1
