"""Hiding people in a picture, so that nobody can tell who they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from reseen.reports.bystanders import BlurSettings, Boxes

Pixels = NDArray[np.uint8]

_SAME_DEPTH = 0.03  # feet this near to each other, in parts of the height, are at the same distance


def hide(picture: Pixels, others: Boxes, wanted: Boxes, settings: BlurSettings | None = None) -> Pixels:
    """The picture with others made unrecognisable.

    Each of the boxes becomes a few patches of plain colour, smoothed. Where it overlaps the wanted person, the
    core of the wanted one (an upright ellipse inside their box) stays as it is, but only if they stand nearer
    to the camera, that is lower in the picture: whoever stands in front of them stays hidden.

    Args:
        picture: ``(H, W, 3)`` uint8; not changed.
        others: ``(K, 4)`` float32, ``x1, y1, x2, y2`` in pixels of the picture, widened already.
        wanted: ``(M, 4)`` float32, boxes of the wanted person.
        settings: How much is hidden.

    Returns:
        A new picture.
    """
    settings = settings or BlurSettings()
    hidden = picture.copy()
    for area, tall, keep in _areas(picture.shape, others, wanted, settings):
        patch = _patches(picture[area], tall, settings.cells)
        hidden[area] = np.where(keep[:, :, None], hidden[area], patch)
    return hidden


def hide_around(picture: Pixels, others: Boxes, wanted: Boxes, settings: BlurSettings | None = None) -> Pixels:
    """The picture with everything but the wanted person made unrecognisable, others before them as well.

    Args:
        picture: ``(H, W, 3)`` uint8; not changed.
        others: ``(K, 4)`` float32, as ``hide`` takes them.
        wanted: ``(M, 4)`` float32; where there is none, the whole picture is hidden.
        settings: How much is hidden.

    Returns:
        A new picture.
    """
    settings = settings or BlurSettings()
    height, width = picture.shape[:2]
    tall = float((wanted[:, 3] - wanted[:, 1]).max()) if len(wanted) else height / 4
    hidden = _patches(picture, tall, settings.cells)
    seen = hide(picture, others, wanted, settings)
    for box in wanted:
        x1, y1 = max(int(np.floor(box[0])), 0), max(int(np.floor(box[1])), 0)
        x2, y2 = min(int(np.ceil(box[2])), width), min(int(np.ceil(box[3])), height)
        hidden[y1:y2, x1:x2] = seen[y1:y2, x1:x2]
    return hidden


def hidden_pixels(shape: tuple[int, ...], others: Boxes, wanted: Boxes, settings: BlurSettings) -> NDArray[np.bool_]:
    """Which pixels ``hide`` makes unrecognisable, ``(H, W)`` bool, in a picture of a shape ``(H, W, 3)``."""
    mask = np.zeros(shape[:2], np.bool_)
    for area, _, keep in _areas(shape, others, wanted, settings):
        mask[area] |= ~keep
    return mask


def _areas(
    shape: tuple[int, ...], others: Boxes, wanted: Boxes, settings: BlurSettings
) -> Iterator[tuple[tuple[slice, slice], float, NDArray[np.bool_]]]:
    """Each box within the picture, the height of whoever is in it, and which of its pixels stay as they are."""
    height, width = shape[:2]
    # Those farther away first: what a nearer person's box hides stays hidden.
    for box in others[np.argsort(others[:, 3], kind="stable")] if len(others) else others:
        x1, y1 = max(int(np.floor(box[0])), 0), max(int(np.floor(box[1])), 0)
        x2, y2 = min(int(np.ceil(box[2])), width), min(int(np.ceil(box[3])), height)
        if x2 <= x1 or y2 <= y1:
            continue
        keep = _cores(box, wanted, (x1, y1, x2, y2), settings)
        yield (slice(y1, y2), slice(x1, x2)), max(float(box[3] - box[1]), 1.0), keep


def _patches(picture: Pixels, person: float, cells: int) -> Pixels:
    """A picture as plain patches, one side of which is the person's height over ``cells``, smoothed."""
    height, width = picture.shape[:2]
    side = max(person / cells, 6.0)
    few = max(round(width / side), 1), max(round(height / side), 1)
    small = cv2.resize(picture, few, interpolation=cv2.INTER_AREA)
    return cast(Pixels, cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR))


def _cores(box: Boxes, wanted: Boxes, area: tuple[int, int, int, int], settings: BlurSettings) -> NDArray[np.bool_]:
    """Which pixels of an area belong to the core of the wanted person, standing nearer than ``box``."""
    x1, y1, x2, y2 = area
    keep = np.zeros((y2 - y1, x2 - x1), np.bool_)
    widened = float(box[3] - box[1])
    feet = float(box[3]) - widened * settings.margin / (1 + 2 * settings.margin)
    for one in wanted:
        tall = float(one[3] - one[1])
        if float(one[3]) + _SAME_DEPTH * tall < feet:
            continue
        across = np.arange(x1, x2) + 0.5 - float(one[0] + one[2]) / 2
        down = np.arange(y1, y2) + 0.5 - float(one[1] + one[3]) / 2
        wide = max(float(one[2] - one[0]) * settings.core / 2, 1e-6)
        keep |= (across[None, :] / wide) ** 2 + (down[:, None] / max(tall / 2, 1e-6)) ** 2 <= 1.0
    return keep
