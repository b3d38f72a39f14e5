"""How well the detectors find people in labelled pictures, and what a picture costs.

For every detector that is here: average precision at overlap 0.5 over all pictures and for people of at least 40 px, by
set, the share of people found at all, false alarms per empty picture, and CPU milliseconds a frame on one thread. Any
zip file or folder with ``annotations.json`` in COCO's form and its pictures will do; annotations with ``ignore`` or
``iscrowd`` are regions that do not count.

    python benchmarks/detection.py ../shared/detection/eval.zip --models ../shared/models/files
"""

from __future__ import annotations

import argparse
import math
import os
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from reseen.detection import DetectionSettings, Detector
from reseen.errors import InputError
from reseen.evaluation import DetectionRules, FoundBoxes, TrueBoxes, detection_figures
from reseen.models import Catalogue, runtime_installed
from reseen.runtime import SessionSettings
from reseen.training.data.files import open_files
from reseen.training.detector.scenes import LabelledPicture, read_pictures

LOWEST = 0.01
SUPPRESSION = 0.65
TALL = 40.0
ALARM = 0.3


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
    alarms = float(np.mean([(found.scores >= ALARM).sum() for found in empty])) if empty else math.nan
    hits = np.cumsum(tall.right)
    precision, recall = hits / np.arange(1, len(hits) + 1), hits / max(tall.people, 1)
    harmonic = 2 * precision * recall / np.maximum(precision + recall, 1e-9)
    at = int(harmonic.argmax()) if len(harmonic) else -1
    best = (float(tall.scores[at]), 100 * float(precision[at]), 100 * float(recall[at])) if at >= 0 else (0.0, 0.0, 0.0)
    return Measured(
        name=detector.name,
        every=100 * every.average_precision,
        tall=100 * tall.average_precision,
        groups=tuple(100 * each.average_precision for each in by_group),
        recall=100 * every.recall,
        alarms=alarms,
        cost=statistics.median(costs) if costs else math.nan,
        cheapest=min(costs, default=math.nan),
        best=best,
    )


def frame_costs(detectors: Sequence[Detector], frames: int) -> list[list[float]]:
    """CPU milliseconds of a 416x416 frame for each detector, turn by turn, so that all have the same machine."""
    picture = np.random.default_rng(0).integers(0, 256, (416, 416, 3)).astype(np.uint8)
    costs: list[list[float]] = [[] for _ in detectors]
    for detector in detectors:
        detector.detect(picture)
    for _ in range(frames):
        for detector, own in zip(detectors, costs, strict=True):
            before = time.process_time()
            detector.detect(picture)
            own.append(1000 * (time.process_time() - before))
    return costs


def open_detectors(catalogue: Catalogue, names: Sequence[str]) -> list[Detector]:
    """The detectors to be measured, one thread each: those named, else all that are here and can run."""
    cards = [catalogue.card(name) for name in names] or list(catalogue.cards("detection"))
    chosen = [card.name for card in cards if catalogue.present(card.name) and runtime_installed(card)]
    if not chosen:
        raise InputError("no detector is here; run: reseen models pull recommended")
    settings = DetectionSettings(low=LOWEST, nms_iou=SUPPRESSION)
    return [Detector(catalogue.locate(name), settings, SessionSettings(threads=1)) for name in chosen]


def table(measured: Sequence[Measured], groups: Sequence[str]) -> str:
    """The figures as a table in Markdown."""
    head = ["detector", "ALL", f"people >= {TALL:.0f} px", *groups, "recall", "false alarms", "CPU ms", "best F1 at"]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for each in measured:
        score, precision, recall = each.best
        cells = [each.name, f"{each.every:.1f}", f"{each.tall:.1f}", *(f"{value:.1f}" for value in each.groups)]
        cells += [f"{each.recall:.1f}", f"{each.alarms:.2f}", f"{each.cost:.1f} ({each.cheapest:.1f})"]
        cells += [f"{score:.2f} ({precision:.0f}, {recall:.0f})"]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pictures", type=Path, help="zip file or folder with annotations.json")
    parser.add_argument("--models", type=Path, help="folder with more models")
    parser.add_argument("--detector", action="append", default=[], help="measure this one; may be repeated")
    parser.add_argument("--limit", type=int, help="only this many pictures, evenly spread")
    parser.add_argument("--frames", type=int, default=40, help="frames whose cost is measured")
    chosen = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    pictures = list(read_pictures(open_files(chosen.pictures)))
    if chosen.limit:
        places = np.linspace(0, len(pictures) - 1, chosen.limit).round().astype(int)
        pictures = [pictures[place] for place in places]
    groups = sorted({picture.group for picture in pictures if len(picture.boxes)})
    detectors = open_detectors(Catalogue.load([chosen.models] if chosen.models else []), chosen.detector)
    costs = frame_costs(detectors, chosen.frames)
    people = sum(len(picture.boxes) for picture in pictures)
    print(f"{len(pictures)} pictures, {people} people\n")
    measured = [measure(each, pictures, groups, own) for each, own in zip(detectors, costs, strict=True)]
    print(table(measured, groups))


if __name__ == "__main__":
    main()
