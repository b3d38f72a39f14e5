"""Unlabelled person crops, cut from pictures with COCO annotations."""

from __future__ import annotations

import json
from pathlib import PurePosixPath

import numpy as np

from reseen.errors import InputError
from reseen.training.data.files import ImageFiles, base_of
from reseen.training.data.samples import UNKNOWN, Samples

MIN_HEIGHT = 36.0
ASPECT = (0.22, 0.75)
MARGIN = 0.03


def coco_people(files: ImageFiles, min_height: float = MIN_HEIGHT) -> Samples:
    """The annotated people of a COCO data set, as boxes without identity.

    Crowds, ignored regions, people lower than ``min_height`` pixels and boxes too wide or narrow for a
    standing person are left out; boxes grow by 3% on each side, as a detector's do.

    Raises:
        InputError: No readable ``annotations.json``.
    """
    base = base_of(files, "annotations.json")
    if base is None:
        raise InputError(f"{files.shown}: not a coco data set (annotations.json is missing)")
    try:
        truth = json.loads(files.read(base + "annotations.json"))
        pictures = {p["id"]: p for p in truth["images"]}
        rows = [(pictures[a["image_id"]], a["bbox"]) for a in truth["annotations"] if not _ignored(a)]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{files.shown}: annotations.json is not in COCO's form ({error!r})") from error
    names: list[str] = []
    boxes: list[tuple[float, float, float, float]] = []
    for picture, (x, y, w, h) in rows:
        if h < min_height or not ASPECT[0] <= w / h <= ASPECT[1]:
            continue
        dx, dy = w * MARGIN, h * MARGIN
        right, bottom = min(picture["width"], x + w + dx), min(picture["height"], y + h + dy)
        names.append(str(PurePosixPath(base) / picture["file_name"]))
        boxes.append((max(0.0, x - dx), max(0.0, y - dy), right, bottom))
    count = len(names)
    unknown = np.full(count, UNKNOWN, np.int64)
    return Samples(
        files,
        tuple(names),
        unknown,
        unknown.copy(),
        np.zeros(count, np.int64),
        np.asarray(boxes, np.float32).reshape(count, 4),
    )


def _ignored(annotation: dict[str, object]) -> bool:
    return bool(annotation.get("iscrowd") or annotation.get("ignore"))
