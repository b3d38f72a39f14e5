"""How well people are followed: IDF1, identity switches and fragmentations on footage with true boxes.

Every clip of which the truth names boxes (MOT form: frame, id, left, top, width, height) is tracked as one segment,
at several rates, with the true boxes as detections and with each detector that is there.

    python benchmarks/tracking.py --truth ../shared/footage --models ../shared/models/files [--rate 5 --rate 2.5]
"""

from __future__ import annotations

import argparse
import csv
import json
import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from reseen.detection import Detections, load_detector
from reseen.evaluation import TrackFigures, compare_tracks
from reseen.media import Frame, ReadSettings, Span, open_segment
from reseen.models import Catalogue
from reseen.tracking import Tracker, TrackerSettings, Tracklet

Boxes = dict[int, np.ndarray]
TRUTH = "true boxes"
HEAD = (
    "| clip | rate | detections | IDF1 | recall | precision | switches | fragments | mixed | tracklets / people |\n"
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
)


@dataclass(frozen=True)
class Clip:
    """A clip and the true boxes of its frames, by frame number from 0 and identity."""

    name: str
    path: Path
    rate: float
    duration: float
    truth: dict[int, Boxes]

    def people(self, time: float) -> Boxes:
        return self.truth.get(round(time * self.rate), {})


def read_clips(folder: Path) -> list[Clip]:
    """The clips of a folder with ``truth.json`` that have tracks."""
    clips = json.loads((folder / "truth.json").read_text(encoding="utf-8"))["clips"]
    return [
        Clip(
            clip["source"],
            folder / clip["file"],
            float(Fraction(clip["fps"])),
            clip["duration_s"],
            read_boxes(folder / clip["tracks"]),
        )
        for clip in clips
        if clip["tracks"]
    ]


def read_boxes(path: Path) -> dict[int, Boxes]:
    truth: dict[int, Boxes] = defaultdict(dict)
    with path.open(newline="", encoding="utf-8") as rows:
        for row in csv.reader(rows):
            left, top, width, height = (float(value) for value in row[2:6])
            truth[int(row[0]) - 1][int(row[1])] = np.array([left, top, left + width, top + height])
    return truth


def true_detections(clip: Clip, frame: Frame) -> Detections:
    rows = list(clip.people(frame.time).values())
    return Detections(np.array(rows, np.float32).reshape(-1, 4), np.ones(len(rows), np.float32))


def detectors(names: Sequence[str]) -> Iterator[tuple[str, float, Callable[[Clip, Frame], Detections]]]:
    """What finds people, with its threshold: the truth first, then each detector present."""
    yield TRUTH, 0.5, true_detections
    catalogue = Catalogue.load()
    for card in catalogue.cards("detection"):
        if (names and card.name not in names) or not catalogue.present(card.name):
            continue
        detector = load_detector(catalogue.locate(card.name))
        yield card.name, detector.high, lambda _, frame, detector=detector: detector.detect(frame.bgr)


def follow(clip: Clip, rate: float, high: float, find: Callable[[Clip, Frame], Detections]) -> TrackFigures:
    """Track a clip and compare with the truth, in the frames looked at."""
    tracker = Tracker(TrackerSettings(), high)
    times: list[float] = []
    with open_segment(clip.path, Span(0, 0.0, clip.duration + 1.0), ReadSettings(rate=rate)) as frames:
        for frame in frames:
            tracker.update(frame.time, find(clip, frame), cut=frame.cut)
            times.append(frame.time)
    return judge(clip, times, tracker.finish())


def judge(clip: Clip, times: Sequence[float], found: Sequence[Tracklet]) -> TrackFigures:
    truth: dict[int, Boxes] = defaultdict(dict)
    for time in times:
        for number, box in clip.people(time).items():
            truth[number][round(time * clip.rate)] = box
    tracklets = {
        index: {
            round(float(time) * clip.rate): box.astype(np.float64)
            for time, box in zip(one.times, one.boxes, strict=True)
        }
        for index, one in enumerate(found)
    }
    return compare_tracks(truth, tracklets)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--truth", type=Path, default=Path("../shared/footage"), help="folder with truth.json")
    parser.add_argument("--models", type=Path, default=None, help="folder of model files (else RESEEN_MODELS)")
    parser.add_argument("--detector", action="append", default=[], help="only this detector (may be repeated)")
    parser.add_argument("--rate", type=float, action="append", default=[], help="frames a second (may be repeated)")
    chosen = parser.parse_args()
    if chosen.models is not None:
        os.environ["RESEEN_MODELS"] = str(chosen.models)
    print(HEAD, flush=True)
    for name, high, find in detectors(chosen.detector):
        for clip in read_clips(chosen.truth):
            for rate in chosen.rate or (5.0, 2.5, 1.0):
                figures = follow(clip, rate, high, find)
                cells = (
                    clip.name,
                    f"{rate:g}",
                    name,
                    *(f"{value:.3f}" for value in (figures.idf1, figures.recall, figures.precision)),
                    *(str(value) for value in (figures.switches, figures.fragments, figures.mixed)),
                    f"{figures.tracklets} / {figures.truths}",
                )
                print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
