"""A small world for the whole command line: networks of a few kilobytes, and people drawn as coats on a dark ground.

The detector sees a person wherever a cell of 32x32 pixels of the picture is bright; the embedder multiplies pixels by
fixed random numbers, so that coats of one colour are alike and others are not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from recordings import encode, x264
from reseen.models import Card, DetectorSpec, EmbedderSpec, InputSpec, ScoreCurve, write_card
from tiny_networks import bright_card, bright_network, linear_network, reid_card

DETECTOR, EMBEDDER, OTHER_EMBEDDER, OTHER_DETECTOR = "tiny-detector", "tiny-reid", "tiny-reid-b", "tiny-detector-b"
MODELS = ("--detector", DETECTOR, "--embedder", EMBEDDER)
SIDE = 128
CELL = 32
FRAMES_A_SECOND = 10
STEP = 1 / FRAMES_A_SECOND

YELLOW, CYAN, MAGENTA = (0, 255, 255), (255, 255, 0), (255, 0, 255)


@dataclass(frozen=True)
class Stay:
    """Somebody stands still: their coat's colour (BGR), the cell it fills, and from when to when (seconds)."""

    colour: tuple[int, int, int]
    column: int
    row: int
    start: float
    end: float


def make_models(folder: Path) -> Path:
    """Two detectors and two embedders with their cards, as a user's own models lie in a folder."""
    for name in (DETECTOR, OTHER_DETECTOR):
        bright_network(folder / f"{name}.onnx", strides=(16,), tall=2.0)
        spec = DetectorSpec(score_threshold=0.5, nms_iou=0.45, strides=(16,), classes=1)
        _write(bright_card(name, detector=spec), folder)
    curve = ScoreCurve(scores=(0.0, 0.5, 0.8, 0.95), rates=(1.0, 0.2, 0.01, 0.0001), pairs=100_000)
    for name, dim in ((EMBEDDER, 48), (OTHER_EMBEDDER, 32)):
        linear_network(folder / f"{name}.onnx", dim=dim)
        # The ground becomes zero, so that it does not speak along.
        wanted = InputSpec(width=16, height=32, colour="BGR", divisor=255.0, mean=(0.12, 0.12, 0.12))
        card = reid_card(name, input=wanted, embedder=EmbedderSpec(dim=dim), threshold=0.8, curve=curve)
        _write(card, folder)
    return folder


def _write(card: Card, folder: Path) -> None:
    write_card(card, folder / f"{card.name}.toml")


def picture(*coats: tuple[tuple[int, int, int], int, int]) -> NDArray[np.uint8]:
    """``(128, 128, 3)`` BGR: a dark ground with people, each a coat of some colour in some cell, and dark legs."""
    ground = np.full((SIDE, SIDE, 3), 30, np.uint8)
    for colour, column, row in coats:
        left, top = column * CELL, row * CELL
        ground[top : top + CELL, left : left + CELL] = colour
        ground[top + CELL : top + CELL * 3 // 2, left + 6 : left + CELL - 6] = 80
    return ground


def write_photo(path: Path, *colours: tuple[int, int, int]) -> Path:
    """A photo of people side by side, from the left."""
    coats = [(colour, column, 1) for column, colour in enumerate(colours)]
    Image.fromarray(np.ascontiguousarray(picture(*coats)[:, :, ::-1])).save(path, quality=95)
    return path


def write_clip(
    path: Path, seconds: float, stays: Sequence[Stay] = (), *, metadata: dict[str, str] | None = None
) -> Path:
    """Footage of ten frames a second with a key frame every second, in which people stand at given times."""
    frames = round(seconds * FRAMES_A_SECOND)
    times = [frame / FRAMES_A_SECOND for frame in range(frames)]
    pictures = (
        picture(*((one.colour, one.column, one.row) for one in stays if one.start <= time + 1e-6 < one.end))
        for time in times
    )
    return encode(path, pictures, times, options=x264(keyint=10, min_keyint=10, bframes=0), metadata=metadata)
