from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reseen.errors import UsageError
from reseen.tracking import Shot, ShotSettings, Tracker, TrackerSettings
from reseen.tracking.shots import ShotPool, choose, crossings
from tracking.scenes import HIGH, box, detections, frame, tracked_shots

WHERE = box(100, 200, 150)


def shot(time: float, quality: float) -> Shot:
    return Shot(time, WHERE.astype(np.float32), 0.9, quality, np.zeros((2, 2, 3), np.uint8))


def chosen(candidates: list[Shot], settings: ShotSettings, overlaps: dict[float, float] | None = None) -> list[float]:
    times = np.arange(0, candidates[-1].time + 0.1, 0.2)
    over = np.zeros(len(times), np.float32)
    for time, value in (overlaps or {}).items():
        over[np.argmin(np.abs(times - time))] = value
    return [one.time for one in choose(tuple(candidates), times, over, settings)]


EVEN = [shot(time / 2, 0.5) for time in range(11)]


def test_the_best_one_is_always_among_them() -> None:
    candidates = [shot(one.time, 0.9 if one.time == 2.5 else 0.4) for one in EVEN]
    for k in range(1, 6):
        assert 2.5 in chosen(candidates, ShotSettings(k=k))


def test_equal_ones_are_spread_over_the_time() -> None:
    times = chosen(EVEN, ShotSettings(k=4))
    assert len(times) == 4
    assert min(b - a for a, b in itertools.pairwise(times)) >= 1.0


def test_neighbours_show_the_same_and_are_not_taken() -> None:
    candidates = [shot(0.0, 0.9), shot(0.2, 0.9), shot(0.3, 0.9), shot(2.0, 0.4)]
    assert chosen(candidates, ShotSettings(k=4, min_gap=0.35)) == [0.0, 2.0]


def test_poor_pictures_add_nothing() -> None:
    candidates = [shot(0.0, 0.8), shot(1.0, 0.1), shot(2.0, 0.5)]
    assert chosen(candidates, ShotSettings(k=4, least=0.25)) == [0.0, 2.0]


def test_both_sides_of_a_crossing_are_kept_even_if_one_is_poor() -> None:
    candidates = [shot(0.0, 0.8), shot(0.6, 0.8), shot(1.2, 0.8), shot(1.8, 0.8), shot(3.0, 0.05)]
    assert chosen(candidates, ShotSettings(k=2), {2.4: 0.6})[-1] == 3.0
    assert 3.0 not in chosen(candidates, ShotSettings(k=2), {2.4: 0.1})


def test_one_shot_is_the_best_whatever_the_crossings() -> None:
    candidates = [shot(0.0, 0.3), shot(1.0, 0.9), shot(3.0, 0.5)]
    assert chosen(candidates, ShotSettings(k=1), {2.0: 0.9}) == [1.0]


def test_all_are_all() -> None:
    assert chosen(EVEN, ShotSettings(k="all")) == [one.time for one in EVEN]


def test_no_candidates_no_shots() -> None:
    assert choose((), np.array([0.0]), np.zeros(1, np.float32), ShotSettings()) == ()


def test_no_shots_is_no_setting() -> None:
    with pytest.raises(UsageError, match="at least one shot"):
        ShotSettings(k=0)


def test_a_crossing_is_where_the_overlap_is_largest() -> None:
    times = np.arange(8) / 5
    overlaps = np.array([0.3, 0.5, 0.2, 0.0, 0.0, 0.4, 0.9, 0.8], np.float32)
    np.testing.assert_allclose(crossings(times, overlaps, 0.25), [0.2, 1.2])
    assert crossings(times, np.zeros(8, np.float32), 0.25).shape == (0,)


@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=30),
    st.lists(st.floats(0, 1), min_size=1, max_size=30),
    st.integers(1, 8),
)
def test_laws_of_the_choice(qualities: list[float], overlaps: list[float], k: int) -> None:
    candidates = tuple(shot(index / 5, quality) for index, quality in enumerate(qualities))
    over = np.resize(np.array(overlaps, np.float32), len(candidates))
    picked = choose(candidates, np.array([one.time for one in candidates]), over, ShotSettings(k=k))
    assert 1 <= len(picked) <= k
    assert [one.time for one in picked] == sorted({one.time for one in picked})
    assert max(one.quality for one in picked) == max(qualities)


@pytest.mark.parametrize("frames", [5, 50, 5000])
def test_memory_is_bounded_however_long_the_track(frames: int) -> None:
    settings = ShotSettings(k=4)
    pool, picture = ShotPool(settings), frame(0.0)
    for index in range(frames):
        now = type(picture)(index / 5, picture.width, picture.height, picture.luma, picture.convert)
        pool.offer(now, box(100, 200, 50), 0.9, 0.5 + 0.4 * np.sin(index))
        assert len(pool) <= settings.candidates
    kept = [one.time for one in pool.shots()]
    assert kept == sorted(kept)
    if frames > 100:
        assert kept[0] < frames / 5 * 0.2
        assert kept[-1] > frames / 5 * 0.6


def test_the_best_of_a_long_track_survives() -> None:
    pool, picture = ShotPool(ShotSettings()), frame(0.0)
    for index in range(1000):
        now = type(picture)(index / 5, picture.width, picture.height, picture.luma, picture.convert)
        pool.offer(now, box(100, 200, 50), 0.9, 0.9 if index == 321 else 0.5)
    assert max(pool.shots(), key=lambda one: one.quality).time == 321 / 5


def test_a_shot_is_a_copy_of_the_pixels_in_the_box() -> None:
    only = tracked_shots([(1.0, WHERE, 0.9)], ShotSettings())
    (best,) = only.shots
    picture = frame(1.0, seed=1000).bgr
    np.testing.assert_array_equal(best.image, picture[50:200, 70:130])
    assert best.image.base is None
    assert best.time == 1.0
    assert best.score == pytest.approx(0.9)
    np.testing.assert_allclose(best.box, WHERE)


def test_a_box_beyond_the_frame_is_clipped() -> None:
    only = tracked_shots([(1.0, np.array([-20.0, 300.5, 30.4, 420.0]), 0.9)], ShotSettings())
    assert only.shots[0].image.shape == (60, 31, 3)


def test_a_very_high_crop_is_shrunk() -> None:
    only = tracked_shots([(1.0, np.array([100.0, 0, 250, 360]), 0.9)], ShotSettings(max_height=180))
    assert only.shots[0].image.shape == (180, 75, 3)


@pytest.mark.parametrize(("k", "count"), [(1, 1), (4, 4), (6, 6), ("all", 30)])
def test_so_many_shots_as_wanted(k: int, count: int) -> None:
    only = tracked_shots([(index / 5, WHERE + index, 0.9) for index in range(30)], ShotSettings(k=k))
    assert len(only.shots) == count
    assert {one.time for one in only.shots} <= set(only.times.tolist())


def test_no_shots_without_frames() -> None:
    tracker = Tracker(TrackerSettings(), HIGH)
    tracker.update(0.0, detections([WHERE], 0.9))
    assert tracker.finish()[0].shots == ()


def test_no_shots_of_warm_up_or_of_what_was_not_seen() -> None:
    tracker = Tracker(TrackerSettings(), HIGH, ShotSettings(k="all"))
    for index in range(20):
        seen = [WHERE] if index not in (12, 13) else []
        tracker.update(index / 5, detections(seen, 0.9), frame(index / 5), warmup=index < 5)
    (only,) = tracker.finish()
    assert [one.time for one in only.shots] == [index / 5 for index in range(5, 20) if index not in (12, 13)]


def test_sure_sights_are_preferred_but_doubtful_ones_better_than_none() -> None:
    sights = [(index / 5, WHERE + index, 0.9 if index in (0, 10) else 0.2) for index in range(11)]
    best = tracked_shots(sights, ShotSettings(k=1)).shots[0]
    assert best.score == pytest.approx(0.9)
    tracker = Tracker(TrackerSettings(), HIGH)
    tracker.update(0.0, detections([WHERE], 0.9), frame(0.0), warmup=True)
    tracker.update(0.2, detections([WHERE], 0.2), frame(0.2))
    (only,) = tracker.finish()
    assert [one.score for one in only.shots] == [pytest.approx(0.2)]
