"""Small people in large pictures: overlapping tiles beside the whole, then one box for each person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from reseen.detection.detections import Detections
from reseen.detection.letterbox import placement
from reseen.detection.suppression import area, by_score, overlap, suppress
from reseen.models import InputSpec

Tiles = int | Literal["auto"] | None

OVERLAP = 0.2
"""Share of a tile that its neighbour sees too."""

AUTO_SCALE = 0.5
"""``auto`` cuts until a picture pixel is at least this many input pixels: 80 px people become 40."""

MOST = 8
"""The largest number of tiles along the long side."""

BORDER = 3.0
"""Input pixels from a tile's inner border within which a box ends there and not at the person's edge."""

CONTAINED = 0.6
"""Share of a cut box inside a better one from which both are the same person."""

ALONGSIDE = 0.6
"""How alike two cut boxes' extents along the border must be to be two parts of one person."""


@dataclass(frozen=True)
class Tile:
    """A part of a picture, in pixels: from ``x1, y1`` up to, not including, ``x2, y2``."""

    x1: int
    y1: int
    x2: int
    y2: int


def lay_tiles(width: int, height: int, tiles: Tiles, spec: InputSpec) -> tuple[Tile, ...]:
    """The parts of a picture that are looked at: the whole first, then the tiles.

    Args:
        width: Of the picture, in pixels.
        height: Of the picture, in pixels.
        tiles: Tiles along the long side (the short side gets as many as keep them nearly square); None or 1
            for the whole only; ``auto`` for as many as bring 80 px people to a size that detectors know.
        spec: The network's input.
    """
    whole = Tile(0, 0, width, height)
    count = _automatic(width, height, spec) if tiles == "auto" else min(tiles or 1, MOST)
    if count <= 1:
        return (whole,)
    across, down = _counts(width, height, count)
    rows = _cuts(height, down)
    return (whole, *(Tile(x1, y1, x2, y2) for y1, y2 in rows for x1, x2 in _cuts(width, across)))


def _counts(width: int, height: int, count: int) -> tuple[int, int]:
    step = max(width, height) / count
    return max(1, round(width / step)), max(1, round(height / step))


def _automatic(width: int, height: int, spec: InputSpec) -> int:
    for count in range(1, MOST):
        across, down = _counts(width, height, count)
        tile = (_cuts(width, across)[0][1], _cuts(height, down)[0][1])
        where = placement(*tile, spec)
        if min(where.scale_x, where.scale_y) >= AUTO_SCALE:
            return count
    return MOST


def _cuts(length: int, count: int) -> list[tuple[int, int]]:
    size = min(length, int(np.ceil(length / (1 + (count - 1) * (1 - OVERLAP)))))
    if count == 1:
        return [(0, length)]
    starts = np.linspace(0, length - size, count).round().astype(int)
    # In a picture of few pixels some would be the same.
    return [(start, start + size) for start in dict.fromkeys(starts.tolist())]


def cut_sides(boxes: NDArray[np.float32], tile: Tile, whole: Tile, spec: InputSpec) -> NDArray[np.bool_]:
    """Which boxes end at an inner border of their tile.

    Args:
        boxes: ``(N, 4)`` float32 in pixels of the whole picture.
        tile: The tile they were found in.
        whole: The whole picture.
        spec: The network's input.

    Returns:
        ``(N, 4)`` bool: left, top, right, bottom.
    """
    where = placement(tile.x2 - tile.x1, tile.y2 - tile.y1, spec)
    reach = np.array([BORDER / where.scale_x, BORDER / where.scale_y] * 2)
    border = np.array([tile.x1, tile.y1, tile.x2, tile.y2])
    inner = border != np.array([whole.x1, whole.y1, whole.x2, whole.y2])
    outward = np.array([-1, -1, 1, 1])
    return np.asarray(inner & ((boxes - border) * outward >= -reach))


def merge_tiles(detections: Detections, cut: NDArray[np.bool_], iou: float) -> Detections:
    """One box for each person from the boxes of all tiles.

    Whole boxes come first: among them the best score wins. A box that ends at a tile's border is dropped
    where it lies inside a better one, and joined with its other half where nobody saw the person whole.

    Args:
        detections: Boxes in pixels of the whole picture, from all tiles.
        cut: ``(N, 4)`` bool, from ``cut_sides``.
        iou: Overlap from which two boxes are one person.

    Returns:
        The merged boxes, highest score first.
    """
    partial: NDArray[np.bool_] = np.asarray(cut.any(axis=1), bool)
    boxes, scores = list(detections.boxes), list(detections.scores)
    whole = suppress(detections.keep(~partial), iou)
    kept_boxes, kept_scores = list(whole.boxes), list(whole.scores)
    kept_cut = [np.zeros(4, bool)] * len(whole)
    order = [index for index in np.argsort(-detections.scores, kind="stable") if partial[index]]
    for index in order:
        same = _same_person(boxes[index], cut[index], kept_boxes, kept_cut, iou)
        if same is None:
            kept_boxes.append(boxes[index])
            kept_scores.append(scores[index])
            kept_cut.append(cut[index])
        elif kept_cut[same].any():
            kept_boxes[same], kept_cut[same] = _union(kept_boxes[same], boxes[index], kept_cut[same], cut[index])
    if not kept_boxes:
        return Detections.none()
    joined = Detections(np.asarray(kept_boxes, np.float32), np.asarray(kept_scores, np.float32))
    # Two halves joined may now cover a third box.
    return suppress(by_score(joined), iou)


def _same_person(
    box: NDArray[np.float32],
    cut: NDArray[np.bool_],
    kept: list[NDArray[np.float32]],
    kept_cut: list[NDArray[np.bool_]],
    iou: float,
) -> int | None:
    if not kept:
        return None
    others = np.asarray(kept, np.float32)
    common = overlap(box, others)
    own, theirs = area(box[None])[0], area(others)
    union = own + theirs - common
    inside = common / max(float(own), 1e-6) >= CONTAINED
    same = inside | (common / np.maximum(union, 1e-6) > iou)
    for index in range(len(kept)):
        same[index] |= common[index] > 0 and _halves(box, cut, kept[index], kept_cut[index])
    found = np.flatnonzero(same)
    return int(found[np.argmax(common[found])]) if len(found) else None


def _halves(
    box: NDArray[np.float32], cut: NDArray[np.bool_], other: NDArray[np.float32], other_cut: NDArray[np.bool_]
) -> bool:
    """Whether two boxes are cut by facing borders and lie side by side along them."""
    for axis, along in ((0, 1), (1, 0)):
        facing = (cut[axis] and other_cut[axis + 2]) or (cut[axis + 2] and other_cut[axis])
        if not facing:
            continue
        common = min(box[along + 2], other[along + 2]) - max(box[along], other[along])
        extent = max(box[along + 2], other[along + 2]) - min(box[along], other[along])
        if common >= ALONGSIDE * extent:
            return True
    return False


def _union(
    a: NDArray[np.float32], b: NDArray[np.float32], cut_a: NDArray[np.bool_], cut_b: NDArray[np.bool_]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    low, high = np.minimum(a[:2], b[:2]), np.maximum(a[2:], b[2:])
    box = np.concatenate([low, high])
    # A side of the union is cut if the box that reaches it is cut there.
    cut = np.where(box == a, cut_a, cut_b)
    return box, cut
