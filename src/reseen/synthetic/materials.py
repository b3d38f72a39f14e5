"""What grounds and walls are made of: procedural textures that stay calm where they are seen from afar."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from reseen.synthetic.curves import Floats, read_cloud, smoothstep
from reseen.synthetic.wardrobe import Colour


@dataclass(frozen=True)
class Material:
    """A texture.

    Attributes:
        name: Which of ``MATERIALS``.
        first: Main colour, linear R, G, B.
        second: Second colour (joints, frames, signs).
        size: Metres of one repetition; what repeats depends on the texture.
        seed: Tells two walls of the same kind apart.
    """

    name: str
    first: Colour
    second: Colour = (0.05, 0.05, 0.05)
    size: float = 0.5
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Spots:
    """The places of a surface that are to be coloured.

    Attributes:
        u: ``(N,)`` metres along the surface.
        v: ``(N,)`` metres up the surface (or along the other way of the ground).
        blur: ``(N,)`` metres that one sample of the picture covers there.
        noise: ``(S, S)`` seamless noise of deviation 1.
    """

    u: Floats
    v: Floats
    blur: Floats
    noise: Floats

    def rough(self, scale: float, strength: float) -> Floats:
        """Noise of a scale (metres a tile), faded where a sample covers more than its grain."""
        fade = 1 / (1 + (self.blur / (scale / 64)) ** 2)
        return np.asarray(strength * fade * read_cloud(self.noise, self.u / scale, self.v / scale), np.float32)

    def broad(self, scale: float, strength: float) -> Floats:
        """Noise of large patches, seen from afar too."""
        return np.asarray(strength * read_cloud(self.noise, self.u / scale + 0.37, self.v / scale + 0.71), np.float32)


def bands(at: Floats, period: float, width: float, blur: Floats) -> Floats:
    """Share of each sample that lies on bands ``[0, width)`` repeating every period (exact box filter)."""
    wide = np.maximum(blur, 1e-4)

    def area(x: Floats) -> Floats:
        turns = np.floor(x / period)
        return np.asarray(turns * width + np.clip(x - turns * period, 0, width), np.float32)

    return np.asarray((area(at + wide / 2) - area(at - wide / 2)) / wide, np.float32)


def cell_noise(column: Floats, row: Floats, seed: int) -> Floats:
    """A number in 0..1 for each cell of a grid, always the same."""
    mixed = column.astype(np.int64) * 73856093 ^ row.astype(np.int64) * 19349663 ^ (seed + 11) * 83492791
    mixed = (mixed ^ (mixed >> 13)) * 1274126177 & 0x7FFFFFFF
    mixed = (mixed ^ (mixed >> 16)) * 668265263 & 0x7FFFFFFF
    return np.asarray((mixed & 0xFFFF) / 65535.0, np.float32)


def _mix(first: Floats | Colour, second: Floats | Colour, share: Floats) -> Floats:
    part = share[:, None]
    return np.asarray(np.asarray(first, np.float32) * (1 - part) + np.asarray(second, np.float32) * part, np.float32)


def _tint(colour: Floats | Colour, factor: Floats) -> Floats:
    return np.asarray(np.asarray(colour, np.float32) * np.maximum(factor, 0.05)[:, None], np.float32)


def _asphalt(m: Material, s: Spots) -> Floats:
    seam = bands(s.u, 7.0, 0.05, s.blur) * 0.4
    return _tint(m.first, 1 + s.rough(0.7, 0.16) + s.broad(9.0, 0.06) - seam)


def _paving(m: Material, s: Spots) -> Floats:
    row = np.floor(s.v / m.size)
    shifted = s.u + 0.5 * m.size * (row % 2)
    cells = cell_noise(np.floor(shifted / m.size), row, m.seed)
    joint = m.size * 0.035
    gap = np.maximum(bands(shifted, m.size, joint, s.blur), bands(s.v, m.size, joint, s.blur))
    base = _tint(m.first, 1 + 0.20 * (cells - 0.5) + s.rough(0.8, 0.10) + s.broad(7.0, 0.10))
    return _mix(base, m.second, 0.8 * gap)


def _tiles(m: Material, s: Spots) -> Floats:
    column, row = np.floor(s.u / m.size), np.floor(s.v / m.size)
    odd = (column + row) % 2 if m.seed % 2 else np.zeros_like(column)
    fade = 1 / (1 + (s.blur / (m.size / 2)) ** 2)
    gap = np.maximum(bands(s.u, m.size, 0.010, s.blur), bands(s.v, m.size, 0.010, s.blur))
    base = _tint(m.first, 1 - 0.22 * (odd - 0.5) * fade + 0.08 * (cell_noise(column, row, m.seed) - 0.5))
    return _mix(_tint(base, 1 + s.broad(6.0, 0.05)), m.second, 0.7 * gap)


def _grass(m: Material, s: Spots) -> Floats:
    dry = np.clip(0.3 + s.broad(5.0, 0.25), 0, 1)
    return _tint(_mix(m.first, m.second, dry), 1 + s.rough(0.5, 0.30) + s.rough(2.0, 0.15) + s.broad(3.0, 0.08))


def _planks(m: Material, s: Spots) -> Floats:
    row = np.floor(s.v / m.size)
    column = np.floor(s.u / 1.8 + cell_noise(row, row, m.seed))
    grain = read_cloud(s.noise, s.u / 3.0 + row * 0.13, s.v * 2.0)
    gap = bands(s.v, m.size, 0.008, s.blur)
    base = _tint(m.first, 0.85 + 0.35 * cell_noise(column, row, m.seed) + 0.10 * grain)
    return _mix(base, m.second, 0.8 * gap)


def _carpet(m: Material, s: Spots) -> Floats:
    return _tint(m.first, 1 + s.rough(0.4, 0.15) + s.broad(4.0, 0.07))


def _plaster(m: Material, s: Spots) -> Floats:
    dirt = smoothstep(0.9, 0.0, s.v) * 0.22
    return _tint(m.first, 1 - dirt + s.rough(0.9, 0.04) + s.broad(4.0, 0.045))


def _brick(m: Material, s: Spots) -> Floats:
    row = np.floor(s.v / 0.075)
    shifted = s.u + 0.12 * (row % 2)
    cells = cell_noise(np.floor(shifted / 0.24), row, m.seed)
    fade = 1 / (1 + (s.blur / 0.08) ** 2)
    mortar = np.maximum(bands(shifted, 0.24, 0.012, s.blur), bands(s.v, 0.075, 0.012, s.blur))
    base = _tint(m.first, 1 + 0.5 * fade * (cells - 0.5) + s.rough(0.5, 0.10) + s.broad(3.0, 0.08))
    return _mix(base, m.second, 0.75 * mortar)


def _facade(m: Material, s: Spots) -> Floats:
    """A wall with rows of windows; the size is their distance."""
    wall = _brick(m, s) if m.seed % 3 == 0 else _plaster(m, s)
    storey = 3.1
    column, floor = np.floor(s.u / m.size), np.floor(s.v / storey)
    u, v = s.u - column * m.size, s.v - floor * storey
    wide, sill, top = 0.46 * m.size, 0.95, 2.55
    across = bands(s.u - 0.27 * m.size, m.size, wide, s.blur)
    frame = bands(s.u - 0.27 * m.size + 0.07, m.size, wide + 0.14, s.blur)
    up = smoothstep(sill - 0.02, sill + 0.02, v) * smoothstep(top + 0.02, top - 0.02, v)
    up_frame = smoothstep(sill - 0.10, sill - 0.06, v) * smoothstep(top + 0.10, top + 0.06, v)
    cell = cell_noise(column, floor, m.seed)
    curtain = smoothstep(0.55, 0.75, cell) * smoothstep(0.3, 0.2, np.abs(u / m.size - 0.36))
    shine = 0.06 + 0.16 * smoothstep(sill, top, v) * (0.5 + 0.5 * cell) + 0.25 * curtain
    glass: Floats = np.stack([shine * 0.85, shine * 0.97, shine * 1.1], -1)
    cross = np.maximum(bands(s.u - 0.27 * m.size - wide / 2 + 0.025, m.size, 0.05, s.blur), np.abs(v - 2.0) < 0.03)
    glass = _mix(glass, m.second, cross * 0.9)
    return _mix(_mix(wall, m.second, frame * up_frame), glass, across * up)


def _shopfront(m: Material, s: Spots) -> Floats:
    """Large panes with something behind them, and a band with a sign above."""
    column = np.floor(s.u / m.size)
    inner = cell_noise(np.floor(s.u / 0.35), np.floor(s.v / 0.45), m.seed)
    hue: Floats = np.stack([cell_noise(np.floor(s.u / 0.35), np.floor(s.v / 0.45), m.seed + k) for k in (1, 2, 3)], -1)
    hue = 0.45 * hue + 0.55 * hue.mean(-1, keepdims=True)
    shown = (smoothstep(1.7, 0.4, s.v) * (inner > 0.45) * (s.v < 1.6))[:, None]
    glass: Floats = 0.05 + 0.05 * smoothstep(0.2, 2.4, s.v)[:, None] + 0.18 * hue * shown
    glass = glass * np.array([0.9, 1.0, 1.08])
    post = bands(s.u + 0.05, m.size, 0.10, s.blur)
    picture = _mix(glass, m.second, np.maximum(post, smoothstep(0.36, 0.34, s.v)))
    letters = bands(s.u, 0.32, 0.2, s.blur) * smoothstep(0.13, 0.11, np.abs(s.v - 2.85))
    letters *= cell_noise(np.floor(s.u / 0.32), column * 0, m.seed) > 0.25
    letters *= np.abs(s.u % (2 * m.size) - m.size) < 0.6 * m.size
    sign = _mix(_tint(m.first, 1 + s.rough(0.9, 0.03)), (0.85, 0.85, 0.82), letters)
    wall = _plaster(Material("plaster", (0.45, 0.43, 0.40)), s)
    above = _mix(sign, wall, smoothstep(3.15, 3.18, s.v))
    return _mix(picture, above, smoothstep(2.48, 2.52, s.v))


def _shelves(m: Material, s: Spots) -> Floats:
    """Shelves with goods; the size is the distance of the boards."""
    row = np.floor(s.v / m.size)
    goods = 0.09 + 0.12 * cell_noise(np.floor(s.u / 1.2), row, m.seed)
    column = np.floor(s.u / goods)
    block = np.floor(column / 4)
    up = s.v / m.size - row
    hue: Floats = np.stack([cell_noise(block, row, m.seed + k) ** 1.5 for k in (1, 2, 3)], -1)
    hue = 0.6 * hue + 0.4 * hue.mean(-1, keepdims=True)
    fade = 1 / (1 + (s.blur / 0.06) ** 2)
    light = 0.75 + 0.5 * fade * (cell_noise(column, row, m.seed + 4) - 0.5)
    tall = 0.50 + 0.35 * cell_noise(block, row, m.seed + 5)
    good = smoothstep(tall + 0.03, tall - 0.03, up) * (1 - 0.6 * bands(s.u, 0.105, 0.012, s.blur))
    inside = _mix((0.03, 0.03, 0.032), _tint(0.08 + 0.62 * hue, light), good)
    return _mix(inside, m.second, np.maximum(bands(s.v, m.size, 0.04, s.blur), bands(s.u, 1.2, 0.04, s.blur)))


def _paint(m: Material, s: Spots) -> Floats:
    return _tint(m.first, 1 + s.broad(2.0, 0.05) - 0.1 * smoothstep(0.4, 0.0, s.v))


def _leaves(m: Material, s: Spots) -> Floats:
    leaf = 0.045
    fade = 1 / (1 + (s.blur / leaf) ** 2)
    single = cell_noise(np.floor(s.u / leaf + 0.4 * np.sin(s.v / 0.03)), np.floor(s.v / leaf), m.seed) - 0.5
    clump = s.broad(1.1, 0.30) + s.broad(0.35, 0.22)
    base = _mix(m.first, m.second, np.clip(0.4 + clump, 0, 1))
    return _tint(base, 0.85 + 1.1 * fade * single + s.broad(0.5, 0.35))


def _poster(m: Material, s: Spots) -> Floats:
    """A picture above a few lines of something like text."""
    ink = np.array([cell_noise(np.zeros(1), np.zeros(1), m.seed + k)[0] for k in (1, 2, 3)], np.float32)
    column, row = np.floor(s.u / 0.3), np.floor(s.v / 0.3)
    shade = 0.6 + 0.8 * cell_noise(column, row, m.seed)
    sheet = _mix(m.first, 0.06 + 0.5 * ink, bands(s.v + 0.02, 0.09, 0.035, s.blur) * (np.abs(s.u) < 0.42) * 0.7)
    return _mix(sheet, _tint(0.06 + 0.5 * ink, shade), smoothstep(0.44, 0.46, s.v))


def _crossing(m: Material, s: Spots) -> Floats:
    white = bands(s.u, 1.0, 0.5, s.blur) * (np.abs(s.v - m.size) < 1.5)
    return _mix(_asphalt(m, s), (0.62, 0.62, 0.6), np.asarray(white * (0.8 + s.rough(0.8, 0.1)), np.float32))


MATERIALS: dict[str, Callable[[Material, Spots], Floats]] = {
    "asphalt": _asphalt,
    "paving": _paving,
    "tiles": _tiles,
    "grass": _grass,
    "planks": _planks,
    "carpet": _carpet,
    "plaster": _plaster,
    "brick": _brick,
    "facade": _facade,
    "shopfront": _shopfront,
    "shelves": _shelves,
    "paint": _paint,
    "leaves": _leaves,
    "poster": _poster,
    "crossing": _crossing,
}


def paint(material: Material, spots: Spots) -> Floats:
    """Colours of some places of a material, ``(N, 3)`` linear R, G, B."""
    return MATERIALS[material.name](material, spots)
