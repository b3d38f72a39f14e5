from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reseen.tracking import QualitySettings
from reseen.tracking.quality import quality, sharpness, sharpness_factor
from tracking.scenes import box

SETTINGS = QualitySettings()
SIZE = (640, 480)


def one(where: np.ndarray, score: float = 0.9, *others: np.ndarray) -> float:
    boxes = np.array([where, *others])
    return float(quality(boxes, np.array([score, *[0.9] * len(others)]), 0.5, SIZE, SETTINGS)[0])


def crop(seed: int = 0, size: tuple[int, int] = (160, 64)) -> np.ndarray:
    noise = np.random.default_rng(seed).integers(0, 255, (16, 8, 3), np.uint8)
    return cv2.resize(noise, (size[1], size[0]), interpolation=cv2.INTER_NEAREST)


GOOD = box(320, 300, 160)


def test_a_whole_upright_large_sure_person_is_good() -> None:
    assert one(GOOD, 1.0) == pytest.approx(1.0)


def test_everything_that_spoils_a_picture_lowers_quality() -> None:
    spoilt = {
        "small": one(box(320, 300, 60)),
        "lying": one(np.array([240, 200, 400, 264])),
        "a strip": one(np.array([310, 140, 330, 300])),
        "doubtful": one(GOOD, 0.4),
        "head cut off": one(GOOD - np.array([0, 140, 0, 140])),
        "feet cut off": one(GOOD + np.array([0, 180, 0, 180])),
        "at the left border": one(GOOD - np.array([288, 0, 288, 0])),
        "at the right border": one(GOOD + np.array([288, 0, 288, 0])),
        "behind somebody": one(GOOD, 0.9, GOOD + np.array([20, 30, 20, 30])),
    }
    assert all(value < 0.85 * one(GOOD) for value in spoilt.values()), spoilt


def test_a_lost_head_is_worse_than_lost_feet() -> None:
    assert one(GOOD - np.array([0, 140, 0, 140])) < one(GOOD + np.array([0, 180, 0, 180]))


def test_who_stands_in_front_loses_less_than_who_stands_behind() -> None:
    front, behind = GOOD + np.array([20, 30, 20, 30]), GOOD
    values = quality(np.array([front, behind]), np.array([0.9, 0.9]), 0.5, SIZE, SETTINGS)
    assert values[0] > values[1]
    assert one(front, 0.9, behind) < one(front)


def test_a_sure_detection_is_worth_more_than_a_doubtful_one() -> None:
    scores = [one(GOOD, score) for score in (0.1, 0.3, 0.49, 0.5, 0.7, 0.99)]
    assert scores == sorted(scores)
    assert scores[3] > 1.5 * scores[2]


def test_nobody() -> None:
    assert quality(np.zeros((0, 4)), np.zeros(0), 0.5, SIZE, SETTINGS).shape == (0,)


@given(
    st.lists(st.tuples(st.floats(0, 600), st.floats(0, 440), st.floats(1, 400), st.floats(1, 400)), max_size=5),
    st.floats(0, 1),
    st.floats(0.05, 1),
)
def test_quality_lies_between_0_and_1(rows: list[tuple[float, ...]], score: float, high: float) -> None:
    boxes = np.array([[x, y, x + w, y + h] for x, y, w, h in rows]).reshape(-1, 4)
    values = quality(boxes, np.full(len(boxes), score), high, SIZE, SETTINGS)
    assert ((values >= 0) & (values <= 1)).all()


def test_blur_and_darkness_lower_sharpness() -> None:
    sharp = crop()
    blurred = cv2.GaussianBlur(sharp, (0, 0), 6)
    dark = (sharp // 6).astype(np.uint8)
    assert sharpness(blurred) < 0.2 * sharpness(sharp)
    assert sharpness(dark) < 0.2 * sharpness(sharp)
    assert sharpness(np.full_like(sharp, 128)) == 0.0
    assert sharpness_factor(np.full_like(sharp, 128), SETTINGS) == 0.0
    assert 0.9 < sharpness_factor(sharp, SETTINGS) <= 1.0


def test_sharpness_hardly_depends_on_the_size_of_the_person() -> None:
    assert sharpness(crop(size=(512, 256))) == pytest.approx(sharpness(crop(size=(256, 128))), rel=0.1)
