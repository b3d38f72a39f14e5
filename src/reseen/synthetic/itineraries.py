"""Who walks through which place when: everybody goes from camera to camera, leaves and comes back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reseen.synthetic.places import Place
from reseen.synthetic.settings import SceneSettings
from reseen.synthetic.walks import Walk, nearest_pass, wander
from reseen.synthetic.wardrobe import Look

_WALK = 9.5  # seconds that a walk through a place takes
_IN_VIEW = 7.0  # seconds of it in the picture
_SHORTEST_PAUSE = 3.0  # seconds out of sight between two places
_APART = 0.75  # metres that people keep from one another where they can
_TRIES = 8


@dataclass(frozen=True, eq=False)
class Visit:
    """One person's walk through one camera's place.

    Attributes:
        person: Number of the person.
        camera: Number of the camera.
        walk: The way.
    """

    person: int
    camera: int
    walk: Walk


def visits(settings: SceneSettings, looks: Sequence[Look], places: Sequence[Place]) -> tuple[Visit, ...]:
    """All walks of a scene, ordered by start.

    Nobody is at two places at once; people set out one after the other, so that every camera has about
    ``settings.crowd`` people in view, if there are enough of them.
    """
    cycle = _IN_VIEW * settings.people / (settings.crowd * settings.cameras)
    pause = max(cycle - _WALK, _SHORTEST_PAUSE)
    done: list[Visit] = []
    order = np.random.default_rng([settings.seed, 5]).permutation(settings.people)
    for turn, person in enumerate(order.tolist()):
        rng = np.random.default_rng([settings.seed, 6, person])
        time = -0.6 * _WALK + (turn + float(rng.random())) / settings.people * (_WALK + pause)
        camera = int(rng.integers(settings.cameras))
        while time < settings.seconds:
            others = [visit.walk for visit in done if visit.camera == camera]
            walk = _walk(places[camera], looks[person], rng, time, others)
            done.append(Visit(person, camera, walk))
            time = walk.end + pause * float(rng.uniform(0.6, 1.4))
            if settings.cameras > 1 and rng.random() < 0.75:
                camera = int((camera + 1 + rng.integers(settings.cameras - 1)) % settings.cameras)
    return tuple(sorted(done, key=lambda visit: (visit.walk.start, visit.person)))


def _walk(place: Place, look: Look, rng: np.random.Generator, time: float, others: list[Walk]) -> Walk:
    near = [other for other in others if other.end > time and other.start < time + 60]
    best, distance = wander(place, look, rng, time), -1.0
    for attempt in range(_TRIES):
        candidate = best if attempt == 0 else wander(place, look, rng, time)
        room = nearest_pass(candidate, near)
        if room > distance:
            best, distance = candidate, room
        if room > _APART:
            break
    return best
