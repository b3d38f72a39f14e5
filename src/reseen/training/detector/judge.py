"""How good a detector is on held-out pictures, by the rules of ``evaluation``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from reseen.detection import Detections
from reseen.detection.letterbox import fit
from reseen.detection.suppression import suppress
from reseen.evaluation.detection import DetectionRules, FoundBoxes, TrueBoxes, detection_figures
from reseen.models import InputSpec
from reseen.training.detector.cells import grid, to_boxes
from reseen.training.detector.net import DetectorNet
from reseen.training.detector.scenes import LabelledPicture, Pixels

LOWEST = 0.01
SUPPRESSION = 0.65
TALL = 40.0


@dataclass(frozen=True)
class Judged:
    """Figures in percent.

    Attributes:
        precision: AP at overlap 0.5, everybody.
        tall: The same for people of at least 40 px.
        recall: Share of the people found by any detection.
    """

    precision: float
    tall: float
    recall: float


def letterbox(side: int) -> InputSpec:
    """How pictures come into the network: top left corner of a square, the rest gray."""
    return InputSpec(width=side, height=side, colour="RGB", resize="letterbox", fill=114)


@torch.no_grad()
def look(net: DetectorNet, rgb: Pixels, side: int = 416) -> FoundBoxes:
    """People in one picture: scores from 0.01, suppression at 0.65, boxes cut at the picture's edges."""
    canvas, where = fit(rgb, letterbox(side))
    tensor = torch.from_numpy(canvas).permute(2, 0, 1)[None].float().contiguous(memory_format=torch.channels_last)
    said = net(tensor)
    places, strides = (torch.from_numpy(each) for each in grid(side, side))
    scores = said.scores[0].sigmoid()
    chosen = scores >= LOWEST
    boxes = to_boxes(said.boxes[0], places, strides)[chosen].numpy()
    kept = suppress(Detections(where.to_picture(boxes), scores[chosen].numpy()), SUPPRESSION)
    height, width = rgb.shape[:2]
    limit = np.array([width, height, width, height], np.float32)
    found = np.clip(kept.boxes, 0, limit)
    seen = (found[:, 2:] - found[:, :2] >= 1).all(axis=1)  # what lies outside the picture holds nobody
    return FoundBoxes(found[seen], kept.scores[seen])


def judge(pictures: Sequence[LabelledPicture], find: Callable[[Pixels], FoundBoxes]) -> Judged:
    """Figures of a detector on labelled pictures."""
    pairs = [(TrueBoxes(p.boxes, p.ignored), find(p.rgb)) for p in pictures]
    every = detection_figures(pairs)
    tall = detection_figures(pairs, DetectionRules(smallest=TALL))
    return Judged(*(100 * value for value in (every.average_precision, tall.average_precision, every.recall)))
