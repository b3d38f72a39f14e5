from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from reseen.detection.decoders import decoder_for
from reseen.errors import InputError
from reseen.models import Card, DetectorSpec, InputSpec
from tiny_networks import bright_card, reid_card

INPUT = InputSpec(width=64, height=32, colour="BGR", resize="letterbox")


def yolox(classes: int = 3, person: int = 1) -> Card:
    spec = DetectorSpec(score_threshold=0.3, person_class=person, nms_iou=0.45, strides=(8, 16), classes=classes)
    return bright_card(input=INPUT, detector=spec)


def nanodet() -> Card:
    spec = DetectorSpec(score_threshold=0.3, nms_iou=0.6, strides=(8, 16), classes=2, bins=8)
    return bright_card(family="nanodet", input=INPUT, detector=spec)


def ssd(person: int = 1) -> Card:
    spec = DetectorSpec(score_threshold=0.5, person_class=person, classes=2)
    return bright_card(family="omz-ssd", input=INPUT, detector=spec)


CELLS = 8 * 4 + 4 * 2
YOLOX_SHAPES = [(1, CELLS, 8)]
NANODET_SHAPES = [(1, 32, 2), (1, 8, 2), (1, 32, 32), (1, 8, 32)]


def test_yolox_by_hand() -> None:
    rows = np.zeros((CELLS, 8), np.float32)
    # Second row, third column of the first level; then the last cell of the second level.
    rows[8 + 2] = [0.5, 0.25, np.log(2), np.log(3), 0.8, 0.9, 0.5, 0.1]
    rows[CELLS - 1] = [0.0, 0.0, 0.0, 0.0, 0.6, 0.0, 1.0, 0.0]
    rows[5] = [0, 0, 0, 0, 1.0, 1.0, 0.05, 1.0]
    found = decoder_for(yolox(), YOLOX_SHAPES)([rows], 0.1)
    np.testing.assert_allclose(found.scores, [0.4, 0.6], rtol=1e-6)
    np.testing.assert_allclose(found.boxes[0], [20 - 8, 10 - 12, 20 + 8, 10 + 12], rtol=1e-6)
    np.testing.assert_allclose(found.boxes[1], [48 - 8, 16 - 8, 48 + 8, 16 + 8], rtol=1e-6)
    assert found.boxes.dtype == found.scores.dtype == np.float32


def test_yolox_drops_what_is_no_number() -> None:
    rows = np.zeros((CELLS, 8), np.float32)
    rows[0] = [0, 0, 500, 0, 1, 0, 1, 0]
    rows[1] = [np.nan, 0, 0, 0, 1, 0, 1, 0]
    assert len(decoder_for(yolox(), YOLOX_SHAPES)([rows], 0.1)) == 0


def test_nanodet_by_hand() -> None:
    scores = [np.zeros((32, 2), np.float32), np.zeros((8, 2), np.float32)]
    sides = [np.zeros((32, 32), np.float32), np.zeros((8, 32), np.float32)]
    scores[0][9, 0] = 0.7
    scores[0][10, 1] = 0.9
    for side, bin_ in enumerate((1, 2, 3, 4)):
        sides[0][9, side * 8 + bin_] = 50.0
    scores[1][7, 0] = 0.3
    found = decoder_for(nanodet(), NANODET_SHAPES)([*scores, *sides], 0.1)
    np.testing.assert_allclose(found.scores, [0.7, 0.3], rtol=1e-6)
    x, y = 1 * 8 + 3.5, 1 * 8 + 3.5
    np.testing.assert_allclose(found.boxes[0], [x - 8, y - 16, x + 24, y + 32], rtol=1e-5)
    # A flat distribution means the middle, 3.5 strides.
    x, y = 3 * 16 + 7.5, 1 * 16 + 7.5
    np.testing.assert_allclose(found.boxes[1], [x - 56, y - 56, x + 56, y + 56], rtol=1e-5)


def test_nanodet_finds_its_outputs_by_shape() -> None:
    shuffled = [NANODET_SHAPES[index] for index in (3, 0, 2, 1)]
    outputs = [np.zeros(shape[1:], np.float32) for shape in shuffled]
    outputs[1][0, 0] = 0.9
    assert decoder_for(nanodet(), shuffled)(outputs, 0.1).scores.tolist() == [np.float32(0.9)]


def test_ssd_by_hand() -> None:
    rows = np.zeros((1, 6, 7), np.float32)
    rows[0, 0] = [0, 1, 0.9, 0.25, 0.5, 0.5, 1.0]
    rows[0, 1] = [0, 0, 0.8, 0, 0, 1, 1]
    rows[0, 2] = [0, 1, 0.05, 0, 0, 1, 1]
    rows[0, 3] = [0, 1, 0.2, -0.1, 0, 1, 1.1]
    rows[0, 4] = [-1, 0, 0, 0, 0, 0, 0]
    rows[0, 5] = [0, 1, 0.99, 0, 0, 1, 1]
    found = decoder_for(ssd(), [(1, 1, 6, 7)])([rows], 0.1)
    np.testing.assert_allclose(found.scores, [0.9, 0.2], rtol=1e-6)
    np.testing.assert_allclose(found.boxes, [[16, 16, 32, 32], [-6.4, 0, 64, 35.2]], rtol=1e-6)


def test_ssd_full_to_the_last_row() -> None:
    rows = np.tile(np.array([0, 1, 0.9, 0, 0, 1, 1], np.float32), (1, 4, 1))
    assert len(decoder_for(ssd(), [(1, 1, 4, 7)])([rows], 0.1)) == 4


@pytest.mark.parametrize(
    ("card", "shapes", "outputs"),
    [
        (yolox(), YOLOX_SHAPES, [np.zeros((CELLS, 8), np.float32)]),
        (nanodet(), NANODET_SHAPES, [np.zeros(shape[1:], np.float32) for shape in NANODET_SHAPES]),
        (ssd(), [(1, 1, 3, 7)], [np.full((1, 3, 7), -1, np.float32)]),
    ],
)
def test_nobody(card: Card, shapes: list, outputs: list) -> None:
    found = decoder_for(card, shapes)(outputs, 0.1)
    assert found.boxes.shape == (0, 4)
    assert found.boxes.dtype == np.float32


@pytest.mark.parametrize(
    ("card", "shapes"),
    [
        (yolox(), [(1, CELLS, 7)]),
        (yolox(), [(1, CELLS - 1, 8)]),
        (yolox(), [*YOLOX_SHAPES, *YOLOX_SHAPES]),
        (nanodet(), NANODET_SHAPES[:3]),
        (nanodet(), [*NANODET_SHAPES, (1, 1)]),
        (ssd(), [(1, 1, 200, 6)]),
        (ssd(), [(1, 100, 5), (1, 100)]),
    ],
)
def test_another_familys_outputs_are_refused(card: Card, shapes: list) -> None:
    with pytest.raises(InputError, match=f"outputs are not those of family {card.family}"):
        decoder_for(card, shapes)


def test_a_reid_card_has_no_decoder() -> None:
    with pytest.raises(InputError, match="not one of a detector"):
        decoder_for(reid_card(), [(1, 6)])


def test_scores_stay_in_their_range() -> None:
    rows = np.zeros((CELLS, 8), np.float32)
    rows[0] = [0, 0, 0, 0, 1.0001, 0, 1.0, 0]
    found = decoder_for(dataclasses.replace(yolox()), YOLOX_SHAPES)([rows], 0.1)
    assert found.scores.max() <= 1.0
