"""Canvases with bright rectangles for people, and a teacher that knows them all: seconds to learn, no files."""

from __future__ import annotations

import numpy as np

from reseen.training.detector.assignment import assign
from reseen.training.detector.canvases import MOST_PEOPLE, Canvases
from reseen.training.detector.cells import grid
from reseen.training.detector.settings import DetectorRecipe, detector_recipe_from

SIZE = 128


def knowing_cells(boxes: np.ndarray, size: int = SIZE) -> np.ndarray:
    """``(N, 5)``: cells near a box's middle, on the level that suits it, say it with a score of 0.8."""
    places, strides = grid(size, size)
    middle = (places + 0.5) * strides
    cells = np.zeros((len(places), 5), np.float32)
    cells[:, 4] = 0.001
    for box in boxes:
        centre, sides = (box[:2] + box[2:]) / 2, box[2:] - box[:2]
        best = min((8, 16, 32), key=lambda s: abs(np.log2(np.sqrt(sides.prod()) / (5 * s))))
        near = (np.abs(middle - centre).max(1) < best) & (strides[:, 0] == best)
        cells[near, :2] = centre / strides[near] - places[near]
        cells[near, 2:4] = np.log(sides / strides[near])
        cells[near, 4] = 0.8
    return cells


def tiny_canvases(count: int = 6, seed: int = 0) -> Canvases:
    rng = np.random.default_rng(seed)
    places, strides = grid(SIZE, SIZE)
    pictures, cells, owners, people = [], [], [], []
    for _ in range(count):
        picture = rng.integers(60, 100, (SIZE, SIZE, 3)).astype(np.uint8)
        left, top = rng.integers(5, 60, 2)
        boxes = np.array([[left, top, left + 24, top + 56]], np.float32)
        picture[top : top + 56, left : left + 24] = (230, 60, 60)
        padded = np.zeros((MOST_PEOPLE, 4), np.float32)
        padded[:1] = boxes
        said = knowing_cells(boxes)
        pictures.append(picture)
        cells.append(said)
        owners.append(assign(said, places, strides, boxes, np.zeros((0, 4), np.float32)))
        people.append(padded)
    features = rng.normal(0, 1, (count, len(places), 8)).astype(np.float16)
    return Canvases(
        np.stack(pictures),
        np.stack(cells).astype(np.float16),
        features,
        np.stack(owners),
        np.stack(people),
        np.zeros(8, np.float32),
        np.ones(8, np.float32),
    )


def tiny_recipe(**changes: object) -> DetectorRecipe:
    table = {
        "name": "tiny",
        "net": {"widths": [8, 16, 16, 16, 16], "depths": [1, 1, 1, 1], "neck": 16},
        "augment": {"flip": 0.5, "colour": 0.0, "blur": 0.0, "low_resolution": 0.0},
        "night": 0.0,
        "optimiser": {"kind": "adamw", "rate": 5e-3, "weight_decay": 0.0, "bias_decay": 0.0},
        "phases": [{"until": 0.5, "window": 96, "batch": 4}, {"window": 128, "batch": 2}],
        "run": {"steps": 8, "warmup": 1, "precision": "f32", "judge_every": 4, "save_every": 3, "ema": 0.9},
        **changes,
    }
    return detector_recipe_from(table, "tiny")
