from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from reseen.searching.visibility import VisibilitySettings, clear_stretches

SETTINGS = VisibilitySettings()
RATE = 5.0


def stretches(
    heights: list[float] | NDArray,
    overlaps: list[float] | NDArray | None = None,
    picture_height: int = 1080,
    times: NDArray | None = None,
) -> list[tuple[int, int]]:
    count = len(heights)
    boxes = np.zeros((count, 4), np.float32)
    boxes[:, 0], boxes[:, 2], boxes[:, 3] = 500, 540, heights
    covered = np.zeros(count, np.float32) if overlaps is None else np.asarray(overlaps, np.float32)
    return clear_stretches(
        np.arange(count) / RATE if times is None else times, boxes, covered, (1920, picture_height), SETTINGS
    )


def test_who_is_large_and_free_is_seen_all_the_time() -> None:
    assert stretches([120] * 30) == [(0, 29)]


def test_who_comes_from_far_away_counts_from_where_they_are_large() -> None:
    heights = np.linspace(20, 200, 46)  # 4 pixels a frame: 80 at frame 15
    assert stretches(heights) == [(15, 45)]


def test_in_a_small_picture_a_share_of_it_is_enough() -> None:
    assert stretches([70] * 30, picture_height=240) == [(0, 29)]
    heights = np.linspace(30, 120, 31)  # 3 a frame: a quarter of 240 at frame 10
    assert stretches(heights, picture_height=240) == [(10, 30)]


def test_who_is_hidden_for_long_is_seen_twice() -> None:
    overlaps = np.zeros(60)
    overlaps[20:40] = 0.8
    assert stretches([120] * 60, overlaps) == [(0, 19), (40, 59)]


def test_who_is_hidden_for_a_moment_is_seen_once() -> None:
    overlaps = np.zeros(60)
    overlaps[20:28] = 0.8  # 1.6 s, and 1.8 s from the last clear frame to the next
    assert stretches([120] * 60, overlaps) == [(0, 59)]
    overlaps[20:29] = 0.8  # 2.0 s
    assert stretches([120] * 60, overlaps) == [(0, 19), (29, 59)]


def test_half_covered_is_hidden() -> None:
    assert stretches([120] * 60, [0.49] * 60) == [(0, 59)]
    overlaps = np.full(60, 0.0)
    overlaps[30:] = 0.5
    assert stretches([120] * 60, overlaps) == [(0, 29)]


def test_who_is_never_clearly_seen_has_no_stretch() -> None:
    assert stretches([30] * 20) == []
    assert stretches([120] * 20, [0.9] * 20) == []


def test_an_instant_of_a_long_track_is_chance() -> None:
    overlaps = np.ones(40)
    overlaps[10:14] = 0  # 0.6 s
    assert stretches([120] * 40, overlaps) == []
    overlaps[10:16] = 0  # 1 s
    assert stretches([120] * 40, overlaps) == [(10, 15)]


def test_a_short_piece_of_a_torn_track_is_clear_all_the_same() -> None:
    assert stretches([120] * 3) == [(0, 2)]
    assert stretches([120] * 6, [0, 0, 0, 1, 1, 1]) == [(0, 2)]
    assert stretches([120] * 7, [0, 0, 0, 1, 1, 1, 1]) == []


def test_who_comes_in_from_the_side_counts_once_half_of_them_is_in_the_picture() -> None:
    # Somebody 40 wide and 120 high walks in from the right, 4 pixels a frame; 0.15 of 120 is 18 pixels.
    left = 640 - 4 * np.arange(1, 21)
    boxes = np.stack([left, np.full(20, 50), np.minimum(left + 40, 640), np.full(20, 170)], axis=1).astype(np.float32)
    times, free = np.arange(20) / RATE, np.zeros(20, np.float32)
    assert clear_stretches(times, boxes, free, (640, 480), SETTINGS) == [(4, 19)]
    mirrored = boxes.copy()
    mirrored[:, [0, 2]] = 640 - boxes[:, [2, 0]]
    assert clear_stretches(times, mirrored, free, (640, 480), SETTINGS) == [(4, 19)]
    within = boxes - np.float32([100, 0, 100, 0])  # as slim, but not at the border: a slim person
    assert clear_stretches(times, within, free, (640, 480), SETTINGS) == [(0, 19)]


def test_a_single_tall_or_short_box_is_noise() -> None:
    heights = np.full(40, 120.0)
    heights[20] = 10
    assert stretches(heights) == [(0, 39)]
    heights = np.full(40, 30.0)
    heights[20:22] = 300
    assert stretches(heights) == []  # never large


def test_a_still_picture_is_one_frame() -> None:
    assert stretches([200]) == [(0, 0)]
    assert stretches([20]) == []


@given(st.data())
def test_stretches_are_apart_long_enough_and_begin_and_end_clear(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 60))
    height = st.sampled_from([30.0, 79.0, 80.0, 200.0])
    heights = np.array(data.draw(st.lists(height, min_size=count, max_size=count)))
    overlaps = np.array(data.draw(st.lists(st.sampled_from([0.0, 0.4, 0.5, 1.0]), min_size=count, max_size=count)))
    steps = data.draw(st.lists(st.sampled_from([0.2, 0.4, 3.0]), min_size=count, max_size=count))
    times = np.cumsum(steps)
    found = stretches(heights, overlaps, times=times)
    assert found == sorted(found)
    assert all(0 <= first <= last < count for first, last in found)
    for (_, last), (first, _) in pairwise(found):
        assert times[first] - times[last] >= SETTINGS.gap
    # The median of five frames, edges repeated, written out.
    smooth = [float(np.median([heights[min(max(i + k, 0), count - 1)] for k in range(-2, 3)])) for i in range(count)]
    clear = [i for i in range(count) if smooth[i] >= 80 and overlaps[i] < 0.5]
    for first, last in found:
        assert {first, last} <= set(clear)
        inside = [i for i in clear if first <= i <= last]
        assert all(times[b] - times[a] < SETTINGS.gap for a, b in pairwise(inside))
    # A clear stretch that is long enough is never lost.
    runs: list[list[int]] = []
    for i in clear:
        if runs and times[i] - times[runs[-1][-1]] < SETTINGS.gap:
            runs[-1].append(i)
        else:
            runs.append([i])
    long = [(run[0], run[-1]) for run in runs if times[run[-1]] - times[run[0]] >= SETTINGS.least]
    short = [(run[0], run[-1]) for run in runs] if 2 * len(clear) >= count else []
    assert found == (long or short)


@pytest.mark.parametrize("rate", [1.0, 5.0, 25.0])
def test_the_rate_does_not_matter(rate: float) -> None:
    times = np.arange(round(20 * rate)) / rate
    overlaps = ((times >= 5) & (times < 12)).astype(np.float32)
    boxes = np.tile(np.array([500, 0, 540, 120], np.float32), (len(times), 1))
    found = clear_stretches(times, boxes, overlaps, (1920, 1080), SETTINGS)
    ends = [(times[first], times[last]) for first, last in found]
    np.testing.assert_allclose(ends, [(0, 5 - 1 / rate), (12, 20 - 1 / rate)])
