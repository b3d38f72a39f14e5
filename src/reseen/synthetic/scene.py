"""A scene: the same invented people before several cameras, frame by frame, with the truth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
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
        settings = self.settings
        return tuple(
            place(settings.seed, camera, settings.width, settings.height) for camera in range(settings.cameras)
        )

    @cached_property
    def visits(self) -> tuple[Visit, ...]:
        """Everybody's walks."""
        return visits(self.settings, self.looks, self.places)

    @cached_property
    def _stages(self) -> dict[int, Stage]:
        return {}

    def _stage(self, camera: int) -> Stage:
        """A camera's place with its picture, made when it is first needed."""
        if camera not in self._stages:
            self._stages[camera] = Stage(self.places[camera], self.settings.seed * 1000 + camera)
        return self._stages[camera]

    def render(self, camera: int) -> Iterator[RenderedFrame]:
        """All frames of one camera, in order; different cameras may be rendered by different threads.

        Args:
            camera: Its number, from 0.
        """
        stage = self._stage(camera)
        here = [(number, visit) for number, visit in enumerate(self.visits) if visit.camera == camera]
        starts = np.array([visit.walk.start for _, visit in here])
        ends = np.array([visit.walk.end for _, visit in here])
        for frame in range(self.settings.frames):
            time = frame / self.settings.fps
            present = np.flatnonzero((starts <= time) & (time <= ends)).tolist()
            picture, truth = stage.shoot([a for k in present for a in self._actors(*here[k], time)], frame)
            yield RenderedFrame(time, picture, truth)

    def _actors(self, number: int, visit: Visit, time: float) -> Iterator[Actor]:
        moment = visit.walk.at(time)
        if moment is not None:
            yield Actor(visit.person, self.looks[visit.person], *moment, track=number + 1)

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
        stage = self._stage(camera)
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
