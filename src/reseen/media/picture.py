"""A decoded picture as it is to be shown: turned, mirrored, with square pixels, in true colours."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, cast

import cv2
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace, Interpolation, VideoReformatter
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

LUMA_SIDE = 192
"""Long side of the small gray picture, in pixels."""

_STATED_MATRICES = frozenset({1, 4, 5, 6, 7, 9})  # BT.709, FCC, BT.601 twice, SMPTE 240M, BT.2020
_FULL_RANGE = 2
_LIMITED_TO_FULL = np.clip((np.arange(256, dtype=np.float64) - 16) * 255 / 219, 0, 255).round().astype(np.uint8)


@dataclass(frozen=True)
class Display:
    """How the stored pictures of a source are shown.

    Attributes:
        stored: Width and height of the stored picture.
        stretched: The same after the pixels are made square (only ever enlarged).
        transposed: Rows become columns, before mirroring.
        mirrored_x: Left and right change places.
        mirrored_y: Top and bottom change places.
    """

    stored: tuple[int, int]
    stretched: tuple[int, int]
    transposed: bool = False
    mirrored_x: bool = False
    mirrored_y: bool = False

    @property
    def size(self) -> tuple[int, int]:
        """Width and height as shown."""
        width, height = self.stretched
        return (height, width) if self.transposed else (width, height)

    @property
    def rotation(self) -> int:
        """Degrees, clockwise, by which the stored picture is turned to be shown (0, 90, 180, 270)."""
        flips = self.mirrored_x + self.mirrored_y
        if not self.transposed:
            return 180 if flips == 2 else 0
        return 90 if self.mirrored_x else 270

    @property
    def mirrored(self) -> bool:
        """Whether it is mirrored beside being turned."""
        return (self.mirrored_x + self.mirrored_y + self.transposed) % 2 == 1

    def turn(self, picture: Pixels) -> Pixels:
        """Turns and mirrors a stored picture ``(h, w[, 3])``; the result is contiguous."""
        if self.transposed:
            picture = picture.swapaxes(0, 1)
        if self.mirrored_x:
            picture = picture[:, ::-1]
        if self.mirrored_y:
            picture = picture[::-1]
        return np.ascontiguousarray(picture)


def display_of(stored: tuple[int, int], pixel_aspect: Fraction | None, matrix: tuple[int, ...] | None) -> Display:
    """Works out how a source is shown.

    Args:
        stored: Width and height of the stored pictures.
        pixel_aspect: Width of a pixel over its height; ``None`` or 0 for unknown, taken as square.
        matrix: The nine numbers of the container's display matrix, or ``None``.
    """
    width, height = stored
    aspect = float(pixel_aspect or 1)
    if not 0.1 <= aspect <= 10 or abs(aspect - 1) < 0.005:
        aspect = 1.0
    stretched = (round(width * aspect), height) if aspect > 1 else (width, round(height / aspect))
    if matrix is None:
        return Display(stored, stretched)
    a, b, c, d = matrix[0], matrix[1], matrix[3], matrix[4]
    if abs(a) + abs(d) >= abs(b) + abs(c):
        return Display(stored, stretched, False, a < 0, d < 0)
    return Display(stored, stretched, True, c < 0, b < 0)


def display_matrix(frame: VideoFrame) -> tuple[int, ...] | None:
    """The display matrix that a decoded frame carries, if any."""
    # PyAV ties a frame whose side data was looked at into a circle, which keeps its picture in memory until the
    # garbage collector comes by: look at those of a copy without much of a picture.
    copy = VideoReformatter().reformat(frame, 16, 16, "gray", threads=1)
    try:
        data = cast(Any, copy.side_data)["DISPLAYMATRIX"]
    except KeyError:
        return None
    return struct.unpack("=9i", bytes(data)[:36])


def bgr_of(frame: VideoFrame, display: Display) -> Pixels:
    """The picture as shown, ``(height, width, 3)`` uint8 BGR.

    The colour matrix and range are those that the stream states; where it states none (or nonsense), BT.709 from 720
    lines on and BT.601 below, as players do.
    """
    # A scaler of its own for each frame: they may not be shared between threads and cost next to nothing.
    converted = VideoReformatter().reformat(
        frame,
        format="bgr24",
        src_colorspace=_matrix_of(frame),
        interpolation=Interpolation.BILINEAR,
        threads=1,
    )
    picture = cast(Pixels, converted.to_ndarray())
    if picture.shape[1::-1] != display.stretched:
        picture = _resized(picture, display.stretched)
    return display.turn(picture)


def luma_of(frame: VideoFrame, display: Display) -> Pixels:
    """The small gray picture as shown: long side at most ``LUMA_SIDE``, uint8, full range."""
    size = small_size(display.stretched)
    plane = _luma_plane(frame)
    if plane is None:
        gray = VideoReformatter().reformat(frame, size[0], size[1], "gray", interpolation=Interpolation.AREA, threads=1)
        return display.turn(cast(Pixels, gray.to_ndarray()))
    small = _resized(plane, size)
    depth = frame.format.components[0].bits
    if depth > 8:
        # Ten bits lie low in sixteen (yuv420p10) or high (p010).
        shift = 8 if frame.format.name.startswith("p0") else depth - 8
        small = (small >> shift).astype(np.uint8)
    if not _is_full_range(frame):
        small = cast(Pixels, cv2.LUT(small, _LIMITED_TO_FULL))
    return display.turn(small)


def small_luma(bgr: Pixels) -> Pixels:
    """The small gray picture of a colour picture that is already as shown."""
    gray = cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY)
    return _resized(cast(Pixels, gray), small_size((bgr.shape[1], bgr.shape[0])))


def small_size(size: tuple[int, int]) -> tuple[int, int]:
    """Width and height shrunk (never enlarged) so that the long side is at most ``LUMA_SIDE``."""
    scale = min(1.0, LUMA_SIDE / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _resized(picture: NDArray[Any], size: tuple[int, int]) -> Pixels:
    height, width = picture.shape[:2]
    if (width, height) == size:
        return picture
    shrinks = size[0] <= width and size[1] <= height
    return cast(Pixels, cv2.resize(picture, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR))


def _luma_plane(frame: VideoFrame) -> NDArray[Any] | None:
    """A view of the plane of brightness, uint8 or uint16; ``None`` where the format has none by itself."""
    kind = frame.format
    planar = kind.is_planar or kind.name == "gray"
    if kind.is_rgb or kind.has_palette or kind.is_bit_stream or not planar or kind.is_big_endian:
        return None
    depth = kind.components[0].bits
    if not 8 <= depth <= 16 or (depth > 8 and not kind.name.startswith(("yuv", "gray", "p0"))):
        return None
    plane = frame.planes[0]
    dtype = np.dtype(np.uint8 if depth == 8 else np.uint16)
    rows = np.frombuffer(cast(Any, plane), np.uint8, count=plane.line_size * frame.height)
    return rows.view(dtype).reshape(frame.height, -1)[:, : frame.width]


def _is_full_range(frame: VideoFrame) -> bool:
    name = frame.format.name
    return frame.color_range == _FULL_RANGE or name.startswith("yuvj") or name == "gray"


def _matrix_of(frame: VideoFrame) -> Colorspace | None:
    if frame.format.is_rgb or frame.colorspace in _STATED_MATRICES:
        return None
    return Colorspace.ITU709 if frame.height >= 720 or frame.width >= 1280 else Colorspace.ITU601
