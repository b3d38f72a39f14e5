"""How well a finished detector finds people in labelled pictures, and what a picture costs."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from reseen.detection import DetectionSettings, Detector
from reseen.evaluation import DetectionFigures, DetectionRules, FoundBoxes, TrueBoxes, detection_figures
from reseen.models import LocatedModel
from reseen.runtime import SessionSettings
from reseen.training.detector.judge import LOWEST, SUPPRESSION, TALL
from reseen.training.detector.scenes import LabelledPicture

ALARM = 0.3
"""Score from which a box in a picture without people is a false alarm."""


def open_to_measure(model: LocatedModel) -> Detector:
    """A detector that reports all it sees, on one thread: scores from 0.01, suppression at 0.65."""
    settings = DetectionSettings(low=LOWEST, nms_iou=SUPPRESSION)
    return Detector(model, settings, SessionSettings(threads=1))


@dataclass(frozen=True, eq=False)
class Measured:
    """Figures of one detector, in percent unless said otherwise.

    Attributes:
        name: Of the model.
        every: AP50 over all pictures.
        tall: AP50 for people of at least 40 px.
        groups: AP50 by set, in the order of the sets.
        recall: Share of people found by any detection.
        alarms: Detections of 0.3 and more per picture without people.
        cost: Median CPU milliseconds a frame.
        cheapest: The smallest of them.
        best: The score with the best F1 among people of 40 px and more, and its precision and recall.
    """

    name: str
    every: float
    tall: float
    groups: tuple[float, ...]
    recall: float
    alarms: float
    cost: float
    cheapest: float
    best: tuple[float, float, float]


def measure(
    detector: Detector, pictures: Sequence[LabelledPicture], groups: Sequence[str], costs: Sequence[float] = ()
) -> Measured:
    """Look at every picture with one detector and judge what it finds.

    Args:
        detector: Must report scores from 0.01 on.
        pictures: Labelled pictures.
        groups: The sets to be listed.
        costs: CPU milliseconds a frame, measured apart.
    """
    pairs = []
    for picture in pictures:
        found = detector.detect(np.ascontiguousarray(picture.rgb[:, :, ::-1]))
        pairs.append((TrueBoxes(picture.boxes, picture.ignored), FoundBoxes(found.boxes, found.scores)))
    every = detection_figures(pairs)
    tall = detection_figures(pairs, DetectionRules(smallest=TALL))
    by_group = [
        detection_figures([pair for pair, picture in zip(pairs, pictures, strict=True) if picture.group == group])
        for group in groups
    ]
    empty = [found for truth, found in pairs if not len(truth.boxes) and not len(truth.ignored)]
    alarms = [float((found.scores >= ALARM).sum()) for found in empty]
    return Measured(
        name=detector.name,
        every=100 * every.average_precision,
        tall=100 * tall.average_precision,
        groups=tuple(100 * each.average_precision for each in by_group),
        recall=100 * every.recall,
        alarms=statistics.mean(alarms) if alarms else math.nan,
        cost=statistics.median(costs) if costs else math.nan,
        cheapest=min(costs, default=math.nan),
        best=best_score(tall),
    )


def best_score(figures: DetectionFigures) -> tuple[float, float, float]:
    """The score from which F1 is best, and the precision and recall there in percent; zeros without detections."""
    if not len(figures.right) or not figures.people:
        return 0.0, 0.0, 0.0
    hits = np.cumsum(figures.right)
    precision, recall = hits / np.arange(1, len(hits) + 1), hits / figures.people
    at = int((precision * recall / np.maximum(precision + recall, 1e-9)).argmax())
    return float(figures.scores[at]), 100 * float(precision[at]), 100 * float(recall[at])


def frame_costs(models: Sequence[LocatedModel], pictures: Sequence[LabelledPicture], frames: int) -> list[list[float]]:
    """CPU milliseconds of a 416x416 frame, as a user runs the models, on one thread.

    Args:
        models: Taken turn by turn, so that all have the same machine.
        pictures: Stretched to 416x416 and shown in turn.
        frames: How many.

    Returns:
        For each model the milliseconds of each frame.
    """
    detectors = [Detector(model, DetectionSettings(), SessionSettings(threads=1)) for model in models]
    costs: list[list[float]] = [[] for _ in detectors]
    for number in range(frames + 1):
        picture = cv2.resize(pictures[number % len(pictures)].rgb[:, :, ::-1], (416, 416))
        for detector, own in zip(detectors, costs, strict=True):
            before = time.process_time()
            detector.detect(np.asarray(picture, np.uint8))
            own.append(1000 * (time.process_time() - before))
    return [own[1:] for own in costs]
