"""Average precision of person detection at one overlap, as COCO measures it, with regions to be ignored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: ``(N, 4)`` float32, ``x1, y1, x2, y2`` in pixels.
Boxes = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class TrueBoxes:
    """The people of one picture.

    Attributes:
        boxes: ``(G, 4)``, people to be found.
        ignored: ``(I, 4)``, regions in which a detection is neither right nor false.
    """

    boxes: Boxes
    ignored: Boxes


@dataclass(frozen=True, eq=False)
class FoundBoxes:
    """The detections of one picture: ``(D, 4)`` boxes and their ``(D,)`` scores."""

    boxes: Boxes
    scores: NDArray[np.float32]


@dataclass(frozen=True)
class DetectionRules:
    """How detections are judged.

    Attributes:
        overlap: Intersection over union from which a detection is a person's.
        ignore_overlap: Share of a detection inside an ignored region from which it does not count.
        limit: Detections a picture, the best by score.
        smallest: People lower than this many pixels are ignored regions.
    """

    overlap: float = 0.5
    ignore_overlap: float = 0.5
    limit: int = 100
    smallest: float = 0.0


@dataclass(frozen=True, eq=False)
class DetectionFigures:
    """Detections of many pictures judged.

    Attributes:
        average_precision: COCO's 101-point interpolated AP, 0..1; NaN without people.
        recall: Share of the people found by any detection, 0..1; NaN without people.
        scores: ``(D,)`` float64, scores of the detections that count, falling.
        right: ``(D,)`` bool, which of them found a person.
        people: People to be found.
    """

    average_precision: float
    recall: float
    scores: NDArray[np.float64]
    right: NDArray[np.bool_]
    people: int


def detection_figures(
    pictures: Iterable[tuple[TrueBoxes, FoundBoxes]], settings: DetectionRules | None = None
) -> DetectionFigures:
    """Judge detections, the best first, each person found at most once (COCO's rules).

    Args:
        pictures: Truth and detections of every picture, those without people too.
        settings: Overlaps and limits.
    """
    settings = settings or DetectionRules()
    scores, right, people = [np.zeros(0)], [np.zeros(0, dtype=np.bool_)], 0
    for truth, found in pictures:
        low = truth.boxes[:, 3] - truth.boxes[:, 1] < settings.smallest
        wanted = truth.boxes[~low]
        ignored = np.concatenate([truth.ignored, truth.boxes[low]])
        best = np.argsort(-found.scores, kind="stable")[: settings.limit]
        matched = _match(wanted, found.boxes[best], settings.overlap)
        inside = intersections(found.boxes[best], ignored) / np.maximum(_areas(found.boxes[best]), 1e-9)[:, None]
        counted = matched | (inside.max(axis=1, initial=0) < settings.ignore_overlap)
        scores.append(found.scores[best][counted])
        right.append(matched[counted])
        people += len(wanted)
    every = np.concatenate(scores).astype(np.float64)
    order = np.argsort(-every, kind="stable")
    judged = np.concatenate(right)[order]
    return DetectionFigures(
        average_precision=_interpolated(judged, people),
        recall=float(judged.sum() / people) if people else np.nan,
        scores=every[order],
        right=judged,
        people=people,
    )


def intersections(a: Boxes, b: Boxes) -> NDArray[np.float32]:
    """Area shared by each box of ``(N, 4)`` with each of ``(M, 4)``, ``(N, M)`` in square pixels."""
    sides = np.minimum(a[:, None, 2:], b[None, :, 2:]) - np.maximum(a[:, None, :2], b[None, :, :2])
    shared: NDArray[np.float32] = np.maximum(sides, 0).prod(axis=2)
    return shared


def _areas(boxes: Boxes) -> NDArray[np.float32]:
    areas: NDArray[np.float32] = np.maximum(boxes[:, 2:] - boxes[:, :2], 0).prod(axis=1)
    return areas


def _match(wanted: Boxes, found: Boxes, least: float) -> NDArray[np.bool_]:
    """Which detections (best first) find a person not found by a better one; each takes its best overlap."""
    shared = intersections(found, wanted)
    union = _areas(found)[:, None] + _areas(wanted) - shared
    overlaps = shared / np.maximum(union, 1e-9)
    matched = np.zeros(len(found), dtype=np.bool_)
    if not len(wanted):
        return matched
    for index, row in enumerate(overlaps):
        person = int(row.argmax())
        if row[person] >= least:
            matched[index] = True
            overlaps[:, person] = -1
    return matched


def _interpolated(right: NDArray[np.bool_], people: int) -> float:
    """Mean, over recalls 0, 0.01, ..., 1, of the best precision at that recall or more."""
    if not people:
        return np.nan
    hits = np.cumsum(right)
    recall = hits / people
    precision = hits / np.arange(1, len(right) + 1)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    place = np.searchsorted(recall, np.linspace(0, 1, 101), side="left")
    return float(np.where(place < len(envelope), np.append(envelope, 0)[place], 0).mean())
