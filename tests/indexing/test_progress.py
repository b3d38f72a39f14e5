from __future__ import annotations

import time

import pytest

from reseen.indexing import Progress, Stopwatch
from reseen.indexing.progress import mark


def progress(done: float, elapsed: float, total: float = 120.0) -> Progress:
    return Progress("a.mp4", 1, 2, done, total, 3, elapsed)


def test_speed_and_what_is_left() -> None:
    half = progress(60.0, 10.0)
    assert half.speed == 6.0
    assert half.eta == 10.0
    assert progress(120.0, 20.0).eta == 0.0
    assert progress(130.0, 20.0).eta == 0.0  # a file may be longer than it promised


def test_before_anything_is_done_nothing_is_promised() -> None:
    assert progress(0.0, 0.0).speed == 0.0
    assert progress(0.0, 0.0).eta is None
    assert progress(0.0, 5.0).eta is None


def test_laps_add_up() -> None:
    watch = Stopwatch()
    began = since = mark()
    for stage in ("decode", "detect", "decode"):
        total = sum(number * number for number in range(20_000))
        assert total > 0
        since = watch.lap(stage, since)
    assert list(watch.cpu) == list(watch.wall) == ["decode", "detect"]
    assert all(value > 0 for value in (*watch.cpu.values(), *watch.wall.values()))
    # Nothing between the first mark and the last lap is lost or counted twice.
    assert sum(watch.cpu.values()) == pytest.approx(since[0] - began[0])
    assert sum(watch.wall.values()) == pytest.approx(since[1] - began[1])


def test_waiting_is_no_work() -> None:
    watch = Stopwatch()
    since = mark()
    time.sleep(0.05)
    watch.lap("wait", since)
    assert watch.wall["wait"] >= 0.05
    assert watch.cpu["wait"] < watch.wall["wait"]
