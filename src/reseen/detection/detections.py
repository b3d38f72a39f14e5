"""What a detector says about one frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Detections:
    """The people seen in one frame, highest score first.

    Attributes:
        boxes: ``(N, 4)`` float32, ``x1, y1, x2, y2`` in displayed full-resolution pixels, clipped to the
            frame.
        scores: ``(N,)`` float32 in 0..1.
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.scores)

    @staticmethod
    def none() -> Detections:
        """Nobody seen."""
        return Detections(np.zeros((0, 4), np.float32), np.zeros(0, np.float32))

    def keep(self, mask: NDArray[np.bool_] | NDArray[np.intp]) -> Detections:
        """The detections chosen by a boolean mask or an index array of length <= N."""
        return Detections(self.boxes[mask], self.scores[mask])
