"""Canvases drawn once and kept with what the teacher says of them: packed arrays, read in place."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from reseen.training.detector.assignment import assign
from reseen.training.detector.cells import grid
from reseen.training.detector.mosaic import CanvasMaker, MosaicSettings
from reseen.training.detector.scenes import CutOut, LabelledPicture
from reseen.training.detector.teacher import CellTeacher
from reseen.training.whole import whole

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

    Raises:
        InputError: They cannot be written (a full disk); nothing is half written.
    """
    paths = {part: folder / f"{key}-{part}.npy" for part in PARTS}
    done = folder / f"{key}.json"
    if not done.exists():
        _fill(maker(), teacher, count, seed, paths)
        facts = {"canvases": count, "teacher": teacher.name}
        with whole(done, "list of canvases") as temporary:
            temporary.write_text(json.dumps(facts), encoding="utf-8")
    arrays = {part: np.load(path, mmap_mode="r") for part, path in paths.items()}
    some = np.asarray(arrays["features"][:: max(1, count // 200)], np.float32).reshape(-1, arrays["features"].shape[2])
    return Canvases(**arrays, mean=some.mean(0), deviation=some.std(0) + 1e-3)


def _fill(maker: CanvasMaker, teacher: CellTeacher, count: int, seed: int, paths: dict[str, Path]) -> None:
    """Writes the arrays as they come. Mapped files would be simpler, but a full disk then kills the process."""
    began = time.monotonic()
    streams: dict[str, BinaryIO] = {}
    with ExitStack() as stack:
        for number in range(count):
            for part, value in _canvas(maker, teacher, np.random.default_rng([seed, number])).items():
                if part not in streams:
                    temporary = stack.enter_context(whole(paths[part], "canvases"))
                    streams[part] = stack.enter_context(temporary.open("wb"))
                    form = {"descr": value.dtype.str, "fortran_order": False, "shape": (count, *value.shape)}
                    np.lib.format.write_array_header_1_0(streams[part], form)
                streams[part].write(value.tobytes())
            if number % 500 == 499:
                log.info("%d of %d canvases, %.0f s", number + 1, count, time.monotonic() - began)


def _canvas(maker: CanvasMaker, teacher: CellTeacher, rng: np.random.Generator) -> dict[str, NDArray[Any]]:
    """One row of each array."""
    canvas = maker.draw(rng)
    taught = teacher(canvas.rgb)
    boxes = canvas.boxes[:MOST_PEOPLE]
    ignored = np.concatenate([canvas.ignored, canvas.boxes[MOST_PEOPLE:]])
    owners = assign(taught.cells, *grid(teacher.size, teacher.size), boxes, ignored)
    people = np.zeros((MOST_PEOPLE, 4), np.float32)
    people[: len(boxes)] = boxes
    kept = canvas.rgb, taught.cells.astype(np.float16), taught.features.astype(np.float16), owners, people
    return dict(zip(PARTS, kept, strict=True))
