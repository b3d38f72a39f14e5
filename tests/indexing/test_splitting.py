from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from reseen.indexing.splitting import EmbeddedTracklet, SplitSettings, cut, split_at_crossings
from reseen.tracking import Tracklet
from reseen.tracking.tracklet import Shot

ANN, BEN, EVE = np.eye(8, dtype=np.float32)[:3]


def tracklet(overlaps: NDArray, shot_frames: list[int], warmup: int = 2) -> Tracklet:
    """Five frames a second from second 10 on; every frame has a box of its own."""
    count = len(overlaps)
    times = 10 + 0.2 * np.arange(count)
    boxes = np.arange(4 * count, dtype=np.float32).reshape(count, 4)
    pixels = np.zeros((4, 2, 3), np.uint8)
    return Tracklet(
        times=times,
        boxes=boxes,
        scores=np.linspace(0.5, 0.9, count, dtype=np.float32),
        observed=np.arange(count) % 3 != 1,
        overlaps=np.asarray(overlaps, np.float32),
        shots=tuple(Shot(float(times[i]), boxes[i], 0.9, 0.5, pixels) for i in shot_frames),
        warmup_times=10 - 0.2 * np.arange(warmup, 0, -1),
        warmup_boxes=np.zeros((warmup, 4), np.float32),
    )


def crossing_at(*frames: int, count: int = 30, most: float = 0.6) -> NDArray:
    """Overlap that rises and falls around some frames, greatest there."""
    distance = np.min([np.abs(np.arange(count) - frame) for frame in frames], axis=0)
    return np.clip(most - 0.15 * distance, 0, 1)


def embedded(overlaps: NDArray, who: list[tuple[int, NDArray]]) -> EmbeddedTracklet:
    """Shots at frames, each of a person; a little noise on each vector."""
    rng = np.random.default_rng(5)
    rows = np.array([vector for _, vector in who]) + rng.normal(0, 0.1, (len(who), 8))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return EmbeddedTracklet(tracklet(overlaps, [frame for frame, _ in who]), rows.astype(np.float32))


def same(one: EmbeddedTracklet, other: EmbeddedTracklet) -> bool:
    names = ("times", "boxes", "scores", "observed", "overlaps", "warmup_times", "warmup_boxes")
    return (
        all(np.array_equal(getattr(one.tracklet, name), getattr(other.tracklet, name)) for name in names)
        and one.tracklet.shots == other.tracklet.shots
        and np.array_equal(one.vectors, other.vectors)
    )


def test_two_people_are_cut_at_the_crossing() -> None:
    item = embedded(crossing_at(12), [(2, ANN), (8, ANN), (20, BEN), (27, BEN)])
    first, second = split_at_crossings(item, SplitSettings())
    assert first.tracklet.end == item.tracklet.times[12]
    assert second.tracklet.start == item.tracklet.times[13]
    assert [shot.time for shot in first.tracklet.shots] == [item.tracklet.times[2], item.tracklet.times[8]]
    np.testing.assert_array_equal(first.vectors, item.vectors[:2])
    np.testing.assert_array_equal(second.vectors, item.vectors[2:])


def test_only_the_first_part_was_seen_in_the_segment_before() -> None:
    item = embedded(crossing_at(12), [(2, ANN), (20, BEN)])
    first, second = split_at_crossings(item, SplitSettings())
    np.testing.assert_array_equal(first.tracklet.warmup_times, item.tracklet.warmup_times)
    assert first.tracklet.warmup_boxes.shape == (2, 4)
    assert second.tracklet.warmup_times.shape == (0,)
    assert second.tracklet.warmup_boxes.shape == (0, 4)


def test_who_turns_round_without_a_crossing_stays_one_person() -> None:
    item = embedded(np.zeros(30), [(2, ANN), (8, ANN), (20, BEN), (27, BEN)])
    (whole,) = split_at_crossings(item, SplitSettings())
    assert whole is item


def test_a_crossing_alone_cuts_nobody() -> None:
    item = embedded(crossing_at(12), [(2, ANN), (8, ANN), (20, ANN), (27, ANN)])
    (whole,) = split_at_crossings(item, SplitSettings())
    assert whole is item


def test_a_slight_overlap_is_no_crossing() -> None:
    item = embedded(crossing_at(12, most=0.24), [(2, ANN), (20, BEN)])
    assert len(split_at_crossings(item, SplitSettings())) == 1
    assert len(split_at_crossings(item, SplitSettings(overlap=0.2))) == 2


def test_three_people_in_a_row_are_cut_twice() -> None:
    item = embedded(crossing_at(8, 20), [(2, ANN), (5, ANN), (12, BEN), (16, BEN), (23, EVE), (28, EVE)])
    parts = split_at_crossings(item, SplitSettings())
    assert [round(part.tracklet.end - 10, 3) for part in parts] == [1.6, 4.0, 5.8]
    assert [len(part.vectors) for part in parts] == [2, 2, 2]


def test_of_two_crossings_the_one_that_explains_it_is_cut() -> None:
    item = embedded(crossing_at(8, 20), [(2, ANN), (5, ANN), (12, ANN), (16, ANN), (23, BEN), (28, BEN)])
    first, second = split_at_crossings(item, SplitSettings())
    assert len(first.vectors) == 4
    assert second.tracklet.start == item.tracklet.times[21]


def test_the_crossing_that_explains_more_is_cut_where_either_would_do() -> None:
    # Cut at the first crossing the parts would differ as well, only less.
    people = [(2, ANN), (5, ANN), (12, ANN), (22, BEN), (24, BEN), (26, BEN), (28, BEN)]
    parts = split_at_crossings(embedded(crossing_at(8, 20), people), SplitSettings())
    assert [len(part.vectors) for part in parts] == [3, 4]


def test_the_frame_of_the_crossing_belongs_to_the_first_part() -> None:
    first, second = split_at_crossings(embedded(crossing_at(12), [(12, ANN), (20, BEN)]), SplitSettings())
    assert [len(part.vectors) for part in (first, second)] == [1, 1]
    assert first.tracklet.shots[0].time == first.tracklet.end


def test_a_doubtful_end_is_not_cut_off() -> None:
    settings = SplitSettings(seconds=0.4)
    item = embedded(crossing_at(28), [(2, ANN), (29, BEN)])  # 0.2 s are left after the crossing
    assert len(split_at_crossings(item, settings)) == 1
    assert len(split_at_crossings(embedded(crossing_at(27), [(2, ANN), (29, BEN)]), settings)) == 2


def test_a_side_without_a_shot_tells_nothing() -> None:
    item = embedded(crossing_at(12), [(14, ANN), (20, BEN)])
    assert len(split_at_crossings(item, SplitSettings())) == 1


def test_without_shots_nothing_is_cut() -> None:
    item = EmbeddedTracklet(tracklet(crossing_at(12), []), np.zeros((0, 8), np.float32))
    assert split_at_crossings(item, SplitSettings()) == (item,)


@given(st.data())
def test_the_parts_together_are_the_whole(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 40))
    overlaps = np.array(data.draw(st.lists(st.floats(0, 1, width=16), min_size=count, max_size=count)))
    frames = sorted(data.draw(st.sets(st.integers(0, count - 1), max_size=8)))
    people = [data.draw(st.sampled_from([ANN, BEN, EVE])) for _ in frames]
    item = embedded(overlaps, list(zip(frames, people, strict=True))) if frames else None
    if item is None:
        item = EmbeddedTracklet(tracklet(overlaps, []), np.zeros((0, 8), np.float32))
    parts = split_at_crossings(item, SplitSettings())
    for name in ("times", "boxes", "scores", "observed", "overlaps"):
        joined = np.concatenate([getattr(part.tracklet, name) for part in parts])
        np.testing.assert_array_equal(joined, getattr(item.tracklet, name))
    assert [shot for part in parts for shot in part.tracklet.shots] == list(item.tracklet.shots)
    np.testing.assert_array_equal(np.concatenate([part.vectors for part in parts]), item.vectors)
    for part in parts:
        assert len(part.vectors) == len(part.tracklet.shots)
        assert all(part.tracklet.start <= shot.time <= part.tracklet.end for shot in part.tracklet.shots)
    if len(parts) > 1:
        assert all(part.tracklet.end - part.tracklet.start >= 0 and len(part.vectors) for part in parts)
    for one, other in pairwise(parts):
        assert one.tracklet.end < other.tracklet.start


@given(st.integers(0, 28))
def test_a_cut_can_be_put_together_again(frame: int) -> None:
    item = embedded(crossing_at(12), [(2, ANN), (20, BEN)])
    head, tail = cut(item, float(item.tracklet.times[frame]))
    assert len(head.tracklet.times) == frame + 1
    assert len(tail.tracklet.times) == 29 - frame
    whole = EmbeddedTracklet(
        Tracklet(
            *(
                np.concatenate([getattr(head.tracklet, name), getattr(tail.tracklet, name)])
                for name in ("times", "boxes", "scores", "observed", "overlaps")
            ),
            shots=head.tracklet.shots + tail.tracklet.shots,
            warmup_times=head.tracklet.warmup_times,
            warmup_boxes=head.tracklet.warmup_boxes,
        ),
        np.concatenate([head.vectors, tail.vectors]),
    )
    assert same(whole, item)
