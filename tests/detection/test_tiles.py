from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reseen.detection import Detections
from reseen.detection.tiles import OVERLAP, Tile, cut_sides, lay_tiles, merge_tiles
from reseen.models import InputSpec

SPEC = InputSpec(width=416, height=416, colour="BGR", resize="letterbox")
WHOLE = Tile(0, 0, 1000, 500)
LEFT, RIGHT = Tile(0, 0, 560, 500), Tile(440, 0, 1000, 500)


@given(st.integers(1, 5000), st.integers(1, 5000), st.sampled_from([None, 1, 2, 3, 5, 8, "auto"]))
def test_tiles_cover_the_picture_and_overlap(width: int, height: int, tiles: object) -> None:
    whole, *rest = lay_tiles(width, height, tiles, SPEC)  # type: ignore[arg-type]
    assert whole == Tile(0, 0, width, height)
    for tile in rest:
        assert 0 <= tile.x1 < tile.x2 <= width
        assert 0 <= tile.y1 < tile.y2 <= height
    if not rest:
        return
    columns = sorted({(tile.x1, tile.x2) for tile in rest})
    rows = sorted({(tile.y1, tile.y2) for tile in rest})
    assert len(rest) == len(columns) * len(rows)
    for cuts, length in ((columns, width), (rows, height)):
        assert cuts[0][0] == 0
        assert cuts[-1][1] == length
        for (_, end), (start, after) in pairwise(cuts):
            assert end - start >= OVERLAP * (after - start) - 2


@pytest.mark.parametrize(
    ("size", "count"),
    [((640, 360), 0), ((1280, 720), 2), ((1920, 1080), 6), ((3840, 2160), 18), ((100, 100), 0)],
)
def test_auto_looks_closer_the_larger_the_picture(size: tuple[int, int], count: int) -> None:
    assert len(lay_tiles(*size, "auto", SPEC)) == 1 + count


def test_a_number_is_the_tiles_along_the_long_side() -> None:
    assert len(lay_tiles(1600, 800, 2, SPEC)) == 1 + 2
    assert len(lay_tiles(800, 1600, 2, SPEC)) == 1 + 2
    assert len(lay_tiles(1600, 900, 4, SPEC)) == 1 + 8


def cut(*boxes: tuple[list[float], Tile]) -> np.ndarray:
    return np.concatenate([cut_sides(np.array([box], np.float32), tile, WHOLE, SPEC) for box, tile in boxes])


def merged(*found: tuple[list[float], Tile, float]) -> Detections:
    boxes = np.array([box for box, _, _ in found], np.float32)
    scores = np.array([score for _, _, score in found], np.float32)
    return merge_tiles(Detections(boxes, scores), cut(*((box, tile) for box, tile, _ in found)), 0.45)


def test_only_inner_borders_cut() -> None:
    flags = cut(([0, 0, 100, 500], LEFT), ([500, 10, 559, 90], LEFT), ([441, 0, 1000, 500], RIGHT))
    assert flags.tolist() == [
        [False, False, False, False],
        [False, False, True, False],
        [True, False, False, False],
    ]
    assert not cut(([0, 0, 1000, 500], WHOLE)).any()


def test_one_person_seen_by_three_is_one() -> None:
    found = merged(
        ([480, 100, 520, 300], WHOLE, 0.5),
        ([481, 101, 521, 299], LEFT, 0.9),
        ([479, 99, 519, 301], RIGHT, 0.8),
    )
    assert found.scores.tolist() == [np.float32(0.9)]


def test_a_part_is_dropped_for_the_whole_even_with_a_better_score() -> None:
    found = merged(([530, 100, 600, 300], RIGHT, 0.6), ([530, 100, 559, 300], LEFT, 0.9))
    assert found.boxes.tolist() == [[530, 100, 600, 300]]


def test_two_halves_that_nobody_saw_whole_are_joined() -> None:
    found = merged(([380, 20, 559, 480], LEFT, 0.6), ([441, 30, 640, 490], RIGHT, 0.7))
    assert found.boxes.tolist() == [[380, 20, 640, 490]]
    assert found.scores.tolist() == [np.float32(0.7)]


def test_two_cut_people_at_different_heights_stay_two() -> None:
    found = merged(([500, 10, 559, 200], LEFT, 0.6), ([441, 220, 530, 480], RIGHT, 0.7))
    assert len(found) == 2


def test_a_cut_person_alone_is_kept() -> None:
    assert merged(([500, 10, 559, 200], LEFT, 0.6)).boxes.tolist() == [[500, 10, 559, 200]]


def test_people_side_by_side_stay_two() -> None:
    found = merged(([100, 100, 150, 300], WHOLE, 0.9), ([140, 100, 190, 300], LEFT, 0.8))
    assert len(found) == 2


def test_nobody() -> None:
    assert len(merge_tiles(Detections.none(), np.zeros((0, 4), bool), 0.45)) == 0


@given(
    st.lists(
        st.tuples(st.integers(0, 950), st.integers(0, 400), st.integers(5, 50), st.integers(10, 100)),
        max_size=8,
    )
)
def test_merging_never_invents_or_enlarges(people: list[tuple[int, int, int, int]]) -> None:
    boxes = np.array([[x, y, x + w, y + h] for x, y, w, h in people], np.float32).reshape(-1, 4)
    scores = np.linspace(0.9, 0.2, len(people)).astype(np.float32)
    found = merge_tiles(Detections(boxes, scores), np.zeros((len(people), 4), bool), 0.45)
    assert len(found) <= len(people)
    assert all(any((box == given).all() for given in boxes) for box in found.boxes)
    again = merge_tiles(found, np.zeros((len(found), 4), bool), 0.45)
    np.testing.assert_array_equal(again.boxes, found.boxes)
