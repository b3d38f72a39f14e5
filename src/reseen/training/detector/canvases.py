"""Canvases drawn once and kept with what the teacher says of them: packed arrays, read in place."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reseen.training.detector.assignment import IGNORED, assign
from reseen.training.detector.cells import grid
from reseen.training.detector.mosaic import CanvasMaker, MosaicSettings
from reseen.training.detector.scenes import CutOut, LabelledPicture
from reseen.training.detector.teacher import CellTeacher

log = logging.getLogger(__name__)

MOST_PEOPLE = 96
FORM = 1
PARTS = ("pictures", "cells", "features", "owners", "people")


@dataclass(frozen=True, eq=False)
class Canvases:
    """K canvases of S x S pixels with N cells.

    Attributes:
        pictures: ``(K, S, S, 3)`` uint8 RGB.
        cells: ``(K, N, 5)`` float16, the teacher's box parameters and scores.
        features: ``(K, N, F)`` float16, its features.
        owners: ``(K, N)`` int16: the person that a cell answers for, ``NOBODY`` or ``IGNORED``.
        people: ``(K, MOST_PEOPLE, 4)`` float32 boxes in pixels.
        mean: ``(F,)`` float32 of the features.
        deviation: ``(F,)`` float32, their standard deviation.
    """

    pictures: NDArray[np.uint8]
    cells: NDArray[np.float16]
    features: NDArray[np.float16]
    owners: NDArray[np.int16]
    people: NDArray[np.float32]
    mean: NDArray[np.float32]
    deviation: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.pictures)

    @property
    def size(self) -> int:
        """Side of a canvas in pixels."""
        return int(self.pictures.shape[1])


def key_of(
    pictures: Sequence[LabelledPicture],
    cut_outs: Sequence[CutOut],
    settings: MosaicSettings,
    facts: dict[str, Any],
) -> str:
    """Digest of everything that decides what the canvases hold."""
    digest = sha256(json.dumps([FORM, asdict(settings), facts], sort_keys=True).encode())
    for picture in pictures:
        digest.update(f"{picture.group} {picture.name} {picture.rgb.shape}".encode())
        digest.update(picture.boxes.tobytes() + picture.ignored.tobytes())
        digest.update(picture.rgb[::16, ::16].tobytes())
    for person in cut_outs:
        digest.update(person.rgb.tobytes() + person.mask.tobytes())
    return digest.hexdigest()[:16]


def make_canvases(
    maker: Callable[[], CanvasMaker], teacher: CellTeacher, count: int, seed: int, folder: Path, key: str
) -> Canvases:
    """Draw canvases and ask the teacher, or open what was drawn before by the same key.

    Args:
        maker: Makes what draws canvases of the teacher's size; called if they are not there yet.
        teacher: What to learn from.
        count: How many canvases.
        seed: Of what is drawn; canvas i depends on the seed and i alone.
        folder: The packed arrays come to ``folder/key-PART.npy``.
        key: See :func:`key_of`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = {part: folder / f"{key}-{part}.npy" for part in PARTS}
    done = folder / f"{key}.json"
    if not done.exists():
        _fill(maker(), teacher, count, seed, paths)
        facts = {"canvases": count, "teacher": teacher.name}
        temporary = done.with_suffix(f".{os.getpid()}.tmp")
        temporary.write_text(json.dumps(facts), encoding="utf-8")
        temporary.replace(done)
    arrays = {part: np.load(path, mmap_mode="r") for part, path in paths.items()}
    some = np.asarray(arrays["features"][:: max(1, count // 200)], np.float32).reshape(-1, arrays["features"].shape[2])
    return Canvases(**arrays, mean=some.mean(0), deviation=some.std(0) + 1e-3)


def _fill(maker: CanvasMaker, teacher: CellTeacher, count: int, seed: int, paths: dict[str, Path]) -> None:
    places, strides = grid(teacher.size, teacher.size)
    arrays: dict[str, NDArray[Any]] = {}
    began = time.monotonic()
    for number in range(count):
        canvas = maker.draw(np.random.default_rng([seed, number]))
        taught = teacher(canvas.rgb)
        boxes = canvas.boxes[:MOST_PEOPLE]
        owners = assign(
            taught.cells, places, strides, boxes, np.concatenate([canvas.ignored, canvas.boxes[MOST_PEOPLE:]])
        )
        people = np.zeros((MOST_PEOPLE, 4), np.float32)
        people[: len(boxes)] = boxes
        row: dict[str, NDArray[Any]] = dict(
            zip(PARTS, (canvas.rgb, taught.cells, taught.features, owners, people), strict=True)
        )
        if not arrays:
            arrays = {part: _create(paths[part], count, value) for part, value in row.items()}
        for part, value in row.items():
            arrays[part][number] = value
        if number % 500 == 499:
            log.info("%d of %d canvases, %.0f s", number + 1, count, time.monotonic() - began)
    for array in arrays.values():
        array.flush()  # type: ignore[attr-defined]


def _create(path: Path, count: int, example: NDArray[Any]) -> NDArray[Any]:
    kind = np.float16 if example.dtype == np.float32 and example.shape != (MOST_PEOPLE, 4) else example.dtype
    return np.lib.format.open_memmap(path, mode="w+", dtype=kind, shape=(count, *example.shape))


def known_cells(owners: NDArray[np.int16]) -> NDArray[np.bool_]:
    """Cells of which the labels say something."""
    return np.asarray(owners != IGNORED, np.bool_)
