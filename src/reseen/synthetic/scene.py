"""A scene: the same invented people before several cameras, frame by frame, with the truth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from reseen.synthetic.itineraries import Visit, visits
from reseen.synthetic.places import Place, place
from reseen.synthetic.settings import SceneSettings
from reseen.synthetic.staging import Actor, Stage, TruthBoxes
from reseen.synthetic.walks import wander
from reseen.synthetic.wardrobe import Look, dress


class RenderedFrame(NamedTuple):
    """A picture and what is true of it.

    Attributes:
        time: Seconds from the first frame of its camera.
        bgr: ``(h, w, 3)`` uint8 in BGR order.
        truth: Who is in it.
    """

    time: float
    bgr: NDArray[np.uint8]
    truth: TruthBoxes


@lru_cache(maxsize=8)
def _stage(seed: int, number: int, width: int, height: int) -> Stage:
    return Stage(place(seed, number, width, height), seed * 1000 + number)


@dataclass(frozen=True)
class Scene:
    """Invented people before invented cameras; the same settings give the same pictures.

    Attributes:
        settings: What to render.
    """

    settings: SceneSettings

    @cached_property
    def looks(self) -> tuple[Look, ...]:
        """The people, and after them those who have a photo but are in no footage."""
        return dress(self.settings.seed, self.settings.people + self.settings.absent, self.settings.alike)

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """Where the cameras hang."""
        return tuple(self._new_stage(camera).place for camera in range(self.settings.cameras))

    @cached_property
    def visits(self) -> tuple[Visit, ...]:
        """Everybody's walks."""
        return visits(self.settings, self.looks, self.places)

    def _new_stage(self, camera: int) -> Stage:
        return _stage(self.settings.seed, camera, self.settings.width, self.settings.height)

    def render(self, camera: int) -> Iterator[RenderedFrame]:
        """All frames of one camera, in order.

        Args:
            camera: Its number, from 0.
        """
        stage = self._new_stage(camera)
        for frame in range(self.settings.frames):
            time = frame / self.settings.fps
            picture, truth = stage.shoot(self._actors(camera, time), frame)
            yield RenderedFrame(time, picture, truth)

    def _actors(self, camera: int, time: float) -> list[Actor]:
        actors = []
        for number, visit in enumerate(self.visits):
            if visit.camera == camera and (moment := visit.walk.at(time)) is not None:
                actors.append(Actor(visit.person, self.looks[visit.person], *moment, track=number + 1))
        return actors

    def photo(self, person: int, camera: int, number: int = 0) -> RenderedFrame:
        """A picture of a person alone, taken by a camera before its footage begins.

        Args:
            person: Number of the person; numbers from ``settings.people`` on are those of the absent.
            camera: Number of the camera.
            number: Tells several photos of the same person apart.

        Returns:
            The frame; its time is negative.
        """
        rng = np.random.default_rng([self.settings.seed, 9, person, camera, number])
        stage = self._new_stage(camera)
        best: RenderedFrame | None = None
        for attempt in range(6):
            walk = wander(self.places[camera], self.looks[person], rng, -3600.0)
            for share in rng.uniform(0.25, 0.75, 4):
                moment = walk.at(walk.start + float(share) * (walk.end - walk.start))
                if moment is None:
                    continue
                actor = Actor(person, self.looks[person], *moment)
                picture, truth = stage.shoot([actor], -1 - attempt)
                if len(truth) and (best is None or truth.visible[0] > best.truth.visible[0]):
                    best = RenderedFrame(moment[1].clock, picture, truth)
                if best is not None and best.truth.visible[0] > 0.99:
                    return best
        if best is None:
            raise AssertionError("a walk through a place is always seen")
        return best
