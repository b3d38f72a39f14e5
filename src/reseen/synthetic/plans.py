"""Kinds of places: what the ground is and what stands on it, in front of a camera that looks along ``x``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from reseen.synthetic.furnishing import (
    DARK,
    PALE,
    any_seed,
    bench,
    bush,
    facade,
    furniture,
    paint_from,
    pole,
    shopfront,
    tree,
)
from reseen.synthetic.materials import Material
from reseen.synthetic.solids import Solid


@dataclass(frozen=True)
class Plan:
    """A place before its camera and light."""

    grounds: tuple[tuple[float, Material], ...]
    solids: tuple[Solid, ...]
    indoors: bool
    depth: float


def _street(rng: np.random.Generator) -> Plan:
    depth = float(rng.uniform(12.0, 15.0))
    solids = []
    y = -30.0
    while y < 30:
        wide = float(rng.uniform(7, 13))
        back = depth + float(rng.uniform(0, 0.3))
        solids.append(Solid("box", back + 4, y + wide / 2, 0.0, float(rng.uniform(9, 16)), 4.0, wide / 2, facade(rng)))
        if rng.random() < 0.6:
            front = Solid("box", back - 0.03, y + wide / 2, 0.0, 3.6, 0.05, wide / 2 - 0.3, shopfront(rng))
            solids.append(front)
        y += wide
    stone = Material(
        "paving",
        paint_from(rng, ((150, 144, 136), (128, 124, 120), (166, 150, 130))),
        (0.10, 0.10, 0.10),
        float(rng.uniform(0.4, 0.9)),
        any_seed(rng),
    )
    return Plan(((-1e9, stone),), (*solids, *furniture(rng, depth, 5)), False, depth)


def _along(rng: np.random.Generator) -> Plan:
    """Along a street: houses on one side, the carriageway on the other."""
    side = 1 if rng.random() < 0.5 else -1
    edge = 5.5
    solids, x = [], -4.0
    while x < 60:
        wide = float(rng.uniform(8, 14))
        solids.append(
            Solid(
                "box",
                x + wide / 2,
                side * (edge + 4),
                0.0,
                float(rng.uniform(8, 15)),
                wide / 2,
                4.0,
                facade(rng),
            )
        )
        if rng.random() < 0.7:
            shop = Solid("box", x + wide / 2, side * (edge - 0.02), 0.0, 3.6, wide / 2 - 0.4, 0.05, shopfront(rng))
            solids.append(shop)
        opposite = Solid("box", x + wide / 2, -side * 16.0, 0.0, float(rng.uniform(7, 14)), wide / 2, 4.0, facade(rng))
        solids.append(opposite)
        x += wide
    solids += [Solid("box", 64.0, 0.0, 0.0, 14.0, 3.0, 30.0, facade(rng))]
    for k in range(5):
        solids += (
            tree(rng, 9.0 + 6.5 * k, -side * 4.6) if rng.random() < 0.5 else [pole(9.0 + 6.5 * k, -side * 4.4, 4.5)]
        )
    stone = Material(
        "paving", paint_from(rng, ((150, 146, 138), (132, 128, 122))), (0.10, 0.10, 0.10), 0.5, any_seed(rng)
    )
    road = Material("asphalt", (0.085, 0.087, 0.09))
    grounds = ((-1e9, road), (-5.0, stone)) if side > 0 else ((-1e9, stone), (5.0, road))
    return Plan(grounds, (*solids, *furniture(rng, 16.0, 2)), False, 17.0)


def _square(rng: np.random.Generator) -> Plan:
    depth = float(rng.uniform(15.0, 18.0))
    solids = [
        Solid(
            "box",
            depth + float(rng.uniform(9, 16)),
            y,
            0.0,
            float(rng.uniform(8, 18)),
            4.0,
            7.0,
            facade(rng),
        )
        for y in (-29.0, -14.5, 0.0, 14.5, 29.0)
    ]
    for y in (-11.0, -6.0, 0.5, 6.0, 11.0):
        if rng.random() < 0.6:
            solids += tree(rng, depth + float(rng.uniform(0.5, 3)), y + float(rng.normal(0, 0.6)))
    stone = Material(
        "paving",
        paint_from(rng, ((172, 162, 148), (140, 136, 132), (156, 132, 112))),
        (0.12, 0.11, 0.10),
        float(rng.uniform(0.5, 1.2)),
        any_seed(rng),
    )
    return Plan(((-1e9, stone),), (*solids, *furniture(rng, depth, 6)), False, depth)


def _park(rng: np.random.Generator) -> Plan:
    depth = 16.0
    grass = Material("grass", (0.075, 0.14, 0.035), (0.20, 0.19, 0.07), 1.0, any_seed(rng))
    path = Material("asphalt", paint_from(rng, ((170, 156, 130), (150, 146, 140))))
    solids: list[Solid] = []
    for y in np.arange(-14.0, 15.0, 2.2):
        solids += bush(rng, depth + 1.6 + float(rng.normal(0, 0.4)), float(y), 1.4)
    for _ in range(5):
        solids += tree(rng, float(rng.uniform(13, 19)), float(rng.uniform(-10, 10)))
    for y in (4.2, -4.4):
        solids += bush(rng, float(rng.uniform(7, 12)), y + float(rng.normal(0, 0.3)), 0.7)
    solids += bench(rng, float(rng.uniform(9, 13)), float(rng.uniform(-3, 3)))
    solids.append(Solid("box", 34.0, 0.0, 0.0, 12.0, 3.0, 40.0, facade(rng)))
    return Plan(((-1e9, grass), (-2.2, path), (2.4, grass)), tuple(solids), False, depth)


def _room(rng: np.random.Generator, wide: float, depth: float, high: float) -> list[Solid]:
    wall = Material("plaster", paint_from(rng, ((214, 208, 196), (196, 204, 208), (222, 214, 188), (190, 188, 186))))
    side = Material("plaster", wall.first, DARK, 1.0, 2)
    roof = Material("carpet", (0.72, 0.72, 0.70))
    return [
        Solid("box", depth + 0.5, 0.0, 0.0, high, 0.5, wide, wall),
        Solid("box", 8.0, wide + 0.5, 0.0, high, 12.0, 0.5, side),
        Solid("box", 8.0, -wide - 0.5, 0.0, high, 12.0, 0.5, side),
        Solid("box", 8.0, 0.0, high, high + 0.2, 14.0, wide + 1, roof, False),
    ]


def _hall(rng: np.random.Generator) -> Plan:
    depth, wide = float(rng.uniform(14, 18)), float(rng.uniform(6.5, 8.5))
    solids = _room(rng, wide, depth, 4.6)
    for y in np.arange(-wide + 1.5, wide - 1, 3.1):
        kind = rng.random()
        door = Material("paint", paint_from(rng, ((122, 92, 66), (90, 98, 110), (70, 70, 74))))
        if kind < 0.4:
            solids.append(Solid("box", depth - 0.02, float(y), 0.0, 2.1, 0.05, 0.5, door))
        elif kind < 0.75:
            poster = Material("poster", PALE, DARK, 0.3, any_seed(rng))
            solids.append(Solid("box", depth - 0.02, float(y), 1.1, 2.2, 0.04, 0.6, poster))
        else:
            solids.append(Solid("box", depth - 0.3, float(y), 0.0, 1.05, 0.3, 0.9, door))
    solids += [
        Solid("cylinder", x, y, 0.0, 4.6, 0.28, 0.28, Material("plaster", PALE)) for x in (11.0,) for y in (-4.6, 4.6)
    ]
    floor = Material(
        "tiles",
        paint_from(rng, ((190, 184, 172), (160, 160, 160), (176, 160, 138))),
        (0.25, 0.24, 0.23),
        float(rng.uniform(0.4, 0.8)),
        any_seed(rng),
    )
    if rng.random() < 0.3:
        floor = Material(
            "planks", paint_from(rng, ((176, 134, 90), (144, 108, 76))), (0.06, 0.04, 0.03), 0.14, any_seed(rng)
        )
    return Plan(((-1e9, floor),), (*solids, *furniture(rng, depth - 1, 2, indoors=True)), True, depth - 0.8)


def _shop(rng: np.random.Generator) -> Plan:
    depth, wide = float(rng.uniform(13, 15)), 9.0
    solids = _room(rng, wide, depth, 3.6)
    board = Material("shelves", PALE, (0.5, 0.5, 0.5), 0.42, any_seed(rng))
    solids.append(Solid("box", depth - 0.3, 0.0, 0.0, 2.1, 0.3, wide - 0.6, board))
    for y in (-4.6, 4.6):
        goods = Material("shelves", PALE, (0.45, 0.45, 0.47), 0.38, any_seed(rng))
        solids.append(Solid("box", float(rng.uniform(8.5, 10.5)), y, 0.0, 1.55, 1.6, 0.4, goods))
    crate = Material("shelves", PALE, (0.2, 0.13, 0.08), 0.30, any_seed(rng))
    solids.append(Solid("box", float(rng.uniform(7.5, 11)), float(rng.uniform(-2, 2)), 0.0, 0.85, 0.45, 0.7, crate))
    floor = Material(
        "tiles", paint_from(rng, ((206, 202, 194), (178, 176, 170))), (0.35, 0.34, 0.33), 0.45, any_seed(rng)
    )
    return Plan(((-1e9, floor),), tuple(solids), True, depth - 1.2)


PLANS: dict[str, Callable[[np.random.Generator], Plan]] = {
    "street": _street,
    "hall": _hall,
    "square": _square,
    "shop": _shop,
    "along": _along,
    "park": _park,
}
