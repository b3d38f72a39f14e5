"""Real people's ways (published boxes) as detections: motion and assignment alone, without a detector."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from reseen.evaluation import TrackFigures, compare_tracks
from tracking.scenes import track

RATES = {"yard-1": 10.0, "yard-2": 10.0, "stadtmitte": 25.0}


def true_boxes(footage: Path, clip: str, rate: float) -> list[tuple[float, dict[int, np.ndarray]]]:
    """The first frame at or after every ``k / rate``: its time, and its people by number."""
    frames: dict[int, dict[int, np.ndarray]] = defaultdict(dict)
    with (footage / "tracks" / f"{clip}.gt.txt").open(newline="", encoding="utf-8") as rows:
        for row in csv.reader(rows):
            left, top, width, height = (float(value) for value in row[2:6])
            frames[int(row[0]) - 1][int(row[1])] = np.array([left, top, left + width, top + height])
    last, per_second = max(frames), RATES[clip]
    wanted = sorted({int(np.ceil(k * per_second / rate - 1e-9)) for k in range(int(last * rate / per_second) + 1)})
    return [(frame / per_second, frames[frame]) for frame in wanted if frame <= last]


def followed(frames: list[tuple[float, dict[int, np.ndarray]]], miss: float, seed: int) -> TrackFigures:
    rng = np.random.default_rng(seed)
    given = []
    for time, people in frames:
        seen = [box for box in people.values() if rng.uniform() >= miss]
        noise = rng.normal(0, 0.03, (len(seen), 4)) if miss else np.zeros((len(seen), 4))
        given.append((time, [box + row * (box[3] - box[1]) for box, row in zip(seen, noise, strict=True)], 0.9))
    number = {time: index for index, (time, _) in enumerate(frames)}
    truth: dict[int, dict[int, np.ndarray]] = defaultdict(dict)
    for time, people in frames:
        for identity, box in people.items():
            truth[identity][number[time]] = box
    found = {
        index: {number[float(time)]: box.astype(float) for time, box in zip(one.times, one.boxes, strict=True)}
        for index, one in enumerate(track(given))
    }
    return compare_tracks(truth, found)


@pytest.mark.parametrize("rate", [10.0, 5.0, 2.5])
@pytest.mark.parametrize("clip", ["yard-1", "yard-2"])
def test_every_detection_given_nobody_is_mistaken(footage: Path, clip: str, rate: float) -> None:
    figures = followed(true_boxes(footage, clip, rate), 0.0, 0)
    assert (figures.idf1, figures.switches, figures.mixed) == (1.0, 0, 0)


@pytest.mark.parametrize("rate", [5.0, 2.5])
def test_a_street_in_which_people_cover_each_other(footage: Path, rate: float) -> None:
    figures = followed(true_boxes(footage, "stadtmitte", rate), 0.0, 0)
    assert figures.idf1 >= 0.92
    assert figures.switches == 0
    assert figures.mixed <= 1


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize(
    ("clip", "rate", "least"), [("yard-1", 5.0, 0.95), ("yard-2", 5.0, 0.95), ("yard-2", 2.5, 0.75)]
)
def test_a_fifth_of_the_detections_missing(footage: Path, clip: str, rate: float, least: float, seed: int) -> None:
    figures = followed(true_boxes(footage, clip, rate), 0.2, seed)
    assert figures.idf1 >= least
    assert figures.mixed <= 2


@pytest.mark.parametrize("clip", ["yard-1", "yard-2"])
def test_one_frame_a_second_loses_nobody(footage: Path, clip: str) -> None:
    figures = followed(true_boxes(footage, clip, 1.0), 0.0, 0)
    assert figures.recall == 1.0
    assert figures.idf1 >= 0.9
    assert figures.mixed <= 1
