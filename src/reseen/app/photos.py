"""What is said of a photo: the people in it, which one is wanted, how good it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

Box = tuple[float, float, float, float]
Word = Literal["good", "small", "cut off", "blurred", "nobody found"]

PREVIEW_SIDE = 1600
THUMBNAIL_SIDE = 160
_QUALITY = 88


@dataclass(frozen=True)
class SeenPerson:
    """A person in a photo: ``x1, y1, x2, y2`` in pixels of the photo as displayed, and the detector's score."""

    box: Box
    score: float


@dataclass(frozen=True)
class Rating:
    """How good a photo of a person is: one word, and a plain sentence."""

    word: Word
    text: str


@dataclass(frozen=True)
class Wanted:
    """Which person of a photo is wanted: the n-th of its ``people`` (from 0) or a box; the largest when neither."""

    person: int | None = None
    box: Box | None = None


@dataclass(frozen=True)
class PhotoPeople:
    """What is in a photo.

    Attributes:
        sha256: Hex SHA-256 of the file.
        width: Pixels, as displayed.
        height: Pixels, as displayed.
        people: The people in it, from left to right.
        chosen: Which of them is wanted, from 0; None when nobody was found or a box was drawn.
        box: The wanted person's box; None when nobody was found: the whole photo is used.
        rating: How good the photo is for searching, worst first; ``good`` stands alone.
        warnings: Plain words about the file.
        preview: A JPEG of the photo for the page: upright, at most 1600 pixels wide or high, without metadata.
        thumbnail: A small JPEG (at most 160 pixels) of the wanted person alone, for the audit log.
    """

    sha256: str
    width: int
    height: int
    people: tuple[SeenPerson, ...]
    chosen: int | None
    box: Box | None
    rating: tuple[Rating, ...]
    warnings: tuple[str, ...]
    preview: bytes
    thumbnail: bytes


@dataclass(frozen=True)
class WantedPhoto:
    """A photo to search by: its name as the visitor knows it, the file or its bytes, and who in it is wanted."""

    name: str
    photo: Path | bytes
    wanted: Wanted = Wanted()


def jpeg_of(picture: NDArray[np.uint8], longest: int) -> bytes:
    """A picture, ``(H, W, 3)`` uint8 BGR, as a JPEG of at most so many pixels in width and height."""
    height, width = picture.shape[:2]
    scale = min(1.0, longest / max(height, width))
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    small = picture if scale == 1.0 else cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    done, content = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    if not done:
        raise ValueError(f"a picture of {picture.shape} cannot be a JPEG")
    return content.tobytes()
