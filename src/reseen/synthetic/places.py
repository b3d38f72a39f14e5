"""Places to film: streets, squares, parks, halls and shops, each with its camera and light, drawn from a seed.

In every place the camera hangs at ``x = 0`` and looks along ``x``; ``y`` is to the left.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reseen.synthetic.curves import Floats, cloud
from reseen.synthetic.drawing import Light
from reseen.synthetic.materials import Material
from reseen.synthetic.pinhole import Pinhole
from reseen.synthetic.response import Response
from reseen.synthetic.scenery import Scenery
from reseen.synthetic.solids import Solid
from reseen.synthetic.wardrobe import Colour, linear


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


@dataclass(frozen=True)
class _Plan:
    """A place before its camera and light."""

    grounds: tuple[tuple[float, Material], ...]
    solids: tuple[Solid, ...]
    indoors: bool
    depth: float


_WALLS = ((196, 186, 168), (176, 160, 138), (206, 200, 190), (158, 150, 146), (190, 168, 132), (150, 160, 168))
_BRICKS = ((142, 84, 66), (126, 74, 58), (160, 118, 92), (118, 100, 90))
_DARK: Colour = (0.03, 0.03, 0.035)
_PALE: Colour = (0.62, 0.61, 0.58)


def _pick(rng: np.random.Generator, colours: tuple[tuple[int, int, int], ...]) -> Colour:
    base = np.array(colours[int(rng.integers(len(colours)))]) * rng.uniform(0.88, 1.1) + rng.normal(0, 4, 3)
    red, green, blue = (int(value) for value in np.clip(base, 5, 250))
    return linear((red, green, blue))


def _seed(rng: np.random.Generator) -> int:
    return int(rng.integers(1, 1000))


def _facade(rng: np.random.Generator) -> Material:
    seed = _seed(rng)
    first = _pick(rng, _BRICKS if seed % 3 == 0 else _WALLS)
    frame = _PALE if rng.random() < 0.6 else _DARK
    return Material("facade", first, frame, float(rng.uniform(2.2, 3.4)), seed)


def _shopfront(rng: np.random.Generator) -> Material:
    sign = _pick(rng, ((160, 40, 36), (34, 78, 132), (40, 104, 62), (52, 50, 54), (188, 130, 40)))
    return Material("shopfront", sign, _DARK, float(rng.uniform(1.6, 2.8)), _seed(rng))


def _pole(x: float, y: float, high: float, radius: float = 0.06) -> Solid:
    return Solid("cylinder", x, y, 0.0, high, radius, radius, Material("paint", (0.09, 0.10, 0.10)))


def _tree(rng: np.random.Generator, x: float, y: float) -> list[Solid]:
    green = Material("leaves", _pick(rng, ((58, 92, 40), (74, 104, 48))), (0.10, 0.13, 0.03), 1.0, _seed(rng))
    crown = float(rng.uniform(2.4, 2.9))
    trunk = Solid("cylinder", x, y, 0.0, crown + 0.8, 0.14, 0.14, Material("carpet", (0.09, 0.065, 0.045)))
    leaves = [
        Solid("leaves", x + float(dx), y + float(dy), crown + float(up), crown + 2.2 + float(up), 1.1, 1.1, green, False)
        for dx, dy, up in rng.normal(0, 0.55, (4, 3)) * np.array([1, 1, 0.5])
    ]
    return [trunk, *leaves]


def _bush(rng: np.random.Generator, x: float, y: float, wide: float) -> list[Solid]:
    green = Material("leaves", _pick(rng, ((54, 86, 38), (70, 98, 52))), (0.11, 0.15, 0.04), 1.0, _seed(rng))
    return [
        Solid("leaves", x + float(dx), y + float(dy), -0.3, float(rng.uniform(0.7, 1.2)), wide, wide, green)
        for dx, dy in rng.normal(0, 0.4 * wide, (3, 2))
    ]


def _bench(rng: np.random.Generator, x: float, y: float) -> list[Solid]:
    wood = Material("planks", _pick(rng, ((122, 86, 54), (96, 70, 48))), _DARK, 0.09, _seed(rng))
    legs = [Solid("box", x, y + dy, 0.0, 0.42, 0.18, 0.04, Material("paint", _DARK)) for dy in (-0.6, 0.6)]
    seat = Solid("box", x, y, 0.42, 0.48, 0.22, 0.8, wood)
    back = Solid("box", x + 0.24, y, 0.55, 0.85, 0.03, 0.8, wood)
    return [*legs, seat, back]


def _furniture(rng: np.random.Generator, depth: float, count: int) -> list[Solid]:
    """Things that stand about, some of them in front of people."""
    solids: list[Solid] = []
    for _ in range(count):
        x, y = float(rng.uniform(6.2, depth - 0.8)), float(rng.uniform(-6, 6))
        kind = int(rng.integers(6))
        if kind == 0:
            solids += _bench(rng, x, y)
        elif kind == 1:
            colour = _pick(rng, ((60, 84, 66), (70, 72, 76), (150, 60, 44)))
            solids.append(Solid("cylinder", x, y, 0.0, 0.95, 0.24, 0.24, Material("paint", colour)))
        elif kind == 2:
            solids.append(_pole(x, y, float(rng.uniform(3.5, 5.0))))
        elif kind == 3:
            planter = Material("planks", _pick(rng, _WALLS), _DARK, 0.12, _seed(rng))
            solids.append(Solid("box", x, y, 0.0, 0.5, 0.4, 0.7, planter))
            solids += [
                Solid("leaves", x, y + dy, 0.35, float(rng.uniform(0.9, 1.3)), 0.4, 0.45, m)
                for dy in (-0.35, 0.35)
                for m in [Material("leaves", (0.06, 0.13, 0.03), (0.14, 0.18, 0.05), 1.0, _seed(rng))]
            ]
        elif kind == 4:
            solids += [_pole(x, y + 1.3 * k, 0.95, 0.07) for k in range(3)]
        else:
            colour = _pick(rng, ((60, 92, 140), (170, 160, 60), (120, 120, 124)))
            solids.append(Solid("box", x, y, 0.0, 1.15, 0.25, 0.35, Material("paint", colour)))
            sign = _pick(rng, ((214, 210, 200), (190, 60, 50), (60, 90, 140)))
            solids.append(Solid("box", x - 0.25, y, 0.45, 0.95, 0.02, 0.25, Material("paint", sign)))
    return solids


def _street(rng: np.random.Generator) -> _Plan:
    depth = float(rng.uniform(12.0, 15.0))
    solids = []
    y = -30.0
    while y < 30:
        wide = float(rng.uniform(7, 13))
        back = depth + float(rng.uniform(0, 0.3))
        solids.append(Solid("box", back + 4, y + wide / 2, 0.0, float(rng.uniform(9, 16)), 4.0, wide / 2, _facade(rng)))
        if rng.random() < 0.6:
            front = Solid("box", back - 0.03, y + wide / 2, 0.0, 3.6, 0.05, wide / 2 - 0.3, _shopfront(rng))
            solids.append(front)
        y += wide
    stone = Material("paving", _pick(rng, ((150, 144, 136), (128, 124, 120), (166, 150, 130))), (0.10, 0.10, 0.10), float(rng.uniform(0.4, 0.9)), _seed(rng))
    return _Plan(((-1e9, stone),), (*solids, *_furniture(rng, depth, 5)), False, depth)


def _along(rng: np.random.Generator) -> _Plan:
    """Along a street: houses on one side, the carriageway on the other."""
    side = 1 if rng.random() < 0.5 else -1
    edge = 5.5
    solids, x = [], -4.0
    while x < 60:
        wide = float(rng.uniform(8, 14))
        solids.append(Solid("box", x + wide / 2, side * (edge + 4), 0.0, float(rng.uniform(8, 15)), wide / 2, 4.0, _facade(rng)))
        if rng.random() < 0.7:
            shop = Solid("box", x + wide / 2, side * (edge - 0.02), 0.0, 3.6, wide / 2 - 0.4, 0.05, _shopfront(rng))
            solids.append(shop)
        opposite = Solid("box", x + wide / 2, -side * 16.0, 0.0, float(rng.uniform(7, 14)), wide / 2, 4.0, _facade(rng))
        solids.append(opposite)
        x += wide
    solids += [Solid("box", 64.0, 0.0, 0.0, 14.0, 3.0, 30.0, _facade(rng))]
    for k in range(5):
        solids += _tree(rng, 9.0 + 6.5 * k, -side * 4.6) if rng.random() < 0.5 else [_pole(9.0 + 6.5 * k, -side * 4.4, 4.5)]
    stone = Material("paving", _pick(rng, ((150, 146, 138), (132, 128, 122))), (0.10, 0.10, 0.10), 0.5, _seed(rng))
    road = Material("asphalt", (0.085, 0.087, 0.09))
    grounds = ((-1e9, road), (-5.0, stone)) if side > 0 else ((-1e9, stone), (5.0, road))
    return _Plan(grounds, (*solids, *_furniture(rng, 16.0, 2)), False, 17.0)


def _square(rng: np.random.Generator) -> _Plan:
    depth = float(rng.uniform(15.0, 18.0))
    solids = [
        Solid("box", depth + float(rng.uniform(9, 16)), y, 0.0, float(rng.uniform(8, 18)), 4.0, 7.0, _facade(rng))
        for y in (-29.0, -14.5, 0.0, 14.5, 29.0)
    ]
    for y in (-11.0, -6.0, 0.5, 6.0, 11.0):
        if rng.random() < 0.6:
            solids += _tree(rng, depth + float(rng.uniform(0.5, 3)), y + float(rng.normal(0, 0.6)))
    stone = Material("paving", _pick(rng, ((172, 162, 148), (140, 136, 132), (156, 132, 112))), (0.12, 0.11, 0.10), float(rng.uniform(0.5, 1.2)), _seed(rng))
    return _Plan(((-1e9, stone),), (*solids, *_furniture(rng, depth, 6)), False, depth)


def _park(rng: np.random.Generator) -> _Plan:
    depth = 16.0
    grass = Material("grass", (0.075, 0.14, 0.035), (0.20, 0.19, 0.07), 1.0, _seed(rng))
    path = Material("asphalt", _pick(rng, ((170, 156, 130), (150, 146, 140))))
    solids: list[Solid] = []
    for y in np.arange(-14.0, 15.0, 2.2):
        solids += _bush(rng, depth + 1.6 + float(rng.normal(0, 0.4)), float(y), 1.4)
    for _ in range(5):
        solids += _tree(rng, float(rng.uniform(13, 19)), float(rng.uniform(-10, 10)))
    for y in (4.2, -4.4):
        solids += _bush(rng, float(rng.uniform(7, 12)), y + float(rng.normal(0, 0.3)), 0.7)
    solids += _bench(rng, float(rng.uniform(9, 13)), float(rng.uniform(-3, 3)))
    solids.append(Solid("box", 34.0, 0.0, 0.0, 12.0, 3.0, 40.0, _facade(rng)))
    return _Plan(((-1e9, grass), (-2.2, path), (2.4, grass)), tuple(solids), False, depth)


def _room(rng: np.random.Generator, wide: float, depth: float, high: float) -> list[Solid]:
    wall = Material("plaster", _pick(rng, ((214, 208, 196), (196, 204, 208), (222, 214, 188), (190, 188, 186))))
    side = Material("plaster", wall.first, _DARK, 1.0, 2)
    roof = Material("carpet", (0.72, 0.72, 0.70))
    return [
        Solid("box", depth + 0.5, 0.0, 0.0, high, 0.5, wide, wall),
        Solid("box", 8.0, wide + 0.5, 0.0, high, 12.0, 0.5, side),
        Solid("box", 8.0, -wide - 0.5, 0.0, high, 12.0, 0.5, side),
        Solid("box", 8.0, 0.0, high, high + 0.2, 14.0, wide + 1, roof, False),
    ]


def _hall(rng: np.random.Generator) -> _Plan:
    depth, wide = float(rng.uniform(14, 18)), float(rng.uniform(6.5, 8.5))
    solids = _room(rng, wide, depth, 4.6)
    for y in np.arange(-wide + 1.5, wide - 1, 3.1):
        kind = rng.random()
        door = Material("paint", _pick(rng, ((122, 92, 66), (90, 98, 110), (70, 70, 74))))
        if kind < 0.4:
            solids.append(Solid("box", depth - 0.02, float(y), 0.0, 2.1, 0.05, 0.5, door))
        elif kind < 0.75:
            poster = Material("poster", _PALE, _DARK, 0.3, _seed(rng))
            solids.append(Solid("box", depth - 0.02, float(y), 1.1, 2.2, 0.04, 0.6, poster))
        else:
            solids.append(Solid("box", depth - 0.3, float(y), 0.0, 1.05, 0.3, 0.9, door))
    solids += [Solid("cylinder", x, y, 0.0, 4.6, 0.28, 0.28, Material("plaster", _PALE)) for x in (11.0,) for y in (-4.6, 4.6)]
    floor = Material("tiles", _pick(rng, ((190, 184, 172), (160, 160, 160), (176, 160, 138))), (0.25, 0.24, 0.23), float(rng.uniform(0.4, 0.8)), _seed(rng))
    if rng.random() < 0.3:
        floor = Material("planks", _pick(rng, ((176, 134, 90), (144, 108, 76))), (0.06, 0.04, 0.03), 0.14, _seed(rng))
    return _Plan(((-1e9, floor),), (*solids, *_furniture(rng, depth - 1, 2)), True, depth - 0.8)


def _shop(rng: np.random.Generator) -> _Plan:
    depth, wide = float(rng.uniform(13, 15)), 9.0
    solids = _room(rng, wide, depth, 3.6)
    board = Material("shelves", _PALE, (0.5, 0.5, 0.5), 0.42, _seed(rng))
    solids.append(Solid("box", depth - 0.3, 0.0, 0.0, 2.1, 0.3, wide - 0.6, board))
    for y in (-4.6, 4.6):
        goods = Material("shelves", _PALE, (0.45, 0.45, 0.47), 0.38, _seed(rng))
        solids.append(Solid("box", float(rng.uniform(8.5, 10.5)), y, 0.0, 1.55, 1.6, 0.4, goods))
    crate = Material("shelves", _PALE, (0.2, 0.13, 0.08), 0.30, _seed(rng))
    solids.append(Solid("box", float(rng.uniform(7.5, 11)), float(rng.uniform(-2, 2)), 0.0, 0.85, 0.45, 0.7, crate))
    floor = Material("tiles", _pick(rng, ((206, 202, 194), (178, 176, 170))), (0.35, 0.34, 0.33), 0.45, _seed(rng))
    return _Plan(((-1e9, floor),), tuple(solids), True, depth - 1.2)


_PLANS: dict[str, Callable[[np.random.Generator], _Plan]] = {
    "street": _street,
    "hall": _hall,
    "square": _square,
    "shop": _shop,
    "along": _along,
    "park": _park,
}


def place(seed: int, number: int, width: int, height: int) -> Place:
    """The place of one camera.

    Args:
        seed: Of the scene.
        number: Of the camera; neighbours get places of different kinds.
        width: Picture width in pixels.
        height: Picture height in pixels.
    """
    rng = np.random.default_rng([seed, 3, number])
    order = np.random.default_rng([seed, 4]).permutation(len(_PLANS))
    name = list(_PLANS)[int(order[number % len(order)])]
    plan = _PLANS[name](rng)
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
        unit.astype(np.float32), direct.astype(np.float32), above.astype(np.float32), below.astype(np.float32), soft
    )


def _sky(rng: np.random.Generator) -> tuple[Floats, Floats]:
    gray = float(rng.uniform(0.0, 1.0))
    low = np.array([0.75, 0.80, 0.86]) * (1 - gray) + 0.78 * gray
    high = np.array([0.25, 0.42, 0.75]) * (1 - gray) + 0.62 * gray
    return low.astype(np.float32), high.astype(np.float32)


def standing_room(where: Place, x: Floats, y: Floats) -> NDArray[np.bool_]:
    """Where people may be: in reach and not inside things."""
    return np.asarray(where.scenery.free(x, y) & (x > where.near - 1.5) & (x < where.far + 0.5), np.bool_)
