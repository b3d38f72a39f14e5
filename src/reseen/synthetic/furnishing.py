"""What makes up places: walls, trees, benches and other things that stand about."""

from __future__ import annotations

import numpy as np

from reseen.synthetic.materials import Material
from reseen.synthetic.solids import Solid
from reseen.synthetic.wardrobe import Colour, linear

WALLS = (
    (196, 186, 168),
    (176, 160, 138),
    (206, 200, 190),
    (158, 150, 146),
    (190, 168, 132),
    (150, 160, 168),
)
_BRICKS = ((142, 84, 66), (126, 74, 58), (160, 118, 92), (118, 100, 90))
DARK: Colour = (0.03, 0.03, 0.035)
PALE: Colour = (0.62, 0.61, 0.58)


def paint_from(rng: np.random.Generator, colours: tuple[tuple[int, int, int], ...]) -> Colour:
    """One of some sRGB colours, a little changed, in linear light."""
    base = np.array(colours[int(rng.integers(len(colours)))]) * rng.uniform(0.88, 1.1) + rng.normal(0, 4, 3)
    red, green, blue = (int(value) for value in np.clip(base, 5, 250))
    return linear((red, green, blue))


def any_seed(rng: np.random.Generator) -> int:
    """A seed for a texture."""
    return int(rng.integers(1, 1000))


def facade(rng: np.random.Generator) -> Material:
    """A wall of a house with windows."""
    seed = any_seed(rng)
    first = paint_from(rng, _BRICKS if seed % 3 == 0 else WALLS)
    frame = PALE if rng.random() < 0.6 else DARK
    return Material("facade", first, frame, float(rng.uniform(2.2, 3.4)), seed)


def shopfront(rng: np.random.Generator) -> Material:
    """A shop window with its sign."""
    sign = paint_from(rng, ((160, 40, 36), (34, 78, 132), (40, 104, 62), (52, 50, 54), (188, 130, 40)))
    return Material("shopfront", sign, DARK, float(rng.uniform(1.6, 2.8)), any_seed(rng))


def pole(x: float, y: float, high: float, radius: float = 0.06) -> Solid:
    """A lamp post or a bollard."""
    return Solid("cylinder", x, y, 0.0, high, radius, radius, Material("paint", (0.09, 0.10, 0.10)))


def tree(rng: np.random.Generator, x: float, y: float) -> list[Solid]:
    """A tree: trunk and crown."""
    green = Material("leaves", paint_from(rng, ((58, 92, 40), (74, 104, 48))), (0.10, 0.13, 0.03), 1.0, any_seed(rng))
    crown = float(rng.uniform(2.4, 2.9))
    trunk = Solid("cylinder", x, y, 0.0, crown + 0.8, 0.14, 0.14, Material("carpet", (0.09, 0.065, 0.045)))
    leaves = [
        Solid(
            "leaves",
            x + float(dx),
            y + float(dy),
            crown + float(up),
            crown + 2.2 + float(up),
            1.1,
            1.1,
            green,
            False,
        )
        for dx, dy, up in rng.normal(0, 0.55, (4, 3)) * np.array([1, 1, 0.5])
    ]
    return [trunk, *leaves]


def bush(rng: np.random.Generator, x: float, y: float, wide: float) -> list[Solid]:
    """A bush of a radius in metres."""
    green = Material("leaves", paint_from(rng, ((54, 86, 38), (70, 98, 52))), (0.11, 0.15, 0.04), 1.0, any_seed(rng))
    return [
        Solid("leaves", x + float(dx), y + float(dy), -0.3, float(rng.uniform(0.7, 1.2)), wide, wide, green)
        for dx, dy in rng.normal(0, 0.4 * wide, (3, 2))
    ]


def bench(rng: np.random.Generator, x: float, y: float) -> list[Solid]:
    """A bench that looks at the camera."""
    wood = Material("planks", paint_from(rng, ((122, 86, 54), (96, 70, 48))), DARK, 0.09, any_seed(rng))
    legs = [Solid("box", x, y + dy, 0.0, 0.42, 0.18, 0.04, Material("paint", DARK)) for dy in (-0.6, 0.6)]
    seat = Solid("box", x, y, 0.42, 0.48, 0.22, 0.8, wood)
    back = Solid("box", x + 0.24, y, 0.55, 0.85, 0.03, 0.8, wood)
    return [*legs, seat, back]


def furniture(rng: np.random.Generator, depth: float, count: int, indoors: bool = False) -> list[Solid]:
    """Things that stand about, some of them in front of people."""
    solids: list[Solid] = []
    for _ in range(count):
        x, y = float(rng.uniform(6.2, depth - 0.8)), float(rng.uniform(-6, 6))
        kind = int(rng.choice((0, 1, 3, 5) if indoors else (0, 1, 2, 3, 4, 5)))
        if kind == 0:
            solids += bench(rng, x, y)
        elif kind == 1:
            colour = paint_from(rng, ((60, 84, 66), (70, 72, 76), (150, 60, 44)))
            solids.append(Solid("cylinder", x, y, 0.0, 0.95, 0.24, 0.24, Material("paint", colour)))
        elif kind == 2:
            solids.append(pole(x, y, float(rng.uniform(3.5, 5.0))))
        elif kind == 3:
            planter = Material("planks", paint_from(rng, WALLS), DARK, 0.12, any_seed(rng))
            solids.append(Solid("box", x, y, 0.0, 0.5, 0.4, 0.7, planter))
            solids += [
                Solid("leaves", x, y + dy, 0.35, float(rng.uniform(0.9, 1.3)), 0.4, 0.45, m)
                for dy in (-0.35, 0.35)
                for m in [Material("leaves", (0.06, 0.13, 0.03), (0.14, 0.18, 0.05), 1.0, any_seed(rng))]
            ]
        elif kind == 4:
            solids += [pole(x, y + 1.3 * k, 0.95, 0.07) for k in range(3)]
        else:
            colour = paint_from(rng, ((70, 92, 124), (150, 140, 90), (120, 120, 124), (84, 104, 92)))
            solids.append(Solid("box", x, y, 0.0, 1.15, 0.25, 0.35, Material("paint", colour)))
            sign = paint_from(rng, ((214, 210, 200), (190, 60, 50), (60, 90, 140)))
            solids.append(Solid("box", x - 0.25, y, 0.45, 0.95, 0.02, 0.25, Material("paint", sign)))
    return solids
