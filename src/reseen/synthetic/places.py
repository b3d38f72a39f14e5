"""Places to film: streets, squares, parks, halls and shops, each with its camera and light, drawn from a seed.

In every place the camera hangs at ``x = 0`` and looks along ``x``; ``y`` is to the left.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reseen.synthetic.curves import Floats, cloud
from reseen.synthetic.drawing import Light
from reseen.synthetic.pinhole import Pinhole
from reseen.synthetic.plans import PLANS
from reseen.synthetic.response import Response
from reseen.synthetic.scenery import Scenery


@dataclass(frozen=True, eq=False)
class Place:
    """Where a camera hangs.

    Attributes:
        name: Kind of the place.
        camera: The camera.
        response: Its colour response.
        scenery: What it looks at.
        near: People come no nearer than this (metres along x).
        far: And walk no farther than this.
    """

    name: str
    camera: Pinhole
    response: Response
    scenery: Scenery
    near: float
    far: float

    def half_view(self, x: float) -> float:
        """Half of the width of the view at a distance, metres."""
        slant = x * np.cos(self.camera.tilt) + self.camera.height * np.sin(self.camera.tilt)
        return float(0.5 * self.camera.width / self.camera.focal * slant)


def place(seed: int, number: int, width: int, height: int) -> Place:
    """The place of one camera.

    Args:
        seed: Of the scene.
        number: Of the camera; neighbours get places of different kinds.
        width: Picture width in pixels.
        height: Picture height in pixels.
    """
    rng = np.random.default_rng([seed, 3, number])
    order = np.random.default_rng([seed, 4]).permutation(len(PLANS))
    name = list(PLANS)[int(order[number % len(order)])]
    plan = PLANS[name](rng)
    camera = _camera(rng, width, height, plan.indoors)
    near, far = _reach(camera, plan.depth)
    noise = cloud(rng)
    scenery = Scenery(plan.grounds, plan.solids, _sky(rng), _light(rng, plan.indoors), noise)
    return Place(name, camera, Response.random(rng), scenery, near, far)


def _camera(rng: np.random.Generator, width: int, height: int, indoors: bool) -> Pinhole:
    high = float(rng.uniform(2.3, 3.3) if indoors else rng.uniform(2.4, 4.6))
    middle = float(rng.uniform(7.0, 9.0))
    share = float(rng.uniform(0.34, 0.44))  # of the picture's height that a person in the middle takes
    focal = share * height * np.hypot(middle, high - 0.9) / 1.72
    tilt = float(np.arctan2(high - rng.uniform(0.75, 1.1), middle))
    return Pinhole(0.0, 0.0, high, 0.0, tilt, float(focal), width, height)


def _reach(camera: Pinhole, depth: float) -> tuple[float, float]:
    """The stretch in which feet are in the picture and people are not too small."""
    bottom = camera.ground_at(camera.width / 2, 0.97 * camera.picture_height)
    near = max(bottom[0] if bottom else 4.0, 3.5)
    smallest = 1.7 * camera.focal / (0.17 * camera.picture_height)
    return near, float(max(min(depth - 0.6, smallest), near + 3.0))


def _light(rng: np.random.Generator, indoors: bool) -> Light:
    tint = 1 + 0.05 * rng.standard_normal(3)
    if indoors:
        towards, soft = np.array([*rng.normal(0, 0.25, 2), 1.0]), 0.85
        direct, above, below = 0.55 * tint, 0.42 * tint, 0.34 * tint
    else:
        soft = float(rng.choice([0.1, 0.25, 0.9]))
        # The sun stands behind or beside the camera, so that people are not only outlines.
        around = rng.uniform(0.5, 1.5) * np.pi
        towards = np.array([np.cos(around), np.sin(around), rng.uniform(0.6, 1.4)])
        warm = np.array([1.05, 1.0, 0.9])
        direct = (1.25 - 0.9 * soft) * tint * warm
        above = (0.34 + 0.45 * soft) * tint * np.array([0.92, 1.0, 1.12])
        below = (0.24 + 0.10 * soft) * tint
    unit = towards / np.linalg.norm(towards)
    return Light(
        unit.astype(np.float32),
        direct.astype(np.float32),
        above.astype(np.float32),
        below.astype(np.float32),
        soft,
    )


def _sky(rng: np.random.Generator) -> tuple[Floats, Floats]:
    gray = float(rng.uniform(0.0, 1.0))
    low = np.array([0.75, 0.80, 0.86]) * (1 - gray) + 0.78 * gray
    high = np.array([0.25, 0.42, 0.75]) * (1 - gray) + 0.62 * gray
    return low.astype(np.float32), high.astype(np.float32)
