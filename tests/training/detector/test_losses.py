from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from reseen.training.detector.cells import from_boxes, grid
from reseen.training.detector.losses import DetectorLoss, generalised_overlap, quality_focal
from reseen.training.detector.net import Said
from reseen.training.detector.settings import DetectorLossSettings
from reseen.training.detector.targets import Targets


def test_quality_focal_by_hand() -> None:
    logit, wanted = 1.2, 0.3
    p = 1 / (1 + math.exp(-logit))
    by_hand = abs(p - wanted) ** 1.5 * -(wanted * math.log(p) + (1 - wanted) * math.log(1 - p))
    assert quality_focal(torch.tensor(logit), torch.tensor(wanted), 1.5).item() == pytest.approx(by_hand, rel=1e-5)
    reached = torch.logit(torch.tensor(0.3))
    assert quality_focal(reached, torch.tensor(wanted), 2.0).item() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    ("other", "value"),
    [
        ([0.0, 0.0, 10.0, 10.0], 1.0),
        ([0.0, 0.0, 10.0, 5.0], 0.5),
        ([5.0, 0.0, 15.0, 10.0], 50 / 150),
        ([20.0, 0.0, 30.0, 10.0], -(300 - 200) / 300),
    ],
)
def test_generalised_overlap_by_hand(other: list[float], value: float) -> None:
    box = torch.tensor([0.0, 0.0, 10.0, 10.0])
    assert generalised_overlap(box, torch.tensor(other)).item() == pytest.approx(value, rel=1e-5)


@given(st.lists(st.floats(0, 100), min_size=8, max_size=8))
def test_generalised_overlap_is_symmetric_and_bounded(numbers: list[float]) -> None:
    a, b = torch.tensor(numbers[:4]), torch.tensor(numbers[4:])
    a, b = (torch.cat([box[:2], box[:2] + box[2:].abs() + 1]) for box in (a, b))
    one, other = generalised_overlap(a, b), generalised_overlap(b, a)
    assert -1 <= one.item() <= 1 + 1e-5 and one.item() == pytest.approx(other.item(), abs=1e-5)


def test_what_is_said_as_wanted_costs_nothing_but_the_scores_spread() -> None:
    places, strides = (torch.from_numpy(each) for each in grid(64, 64))
    count = len(places)
    boxes = torch.tensor([20.0, 10.0, 44.0, 60.0]).expand(1, count, 4)
    scores = torch.full((1, count), 0.01)
    scores[0, 20] = 0.9
    weights = torch.where(scores > 0.1, scores, torch.zeros(()))
    targets = Targets(scores, torch.ones_like(scores), boxes, weights)
    said = Said(from_boxes(boxes, places, strides), torch.logit(scores), torch.zeros(1, count, 4))
    loss = DetectorLoss(DetectorLossSettings(), 4, 3)
    with torch.no_grad():
        for parameter in loss.adapter.parameters():
            parameter.zero_()
    features = torch.zeros(1, count, 3)
    found = loss(said, targets, features, places, strides)
    assert found["score"].item() == pytest.approx(0, abs=1e-5)
    assert found["overlap"].item() == pytest.approx(0, abs=1e-4) and found["sides"].item() == pytest.approx(0, abs=1e-4)
    assert found["features"].item() == 0

    features[0, 20] = 2.0
    attention = 1 + 4 * scores
    wanted = 4.0 * attention[0, 20] / attention.sum()
    assert loss(said, targets, features, places, strides)["features"].item() == pytest.approx(wanted.item(), rel=1e-5)


def test_a_cell_left_alone_has_no_gradient() -> None:
    places, strides = (torch.from_numpy(each) for each in grid(32, 32))
    count = len(places)
    scores = torch.zeros(1, count, requires_grad=True)
    counted = torch.ones(1, count)
    counted[0, 3] = 0
    zero = torch.zeros(1, count)
    said = Said(torch.zeros(1, count, 4), scores, torch.zeros(1, count, 4))
    loss = DetectorLoss(DetectorLossSettings(), 4, 3)
    targets = Targets(zero, counted, torch.zeros(1, count, 4), zero)
    loss(said, targets, torch.zeros(1, count, 3), places, strides)["total"].backward()
    assert scores.grad is not None and scores.grad[0, 3] == 0 and scores.grad[0, 4] > 0
