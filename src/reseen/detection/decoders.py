"""Raw outputs of the detector families into boxes.

YOLOX: Ge et al., "YOLOX: Exceeding YOLO Series in 2021", arXiv 2107.08430. NanoDet: RangiLyu/nanodet, with
the box distributions of Li et al., "Generalized Focal Loss", arXiv 2006.04388. SSD heads: Liu et al., "SSD:
Single Shot MultiBox Detector", arXiv 1512.02325, in the form of the Open Model Zoo.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reseen.detection.detections import Detections
from reseen.errors import InputError
from reseen.models import Card, DetectorSpec, InputSpec

Outputs = Sequence[NDArray[Any]]
"""The outputs for one picture, without the batch's dimension."""

Decoder = Callable[[Outputs, float], Detections]
"""Takes outputs and the lowest score of interest; gives boxes in input pixels, not clipped, any order."""


def decoder_for(card: Card, shapes: Sequence[tuple[int | None, ...]]) -> Decoder:
    """The decoder of a card's family.

    Args:
        card: A detection card.
        shapes: Shapes of the network's outputs, batch first.

    Raises:
        InputError: The outputs are not those of the family.
    """
    if card.detector is None:
        raise InputError(f"model {card.name}: its card is not one of a detector")
    families: dict[str, type[_Yolox] | type[_NanoDet] | type[_Ssd]] = {
        "yolox": _Yolox,
        "nanodet": _NanoDet,
        "omz-ssd": _Ssd,
    }
    family = families.get(card.family)
    if family is None:
        raise InputError(f"model {card.name}: family {card.family!r} is not one of {', '.join(families)}")
    try:
        return family(card.detector, card.input, [shape[1:] for shape in shapes])
    except ValueError as error:
        raise InputError(f"model {card.name}: its outputs are not those of family {card.family} ({error})") from error


def _cells(spec: DetectorSpec, picture: InputSpec) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Positions ``(N, 2)`` as x, y and strides ``(N, 1)`` of all cells, level after level, row by row."""
    grids, strides = [], []
    for stride in spec.strides:
        rows, columns = np.mgrid[: picture.height // stride, : picture.width // stride]
        grids.append(np.stack([columns.ravel(), rows.ravel()], axis=1))
        strides.append(np.full((rows.size, 1), stride))
    return np.concatenate(grids).astype(np.float32), np.concatenate(strides).astype(np.float32)


def _finite(boxes: NDArray[np.float32], scores: NDArray[np.float32]) -> Detections:
    good = np.isfinite(boxes).all(axis=1) & np.isfinite(scores)
    return Detections(
        np.ascontiguousarray(boxes[good], np.float32),
        np.ascontiguousarray(np.clip(scores[good], 0, 1), np.float32),
    )


class _Yolox:
    """One output ``(cells, 5 + classes)``: centre and size in strides, objectness, classes."""

    def __init__(self, spec: DetectorSpec, picture: InputSpec, shapes: Sequence[tuple[int | None, ...]]) -> None:
        self._grid, self._stride = _cells(spec, picture)
        self._column = 5 + spec.person_class
        wanted = (len(self._grid), 5 + spec.classes)
        if len(shapes) != 1 or not _alike(shapes[0], wanted):
            raise ValueError(f"one output {wanted} is needed, there is {list(shapes)}")

    def __call__(self, outputs: Outputs, low: float) -> Detections:
        rows = outputs[0]
        scores = rows[:, 4] * rows[:, self._column]
        chosen = np.flatnonzero(scores >= low)
        part, stride = rows[chosen], self._stride[chosen]
        centre = (part[:, 0:2] + self._grid[chosen]) * stride
        with np.errstate(over="ignore"):
            half = np.exp(part[:, 2:4]) * stride / 2
        return _finite(np.concatenate([centre - half, centre + half], axis=1), scores[chosen])


class _NanoDet:
    """For each level class scores ``(cells, classes)`` and box distributions ``(cells, 4 * bins)``."""

    def __init__(self, spec: DetectorSpec, picture: InputSpec, shapes: Sequence[tuple[int | None, ...]]) -> None:
        self._person, self._bins = spec.person_class, spec.bins
        grid, self._stride = _cells(spec, picture)
        self._centre = grid * self._stride + 0.5 * (self._stride - 1)
        counts = [(picture.height // s) * (picture.width // s) for s in spec.strides]
        self._scores = [_index(shapes, (count, spec.classes), 0) for count in counts]
        self._sides = [_index(shapes, (count, 4 * spec.bins), -1) for count in counts]
        if len(shapes) != 2 * len(counts):
            raise ValueError(f"{2 * len(counts)} outputs are needed, there are {len(shapes)}")

    def __call__(self, outputs: Outputs, low: float) -> Detections:
        scores = np.concatenate([outputs[index][:, self._person] for index in self._scores])
        chosen = np.flatnonzero(scores >= low)
        logits = np.concatenate([outputs[index] for index in self._sides])[chosen].reshape(-1, 4, self._bins)
        weights = np.exp(logits - logits.max(axis=2, keepdims=True))
        weights /= weights.sum(axis=2, keepdims=True)
        sides = (weights @ np.arange(self._bins, dtype=np.float32)) * self._stride[chosen]
        centre = self._centre[chosen]
        boxes = np.concatenate([centre - sides[:, :2], centre + sides[:, 2:]], axis=1)
        return _finite(boxes, scores[chosen])


class _Ssd:
    """One output ``(1, rows, 7)``: picture, label, score, box in fractions; rows end at picture -1."""

    def __init__(self, spec: DetectorSpec, picture: InputSpec, shapes: Sequence[tuple[int | None, ...]]) -> None:
        self._label = spec.person_class
        self._size = np.array([picture.width, picture.height, picture.width, picture.height], np.float32)
        if len(shapes) != 1 or len(shapes[0]) != 3 or shapes[0][-1] not in (7, None):
            raise ValueError(f"one output (1, rows, 7) is needed, there is {list(shapes)}")

    def __call__(self, outputs: Outputs, low: float) -> Detections:
        rows = outputs[0].reshape(-1, 7)
        ends = np.flatnonzero(rows[:, 0] == -1)
        rows = rows[: ends[0]] if len(ends) else rows
        rows = rows[(rows[:, 1] == self._label) & (rows[:, 2] >= low)]
        return _finite(rows[:, 3:7] * self._size, rows[:, 2])


def _alike(shape: tuple[int | None, ...], wanted: tuple[int, ...]) -> bool:
    return len(shape) == len(wanted) and all(size in (None, want) for size, want in zip(shape, wanted, strict=True))


def _index(shapes: Sequence[tuple[int | None, ...]], wanted: tuple[int, int], which: int) -> int:
    """Position of an output by its shape; scores come before distributions where both look the same."""
    found = [index for index, shape in enumerate(shapes) if _alike(shape, wanted)]
    if not found:
        raise ValueError(f"no output {wanted} among {list(shapes)}")
    return found[which]
