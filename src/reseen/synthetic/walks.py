"""How a person crosses a place: in from the side, along a few points, perhaps standing for a while, and out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from reseen.synthetic.curves import Floats
from reseen.synthetic.figures import Spot
from reseen.synthetic.gait import GaitStyle, Stance, cycle_length
from reseen.synthetic.places import Place
from reseen.synthetic.wardrobe import Look

STEP = 0.05
"""Seconds between the stored points of a walk."""

_TURN = 2.4  # radians a second
_PUSH = 1.6  # metres a second, a second
_LONGEST = 90.0  # seconds


@dataclass(frozen=True, eq=False)
class Walk:
    """One person's way through one place.

    Attributes:
        start: Seconds; when the person sets out, outside of the picture.
        track: ``(K, 6)`` float32 every ``STEP`` seconds: x, y (metres), heading (radians, unwrapped), phase of
            the gait (radians, unwrapped), stride (0 stands, 1 walks), turn of the head (radians).
    """

    start: float
    track: Floats

    @property
    def end(self) -> float:
        """Seconds; when the person has left."""
        return self.start + (len(self.track) - 1) * STEP

    def at(self, time: float) -> tuple[Spot, Stance] | None:
        """Where and how the person is at a time; None when not here."""
        if not self.start <= time <= self.end:
            return None
        place = (time - self.start) / STEP
        index = min(int(place), len(self.track) - 2)
        share = place - index
        x, y, heading, phase, stride, look = self.track[index] * (1 - share) + self.track[index + 1] * share
        return Spot(float(x), float(y), float(heading)), Stance(float(phase), float(stride), time, float(look))


@dataclass(frozen=True)
class _Stop:
    """A point on the way.

    Attributes:
        x: Metres.
        y: Metres.
        wait: Seconds to stand there.
        facing: Where to turn to while standing, radians.
    """

    x: float
    y: float
    wait: float = 0.0
    facing: float = 0.0


def wander(place: Place, look: Look, rng: np.random.Generator, start: float) -> Walk:
    """A way through a place for a person, around what stands there.

    Args:
        place: The place.
        look: Who walks.
        rng: Draws the way.
        start: Seconds.
    """
    stops = _way(place, rng)
    speed = float(np.clip(rng.normal(1.3, 0.16), 0.9, 1.75))
    track = np.array(list(_steps(stops, look.gait, look.height, speed, rng)), np.float32)
    track[:, 2] = np.unwrap(track[:, 2])
    return Walk(start, track)


def _way(place: Place, rng: np.random.Generator) -> list[_Stop]:
    way: list[_Stop] = []
    for _ in range(60):
        side = 1.0 if rng.random() < 0.5 else -1.0
        inside = _inside(place, rng)
        back = bool(inside) and rng.random() < 0.3  # out where they came from
        way = [_door(place, side, rng), *inside, _door(place, side if back else -side, rng)]
        if _length(way) > 4.0 and _passable(place, way):
            return way
    for x in np.linspace(place.near + 0.3, place.far, 25):  # straight across, wherever nothing stands
        way = [
            _Stop(float(x), place.half_view(float(x)) + 1),
            _Stop(float(x), -place.half_view(float(x)) - 1),
        ]
        if _passable(place, way):
            return way
    return way


def _door(place: Place, side: float, rng: np.random.Generator) -> _Stop:
    """A point just outside of the picture."""
    x = float(rng.uniform(place.near, place.near + 0.9 * (place.far - place.near)))
    if rng.random() < 0.12:  # from below the camera
        return _Stop(max(place.near - 3.2, 0.3), side * float(rng.uniform(0, 1.5)))
    return _Stop(x, side * (place.half_view(x) + 1.0))


def _inside(place: Place, rng: np.random.Generator) -> list[_Stop]:
    stops = []
    for _ in range(int(rng.choice([0, 1, 2], p=[0.25, 0.45, 0.3]))):
        x = float(rng.uniform(place.near + 0.2, place.far))
        y = float(rng.uniform(-0.7, 0.7)) * place.half_view(x)
        wait = float(rng.uniform(1.5, 5.0)) if rng.random() < 0.45 else 0.0
        stops.append(_Stop(x, y, wait, float(rng.uniform(-np.pi, np.pi))))
    return stops


def _length(way: list[_Stop]) -> float:
    return sum(float(np.hypot(second.x - first.x, second.y - first.y)) for first, second in pairwise(way))


def _passable(place: Place, way: list[_Stop]) -> bool:
    for first, second in pairwise(way):
        count = max(int(np.hypot(second.x - first.x, second.y - first.y) / 0.2), 2)
        share = np.linspace(0, 1, count, dtype=np.float32)
        x, y = first.x + share * (second.x - first.x), first.y + share * (second.y - first.y)
        if not place.scenery.free(x, y).all():
            return False
    return True


def _steps(
    stops: list[_Stop], gait: GaitStyle, height: float, cruise: float, rng: np.random.Generator
) -> Iterator[tuple[float, float, float, float, float, float]]:
    """Simulate the walk with limited turning and acceleration."""
    x, y = stops[0].x, stops[0].y
    heading = float(np.arctan2(stops[1].y - y, stops[1].x - x))
    speed, phase, wait, look = cruise, float(rng.uniform(0, 2 * np.pi)), 0.0, 0.0
    target, glance, facing = 1, float(rng.normal(0, 0.2)), heading
    for step in range(int(_LONGEST / STEP)):
        stride = min(speed / 1.3, 1.25) ** 0.6 if speed > 0.01 else 0.0
        yield x, y, heading, phase, stride, look
        if step % 40 == 39:
            glance = float(rng.normal(0, 0.5 if wait > 0 else 0.2))
        look += 0.08 * (glance - look)
        stop = stops[target]
        away = float(np.hypot(stop.x - x, stop.y - y))
        if wait > 0:
            wait -= STEP
            wanted, aim = 0.0, facing
            if wait <= 0:
                target += 1
        elif away < 0.3:
            if target == len(stops) - 1:
                return
            wait, facing = stop.wait, stop.facing
            target += stop.wait <= 0
            wanted, aim = (0.0, facing) if wait > 0 else (cruise, heading)
        else:
            aim = float(np.arctan2(stop.y - y, stop.x - x))
            off = abs((aim - heading + np.pi) % (2 * np.pi) - np.pi)
            wanted = cruise * max(float(np.cos(off)), 0.12)
            if stop.wait > 0:
                wanted = min(wanted, float(np.sqrt(1.6 * away)) + 0.05)
        turn = (aim - heading + np.pi) % (2 * np.pi) - np.pi
        heading += float(np.clip(turn, -_TURN * STEP, _TURN * STEP))
        speed += float(np.clip(wanted - speed, -2 * _PUSH * STEP, _PUSH * STEP))
        x += speed * STEP * float(np.cos(heading))
        y += speed * STEP * float(np.sin(heading))
        phase += 2 * np.pi * speed * STEP / cycle_length(height, max(speed, 0.3), gait)


def nearest_pass(walk: Walk, others: list[Walk]) -> float:
    """The least distance in metres between a walk and others at the same time; infinite when alone."""
    least = np.inf
    for other in others:
        first, last = max(walk.start, other.start), min(walk.end, other.end)
        if first < last:
            times = np.arange(first, last, 4 * STEP)
            apart = _places(walk, times) - _places(other, times)
            least = min(least, float(np.hypot(apart[:, 0], apart[:, 1]).min()))
    return least


def _places(walk: Walk, times: NDArray[np.float64]) -> Floats:
    index = np.clip(((times - walk.start) / STEP).astype(np.int64), 0, len(walk.track) - 1)
    return walk.track[index, :2]
