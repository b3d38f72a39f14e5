"""How a camera turns light into numbers: exposure, white balance, gamma, contrast, saturation, vignette, noise."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from reseen.synthetic.curves import Floats

_LEVELS = 4096
_BRIGHTEST = 2.0


@dataclass(frozen=True)
class Response:
    """The colour response of one camera.

    Attributes:
        exposure: Factor on all light.
        balance: Factors on R, G, B (white balance).
        gamma: Exponent of the tone curve is ``1 / gamma``.
        contrast: 0 for none; 0.3 for a strong S-curve.
        saturation: 1 keeps colours, 0 is gray.
        black: Level of black, 0..1.
        vignette: Share of light lost in the corners.
        noise: Deviation of the sensor's noise, in 8-bit levels.
        blur: Deviation of the lens's blur, in pixels of a picture 720 rows high.
    """

    exposure: float = 1.0
    balance: tuple[float, float, float] = (1.0, 1.0, 1.0)
    gamma: float = 2.2
    contrast: float = 0.1
    saturation: float = 1.0
    black: float = 0.0
    vignette: float = 0.2
    noise: float = 2.0
    blur: float = 0.6

    @staticmethod
    def random(rng: np.random.Generator) -> Response:
        """A camera out of the box, none like the other."""
        warm = float(rng.normal(0, 0.07))
        tint = float(rng.normal(0, 0.02))
        return Response(
            exposure=float(rng.uniform(0.8, 1.15)),
            balance=(1 + warm, 1 + tint, 1 - warm),
            gamma=float(rng.uniform(1.95, 2.45)),
            contrast=float(rng.uniform(0.0, 0.3)),
            saturation=float(rng.uniform(0.7, 1.15)),
            black=float(rng.uniform(0.0, 0.04)),
            vignette=float(rng.uniform(0.05, 0.35)),
            noise=float(rng.uniform(1.0, 3.5)),
            blur=float(rng.uniform(0.4, 0.9)),
        )

    @cached_property
    def _mixing(self) -> NDArray[np.float32]:
        """``(3, 3)``: linear R, G, B of the world to linear B, G, R of the sensor."""
        gray = np.array([0.25, 0.65, 0.10])
        saturate = self.saturation * np.eye(3) + (1 - self.saturation) * gray[None, :]
        sensor = np.diag(np.array(self.balance) * self.exposure) @ saturate
        return np.asarray(sensor[::-1], np.float32)

    @cached_property
    def _curve(self) -> NDArray[np.uint8]:
        """Table of the tone curve over light from 0 to twice white, with a soft shoulder."""
        light = np.arange(_LEVELS) / (_LEVELS - 1) * _BRIGHTEST
        rolled = np.where(light < 0.7, light, 0.7 + 0.3 * (1 - np.exp(-(light - 0.7) / 0.3)))
        tone = rolled ** (1 / self.gamma)
        tone += self.contrast * (tone * tone * (3 - 2 * tone) - tone)
        return np.asarray(np.clip((self.black + (1 - self.black) * tone) * 255 + 0.5, 0, 255), np.uint8)

    def develop(self, light: Floats) -> NDArray[np.uint8]:
        """Turn light into a picture, without vignette, blur and noise.

        Args:
            light: ``(h, w, 3)`` linear R, G, B, float32.

        Returns:
            ``(h, w, 3)`` uint8 in BGR order.
        """
        mixed = cv2.transform(light, self._mixing * ((_LEVELS - 1) / _BRIGHTEST))
        level = np.clip(mixed, 0, _LEVELS - 1).astype(np.uint16)
        return self._curve[level]

    def corners(self, width: int, height: int) -> Floats:
        """Share of light that reaches each pixel, ``(height, width)``."""
        x = (np.arange(width, dtype=np.float32) + 0.5) / width * 2 - 1
        y = (np.arange(height, dtype=np.float32) + 0.5) / height * 2 - 1
        distance = (x[None] ** 2 + y[:, None] ** 2) / 2
        return np.asarray(1 - self.vignette * distance, np.float32)
