"""The pinhole camera that every rendered picture is taken with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Pinhole:
    """An ideal camera above a ground plane (world: metres, ``z`` up, the ground at ``z = 0``).

    Attributes:
        x: Where it stands, metres.
        y: Where it stands, metres.
        height: How high it hangs, metres.
        yaw: The direction it looks in, radians from the world's ``x`` axis towards ``y``.
        tilt: How far it looks down, radians below the horizon.
        focal: Focal length in pixels.
        width: Picture width in pixels.
        picture_height: Picture height in pixels.
    """

    x: float
    y: float
    height: float
    yaw: float
    tilt: float
    focal: float
    width: int
    picture_height: int

    @cached_property
    def position(self) -> NDArray[np.float32]:
        """``(3,)`` metres."""
        return np.array([self.x, self.y, self.height], np.float32)

    @cached_property
    def rotation(self) -> NDArray[np.float32]:
        """``(3, 3)``: world directions to camera directions (right, down, forward)."""
        cos_yaw, sin_yaw = np.cos(self.yaw), np.sin(self.yaw)
        cos_tilt, sin_tilt = np.cos(self.tilt), np.sin(self.tilt)
        right = [sin_yaw, -cos_yaw, 0.0]
        forward = [cos_yaw * cos_tilt, sin_yaw * cos_tilt, -sin_tilt]
        down = [-cos_yaw * sin_tilt, -sin_yaw * sin_tilt, -cos_tilt]
        return np.array([right, down, forward], np.float32)

    def pixels(
        self, right: NDArray[np.float32], down: NDArray[np.float32], depth: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Columns and rows at which points appear that are given in the camera's directions, metres.

        Pixel centres lie at ``.5``; depths are positive.
        """
        near = np.float32(self.focal) / depth
        columns, rows = right * near, down * near
        columns += np.float32(self.width / 2)
        rows += np.float32(self.picture_height / 2)
        return columns, rows

    def rays(self, columns: NDArray[np.float32], rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """World directions in which places of the picture lie, ``(N, 3)``, one metre along the axis each."""
        right, down, forward = self.rotation
        across = ((columns - self.width / 2) / self.focal)[:, None] * right
        along = ((rows - self.picture_height / 2) / self.focal)[:, None] * down
        return np.asarray(across + along + forward, np.float32)

    def ground_at(self, column: float, row: float) -> tuple[float, float] | None:
        """The point of the ground seen at a pixel, metres; None above the horizon."""
        right, down, forward = self.rotation
        ray = (
            forward
            + right * ((column - self.width / 2) / self.focal)
            + down * ((row - self.picture_height / 2) / self.focal)
        )
        if ray[2] >= -1e-6:
            return None
        reach = -self.height / float(ray[2])
        return self.x + reach * float(ray[0]), self.y + reach * float(ray[1])
