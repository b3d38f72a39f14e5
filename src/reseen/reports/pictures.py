"""Pictures as data URIs, so that a page needs no other file."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from reseen.library import LibraryError, Store
from reseen.searching import PersonPhoto

PHOTO_SIDE = 960
PHOTO_QUALITY = 85


@dataclass(frozen=True)
class Inline:
    """A picture inside a page.

    Attributes:
        uri: ``data:image/jpeg;base64,...``.
        width: Pixels.
        height: Pixels.
    """

    uri: str
    width: int
    height: int


@dataclass(frozen=True)
class BoxedPhoto:
    """A query photo with the person's box.

    Attributes:
        picture: The photo, shrunk.
        box: ``x, y, width, height`` of the person in pixels of ``picture``; None when all of it is used.
        person_height: Height of the person in pixels of the photo itself.
    """

    picture: Inline
    box: tuple[float, float, float, float] | None
    person_height: int


def shot_picture(store: Store, shot_id: int) -> Inline | None:
    """The JPEG of a shot just as the library keeps it; None when it is missing or damaged."""
    try:
        content = store.shot_image(shot_id)
    except LibraryError:
        return None
    pixels = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR) if content else None
    if pixels is None:
        return None
    height, width = pixels.shape[:2]
    return Inline(_uri(content), width, height)


def boxed_photo(photo: PersonPhoto) -> BoxedPhoto:
    """A query photo, encoded anew: what its file says of place and device does not travel with the report."""
    height, width = photo.picture.shape[:2]
    scale = min(1.0, PHOTO_SIDE / max(height, width))
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    small = photo.picture if scale == 1.0 else cv2.resize(photo.picture, size, interpolation=cv2.INTER_AREA)
    picture = Inline(_uri(_jpeg(cast("NDArray[np.uint8]", small))), *size)
    if photo.box is None:
        return BoxedPhoto(picture, None, round(height / photo.scale))
    x1, y1, x2, y2 = photo.box
    across, down = photo.scale * size[0] / width, photo.scale * size[1] / height
    box = (x1 * across, y1 * down, (x2 - x1) * across, (y2 - y1) * down)
    return BoxedPhoto(picture, box, round(y2 - y1))


def _jpeg(picture: NDArray[np.uint8]) -> bytes:
    done, content = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, PHOTO_QUALITY])
    if not done:
        raise ValueError(f"a picture of {picture.shape} cannot be a JPEG")
    return content.tobytes()


def _uri(jpeg: bytes) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode("ascii")
