from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from reseen.detection import Detections
from reseen.detection.suppression import area, by_score, overlap, suppress


@st.composite
def some_detections(draw: st.DrawFn) -> Detections:
    count = draw(st.integers(0, 12))
    corners = draw(st.lists(st.tuples(*[st.integers(0, 60)] * 2), min_size=count, max_size=count))
    sizes = draw(st.lists(st.tuples(*[st.integers(1, 40)] * 2), min_size=count, max_size=count))
    scores = draw(st.lists(st.integers(1, 99), min_size=count, max_size=count, unique=True))
    low = np.asarray(corners, np.float32).reshape(-1, 2)
    boxes = np.concatenate([low, low + np.asarray(sizes, np.float32).reshape(-1, 2)], axis=1)
    return Detections(boxes, np.asarray(scores, np.float32) / 100)


def iou(a: np.ndarray, b: np.ndarray) -> float:
    common = float(overlap(a, b[None])[0])
    return common / float(area(a[None])[0] + area(b[None])[0] - common)


@given(some_detections(), st.sampled_from([0.3, 0.45, 0.6]))
def test_no_two_kept_boxes_overlap_much(detections: Detections, limit: float) -> None:
    kept = suppress(detections, limit)
    for i in range(len(kept)):
        for j in range(i):
            assert iou(kept.boxes[i], kept.boxes[j]) <= limit + 1e-6


@given(some_detections(), st.sampled_from([0.3, 0.45, 0.6]))
def test_every_dropped_box_overlaps_a_better_one(detections: Detections, limit: float) -> None:
    kept = suppress(detections, limit)
    for box, score in zip(detections.boxes, detections.scores, strict=True):
        if score in kept.scores:
            continue
        better = kept.scores > score
        assert max(iou(box, other) for other in kept.boxes[better]) > limit - 1e-6


@given(some_detections(), st.randoms())
def test_order_does_not_matter_and_twice_is_once(detections: Detections, random: object) -> None:
    once = suppress(detections, 0.45)
    order = list(range(len(detections)))
    random.shuffle(order)  # type: ignore[attr-defined]
    other = suppress(detections.keep(np.asarray(order, np.intp)), 0.45)
    np.testing.assert_array_equal(once.boxes, other.boxes)
    np.testing.assert_array_equal(suppress(once, 0.45).boxes, once.boxes)
    assert (np.diff(once.scores) <= 0).all()


@given(some_detections(), st.floats(0.1, 0.9))
def test_low_scores_never_change_the_high_ones(detections: Detections, threshold: float) -> None:
    everything = suppress(detections, 0.45)
    high = suppress(detections.keep(detections.scores >= threshold), 0.45)
    np.testing.assert_array_equal(everything.keep(everything.scores >= threshold).boxes, high.boxes)


def test_nobody() -> None:
    assert len(suppress(Detections.none(), 0.5)) == 0
    assert len(by_score(Detections.none())) == 0


def test_equal_boxes_become_the_better_one() -> None:
    boxes = np.array([[0, 0, 10, 20], [0, 0, 10, 20]], np.float32)
    kept = suppress(Detections(boxes, np.array([0.3, 0.7], np.float32)), 0.45)
    assert kept.scores.tolist() == [np.float32(0.7)]
