"""Photos and other images, as 8-bit colour pictures that look as they are meant to."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from os import PathLike
from pathlib import Path
from typing import cast

import numpy as np
from PIL import Image, UnidentifiedImageError

from reseen.media.container import MAX_PIXELS, check_file
from reseen.media.errors import MediaError
from reseen.media.kinds import kind_of
from reseen.media.picture import Display, Pixels
from reseen.media.recorded import recorded_by_exif

MAX_PHOTO_FRAMES = 16
"""How many pictures of an animated photo are looked at."""

_FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "PPM", "JPEG2000", "AVIF")
_ANIMATED = frozenset({"GIF", "WEBP", "PNG", "AVIF"})
_GRAY = 128
_ORIENTATION = 0x0112
# EXIF orientation: transposed, then mirrored left to right, then top to bottom.
_TURNS = {
    2: (False, True, False),
    3: (False, True, True),
    4: (False, False, True),
    5: (True, False, False),
    6: (True, True, False),
    7: (True, True, True),
    8: (True, False, True),
}

# The limit of pixels is enforced here, before decoding; Pillow's own warning would reach the user as noise.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")  # about broken EXIF


@dataclass(frozen=True, eq=False)
class Photo:
    """A photo to search by.

    Attributes:
        frames: Its pictures, ``(H, W, 3)`` uint8 BGR each; more than one only for animated images.
        recorded_at: When it was taken in UTC, where it states that with its zone.
        warnings: Plain lines.
    """

    frames: tuple[Pixels, ...]
    recorded_at: datetime | None = None
    warnings: tuple[str, ...] = ()

    @property
    def bgr(self) -> Pixels:
        """The first picture, ``(H, W, 3)`` uint8 in BGR order."""
        return self.frames[0]


def read_photo(path: str | PathLike[str], max_pixels: int = MAX_PIXELS) -> Photo:
    """Reads a photo: orientation applied, 16 bits scaled, transparency laid on mid gray.

    Args:
        path: The file; its content decides what it is, not its name.
        max_pixels: Largest picture accepted, in pixels; larger ones are refused before they are decoded.

    Raises:
        MediaError: If it is no image, too large, damaged or cut off.
    """
    with opened_image(path, max_pixels) as image:
        frames: list[Pixels] = []
        notes: list[str] = []
        display: Display | None = None
        try:
            for frame in animation_frames(image):
                display = display or image_display(image)
                frames.append(display.turn(as_bgr(frame)))
                if len(frames) >= MAX_PHOTO_FRAMES or len(frames) * frames[0].size > 3 * max_pixels:
                    break
        except Exception as error:  # decoders of hostile files raise anything
            if not frames:
                raise damaged_image(path, error) from None
            notes.append(f"only {len(frames)} of its pictures can be read")
        return Photo(tuple(frames), photo_time(image), tuple(notes))


@contextmanager
def opened_image(path: str | PathLike[str], max_pixels: int = MAX_PIXELS) -> Iterator[Image.Image]:
    """Opens an image without decoding it.

    Raises:
        MediaError: If it is no image that can be read here or has more than ``max_pixels`` pixels.
    """
    check_file(path)
    try:
        image = Image.open(Path(path), formats=_FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise MediaError(path, _too_large(max_pixels)) from None
    except UnidentifiedImageError:
        raise MediaError(path, _what_else(path)) from None
    except Exception as error:  # decoders of hostile files raise anything
        raise damaged_image(path, error) from None
    with image:
        if image.width * image.height > max_pixels:
            raise MediaError(path, f"{_too_large(max_pixels)}: {image.width}x{image.height}")
        yield image


def animation_frames(image: Image.Image) -> Iterator[Image.Image]:
    """The image's pictures, decoded one after the other; one for all but animated images."""
    count = getattr(image, "n_frames", 1) if image.format in _ANIMATED else 1
    for index in range(count):
        image.seek(index)
        image.load()
        yield image


def image_display(image: Image.Image) -> Display:
    """How a decoded image is to be shown, by its EXIF orientation."""
    try:
        turn = _TURNS.get(image.getexif().get(_ORIENTATION, 1), (False, False, False))
    except Exception:  # broken EXIF is no reason to refuse a picture
        turn = (False, False, False)
    return Display(image.size, image.size, *turn)


def photo_time(image: Image.Image) -> datetime | None:
    """When it was taken, where its EXIF states that with its zone."""
    try:
        return recorded_by_exif(image.getexif())
    except Exception:  # broken EXIF is no reason to refuse a picture
        return None


def as_bgr(image: Image.Image) -> Pixels:
    """A decoded Pillow image as ``(H, W, 3)`` uint8 BGR, not yet turned."""
    if image.mode in {"I", "F"} or image.mode.startswith("I;"):
        return np.repeat(_eight_bits(image)[:, :, None], 3, axis=2)
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        image = Image.new("RGB", image.size, (_GRAY, _GRAY, _GRAY))
        image.paste(rgba, mask=rgba.getchannel("A"))
    return np.ascontiguousarray(np.asarray(image.convert("RGB"))[:, :, ::-1])


def damaged_image(path: str | PathLike[str], error: Exception) -> MediaError:
    """The error that says that a picture could not be decoded."""
    if isinstance(error, MediaError):
        return error
    if "truncated" in str(error).lower():
        return MediaError(path, "the picture is cut off; copy it again")
    return MediaError(path, f"the picture is damaged ({' '.join(str(error).split()) or type(error).__name__})")


def _eight_bits(image: Image.Image) -> Pixels:
    """Gray of more than 8 bits, scaled by its range, not clipped."""
    values = np.asarray(image).astype(np.float32)
    top = float(values.max(initial=0.0))
    if image.mode == "F":
        full = 1.0 if top <= 1.0 else max(255.0, top)
    else:
        # 16 bits come as "I;16" or inside 32; 8 bits inside 32 stay as they are.
        full = 255.0 if image.mode == "I" and top <= 255 else max(65535.0, top)
    return cast(Pixels, np.clip(values * (255 / full), 0, 255).round().astype(np.uint8))


def _too_large(max_pixels: int) -> str:
    return f"the picture is larger than the limit of {max_pixels / 1e6:g} million pixels"


def _what_else(path: str | PathLike[str]) -> str:
    with Path(path).open("rb") as file:
        head = file.read(12)
    if head[4:8] == b"ftyp" and head[8:12] in {b"heic", b"heix", b"mif1", b"msf1", b"heif", b"hevc"}:
        return "HEIC pictures cannot be read here; save it as JPEG"
    if kind_of(path) == "video":
        return "this is a video, not a photo"
    return "this is not a picture that can be read here"
