"""Labelled crops of people, for trainings and tests that need identities and cameras but no footage."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from reseen.synthetic.curves import Floats, cloud
from reseen.synthetic.drawing import Drawn, Light, draw
from reseen.synthetic.figures import Figure, Spot
from reseen.synthetic.gait import Stance
from reseen.synthetic.pinhole import Pinhole
from reseen.synthetic.response import Response
from reseen.synthetic.settings import SceneSettings
from reseen.synthetic.wardrobe import dress


@dataclass(frozen=True, eq=False)
class PeopleCrops:
    """Crops of people with their labels.

    Attributes:
        images: ``(N, height, width, 3)`` uint8 in BGR order.
        people: ``(N,)`` int64, who it is, from 0.
        cameras: ``(N,)`` int64, by which camera, from 0.
    """

    images: NDArray[np.uint8]
    people: NDArray[np.int64]
    cameras: NDArray[np.int64]


def people_crops(settings: SceneSettings, each: int = 4, width: int = 64, height: int = 128) -> PeopleCrops:
    """Every person seen by every camera a few times, in varied poses and directions.

    The people are those of a scene of the same settings. Crops are cut a little loosely and off centre, as a
    detector cuts them, in front of blurred backgrounds.

    Args:
        settings: Seed, people and cameras are used.
        each: Crops of each person by each camera.
        width: Of the crops, pixels.
        height: Of the crops, pixels.
    """
    looks = dress(settings.seed, settings.people, settings.alike)
    spacing = 1.9 / height * 1.6
    eyes = [_Eye.random(np.random.default_rng([settings.seed, 20, c])) for c in range(settings.cameras)]
    images, people, cameras = [], [], []
    for person, look in enumerate(looks):
        figure = Figure(look, spacing)
        for camera, eye in enumerate(eyes):
            rng = np.random.default_rng([settings.seed, 21, person, camera])
            for _ in range(each):
                images.append(eye.crop(figure, (width, height), rng))
                people.append(person)
                cameras.append(camera)
    return PeopleCrops(np.stack(images), np.array(people, np.int64), np.array(cameras, np.int64))


@dataclass(frozen=True, eq=False)
class _Eye:
    """A camera that only takes crops."""

    light: Light
    response: Response
    height: float
    ground: Floats
    wall: Floats
    texture: Floats

    @staticmethod
    def random(rng: np.random.Generator) -> _Eye:
        towards = np.array([*rng.normal(0, 1, 2), rng.uniform(0.8, 2.0)])
        soft = float(rng.uniform(0.1, 0.9))
        tint = 1 + 0.08 * rng.standard_normal(3)
        return _Eye(
            light=Light(
                (towards / np.linalg.norm(towards)).astype(np.float32),
                ((1.3 - 0.8 * soft) * tint).astype(np.float32),
                ((0.45 + 0.4 * soft) * tint).astype(np.float32),
                (0.3 * tint).astype(np.float32),
                soft,
            ),
            response=Response.random(rng),
            height=float(rng.uniform(2.0, 5.0)),
            ground=(rng.uniform(0.12, 0.5) * (1 + 0.1 * rng.standard_normal(3))).astype(np.float32),
            wall=(rng.uniform(0.1, 0.6) * (1 + 0.15 * rng.standard_normal(3))).astype(np.float32),
            texture=cloud(rng, 256, 5),
        )

    def crop(self, figure: Figure, size: tuple[int, int], rng: np.random.Generator) -> NDArray[np.uint8]:
        walking = float(rng.random() < 0.75)
        moment = Stance(rng.uniform(0, 2 * np.pi), walking, rng.uniform(0, 60), rng.normal(0, 0.15))
        spot = Spot(0.0, 0.0, rng.uniform(0, 2 * np.pi))
        distance = float(rng.uniform(5, 11))
        tilt = float(np.arctan2(self.height - 0.9, distance))
        focal = size[1] / 1.9 * np.hypot(distance, self.height - 0.9)
        camera = Pinhole(-distance, 0.0, self.height, 0.0, tilt, float(focal), 4 * size[0], 2 * size[1])
        drawn = draw(figure.posed(moment, spot, camera), camera, self.light)
        assert drawn is not None  # the camera looks straight at the person
        picture = self._backdrop(camera, rng)
        lay(drawn, picture)
        blur = 0.3 + 0.5 * self.response.blur * float(rng.random())
        soft = np.asarray(cv2.GaussianBlur(picture, (0, 0), blur), np.float32)
        noisy = self.response.develop(soft) + rng.normal(0, self.response.noise, soft.shape)
        return _cut(np.clip(noisy, 0, 255).astype(np.uint8), drawn, size, rng)

    def _backdrop(self, camera: Pinhole, rng: np.random.Generator) -> Floats:
        rows, columns = camera.picture_height, camera.width
        shift = rng.integers(0, 256, 2)
        texture = np.roll(self.texture, shift, (0, 1))
        large = cv2.resize(texture, (columns, rows), interpolation=cv2.INTER_CUBIC)
        edge = rows * rng.uniform(0.2, 0.7) if rng.random() < 0.7 else -1.0
        above = (np.arange(rows) < edge)[:, None, None]
        base = np.where(above, self.wall * rng.uniform(0.6, 1.4), self.ground)
        return np.asarray(np.maximum(base * (1 + 0.18 * large[..., None]), 0.0), np.float32)


def lay(drawn: Drawn, picture: Floats) -> None:
    """Put a figure into a picture of linear light, in place; what lies outside is cut off."""
    window, part = drawn.overlap(picture.shape)
    if window is not None and part is not None:
        picture[window] *= 1 - drawn.cover[part][..., None]
        picture[window] += drawn.paint[part][..., :3]


def _cut(
    picture: NDArray[np.uint8], drawn: Drawn, size: tuple[int, int], rng: np.random.Generator
) -> NDArray[np.uint8]:
    rows, columns = np.nonzero(drawn.cover > 0.5)
    top, bottom = drawn.top + rows.min(), drawn.top + rows.max() + 1
    left, right = drawn.left + columns.min(), drawn.left + columns.max() + 1
    tall = (bottom - top) * rng.uniform(0.98, 1.15)
    wide = max(right - left, tall * rng.uniform(0.36, 0.5))
    x = (left + right) / 2 + rng.normal(0, 0.04) * wide
    y = (top + bottom) / 2 + rng.normal(0, 0.02) * tall
    scale = np.array([[wide / size[0], 0, x - wide / 2], [0, tall / size[1], y - tall / 2]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    warped = cv2.warpAffine(picture, scale, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(warped, np.uint8)
