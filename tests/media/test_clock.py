"""Time stamps that run on, and the choice of frames by them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reseen.media.clock import ClosedClock, FramePicker, grid_cell, seconds

TS = Fraction(1, 90_000)


@dataclass
class FakePacket:
    pts: int | None
    dts: int | None
    duration: int | None = 3600
    size: int = 1


def closed(stamps: list[int], may_jump: bool = True, offset: int = 0) -> list[int | None]:
    clock = ClosedClock(TS, 3600, may_jump, offset)
    packets = [FakePacket(stamp, stamp) for stamp in stamps]
    return [packet.pts for packet in clock.closed(packets)]  # type: ignore[arg-type]


def chosen_by_definition(times: list[Fraction], rate: int) -> list[int]:
    """For every k / rate the first frame with a time at or after it, each frame once; written out naively."""
    picked = set()
    for k in range(math.ceil(max(times) * rate) + 1):
        later = [index for index, time in enumerate(times) if time >= Fraction(k, rate)]
        if later:
            picked.add(later[0])
    return sorted(picked)


@given(
    st.lists(st.integers(1, 2000), min_size=1, max_size=60),
    st.sampled_from([1, 2, 3, 5, 8, 12, 25, 30]),
    st.sampled_from([Fraction(1, 1000), Fraction(1, 600), Fraction(1, 1200)]),
)
def test_frames_are_chosen_as_defined(steps: list[int], rate: int, tick: Fraction) -> None:
    times = [Fraction(0)]
    for step in steps:
        times.append(times[-1] + step * tick)
    picker = FramePicker(rate)
    picked = [index for index, time in enumerate(times) if picker.wants(float(time))]
    assert picked == chosen_by_definition(times, rate)


@given(st.lists(st.integers(1, 500), min_size=5, max_size=60), st.integers(1, 30), st.data())
def test_the_choice_does_not_depend_on_where_reading_starts(steps: list[int], rate: int, data: st.DataObject) -> None:
    times = [sum(steps[:n]) / 1000 for n in range(len(steps) + 1)]
    start = data.draw(st.integers(1, len(times) - 1))
    whole, part = FramePicker(rate), FramePicker(rate)
    from_all = [time for time in times if whole.wants(time)]
    part.wants(times[start - 1])
    from_start = [time for time in times[start:] if part.wants(time)]
    assert from_start == [time for time in from_all if time >= times[start]]


def test_every_frame_can_be_chosen() -> None:
    picker = FramePicker(1.0, every=True)
    assert all(picker.wants(index / 25) for index in range(30))


def test_a_time_stamp_rounded_down_is_on_the_grid() -> None:
    assert grid_cell(0.2, 5) == 1
    assert grid_cell(0.19999999, 5) == 1
    assert grid_cell(0.199, 5) == 0


def test_a_jump_forward_is_closed_where_clocks_jump() -> None:
    assert closed([0, 3600, 7200, 90_000_000, 90_003_600]) == [0, 3600, 7200, 10_800, 14_400]


def test_time_that_passed_is_kept_where_clocks_do_not_jump() -> None:
    stamps = [0, 3600, 7200, 90_000_000, 90_003_600]
    assert closed(stamps, may_jump=False) == stamps


@pytest.mark.parametrize("may_jump", [True, False])
def test_a_clock_that_starts_again_runs_on(may_jump: bool) -> None:
    assert closed([90_000, 93_600, 0, 3600], may_jump) == [90_000, 93_600, 97_200, 100_800]


def test_a_slip_of_the_muxer_is_left_alone() -> None:
    assert closed([0, 3600, 3000, 7200]) == [0, 3600, 3000, 7200]


def test_jumps_are_remembered() -> None:
    clock = ClosedClock(TS, 3600, True)
    list(clock.closed([FakePacket(s, s) for s in (0, 3600, 9_003_600, 9_007_200, 0)]))  # type: ignore[arg-type]
    assert [(jump.at, round(jump.size, 2)) for jump in clock.jumps] == [(7200, 100.0), (14_400, -100.08)]


def test_packets_without_a_clock_are_counted() -> None:
    clock = ClosedClock(TS, 3600, False)
    packets = [FakePacket(None, None, None) for _ in range(3)]
    assert [packet.pts for packet in clock.closed(packets)] == [0, 3600, 7200]  # type: ignore[arg-type]
    assert packets[0].duration == 3600


def test_a_first_packet_without_a_decoding_time_is_no_jump() -> None:
    clock = ClosedClock(Fraction(1, 1000), 1000, False)
    packets = [FakePacket(0, None), FakePacket(4000, None), FakePacket(2000, 0), FakePacket(1000, 1000)]
    assert [packet.pts for packet in clock.closed(packets)] == [0, 4000, 2000, 1000]  # type: ignore[arg-type]


def test_empty_packets_are_left_out() -> None:
    clock = ClosedClock(TS, 3600, False)
    packets = [FakePacket(0, 0), FakePacket(None, None, size=0)]
    assert len(list(clock.closed(packets))) == 1  # type: ignore[arg-type]


@given(
    st.lists(st.integers(-2_000_000, 2_000_000), min_size=4, max_size=40),
    st.data(),
)
def test_closed_times_are_the_same_from_the_middle_on(steps: list[int], data: st.DataObject) -> None:
    stamps = [sum(steps[:n]) for n in range(len(steps) + 1)]
    middle = data.draw(st.integers(1, len(stamps) - 1))
    whole = ClosedClock(TS, 3600, True)
    result = []
    offset = 0
    for number, stamp in enumerate(stamps):
        packet = FakePacket(stamp, stamp)
        whole.close(packet)  # type: ignore[arg-type]
        if number == middle:
            offset = whole.offset
        result.append(packet.pts)
    assert closed(stamps[middle:], offset=offset) == result[middle:]


@given(st.lists(st.integers(-10_000_000, 10_000_000), min_size=2, max_size=40))
def test_closed_times_never_jump(steps: list[int]) -> None:
    stamps = [sum(steps[:n]) for n in range(len(steps) + 1)]
    times = closed(stamps)
    for before, after in pairwise(times):
        assert before is not None and after is not None
        assert -0.5 / TS - 1 <= after - before <= 10 / TS + 1


def test_ticks_become_seconds_with_one_rounding() -> None:
    assert seconds(1, Fraction(1, 3)) == 1 / 3
    assert seconds(90_000 * 3600, TS) == 3600.0
