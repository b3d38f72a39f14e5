"""A photo in, the wanted person's crop out, with what is wrong with the photo in plain words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from reseen.detection import Detections, Detector, with_margin
from reseen.errors import UsageError
from reseen.media import read_photo

# Below this height a crop says little about clothing: the networks look at 256 pixels.
SMALL_HEIGHT = 64
# Variance of the Laplacian of a crop 128 pixels high; sharp surveillance crops lie well above.
BLURRED = 25.0
# A person is about 0.41 times as wide as high (the usual aspect of ReID crops); much wider boxes are cut off.
WIDE = 0.75
MARGIN = 0.3
SAME_BOX_IOU = 0.6


@dataclass(frozen=True)
class PersonChoice:
    """Which person of a photo is wanted; by default the largest.

    Attributes:
        number: The n-th person from the left, from 1.
        box: ``x1, y1, x2, y2`` in pixels of the photo as displayed.
    """

    number: int | None = None
    box: tuple[float, float, float, float] | None = None


@dataclass(frozen=True)
class Flaw:
    """What makes a photo of a person a poor one: a word, and a plain sentence."""

    word: Literal["small", "cut off", "blurred"]
    text: str


@dataclass(frozen=True, eq=False)
class LookedAt:
    """A photo, and the people in it.

    Attributes:
        path: The photo as the user named it.
        picture: ``(H, W, 3)`` uint8 BGR, the photo as displayed.
        people: All people seen in it, from left to right.
        notes: What is odd about the file, in plain words.
    """

    path: str
    picture: NDArray[np.uint8]
    people: Detections
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class PersonPhoto:
    """The wanted person in one photo.

    Attributes:
        path: The photo as the user named it.
        picture: ``(H, W, 3)`` uint8 BGR, the photo as displayed, or that made smaller.
        box: The person, ``x1, y1, x2, y2`` in pixels of the photo; None when the whole picture is used.
        people: All people seen in the photo, from left to right.
        warnings: Plain words.
        flaws: What makes it a poor photo; also among the warnings.
        scale: Pixels of ``picture`` per pixel of the photo, at most 1.
    """

    path: str
    picture: NDArray[np.uint8]
    box: tuple[float, float, float, float] | None
    people: Detections
    warnings: tuple[str, ...]
    flaws: tuple[Flaw, ...] = ()
    scale: float = 1.0

    @property
    def crop(self) -> NDArray[np.uint8]:
        """The person's pixels, ``(h, w, 3)`` uint8 BGR."""
        if self.box is None:
            return self.picture
        height, width = self.picture.shape[:2]
        x1, y1, x2, y2 = (round(value * self.scale) for value in self.box)
        return self.picture[max(y1, 0) : min(y2, height), max(x1, 0) : min(x2, width)]

    def smaller(self, longest: int) -> PersonPhoto:
        """The same with its picture at most so many pixels wide and high: enough to be shown, quick to be sent."""
        height, width = self.picture.shape[:2]
        shrunk = longest / max(height, width)
        if shrunk >= 1:
            return self
        size = max(round(width * shrunk), 1), max(round(height * shrunk), 1)
        picture = cv2.resize(self.picture, size, interpolation=cv2.INTER_AREA)
        return replace(self, picture=np.asarray(picture, np.uint8), scale=self.scale * shrunk)


def read_person(path: str | Path, detector: Detector, choice: PersonChoice | None = None) -> PersonPhoto:
    """Find the wanted person in a photo.

    Raises:
        MediaError: The photo cannot be read.
        UsageError: The person or box asked for is not in the photo.
    """
    return wanted_person(look_at(path, detector), choice)


def look_at(path: str | Path, detector: Detector) -> LookedAt:
    """Find the people in a photo.

    Raises:
        MediaError: The photo cannot be read.
    """
    photo = read_photo(path)
    picture, people = photo.bgr, find_people(photo.bgr, detector)
    for other in photo.frames[1:] if not len(people) else ():
        found = find_people(other, detector)
        if len(found):
            picture, people = other, found
            break
    return LookedAt(str(path), picture, people, photo.warnings)


def wanted_person(looked: LookedAt, choice: PersonChoice | None = None) -> PersonPhoto:
    """Choose the wanted one among the people of a photo.

    Raises:
        UsageError: The person or box asked for is not in the photo.
    """
    path, people = looked.path, looked.people
    box, words = _choose(path, looked.picture, people, choice or PersonChoice())
    flaws = _flaws(PersonPhoto(path, looked.picture, box, people, ()))
    notes = [*(f"{path}: {note}" for note in looked.notes), *words, *(f"{path}: {flaw.text}" for flaw in flaws)]
    return PersonPhoto(path, looked.picture, box, people, tuple(notes), flaws)


def find_people(picture: NDArray[np.uint8], detector: Detector) -> Detections:
    """The people in a photo, from left to right.

    Photos are often tight crops, in which a detector made for scenes sees nobody; so the picture is also looked
    at with a gray margin around it, and both views are put together.
    """
    plain = detector.detect(picture)
    framed, (left, top) = with_margin(picture, MARGIN)
    wide = detector.detect(framed)
    height, width = picture.shape[:2]
    moved = wide.boxes - np.array([left, top, left, top], np.float32)
    moved = np.clip(moved, 0, np.array([width, height, width, height], np.float32))
    boxes = np.concatenate([moved, plain.boxes])
    scores = np.concatenate([wide.scores, plain.scores])
    certain = (scores >= detector.high) & (boxes[:, 2] - boxes[:, 0] >= 2) & (boxes[:, 3] - boxes[:, 1] >= 2)
    boxes, scores = boxes[certain], scores[certain]
    kept = _without_doubles(boxes, scores)
    order = kept[np.argsort(boxes[kept, 0] + boxes[kept, 2], kind="stable")]
    return Detections(boxes[order], scores[order])


def _without_doubles(boxes: NDArray[np.float32], scores: NDArray[np.float32]) -> NDArray[np.intp]:
    """Indices of the boxes that are left when doubles of a better one, or parts inside one, are taken out."""
    kept: list[int] = []
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    for index in np.argsort(-scores, kind="stable"):
        for other in kept:
            corner = np.minimum(boxes[index, 2:], boxes[other, 2:]) - np.maximum(boxes[index, :2], boxes[other, :2])
            shared = float(np.prod(np.maximum(corner, 0)))
            smaller = float(min(areas[index], areas[other]))
            if shared > SAME_BOX_IOU * float(areas[index] + areas[other] - shared) or shared > 0.85 * smaller:
                break
        else:
            kept.append(int(index))
    return np.array(kept, np.intp)


def _choose(
    path: str, picture: NDArray[np.uint8], people: Detections, choice: PersonChoice
) -> tuple[tuple[float, float, float, float] | None, list[str]]:
    if choice.box is not None:
        return _given_box(path, picture, choice.box), []
    if choice.number is not None:
        if not 1 <= choice.number <= len(people):
            raise UsageError(f"{path}: there is no person {choice.number}; {len(people)} seen, counted from the left")
        return _box(people, choice.number - 1), []
    if not len(people):
        return None, [
            f"{path}: no person was found in the photo; the whole picture is used, "
            "draw a box with --box x1,y1,x2,y2 if the person is only a part of it"
        ]
    sizes = (people.boxes[:, 2] - people.boxes[:, 0]) * (people.boxes[:, 3] - people.boxes[:, 1])
    largest = int(np.argmax(sizes))
    if len(people) == 1:
        return _box(people, 0), []
    return _box(people, largest), [
        f"{path}: {len(people)} people in the photo; the largest is used (person {largest + 1} from the left), "
        "choose another with --person N or --box x1,y1,x2,y2"
    ]


def _given_box(
    path: str, picture: NDArray[np.uint8], box: tuple[float, float, float, float]
) -> tuple[float, float, float, float]:
    height, width = picture.shape[:2]
    x1, y1, x2, y2 = max(box[0], 0.0), max(box[1], 0.0), min(box[2], float(width)), min(box[3], float(height))
    if not (x2 - x1 >= 2 and y2 - y1 >= 2):
        raise UsageError(f"{path}: the box {','.join(f'{v:g}' for v in box)} lies outside the {width}x{height} photo")
    return x1, y1, x2, y2


def _flaws(photo: PersonPhoto) -> tuple[Flaw, ...]:
    """What makes the crop a poor photo of a person."""
    crop = photo.crop
    height, width = crop.shape[:2]
    flaws: list[Flaw] = []
    if height < SMALL_HEIGHT:
        flaws.append(Flaw("small", f"the person is only {height} pixels high, too small to rely on"))
    if photo.box is not None and width > WIDE * height:
        flaws.append(Flaw("cut off", "the person seems cut off (much of the body is not in the picture)"))
    scale = 128 / height
    small = cv2.resize(crop, (max(round(width * scale), 8), 128), interpolation=cv2.INTER_AREA)
    if (
        height >= SMALL_HEIGHT
        and float(cv2.Laplacian(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), cv2.CV_64F).var()) < BLURRED
    ):
        flaws.append(Flaw("blurred", "the person is blurred; a sharper photo finds more"))
    return tuple(flaws)


def _box(people: Detections, index: int) -> tuple[float, float, float, float]:
    x1, y1, x2, y2 = (float(value) for value in people.boxes[index])
    return x1, y1, x2, y2
