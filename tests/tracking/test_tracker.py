from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reseen.tracking import ShotSettings, Tracker, TrackerSettings, Tracklet
from tracking.scenes import HIGH, box, detections, frame, track, track_moments, walkers

NOTHING: list[np.ndarray] = []


def same(first: tuple[Tracklet, ...], second: tuple[Tracklet, ...]) -> bool:
    return len(first) == len(second) and all(
        np.array_equal(getattr(one, name), getattr(other, name))
        for one, other in zip(first, second, strict=True)
        for name in ("times", "boxes", "scores", "observed", "overlaps", "warmup_times", "warmup_boxes")
    )


def test_no_frames_no_tracklets() -> None:
    assert track([]) == ()


def test_empty_frames_no_tracklets() -> None:
    assert track([(t / 5, NOTHING, 0.0) for t in range(10)]) == ()


def test_somebody_who_stands_is_one_tracklet_with_the_detector_s_boxes() -> None:
    rng = np.random.default_rng(0)
    boxes = [box(100) + rng.normal(0, 1, 4) for _ in range(10)]
    (only,) = track([(t / 5, [b], 0.9) for t, b in enumerate(boxes)])
    np.testing.assert_allclose(only.times, np.arange(10) / 5)
    np.testing.assert_allclose(only.boxes, np.array(boxes, np.float32))
    np.testing.assert_allclose(only.scores, 0.9, rtol=1e-6)
    assert only.observed.all()
    assert not only.overlaps.any()
    assert (only.start, only.end) == (0.0, 1.8)
    assert (only.boxes.dtype, only.scores.dtype, only.overlaps.dtype) == (np.float32, np.float32, np.float32)


def test_all_missed_after_the_first_frames() -> None:
    (only,) = track([(t / 5, [box(100)] if t < 4 else NOTHING, 0.9) for t in range(20)])
    assert only.end == pytest.approx(0.6)


def test_false_detections_all_over_the_place_are_nobody() -> None:
    frames = [(t / 5, [box(100 + 350 * (3 * t % 7))], 0.6) for t in range(20)]
    assert [one.start for one in track(frames)] == [3.8]  # the last one is not contradicted


def test_a_single_detection_that_the_next_frame_contradicts_is_nobody() -> None:
    frames = [(t / 5, [box(100)] if t == 3 else NOTHING, 0.6) for t in range(8)]
    assert track(frames) == ()
    sure = [(time, boxes, 0.95) for time, boxes, _ in frames]
    assert len(track(sure)) == 1


def test_a_single_frame_of_footage_is_enough() -> None:
    (only,) = track([(1.5, [box(100)], 0.6)])
    assert only.times.tolist() == [1.5]
    assert only.warmup_times.shape == (0,)
    assert only.warmup_boxes.shape == (0, 4)


def test_in_a_time_lapse_single_detections_count() -> None:
    frames = [(float(t), [box(100)] if t == 3 else NOTHING, 0.6) for t in range(8)]
    (only,) = track(frames)
    assert only.times.tolist() == [3.0]


@pytest.mark.parametrize("speed", [0.0, 40.0, 90.0])
def test_one_frame_a_second(speed: float) -> None:
    frames = [(float(t), [box(100 + speed * t)], 0.9) for t in range(6)]
    assert sum(len(tracklet.times) for tracklet in track(frames)) == 6
    assert len(track(frames)) == 1


@pytest.mark.parametrize("rate", [1.0, 2.5, 5.0, 12.0, 25.0])
def test_a_walker_is_one_tracklet_at_any_rate(rate: float) -> None:
    frames = [(t / rate, [box(100 + 80 * t / rate)], 0.9) for t in range(int(6 * rate))]
    (only,) = track(frames)
    assert len(only.times) == len(frames)


def test_steps_wider_than_the_person() -> None:
    frames = [(t / 2.5, [box(100 + 60 * t)], 0.9) for t in range(10)]
    assert len(track(frames)) == 1


def test_a_gap_is_filled_on_the_straight_line_and_marked() -> None:
    frames = [(t / 5, [box(100 + 10 * t)] if t not in (4, 5, 6) else NOTHING, 0.9) for t in range(10)]
    (only,) = track(frames)
    assert only.observed.tolist() == [t not in (4, 5, 6) for t in range(10)]
    np.testing.assert_allclose(only.boxes, [box(100 + 10 * t) for t in range(10)], atol=1e-3)
    assert only.scores[~only.observed].tolist() == [0.0, 0.0, 0.0]


def test_a_gap_too_long_ends_the_tracklet() -> None:
    frames = [(t / 5, [box(100)] if not 5 <= t < 13 else NOTHING, 0.9) for t in range(20)]
    assert [(round(one.start, 1), round(one.end, 1)) for one in track(frames)] == [(0.0, 0.8), (2.6, 3.8)]


def test_after_a_gap_the_motion_is_that_of_the_gap() -> None:
    """Turned round behind a pillar: without the way walked meanwhile, the old speed would lead astray."""
    steps = [100 + 15 * t for t in range(8)] + [None, None, None] + [205 - 15 * t for t in range(1, 9)]
    frames = [(t / 5, [box(x)] if x is not None else NOTHING, 0.9) for t, x in enumerate(steps)]
    (only,) = track(frames)
    assert len(only.times) == len(steps)


def test_doubtful_detections_continue_a_track() -> None:
    scores = [0.9, 0.9, 0.2, 0.15, 0.3, 0.2, 0.9, 0.2, 0.2]
    (only,) = track([(t / 5, [box(100 + 10 * t)], s) for t, s in enumerate(scores)])
    assert only.observed.all()
    assert len(only.times) == len(scores)


def test_doubtful_detections_alone_are_nobody() -> None:
    assert track([(t / 5, [box(100)], HIGH - 0.1) for t in range(20)]) == ()


def test_a_person_is_known_from_the_first_doubtful_sight_on() -> None:
    scores = [0.3, 0.35, 0.3, 0.8, 0.9]
    (only,) = track([(t / 5, [box(100 + 10 * t)], s) for t, s in enumerate(scores)])
    assert only.start == 0.0
    np.testing.assert_allclose(only.scores, scores, rtol=1e-6)


def test_a_doubtful_box_inside_a_sure_one_starts_nothing() -> None:
    half = np.array([82.0, 100.0, 118.0, 150.0])
    frames = [(t / 5, [box(100), half], [0.9, 0.4]) for t in range(6)]
    assert len(track([*frames, (1.2, [half], 0.9), (1.4, [half], 0.9)])) <= 2
    assert len(track(frames)) == 1


def test_a_cut_ends_all_tracks() -> None:
    frames = [(t / 5, [box(100), box(300)], 0.9) for t in range(10)]
    parts = track(frames, cuts=[1.0])
    assert sorted((one.start, one.end) for one in parts) == [(0.0, 0.8)] * 2 + [(1.0, 1.8)] * 2


def test_a_hole_in_the_footage_ends_the_track() -> None:
    frames = [(t / 5 + (3.0 if t >= 5 else 0.0), [box(100)], 0.9) for t in range(10)]
    assert [one.start for one in track(frames)] == [0.0, 4.0]


def crossing(rate: float = 5.0, hidden: float = 0.0) -> list[tuple[float, list[np.ndarray], float]]:
    """Two people walk past each other; the one behind is not detected while mostly covered."""
    frames = []
    for index in range(int(8 * rate)):
        time = index / rate
        near, far = box(100 + 60 * time, 230, 120), box(580 - 60 * time, 215, 100)
        apart = abs(near[0] - far[0])
        frames.append((time, [near] if apart < hidden else [near, far], 0.9))
    return frames


@pytest.mark.parametrize("rate", [2.5, 5.0, 10.0])
@pytest.mark.parametrize("hidden", [0.0, 15.0, 30.0])
def test_two_who_cross_are_never_swapped(rate: float, hidden: float) -> None:
    found = track(crossing(rate, hidden))
    near = {round(time, 6): boxes[0] for time, boxes, _ in crossing(rate)}
    far = {round(time, 6): boxes[-1] for time, boxes, _ in crossing(rate)}
    for one in found:
        is_near = [np.abs(one.boxes[i] - near[round(float(t), 6)]).max() < 20 for i, t in enumerate(one.times)]
        is_far = [np.abs(one.boxes[i] - far[round(float(t), 6)]).max() < 20 for i, t in enumerate(one.times)]
        assert all(is_near) or all(is_far)
    assert sum(len(one.times) for one in found) >= 0.9 * sum(len(boxes) for _, boxes, _ in crossing(rate, hidden))
    assert max(one.overlaps.max() for one in found) > 0.5


def test_the_overlap_is_that_of_the_other_tracklet_at_that_time() -> None:
    frames = [(t / 5, [box(100), box(120 if t == 3 else 300)], 0.9) for t in range(2)]
    frames += [(0.4 + t / 5, [box(100), box(300 - 30 * t)], 0.9) for t in range(5)]
    found = track(frames)
    last = [one for one in found if one.end == pytest.approx(1.2)]
    left = next(one for one in last if one.boxes[-1][0] < 90)
    assert left.overlaps[:4].tolist() == [0.0] * 4
    assert left.overlaps[-1] == 0.0  # 300 - 120 = 180, still 40 px away
    apart = track([(t / 5, [box(100), box(120)], 0.9) for t in range(4)])
    np.testing.assert_allclose([one.overlaps for one in apart], 0.5, rtol=1e-6)


def test_who_could_be_either_begins_a_new_tracklet() -> None:
    """Two walk into the same place and only one comes out: nobody can say who."""
    frames = [(t / 5, [box(100 + 12 * t), box(340 - 12 * t)], 0.9) for t in range(9)]
    frames += [((9 + t) / 5, [box(220, 200 + 10 * t)], 0.9) for t in range(8)]
    found = track(frames)
    assert not any(one.start < 0.5 and one.end > 2.8 for one in found)


def test_warm_up_is_tracked_but_kept_apart() -> None:
    frames = [(t / 5, [box(100 + 10 * t)], 0.9) for t in range(10)]
    (only,) = track(frames, warmup=1.0)
    assert only.times.tolist() == [t / 5 for t in range(5, 10)]
    assert only.warmup_times.tolist() == [t / 5 for t in range(5)]
    np.testing.assert_allclose(only.warmup_boxes, [box(100 + 10 * t) for t in range(5)], rtol=1e-6)


def test_who_left_during_warm_up_is_not_in_the_segment() -> None:
    assert track([(t / 5, [box(100)] if t < 5 else NOTHING, 0.9) for t in range(12)], warmup=1.0) == ()


def test_a_gap_over_the_boundary_is_filled_from_the_boundary_on() -> None:
    frames = [(t / 5, [box(100)] if t not in (4, 5, 6) else NOTHING, 0.9) for t in range(12)]
    (only,) = track(frames, warmup=1.0)
    assert only.start == 1.0
    assert only.observed.tolist() == [False, False] + [True] * 5
    assert only.warmup_times.tolist() == [t / 5 for t in range(5)]


@pytest.mark.parametrize("seed", range(6))
def test_a_segment_with_warm_up_is_the_whole_stream_s_part(seed: int) -> None:
    moments = walkers(seed, people=8, seconds=24, miss=0.1)
    boundary = 12.0
    whole = track_moments(moments)
    part = track_moments([moment for moment in moments if moment.time >= boundary - 2.0], warmup=boundary)

    def rows(tracklets: tuple[Tracklet, ...]) -> set[tuple[tuple[float, ...], ...]]:
        return {
            tuple((float(time), *map(float, where)) for time, where in zip(one.times, one.boxes, strict=True))
            for one in (
                replace(one, times=one.times[one.times >= boundary], boxes=one.boxes[one.times >= boundary])
                for one in tracklets
            )
            if len(one.times)
        }

    assert rows(part) == rows(whole)


def test_nothing_moved_so_everybody_stands() -> None:
    tracker = Tracker(TrackerSettings(), HIGH)
    for index in range(3):
        tracker.update(index / 5, detections([box(100)], 0.9))
    for index in range(3, 30):
        tracker.skip(index / 5)
    tracker.update(6.0, detections([box(105)], 0.9))
    (only,) = tracker.finish()
    assert len(only.times) == 31
    assert only.observed.tolist() == [True] * 3 + [False] * 27 + [True]
    np.testing.assert_allclose(only.boxes[3:30], np.tile(box(100), (27, 1)))


def test_a_still_end_belongs_to_the_tracklet() -> None:
    tracker = Tracker(TrackerSettings(), HIGH)
    for index in range(3):
        tracker.update(index / 5, detections([box(100)], 0.9))
    tracker.skip(0.6)
    (only,) = tracker.finish()
    assert only.end == 0.6


def test_who_was_missing_when_all_stood_still_stays_missing() -> None:
    tracker = Tracker(TrackerSettings(), HIGH)
    for index in range(3):
        tracker.update(index / 5, detections([box(100)], 0.9))
    tracker.update(0.6, detections(NOTHING, 0.0))
    for index in range(4, 20):
        tracker.skip(index / 5)
    (only,) = tracker.finish()
    assert only.end == pytest.approx(0.4)


def test_a_segment_in_which_nothing_moves_has_a_shot_of_who_stands_there() -> None:
    tracker = Tracker(TrackerSettings(), HIGH, ShotSettings())
    tracker.update(0.0, detections([box(100)], 0.9), frame(0.0), warmup=True)
    for index in range(1, 20):
        tracker.skip(index / 5, frame(index / 5), warmup=index < 10)
    (only,) = tracker.finish()
    assert only.start == 2.0
    assert len(only.shots) == 1
    assert only.shots[0].time == 2.0
    assert only.shots[0].image.shape == (100, 40, 3)


@pytest.mark.parametrize("time", [1.0, 0.5])
def test_time_must_go_on(time: float) -> None:
    tracker = Tracker(TrackerSettings(), HIGH)
    tracker.update(1.0, detections(NOTHING, 0.0))
    with pytest.raises(ValueError, match="does not come after"):
        tracker.update(time, detections(NOTHING, 0.0))
    with pytest.raises(ValueError, match="does not come after"):
        tracker.skip(time)


def test_after_finish_it_starts_anew() -> None:
    tracker = Tracker(TrackerSettings(), HIGH)
    for _ in range(2):
        tracker.update(0.0, detections([box(100)], 0.9))
        (only,) = tracker.finish()
        assert only.times.tolist() == [0.0]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([1.0, 2.5, 5.0, 12.0]), st.sampled_from([0.0, 0.15, 0.3]))
def test_laws_of_tracklets(seed: int, rate: float, miss: float) -> None:
    moments = walkers(seed, people=7, seconds=10, rate=rate, miss=miss)
    found = track_moments(moments)
    assert same(found, track_moments(moments))
    frame_times = [moment.time for moment in moments]
    given_boxes = {moment.time: {tuple(row) for row in moment.detections.boxes.tolist()} for moment in moments}
    taken = set()
    for one in found:
        assert (np.diff(one.times) > 0).all()
        first = frame_times.index(one.start)
        assert one.times.tolist() == frame_times[first : first + len(one.times)]
        assert one.observed[0]
        assert one.observed[-1]
        assert ((one.scores > 0) == one.observed).all()
        assert ((one.overlaps >= 0) & (one.overlaps <= 1)).all()
        for time, where in zip(one.times[one.observed], one.boxes[one.observed], strict=True):
            key = (float(time), *where.tolist())
            assert tuple(where.tolist()) in given_boxes[float(time)]
            assert key not in taken
            taken.add(key)
