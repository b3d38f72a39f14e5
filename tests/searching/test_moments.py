from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reseen.searching import MergeSettings, merge_intervals
from reseen.searching.match import Match, Path, SourceClock
from reseen.searching.moments import group_matches, seen_together, to_moments

SETTINGS = MergeSettings()
EIGHT = datetime(2026, 5, 1, 8, tzinfo=UTC)

intervals = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 10)).map(lambda pair: (float(pair[0]), float(sum(pair)))), max_size=12
)
gaps = st.integers(0, 5).map(float)


def source(number: int, camera: str = "Gate", start: float | None = None, duration: float = 60.0) -> SourceClock:
    clock = None if start is None else EIGHT + timedelta(seconds=start)
    return SourceClock(number, f"{number}.mp4", camera, clock, duration)


def match(
    at: SourceClock, start: float, end: float, score: float = 0.6, x: float = 0.0, number: int = 1, rate: float = 5.0
) -> Match:
    times = np.arange(round(start * rate), round(end * rate) + 1) / rate
    box = (x, 50.0, x + 40, 170.0)
    return Match(at, (number,), times, np.tile(np.array(box, np.float32), (len(times), 1)), score, start, box, number)


def numbers(groups: list[list[Match]]) -> list[list[int]]:
    """The matches of each group by their number."""
    return [sorted(item.best_shot for item in group) for group in groups]


@given(intervals, gaps)
def test_merged_intervals_are_sorted_and_apart(given_ones: list[tuple[float, float]], gap: float) -> None:
    merged = merge_intervals(given_ones, gap)
    assert merged == sorted(merged)
    for (_, end), (start, _) in pairwise(merged):
        assert start - end >= gap
        assert start >= end


@given(intervals, gaps)
def test_merged_intervals_cover_all_and_begin_and_end_where_one_did(
    given_ones: list[tuple[float, float]], gap: float
) -> None:
    merged = merge_intervals(given_ones, gap)
    for start, end in given_ones:
        assert any(first <= start and end <= last for first, last in merged)
    assert {start for start, _ in merged} <= {start for start, _ in given_ones}
    assert {end for _, end in merged} <= {end for _, end in given_ones}
    # Nothing is covered that lies farther from every interval than a gap is long.
    for second in range(75):
        if any(first <= second <= last for first, last in merged):
            assert any(start - gap < second < end + gap or start <= second <= end for start, end in given_ones)


@given(intervals, gaps, st.randoms())
def test_merging_again_or_in_another_order_changes_nothing(
    given_ones: list[tuple[float, float]], gap: float, random: object
) -> None:
    merged = merge_intervals(given_ones, gap)
    assert merge_intervals(merged, gap) == merged
    shuffled = list(given_ones)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert merge_intervals(shuffled, gap) == merged


def test_a_gap_is_open() -> None:
    assert merge_intervals([(0, 1), (3, 4)], 2.0) == [(0, 1), (3, 4)]
    assert merge_intervals([(0, 1), (2.9, 4)], 2.0) == [(0, 4)]
    assert merge_intervals([(0, 9), (1, 2)], 0.0) == [(0, 9)]
    assert merge_intervals([(2, 2)], 1.0) == [(2, 2)]
    assert merge_intervals([], 1.0) == []


def test_an_interval_that_ends_before_it_starts_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="ends before it starts"):
        merge_intervals([(2, 1)], 1.0)


def test_two_people_side_by_side_are_seen_together() -> None:
    one = match(source(1), 0, 10)
    assert seen_together(one, match(source(1), 8, 15, x=200), SETTINGS)
    assert seen_together(match(source(1), 8, 15, x=200), one, SETTINGS)
    assert not seen_together(one, match(source(1), 11, 15, x=200), SETTINGS)  # one after the other
    assert not seen_together(one, match(source(1), 2, 8, x=5), SETTINGS)  # one person tracked twice
    assert not seen_together(one, match(source(2), 0, 10, x=200), SETTINGS)  # other footage


def test_a_single_frame_in_common_is_no_proof() -> None:
    # Where one tracklet ends and another begins the boxes of one frame may be those of one person.
    one = match(source(1), 0, 10)
    assert not seen_together(one, match(source(1), 10, 15, x=200), SETTINGS)
    assert seen_together(one, match(source(1), 9.8, 15, x=200), SETTINGS)


def test_in_a_still_picture_one_frame_is_all_there_is() -> None:
    assert seen_together(match(source(1), 0, 0), match(source(1), 0, 0, x=200), SETTINGS)
    assert not seen_together(match(source(1), 0, 0), match(source(1), 0, 0, x=2), SETTINGS)
    assert seen_together(match(source(1), 0, 5), match(source(1), 2, 2, x=200), SETTINGS)


def test_one_person_tracked_twice_for_long_and_apart_for_a_moment_is_one() -> None:
    one, other = match(source(1), 0, 10), match(source(1), 4, 14, x=3)
    boxes = other.boxes.copy()
    boxes[:2, [0, 2]] += 60  # the second tracker jumped in from elsewhere for two frames
    apart = Match(other.source, (2,), other.times, boxes, 0.6, 4.0, other.best_box, 2)
    assert not seen_together(one, apart, SETTINGS)
    boxes[:5, [0, 2]] += 60
    assert seen_together(one, Match(other.source, (2,), other.times, boxes, 0.6, 4.0, other.best_box, 2), SETTINGS)


def test_one_person_tracked_whole_and_from_the_waist_up_is_one() -> None:
    whole = match(source(1), 0, 10)
    upper = np.tile(np.array([2, 52, 38, 110], np.float32), (len(whole.times), 1))  # IoU 0.44, and all of it inside
    half = Match(whole.source, (2,), whole.times, upper, 0.7, 0.0, whole.best_box, 2)
    assert not seen_together(whole, half, SETTINGS)
    assert numbers(group_matches([whole, half], SETTINGS)) == [[1, 2]]
    beside = Match(whole.source, (2,), whole.times, upper + np.float32([20, 0, 20, 0]), 0.7, 0.0, whole.best_box, 2)
    assert seen_together(whole, beside, SETTINGS)  # only half of it inside


def test_two_people_at_once_are_two_moments() -> None:
    groups = group_matches([match(source(1), 0, 10, 0.6), match(source(1), 2, 12, 0.7, x=200, number=2)], SETTINGS)
    assert numbers(groups) == [[2], [1]]  # best first


def test_one_person_tracked_twice_is_one_moment() -> None:
    groups = group_matches([match(source(1), 0, 10), match(source(1), 2, 12, 0.7, x=4, number=2)], SETTINGS)
    assert numbers(groups) == [[1, 2]]


def test_somebody_who_goes_on_in_the_distance_is_nobody_who_comes_near_meanwhile() -> None:
    # The first walks away and is too small after 10 s; the second comes at 11 s, while the first is still in view.
    whole = match(source(1), 0, 20)
    first = replace(match(source(1), 0, 10), path=Path(whole.times, whole.boxes))
    second = match(source(1), 11, 16, 0.7, x=200, number=2)
    assert not seen_together(match(source(1), 0, 10), second, SETTINGS)  # as far as they are clearly seen
    assert seen_together(first, second, SETTINGS)
    assert seen_together(second, first, SETTINGS)
    assert numbers(group_matches([first, second], SETTINGS)) == [[2], [1]]


def test_what_is_not_clearly_seen_makes_no_moment_longer_and_joins_no_two() -> None:
    near, later = match(source(1), 0, 5, 0.6, number=1), match(source(1), 9, 12, 0.5, number=3)
    far = replace(match(source(1), 5.4, 8.6, 0.8, number=2), clear=False)
    groups = group_matches([far, later, near], SETTINGS)
    assert numbers(groups) == [[1, 2], [3]]
    (moment,) = to_moments(groups[0], 0)
    assert (moment.start, moment.end) == (0, 5)
    assert (moment.score, moment.best_shot, moment.tracklets) == (0.8, 1, (1, 2))  # shown by what can be recognised


def test_somebody_never_clearly_seen_is_a_moment_all_the_same() -> None:
    pieces = [replace(match(source(1), start, start + 1, number=n), clear=False) for n, start in ((1, 0), (2, 2))]
    (group,) = group_matches(pieces, SETTINGS)
    (moment,) = to_moments(group, 0)
    assert (moment.start, moment.end, moment.tracklets) == (0, 3, (1, 2))


def test_pieces_of_a_stay_are_joined_across_short_gaps_only() -> None:
    pieces = [match(source(1), 0, 4, number=1), match(source(1), 5.8, 9, number=2), match(source(1), 11, 12, number=3)]
    assert numbers(group_matches(pieces, SETTINGS)) == [[1, 2], [3]]
    assert numbers(group_matches(pieces, MergeSettings(gap=2.1))) == [[1, 2, 3]]


def test_a_match_joins_the_better_of_two_people_it_could_belong_to() -> None:
    # Both were seen together, so they are two; the third follows both, elsewhere.
    best, second = match(source(1), 0, 10, 0.8), match(source(1), 0, 10.6, 0.7, x=200, number=2)
    third = match(source(1), 11, 15, 0.6, x=100, number=3)
    for order in ([best, second, third], [third, second, best]):
        assert numbers(group_matches(order, SETTINGS)) == [[1, 3], [2]]


def test_a_later_match_joins_the_groups_between_which_it_lies() -> None:
    ends = [match(source(1), 0, 4, 0.9, number=1), match(source(1), 8, 12, 0.8, number=2)]
    assert numbers(group_matches(ends, SETTINGS)) == [[1], [2]]
    assert numbers(group_matches([*ends, match(source(1), 5, 7, 0.5, number=3)], SETTINGS)) == [[1, 2, 3]]


def test_consecutive_files_with_clocks_are_one_stretch() -> None:
    first, second = source(1, start=0), source(2, start=60)
    groups = group_matches([match(first, 55, 60), match(second, 0.4, 8, number=2)], SETTINGS)
    assert numbers(groups) == [[1, 2]]
    late = source(3, start=63)
    assert numbers(group_matches([match(first, 55, 60), match(late, 0, 8, number=2)], SETTINGS)) == [[1], [2]]


def test_without_clocks_files_are_apart() -> None:
    for first, second in (
        (source(1), source(2)),  # both start "at 0", and nobody knows when that was
        (source(1, start=0), source(2)),
        (source(1), source(2, start=60)),
    ):
        groups = group_matches([match(first, 0, 5), match(second, 0, 5, number=2)], SETTINGS)
        assert numbers(groups) == [[1], [2]]


def test_cameras_are_apart() -> None:
    here, there = source(1, "Gate", 0), source(2, "Yard", 60)
    assert numbers(group_matches([match(here, 55, 60), match(there, 0, 5, number=2)], SETTINGS)) == [[1], [2]]


def test_who_was_seen_together_in_one_file_is_not_joined_through_the_next() -> None:
    first, second = source(1, start=0), source(2, start=60)
    pair = [match(first, 50, 60, 0.8), match(first, 50, 60, 0.7, x=200, number=2)]
    follower = match(second, 0, 5, 0.6, x=100, number=3)
    assert numbers(group_matches([*pair, follower], SETTINGS)) == [[1, 3], [2]]


@given(
    st.lists(
        st.tuples(
            st.integers(1, 3),
            st.integers(0, 200),
            st.integers(0, 50),
            st.sampled_from([0.0, 4.0, 200.0]),
            st.floats(0, 1, width=16),
        ),
        max_size=10,
    ),
    st.booleans(),
)
def test_groups_hold_everybody_once_and_nobody_twice_at_a_time(
    drawn: list[tuple[int, int, int, float, float]], clocks: bool
) -> None:
    matches = [
        match(source(number, start=60.0 * number if clocks else None), start / 5, (start + length) / 5, score, x, place)
        for place, (number, start, length, x, score) in enumerate(drawn)
    ]
    groups = group_matches(matches, SETTINGS)
    assert sorted(item.best_shot for group in groups for item in group) == list(range(len(matches)))
    best = [max(item.score for item in group) for group in groups]
    assert best == sorted(best, reverse=True)
    for group in groups:
        for place, one in enumerate(group):
            assert not any(seen_together(one, other, SETTINGS) for other in group[place + 1 :])
    # The same again, whatever the order of equals: the same groups for scores that all differ.
    if len({item.score for item in matches}) == len(matches):
        assert numbers(group_matches(matches[::-1], SETTINGS)) == numbers(groups)


def test_a_moment_is_the_stay_with_its_best_look() -> None:
    at = source(1, start=100)
    group = [match(at, 10, 14, 0.6, number=7), match(at, 12, 20, 0.8, number=5)]
    (moment,) = to_moments(group, 3)
    assert (moment.source, moment.source_id, moment.camera, moment.group) == ("1.mp4", 1, "Gate", 3)
    assert (moment.start, moment.end, moment.score, moment.best_time) == (10.0, 20.0, 0.8, 12.0)
    assert (moment.best_shot, moment.best_box, moment.tracklets) == (5, group[1].best_box, (5, 7))
    assert moment.wall_start == EIGHT + timedelta(seconds=110)
    assert moment.expected_false_matches is None


def test_a_moment_over_two_files_is_told_for_each_in_the_order_of_time() -> None:
    first, second = source(2, start=0), source(1, start=60)  # added in the other order
    moments = to_moments([match(second, 0, 8, 0.9, number=1), match(first, 55, 60, 0.7, number=2)], 0)
    assert [(moment.source, moment.start, moment.end) for moment in moments] == [("2.mp4", 55, 60), ("1.mp4", 0, 8)]
    assert [moment.best_shot for moment in moments] == [2, 1]
    assert [moment.score for moment in moments] == [0.9, 0.9]  # that of the stay
    assert [moment.wall_start for moment in moments] == [EIGHT + timedelta(seconds=s) for s in (55, 60)]


def test_without_a_clock_there_is_no_wall_time() -> None:
    (moment,) = to_moments([match(source(1), 0, 0)], 0)
    assert (moment.start, moment.end, moment.wall_start) == (0.0, 0.0, None)
