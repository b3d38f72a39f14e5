"""Pictures with the boxes of the people in them, decoded, from data sets, cut-out people and rendered footage."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from reseen.errors import InputError
from reseen.synthetic import Scene, SceneSettings
from reseen.training.data.files import ImageFiles, base_of

Pixels = NDArray[np.uint8]
Boxes = NDArray[np.float32]
HIDDEN = 0.3
"""Share of a rendered figure below which it is ignored: nobody could find it."""


@dataclass(frozen=True, eq=False)
class LabelledPicture:
    """A picture and who is in it.

    Attributes:
        rgb: ``(H, W, 3)`` uint8.
        boxes: ``(G, 4)`` float32 ``x1, y1, x2, y2`` in pixels: people.
        ignored: ``(I, 4)``: regions of which nothing is known.
        group: The data set (or part of one) that it comes from.
        name: File name, or another name of the picture.
    """

    rgb: Pixels
    boxes: Boxes
    ignored: Boxes
    group: str
    name: str = ""


@dataclass(frozen=True, eq=False)
class CutOut:
    """A person without background: ``(h, w, 3)`` uint8 RGB and the ``(h, w)`` uint8 mask, 255 inside."""

    rgb: Pixels
    mask: Pixels


def decode(data: bytes, shown: str) -> Pixels:
    """Bytes of an image file to RGB pixels.

    Raises:
        InputError: It is no image that OpenCV can read.
    """
    bgr = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if bgr is None:
        raise InputError(f"{shown}: not a picture that can be read")
    return np.ascontiguousarray(bgr[:, :, ::-1], np.uint8)


def read_pictures(files: ImageFiles) -> Iterator[LabelledPicture]:
    """The pictures of a data set in COCO's form, in the order of its annotations.

    Annotations with ``iscrowd`` or ``ignore`` become ignored regions; ``set`` of a picture, if there is one, is
    its group.

    Raises:
        InputError: No readable ``annotations.json``, or a picture is missing.
    """
    base, truth = _annotations(files)
    boxes: dict[int, list[list[float]]] = {}
    ignored: dict[int, list[list[float]]] = {}
    try:
        for each in truth["annotations"]:
            kind = ignored if each.get("iscrowd") or each.get("ignore") else boxes
            x, y, w, h = each["bbox"]
            kind.setdefault(each["image_id"], []).append([x, y, x + w, y + h])
        pictures = [(p["id"], p["file_name"], p.get("set", "pictures")) for p in truth["images"]]
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{files.shown}: annotations.json is not in COCO's form ({error!r})") from error
    for number, name, group in pictures:
        place = base + name
        rgb = decode(files.read(place), f"{files.shown}/{place}")
        yield LabelledPicture(rgb, as_boxes(boxes.get(number, [])), as_boxes(ignored.get(number, [])), group, name)


def read_cut_outs(files: ImageFiles) -> tuple[CutOut, ...]:
    """The people of a data set with ``masks/NAME.png`` (value k = person k, 0 = background)."""
    base, truth = _annotations(files)
    found: list[CutOut] = []
    for picture in truth["images"]:
        place = base + picture["file_name"]
        stem = place.rsplit("/", 1)[-1].rsplit(".", 1)[0]
        rgb = decode(files.read(place), f"{files.shown}/{place}")
        raw = np.frombuffer(files.read(f"{base}masks/{stem}.png"), np.uint8)
        masks = cv2.imdecode(raw, cv2.IMREAD_GRAYSCALE)
        if masks is None or masks.shape != rgb.shape[:2]:
            raise InputError(f"{files.shown}: masks/{stem}.png does not fit its picture")
        found += list(_people(rgb, np.asarray(masks, np.uint8)))
    return tuple(found)


def rendered_pictures(seed: int, count: int, size: tuple[int, int] = (416, 234)) -> Iterator[LabelledPicture]:
    """Rendered frames of many small worlds, ten of each, two seconds apart.

    Args:
        seed: The first world's.
        count: How many frames.
        size: (width, height) they are shrunk to; rendered larger.
    """
    made = 0
    for world in range(seed, seed + count):
        scene = Scene(SceneSettings(seed=world, people=5, cameras=2, seconds=12, fps=1, width=832, height=468, crowd=4))
        for camera in range(2):
            for number, frame in enumerate(scene.render(camera)):
                if number % 2 or not number:
                    continue
                small = cv2.resize(frame.bgr, size, interpolation=cv2.INTER_AREA)
                boxes = frame.truth.boxes * (size[0] / frame.bgr.shape[1])
                seen = frame.truth.visible >= HIDDEN
                rgb = np.ascontiguousarray(small[:, :, ::-1], np.uint8)
                yield LabelledPicture(rgb, boxes[seen], boxes[~seen], "rendered", f"{world}-{camera}-{number}")
                made += 1
                if made == count:
                    return


def split_held_out(
    pictures: Sequence[LabelledPicture], count: int
) -> tuple[list[LabelledPicture], list[LabelledPicture]]:
    """Every n-th picture in the order of groups and names is held out, so that each group is judged by its share."""
    if count == 0:
        return list(pictures), []
    order = sorted(range(len(pictures)), key=lambda i: (pictures[i].group, pictures[i].name))
    held = {order[place] for place in np.linspace(0, len(order) - 1, count).round().astype(int)}
    train = [picture for number, picture in enumerate(pictures) if number not in held]
    return train, [pictures[number] for number in sorted(held)]


def as_boxes(rows: Iterable[Sequence[float]]) -> Boxes:
    """Rows of four numbers as ``(N, 4)`` float32, also without rows."""
    return np.asarray(list(rows), np.float32).reshape(-1, 4)


def _annotations(files: ImageFiles) -> tuple[str, dict[str, list[dict[str, Any]]]]:
    base = base_of(files, "annotations.json")
    if base is None:
        raise InputError(f"{files.shown}: not a coco data set (annotations.json is missing)")
    try:
        return base, json.loads(files.read(base + "annotations.json"))
    except ValueError as error:
        raise InputError(f"{files.shown}: annotations.json is not JSON ({error})") from error


def _people(rgb: Pixels, masks: Pixels) -> Iterator[CutOut]:
    for number in range(1, int(masks.max(initial=0)) + 1):
        mask = masks == number
        if mask.sum() < 200:
            continue
        rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
        part = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        yield CutOut(rgb[part].copy(), (mask[part] * 255).astype(np.uint8))
