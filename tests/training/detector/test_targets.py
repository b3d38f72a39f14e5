from __future__ import annotations

import numpy as np
import torch

from reseen.training.detector.assignment import IGNORED, NOBODY
from reseen.training.detector.cells import grid
from reseen.training.detector.settings import DetectorLossSettings
from reseen.training.detector.targets import make_targets
from reseen.training.detector.views import Batch, alter, cut, draw_batch
from training.detector.tiny_canvases import SIZE, tiny_canvases, tiny_recipe


def batch(owners: list[int], trust: list[float], taught: list[list[float]], people: list[list[float]]) -> Batch:
    count = len(owners)
    return Batch(
        pictures=torch.zeros(1, 3, 64, 64),
        taught=torch.tensor([taught]),
        trust=torch.tensor([trust]),
        features=torch.zeros(1, count, 2),
        owners=torch.tensor([owners]),
        people=torch.tensor([people]),
        window=64,
    )


def test_labels_where_somebody_is_and_the_teacher_elsewhere() -> None:
    said = [[10.0, 10.0, 20.0, 30.0]] * 4
    targets = make_targets(
        batch([0, NOBODY, IGNORED, NOBODY], [0.4, 0.6, 0.3, 0.05], said, [[12.0, 8.0, 22.0, 33.0]]),
        DetectorLossSettings(seen=0.1, labelled=0.5),
    )
    torch.testing.assert_close(targets.scores, torch.tensor([[0.7, 0.6, 0.3, 0.05]]))
    torch.testing.assert_close(targets.weights, torch.tensor([[0.7, 0.6, 0.3, 0.0]]))
    assert targets.boxes[0, 0].tolist() == [12, 8, 22, 33] and targets.boxes[0, 1].tolist() == said[0]
    assert targets.counted.tolist() == [[1, 1, 1, 1]]


def test_boxes_are_cut_at_the_edges_and_cells_of_people_outside_left_alone() -> None:
    targets = make_targets(
        batch([0, 1, NOBODY], [0.2, 0.2, 0.9], [[-60.0, 0, 4, 10]] * 3, [[-10.0, 20, 30, 50], [60.0, 0, 160, 40]]),
        DetectorLossSettings(),
    )
    assert targets.boxes[0, 0].tolist() == [0, 20, 30, 50]
    assert targets.counted.tolist() == [[1, 0, 0]]
    assert targets.scores[0, 1:].tolist() == [0, 0] and targets.weights[0, 1:].tolist() == [0, 0]


def test_a_window_keeps_what_is_known_of_its_cells() -> None:
    canvases = tiny_canvases()
    one = np.array([2])
    whole = cut(canvases, one, np.array([[0, 0]]), SIZE, np.array([False]))
    part = cut(canvases, one, np.array([[32, 0]]), 96, np.array([False]))
    assert torch.equal(part.pictures, whole.pictures[:, :, :96, 32:])
    torch.testing.assert_close(part.people[0, 0], whole.people[0, 0] - torch.tensor([32.0, 0, 32, 0]))
    answering = part.owners == 0
    assert answering.any()
    torch.testing.assert_close(
        part.taught[answering], part.people[0, :1].expand(int(answering.sum()), 4), atol=0.2, rtol=0
    )


def test_a_mirrored_window_is_consistent() -> None:
    canvases = tiny_canvases()
    one, place = np.array([1]), np.array([[0, 32]])
    plain = cut(canvases, one, place, 96, np.array([False]))
    turned = cut(canvases, one, place, 96, np.array([True]))
    assert torch.equal(turned.pictures, plain.pictures.flip(3))
    x1, y1, x2, y2 = plain.people[0, 0].tolist()
    assert turned.people[0, 0].tolist() == [96 - x2, y1, 96 - x1, y2]
    answering = turned.owners == 0
    wanted = turned.people[0, :1].expand(int(answering.sum()), 4)
    torch.testing.assert_close(turned.taught[answering], wanted, atol=0.2, rtol=0)
    places, strides = grid(96, 96)
    centres = torch.from_numpy((places + 0.5) * strides)[answering[0]]
    away = (centres - torch.tensor([96 - (x1 + x2) / 2, (y1 + y2) / 2])).abs()
    assert (away.amax(1) <= torch.from_numpy(strides)[answering[0], 0]).all()


def test_the_batch_of_a_step_is_a_function_of_the_step() -> None:
    canvases, recipe = tiny_canvases(), tiny_recipe(night=0.5, augment={"colour": 0.5, "blur": 0.5})
    one, same, other = (draw_batch(canvases, recipe, step) for step in (1, 1, 2))
    assert torch.equal(one.pictures, same.pictures) and torch.equal(one.owners, same.owners)
    assert one.pictures.shape == (4, 3, 96, 96) and not torch.equal(one.pictures, other.pictures)
    assert draw_batch(canvases, recipe, 5).pictures.shape == (2, 3, 128, 128)


def test_at_night_pictures_are_dark() -> None:
    recipe = tiny_recipe(night=1.0, augment={"colour": 0.0, "blur": 0.0, "low_resolution": 0.0})
    light = torch.full((3, 3, 40, 40), 160.0)
    dark = alter(light.clone(), recipe, torch.Generator().manual_seed(0))
    assert (dark.mean((1, 2, 3)) < 0.72 * 160).all() and (dark.mean((1, 2, 3)) > 0.2 * 160).all()
    assert dark.std() > 1 and dark.min() >= 0
