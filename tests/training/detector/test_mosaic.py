from __future__ import annotations

import numpy as np
import pytest

from reseen.training.detector.mosaic import (
    FILL,
    CanvasMaker,
    MosaicSettings,
    clip_boxes,
    cut_boxes,
    paste,
)
from reseen.training.detector.scenes import CutOut, LabelledPicture, as_boxes, split_held_out

NONE = as_boxes([])


def picture(
    value: int, boxes: list[list[float]], group: str = "a", size: tuple[int, int] = (100, 200)
) -> LabelledPicture:
    rgb = np.full((*size, 3), value, np.uint8)
    for x1, y1, x2, y2 in np.asarray(boxes, int).reshape(-1, 4):
        rgb[y1:y2, x1:x2] = 250
    return LabelledPicture(rgb, as_boxes(boxes), NONE, group, f"{group}{value}")


def test_a_picture_as_it_is_lies_at_the_top_left_with_its_boxes_scaled() -> None:
    settings = MosaicSettings(size=64, mosaic=0, enlarged=0, shrink=1.0, paste=0)
    maker = CanvasMaker([picture(10, [[50, 20, 70, 80]])], [], settings)
    canvas = maker.draw(np.random.default_rng(0))
    assert canvas.rgb.shape == (64, 64, 3)
    np.testing.assert_allclose(canvas.boxes, [[16, 6.4, 22.4, 25.6]], atol=0.01)
    assert (canvas.rgb[40:] == FILL).all() and (canvas.rgb[0] == 10).all()
    assert (canvas.rgb[10:22, 18:21] == 250).all()


@pytest.mark.parametrize("seed", range(8))
def test_a_mosaic_is_filled_and_its_boxes_hold_the_people(seed: int) -> None:
    settings = MosaicSettings(size=96, mosaic=1, enlarged=0, paste=0, smallest=2)
    maker = CanvasMaker([picture(10, [[60, 20, 90, 80], [130, 5, 150, 60]])], [], settings)
    canvas = maker.draw(np.random.default_rng(seed))
    assert not (canvas.rgb == FILL).all(axis=2).any()
    bright = canvas.rgb[:, :, 0] > 200
    inside = np.zeros_like(bright)
    for x1, y1, x2, y2 in np.concatenate([canvas.boxes, canvas.ignored]):
        inside[int(y1) : int(np.ceil(y2)), int(x1) : int(np.ceil(x2))] = True
    assert inside[bright].mean() > 0.99
    for x1, y1, x2, y2 in canvas.boxes:
        assert canvas.rgb[int((y1 + y2) / 2), int((x1 + x2) / 2), 0] > 200


def test_the_same_seed_gives_the_same_canvas() -> None:
    maker = CanvasMaker([picture(v, [[20, 20, 60, 90]]) for v in (10, 90)], [], MosaicSettings(size=96))
    one, other = (maker.draw(np.random.default_rng([1, 5])) for _ in range(2))
    np.testing.assert_array_equal(one.rgb, other.rgb)
    np.testing.assert_array_equal(one.boxes, other.boxes)


def test_people_of_whom_little_is_left_are_ignored() -> None:
    boxes = as_boxes([[-90, 10, 10, 50], [-20, 10, 80, 50], [120, 0, 150, 30], [5, 5, 15, 9]])
    kept, lost = cut_boxes(boxes, 100, 60, MosaicSettings(kept=0.25, smallest=6))
    assert kept.tolist() == [[0, 10, 80, 50]]
    assert lost.tolist() == [[0, 10, 10, 50], [5, 5, 15, 9]]
    assert clip_boxes(boxes, 100, 60).tolist() == [[0, 10, 10, 50], [0, 10, 80, 50], [5, 5, 15, 9]]


def test_pasting_changes_the_picture_inside_the_box_only() -> None:
    person = CutOut(np.full((40, 16, 3), 200, np.uint8), np.full((40, 16), 255, np.uint8))
    rgb = np.full((100, 100, 3), 20, np.uint8)
    box = paste(rgb, person, 50.0, np.random.default_rng(3))
    assert box is not None and (box[3] - box[1], box[2] - box[0]) == (50, 20)
    x1, y1, x2, y2 = box.astype(int)
    changed = (rgb != 20).any(2)
    assert changed[y1:y2, x1:x2].all() and changed.sum() == 50 * 20
    assert paste(rgb, person, 300.0, np.random.default_rng(3)) is None


def test_somebody_behind_a_pasted_person_is_ignored() -> None:
    person = CutOut(np.full((60, 60, 3), 200, np.uint8), np.full((60, 60), 255, np.uint8))
    settings = MosaicSettings(
        size=64, mosaic=0, enlarged=0, shrink=1.0, paste=1, most_pasted=1, paste_heights=(62, 62.5)
    )
    maker = CanvasMaker([picture(10, [[28, 28, 36, 40]], size=(64, 64))], [person], settings)
    canvas = maker.draw(np.random.default_rng(0))
    assert len(canvas.boxes) == 1 and canvas.boxes[0, 3] - canvas.boxes[0, 1] == 62
    np.testing.assert_allclose(canvas.ignored, [[28, 28, 36, 40]])


def test_shares_of_empty_and_rendered_pictures() -> None:
    pictures = [picture(10, [[20, 20, 60, 90]]), picture(50, []), picture(90, [[20, 20, 60, 90]], "rendered")]
    settings = MosaicSettings(size=64, mosaic=0, enlarged=0, shrink=1.0, paste=0, rendered=0.3, empty=0.2)
    maker = CanvasMaker(pictures, [], settings)
    drawn = [int(maker.draw(np.random.default_rng(k)).rgb[0, 0, 0]) for k in range(300)]
    shares = [drawn.count(value) / 300 for value in (10, 50, 90)]
    np.testing.assert_allclose(shares, [0.5, 0.2, 0.3], atol=0.07)


def test_every_group_is_held_out_by_its_share() -> None:
    pictures = [picture(v, [], "big" if v < 80 else "small") for v in range(100)]
    train, held = split_held_out(pictures, 10)
    assert len(train) == 90 and not {p.name for p in train} & {p.name for p in held}
    assert [p.group for p in held].count("small") == 2
    assert split_held_out(pictures, 0)[1] == []
