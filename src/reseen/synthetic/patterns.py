"""Patterns of cloth, drawn on the body so that they move with it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reseen.synthetic.curves import Floats, smoothstep
from reseen.synthetic.surfaces import Patch
from reseen.synthetic.wardrobe import Colour


@dataclass(frozen=True)
class Weave:
    """What a cloth looks like.

    Attributes:
        name: ``plain``, ``stripes``, ``pinstripes``, ``checks``, ``blocks``, ``logo``, ``dots`` or ``marl``.
        first: Main colour, linear R, G, B.
        second: The other colour.
        seed: Seeds widths and places.
    """

    name: str
    first: Colour
    second: Colour
    seed: int


def cloth(patch: Patch, weave: Weave, height: float, spacing: float) -> Floats:
    """The colour of a garment.

    Args:
        patch: Where (metres in the rest pose).
        weave: The cloth.
        height: Height of the person in metres.
        spacing: Metres between points: finer detail than this is blurred.

    Returns:
        ``(N, 3)`` linear R, G, B.
    """
    rng = np.random.default_rng([weave.seed, 2])
    share = _share(patch, weave.name, height, rng, spacing)[:, None]
    base = np.asarray(weave.first, np.float32) * (1 - share) + np.asarray(weave.second, np.float32) * share
    grain = 1 + 0.05 * rng.standard_normal(len(patch.points)).astype(np.float32)
    return np.asarray(base * grain[:, None], np.float32)


def _band(at: Floats, period: float, width: float, blur: float) -> Floats:
    """1 on stripes of a width, repeating, with soft edges."""
    place = np.abs((at / period + 0.5) % 1.0 - 0.5) * period
    return smoothstep(width / 2 + blur, width / 2 - blur, place)


def _share(patch: Patch, name: str, height: float, rng: np.random.Generator, spacing: float) -> Floats:
    z = patch.points[:, 2]
    around = patch.angle * 0.12
    period = float(rng.uniform(0.05, 0.11))
    blur = max(spacing, 0.004)
    if name == "stripes":
        return _band(z, period, period * float(rng.uniform(0.35, 0.55)), blur)
    if name == "pinstripes":
        return _band(around, period * 0.45, 0.012, blur)
    if name == "checks":
        lines = _band(z, period, period / 2, blur) + _band(around, period, period / 2, blur)
        return np.asarray(lines / 2, np.float32)
    if name == "dots":
        row = np.floor(z / period)
        u = (around / period + 0.5 * (row % 2)) % 1.0 - 0.5
        v = (z / period) % 1.0 - 0.5
        return smoothstep(0.36, 0.24, np.hypot(u, v).astype(np.float32))
    if name == "blocks":
        edge = float(rng.uniform(0.68, 0.76)) * height
        return smoothstep(edge - blur, edge + blur, z)
    if name == "logo":
        return _logo(patch.points, height, rng, blur)
    if name == "marl":
        return np.asarray(0.25 * rng.random(len(z)), np.float32)
    return np.zeros(len(z), np.float32)


def _logo(points: Floats, height: float, rng: np.random.Generator, blur: float) -> Floats:
    x, y, z = points.T
    kind = int(rng.integers(3))
    low, wide = float(rng.uniform(0.69, 0.72)) * height, float(rng.uniform(0.06, 0.10))
    up = z - low
    if kind == 0:  # a disc
        mark = smoothstep(wide * 0.7 + blur, wide * 0.7 - blur, np.hypot(y, up - 0.02).astype(np.float32))
    elif kind == 1:  # a few lines of something like letters
        lines = _band(up, 0.05, 0.028, blur) * (np.abs(up) < 0.08)
        letters = _band(y, 0.035, 0.024, blur)
        mark = np.asarray(lines * letters * (np.abs(y) < wide), np.float32)
    else:  # a bar across the chest
        mark = smoothstep(0.04 + blur, 0.04 - blur, np.abs(up))
    back = bool(rng.random() < 0.6)
    side = np.ones_like(x) if back else (x > 0).astype(np.float32)
    return np.asarray(mark * side, np.float32)
