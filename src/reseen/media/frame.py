"""The frame: one decoded picture and its time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Frame:
    """One decoded picture as displayed (rotation, mirroring and pixel aspect applied).

    The colour picture is converted on first use and kept: a frame that the motion gate skips never pays for
    it.

    Attributes:
        time: Seconds from the first frame of the source (presentation time stamps, not frame counts).
        width: Displayed width in pixels.
        height: Displayed height in pixels.
        luma: ``(h, w)`` uint8, the picture in gray, shrunk so that its long side is at most 192 pixels.
        cut: True when a hard cut lies between the previous analysed frame and this one.
        warmup: True when the frame lies before its segment and only warms up tracker and gate.
        convert: Makes the colour picture.
    """

    time: float
    width: int
    height: int
    luma: NDArray[np.uint8]
    convert: Callable[[], NDArray[np.uint8]] = field(repr=False)
    cut: bool = False
    warmup: bool = False

    @cached_property
    def bgr(self) -> NDArray[np.uint8]:
        """The picture, ``(height, width, 3)`` uint8 in BGR order."""
        return self.convert()
