"""Measures of one person, and the means to make clothes for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from reseen.synthetic.curves import Floats
from reseen.synthetic.gait import BONES
from reseen.synthetic.patterns import Weave, cloth
from reseen.synthetic.surfaces import Folds, Patch, tube
from reseen.synthetic.wardrobe import Look

_THICKNESS = {
    "tee": 0.003,
    "long": 0.003,
    "shirt": 0.006,
    "jacket": 0.012,
    "coat": 0.014,
    "hoodie": 0.012,
    "vest": 0.014,
}
_HEM = {
    "tee": 0.515,
    "long": 0.52,
    "shirt": 0.505,
    "jacket": 0.49,
    "coat": 0.50,
    "hoodie": 0.50,
    "vest": 0.52,
}


@dataclass(frozen=True)
class Tailor:
    """Measures of one person, and the means to make surfaces for them.

    Attributes:
        look: The person.
        spacing: Metres between neighbouring points of every surface.
    """

    look: Look
    spacing: float

    @cached_property
    def shoulder(self) -> float:
        """Half of the distance between the shoulder joints, in shares of the height."""
        return float(0.100 * self.look.shoulders * self.look.girth**0.3)

    @cached_property
    def joints(self) -> NDArray[np.float64]:
        """``(13, 3)`` metres: where each bone begins in the rest pose."""
        places = {"pelvis": (0.0, 0.0, 0.54), "chest": (0.0, 0.0, 0.60), "head": (0.0, 0.0, 0.855)}
        for side, sign in (("l", 1), ("r", -1)):
            places |= {
                f"upper_arm_{side}": (0.0, sign * self.shoulder, 0.805),
                f"forearm_{side}": (0.0, sign * self.shoulder, 0.63),
                f"thigh_{side}": (0.0, sign * 0.050 * self.look.hips, 0.52),
                f"shin_{side}": (0.004, sign * 0.050 * self.look.hips, 0.285),
                f"foot_{side}": (0.0, sign * 0.050 * self.look.hips, 0.042),
            }
        return np.array([places[name] for name in BONES]) * self.look.height

    @property
    def thickness(self) -> float:
        """Of the upper garment, in shares of the height."""
        return _THICKNESS[self.look.top]

    @property
    def hem(self) -> float:
        """Where the upper garment ends, in shares of the height."""
        tucked = self.look.bottom in ("skirt", "long skirt") and self.look.top in ("tee", "long", "shirt")
        return 0.60 if tucked else _HEM[self.look.top]

    @property
    def skirt_hem(self) -> float:
        """Where a skirt ends, in shares of the height; 0 without one."""
        return {"skirt": 0.31, "dress": 0.29, "long skirt": 0.12}.get(self.look.bottom, 0.0)

    @property
    def covered(self) -> float:
        """Above this a skirt hides the legs and below it the trunk (shares of the height); 0 without a skirt."""
        return self.skirt_hem + 0.035 if self.skirt_hem else 0.0

    def rng(self, part: int) -> np.random.Generator:
        """Randomness of one part of the clothes, the same at every spacing."""
        return np.random.default_rng([self.look.cloth_seed, part])

    def tube(
        self,
        rings: Sequence[tuple[float, ...]],
        *,
        square: float = 2.0,
        folds: Folds | None = None,
        axis: str = "z",
    ) -> Patch:
        """A tube whose rings are given in shares of the height."""
        scaled = [tuple(value * self.look.height for value in ring) for ring in rings]
        return tube(scaled, self.spacing, square=square, folds=folds, axis=axis)

    def upper_cloth(self, patch: Patch) -> Floats:
        """Colour of the upper garment."""
        look = self.look
        weave = Weave(look.pattern, look.upper, look.upper_second, look.cloth_seed)
        return cloth(patch, weave, look.height, self.spacing)

    def lower_cloth(self, patch: Patch) -> Floats:
        """Colour of the lower garment."""
        look = self.look
        name = look.pattern if look.bottom == "dress" else "plain"
        return cloth(patch, Weave(name, look.lower, look.upper_second, look.cloth_seed), look.height, self.spacing)
