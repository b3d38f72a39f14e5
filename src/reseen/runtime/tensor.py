"""Pixels into numbers: the last step of every network's preprocessing."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from reseen.models import InputSpec


class TensorMaker:
    """Writes pictures that already have the input's size into a batch.

    A pixel has 256 values, so what the card says of divisor, mean and std is a table of 256 numbers a
    channel, computed once in float32 in the order of operations of the usual frameworks; the result is exact
    to the bit.

    Args:
        spec: The card's input.
    """

    def __init__(self, spec: InputSpec) -> None:
        self.spec = spec
        self._order = (2, 1, 0) if spec.colour == "RGB" else (0, 1, 2)
        self._tables = None if _plain(spec) else _tables(spec)

    def batch(self, pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """One tensor of several pictures.

        Args:
            pictures: ``(height, width, 3)`` uint8 BGR each, of exactly the input's size.

        Returns:
            ``(N, 3, height, width)`` float32.
        """
        out = np.empty((len(pictures), 3, self.spec.height, self.spec.width), np.float32)
        for index, picture in enumerate(pictures):
            self.fill(out[index], picture)
        return out

    def fill(self, out: NDArray[np.float32], picture: NDArray[np.uint8]) -> None:
        """Write one picture.

        Args:
            out: ``(3, height, width)`` float32, contiguous.
            picture: ``(height, width, 3)`` uint8 BGR.
        """
        planes = cv2.split(picture)
        for target, source in enumerate(self._order):
            if self._tables is None:
                out[target] = planes[source]
            else:
                cv2.LUT(planes[source], self._tables[target], out[target])


def _plain(spec: InputSpec) -> bool:
    return spec.divisor == 1.0 and spec.mean == (0.0, 0.0, 0.0) and spec.std == (1.0, 1.0, 1.0)


def _tables(spec: InputSpec) -> NDArray[np.float32]:
    values = np.arange(256, dtype=np.float32)[None, :] / np.float32(spec.divisor)
    mean = np.asarray(spec.mean, np.float32)[:, None]
    std = np.asarray(spec.std, np.float32)[:, None]
    return np.ascontiguousarray((values - mean) / std)
