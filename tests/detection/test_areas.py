from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reseen.detection import Areas
from reseen.errors import UsageError

LOWER = ((0.0, 0.5), (1.0, 0.5), (1.0, 1.0), (0.0, 1.0))
LEFT = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
# Head up, feet in: left low, right low, left high, right high; 200 x 100 pixels.
BOXES = np.array([[10, 10, 30, 90], [150, 10, 170, 90], [10, 5, 30, 40], [150, 5, 170, 40]], np.float32)


def test_without_areas_everybody_counts() -> None:
    assert not Areas()
    assert Areas().contain(BOXES, 200, 100).tolist() == [True] * 4


def test_the_feet_decide() -> None:
    assert Areas(include=(LOWER,)).contain(BOXES, 200, 100).tolist() == [True, True, False, False]
    assert Areas(exclude=(LOWER,)).contain(BOXES, 200, 100).tolist() == [False, False, True, True]


def test_exclude_wins_and_several_add_up() -> None:
    both = Areas(include=(LOWER,), exclude=(LEFT,))
    assert both.contain(BOXES, 200, 100).tolist() == [False, True, False, False]
    assert Areas(include=(LOWER, LEFT)).contain(BOXES, 200, 100).tolist() == [True, True, True, False]


def test_feet_outside_the_picture_count_as_at_its_border() -> None:
    clipped = np.array([[150, 20, 170, 100]], np.float32)
    assert Areas(include=(LOWER,)).contain(clipped, 200, 100).tolist() == [True]
    assert Areas(exclude=(LOWER,)).contain(clipped, 200, 100).tolist() == [False]


def test_nobody() -> None:
    assert Areas(include=(LOWER,)).contain(np.zeros((0, 4), np.float32), 200, 100).shape == (0,)


@given(st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_an_area_and_its_opposite_split_the_floor(x: float, y: float) -> None:
    box = np.array([[x * 200 - 1, 0, x * 200 + 1, y * 100]], np.float32)
    inside = Areas(include=(LEFT,)).contain(box, 200, 100)[0]
    outside = Areas(exclude=(LEFT,)).contain(box, 200, 100)[0]
    assert inside != outside


@pytest.mark.parametrize(
    "polygon",
    [((0.1, 0.1), (0.2, 0.2)), ((0, 0), (1, 0), (1, 1.5)), ((0, 0), (1, 0), (float("nan"), 1))],
)
def test_odd_polygons_are_refused(polygon: tuple) -> None:
    with pytest.raises(UsageError):
        Areas(include=(polygon,))
