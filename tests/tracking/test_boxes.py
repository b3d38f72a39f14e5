from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from reseen.tracking.boxes import areas, centre_size, covered, from_centre_size, intersections, iou

CORNERS = arrays(np.float64, (4,), elements=st.floats(-1e3, 1e3, allow_subnormal=False))
BOXES = CORNERS.map(lambda row: np.array([min(row[0], row[2]), min(row[1], row[3]), *np.maximum(row[:2], row[2:])]))
SQUARE = np.array([0.0, 0.0, 10.0, 10.0])


def test_known_overlaps() -> None:
    half = np.array([5.0, 0.0, 15.0, 10.0])
    assert intersections(SQUARE, half) == 50.0
    assert iou(SQUARE, half) == 50.0 / 150.0
    assert iou(SQUARE, SQUARE) == 1.0
    assert iou(SQUARE, SQUARE + 20) == 0.0


def test_an_empty_box_overlaps_nothing() -> None:
    nothing = np.array([5.0, 5.0, 5.0, 5.0])
    assert areas(nothing) == 0.0
    assert iou(nothing, nothing) == 0.0
    assert iou(nothing, SQUARE) == 0.0


def test_pairs_by_broadcasting() -> None:
    first, second = np.stack([SQUARE, SQUARE + 5, SQUARE + 20]), np.stack([SQUARE, SQUARE + 20])
    assert iou(first[:, None], second[None]).shape == (3, 2)


def test_the_largest_single_cover_counts() -> None:
    boxes = np.array([[0.0, 0, 10, 10], [5, 0, 25, 10], [0, 0, 3, 10], [50, 50, 60, 60]])
    np.testing.assert_allclose(covered(boxes), [0.5, 0.25, 1.0, 0.0])
    assert covered(boxes[:1]).tolist() == [0.0]
    assert covered(boxes[:0]).shape == (0,)


@given(BOXES, BOXES)
def test_overlap_is_symmetrical_and_bounded(first: np.ndarray, second: np.ndarray) -> None:
    assert iou(first, second) == iou(second, first)
    assert 0.0 <= iou(first, second) <= 1.0 + 1e-9


@given(BOXES)
def test_centre_and_size_and_back(box: np.ndarray) -> None:
    np.testing.assert_allclose(from_centre_size(centre_size(box)), box, atol=1e-9)
