from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from reseen.tracking import Tracklet, link
from tracking.scenes import box, track, track_moments, walkers


@dataclass(frozen=True)
class Way:
    times: np.ndarray
    boxes: np.ndarray


def way(x: float, first: float, last: float) -> Way:
    times = np.arange(round(first * 5), round(last * 5)) / 5
    return Way(times, np.array([box(x + 10 * time) for time in times], np.float32).reshape(-1, 4))


@pytest.fixture(scope="module")
def follower() -> Tracklet:
    """Walks from 28 s on in a segment that begins at 30 s."""
    (only,) = track([(t / 5, [box(100 + 2 * t)], 0.9) for t in range(140, 160)], warmup=30.0)
    return only


def test_the_one_at_the_same_place_at_the_same_time(follower: Tracklet) -> None:
    assert link([(7, way(400, 20, 30)), (9, way(100, 20, 30))], follower) == 9


def test_the_same_place_at_another_time_is_somebody_else(follower: Tracklet) -> None:
    assert link([(9, way(100, 20, 27))], follower) is None


def test_somebody_elsewhere_is_no_predecessor(follower: Tracklet) -> None:
    assert link([(9, way(150, 20, 30))], follower) is None


def test_of_two_the_one_that_shares_more_time(follower: Tracklet) -> None:
    assert link([(3, way(100, 20, 28.6)), (4, way(101, 28.6, 30))], follower) == 4


def test_nobody_before(follower: Tracklet) -> None:
    assert link([], follower) is None
    assert link([(1, Way(np.zeros(0), np.zeros((0, 4), np.float32)))], follower) is None
    fresh = replace(follower, warmup_times=np.zeros(0), warmup_boxes=np.zeros((0, 4), np.float32))
    assert link([(9, way(100, 20, 30))], fresh) is None


@pytest.mark.parametrize("seed", range(4))
def test_segments_of_a_stream_are_joined_again(seed: int) -> None:
    moments = walkers(seed, people=6, seconds=20, miss=0.1)
    boundary = 10.0
    before = list(enumerate(track_moments([moment for moment in moments if moment.time < boundary])))
    after = track_moments([moment for moment in moments if moment.time >= boundary - 2], warmup=boundary)
    whole = track_moments(moments)

    def index_in_whole(tracklet: Tracklet, at: int) -> int | None:
        for number, one in enumerate(whole):
            same = np.flatnonzero(one.times == tracklet.times[at])
            if len(same) and np.array_equal(one.boxes[same[0]], tracklet.boxes[at]):
                return number
        return None

    linked = 0
    for tracklet in after:
        number = link(before, tracklet)
        if number is not None:
            linked += 1
            assert index_in_whole(before[number][1], -1) == index_in_whole(tracklet, 0)
    assert linked == sum(1 for one in whole if one.start < boundary <= one.end)
