"""How a source is divided."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from reseen.media.segments import divide


def test_segments_begin_at_key_frames() -> None:
    keys = [0.0, 8.0, 16.0, 24.0, 32.0, 40.0, 48.0, 56.0, 64.0, 72.0]
    assert divide(keys, 80.0, 30.0) == [(0.0, 32.0), (32.0, 64.0), (64.0, 80.0)]


def test_a_short_rest_joins_the_segment_before() -> None:
    assert divide([0.0, 30.0, 60.0], 65.0, 30.0) == [(0.0, 30.0), (30.0, 65.0)]


def test_without_key_frames_there_is_one_segment() -> None:
    assert divide([], 500.0, 30.0) == [(0.0, 500.0)]
    assert divide([0.0], 0.0, 30.0) == [(0.0, 0.0)]


@given(
    st.lists(st.floats(0.01, 20), max_size=80),
    st.floats(0, 50),
    st.floats(1, 60),
)
def test_segments_cover_the_source_without_holes(steps: list[float], rest: float, length: float) -> None:
    keys = [sum(steps[:n]) for n in range(len(steps) + 1)]
    duration = keys[-1] + rest
    stretches = divide(keys, duration, length)
    assert stretches[0][0] == 0.0
    assert stretches[-1][1] == duration
    for before, after in pairwise(stretches):
        assert before[1] == after[0]
        assert after[0] in keys
    assert all(end - start >= length - 1e-9 for start, end in stretches[:-1])
    assert len(stretches) == 1 or stretches[-1][1] - stretches[-1][0] >= length / 3 - 1e-9
