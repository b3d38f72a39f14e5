from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reseen.detection.letterbox import fit, inner_size, placement
from reseen.models import InputSpec

YOLOX = InputSpec(width=416, height=416, colour="BGR", resize="letterbox", rounding="floor", fill=114)
NANODET = InputSpec(width=416, height=416, colour="BGR", resize="letterbox", rounding="nearest", fill=0)
WIDE = InputSpec(width=544, height=320, colour="BGR", resize="stretch")

sides = st.integers(1, 3000)
specs = st.sampled_from([YOLOX, NANODET, WIDE])
box = st.tuples(*[st.floats(0, 1, width=32)] * 4)


@given(sides, sides, specs, st.lists(box, max_size=5))
def test_boxes_come_back(width: int, height: int, spec: InputSpec, fractions: list) -> None:
    size = np.array([width, height, width, height], np.float32)
    boxes = np.asarray(fractions, np.float32).reshape(-1, 4) * size
    where = placement(width, height, spec)
    np.testing.assert_allclose(where.to_picture(where.to_input(boxes)), boxes, rtol=1e-5, atol=1e-3)


@given(sides, sides, specs)
def test_the_picture_lies_inside_the_input(width: int, height: int, spec: InputSpec) -> None:
    inside = inner_size(width, height, spec)
    assert 1 <= inside[0] <= spec.width
    assert 1 <= inside[1] <= spec.height
    corner = placement(width, height, spec).to_input(np.array([[0, 0, width, height]], np.float32))[0]
    assert abs(corner[2] - inside[0]) <= 1.01
    assert abs(corner[3] - inside[1]) <= 1.01


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 700), st.integers(1, 700), specs, st.integers(0, 255))
def test_a_flat_picture_stays_flat_and_the_rest_is_filled(width: int, height: int, spec: InputSpec, gray: int) -> None:
    fitted, _ = fit(np.full((height, width, 3), gray, np.uint8), spec)
    across, down = inner_size(width, height, spec)
    assert fitted.shape == (spec.height, spec.width, 3)
    assert fitted.dtype == np.uint8
    assert (fitted[:down, :across] == gray).all()
    rest = np.ones(fitted.shape[:2], bool)
    rest[:down, :across] = False
    assert (fitted[rest] == spec.fill).all()


@pytest.mark.parametrize(
    ("size", "spec", "wanted"),
    [
        ((1920, 1080), YOLOX, (416, 234)),
        ((1080, 1920), YOLOX, (234, 416)),
        ((576, 402), YOLOX, (416, 290)),
        ((576, 402), NANODET, (416, 290)),
        ((640, 427), YOLOX, (416, 277)),
        ((640, 427), NANODET, (416, 278)),
        ((3000, 1), YOLOX, (416, 1)),
        ((100, 100), YOLOX, (416, 416)),
        ((1920, 1080), WIDE, (544, 320)),
    ],
)
def test_sides_are_rounded_as_the_card_says(size: tuple[int, int], spec: InputSpec, wanted: tuple[int, int]) -> None:
    assert inner_size(*size, spec) == wanted


def test_pixels_are_those_of_a_linear_resize() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (200, 300, 3)).astype(np.uint8)
    fitted, where = fit(picture, YOLOX)
    np.testing.assert_array_equal(fitted[:277, :416], cv2.resize(picture, (416, 277), interpolation=cv2.INTER_LINEAR))
    assert where.scale_x == where.scale_y == 416 / 300


def test_a_picture_of_the_right_size_is_untouched() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (320, 544, 3)).astype(np.uint8)
    fitted, _ = fit(picture, WIDE)
    np.testing.assert_array_equal(fitted, picture)
