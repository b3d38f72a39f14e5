"""The body under and in its clothes: trunk, arms, legs and feet of a person of a given look.

All lengths are shares of the person's height until ``Tailor`` scales them; proportions follow the usual
figure of seven and a half heads (anthropometric tables of Drillis and Contini).
"""

from __future__ import annotations

import numpy as np

from reseen.synthetic.curves import Floats, smoothstep
from reseen.synthetic.surfaces import Folds, Patch, Surface, hang
from reseen.synthetic.tailor import Tailor

_SLEEVE = {"tee": 0.70, "vest": 0.70}
_LEG_WIDTH = {
    "trousers": (0.007, 0.018),
    "slim": (0.001, 0.004),
    "wide": (0.011, 0.038),
    "shorts": (0.012, 0.03),
}
_LEG_END = {"shorts": 0.30, "skirt": 9.0, "long skirt": 9.0, "dress": 9.0}


def trunk(tailor: Tailor) -> Surface:
    """Pelvis, chest and the stump of the neck, dressed."""
    look, t = tailor.look, tailor.thickness
    g, w, s = look.girth, look.hips, tailor.shoulder / 0.100
    belly = 0.010 * max(g - 1, 0) * 4
    folds = Folds.random(tailor.rng(1), (0.0035 if t < 0.01 else 0.0042) * look.height)
    patch = tailor.tube(
        [
            (0.455, 0.0, 0.0, 0.030 * g, 0.045 * w),
            (0.480, 0.0, 0.0, 0.052 * g + t, 0.078 * w * g + t),
            (0.525, -0.004, 0.0, 0.064 * g + t, 0.094 * w * g + t),
            (0.610, 0.002 + belly, 0.0, 0.054 * g + t + belly, 0.078 * g * (0.5 + 0.5 * s) + t),
            (0.700, 0.002, 0.0, 0.062 * g + t, 0.088 * g**0.5 * s + t),
            (0.765, 0.0, 0.0, 0.060 * g**0.5 + t, 0.098 * s * g**0.3 + t),
            (0.805, -0.004, 0.0, 0.048 + t, 0.100 * s + t),
            (0.828, -0.006, 0.0, 0.038 + t / 2, 0.074 * s),
            (0.842, -0.004, 0.0, 0.034, 0.044),
            (0.852, -0.002, 0.0, 0.031, 0.033),
        ],
        square=2.2,
        folds=folds,
    )
    z = patch.points[:, 2]
    upper, lower = tailor.upper_cloth(patch), tailor.lower_cloth(patch)
    hem = tailor.hem * look.height
    albedo = np.where((z > hem)[:, None], upper, lower)
    if look.top == "coat" and not look.open_front:
        albedo = upper  # the coat goes on below the trunk
    if not tailor.skirt_hem and look.top in ("tee", "long", "shirt"):
        belt = np.abs(z - hem) < 0.010 * look.height
        albedo[belt] *= 0.45
    _open_front(tailor, patch, albedo)
    _neckline(tailor, patch, albedo)
    chest = smoothstep(0.56 * look.height, 0.66 * look.height, z)
    return hang(patch, albedo, {"pelvis": 1 - chest, "chest": chest}, z > tailor.covered * look.height)


def _open_front(tailor: Tailor, patch: Patch, albedo: Floats) -> None:
    look = tailor.look
    x, y, z = patch.points.T
    if look.open_front:
        gap = (0.022 + 0.02 * (z / look.height - 0.5)) * look.height
        inside = (x > 0) & (np.abs(y) < gap) & (z > 0.5 * look.height)
        albedo[inside] = look.upper_second
        edge = (x > 0) & (np.abs(np.abs(y) - gap) < 0.004 * look.height)
        albedo[edge] *= 0.6
    elif look.top in ("shirt", "jacket", "coat", "vest"):
        line = (x > 0) & (np.abs(y) < 0.0035 * look.height)
        albedo[line] *= 0.6


def _neckline(tailor: Tailor, patch: Patch, albedo: Floats) -> None:
    look = tailor.look
    x, y, z = patch.points.T / look.height
    deep = 0.045 if look.top in ("shirt", "jacket", "coat") else 0.018
    depth = deep * np.maximum(1 - np.abs(y) / 0.032, 0)
    skin = z > np.where(x > 0, 0.838 - depth, 0.842)
    albedo[skin] = look.upper_second if look.top in ("jacket", "coat") and not look.open_front else look.skin
    if look.carries == "backpack":
        strap = (np.abs(np.abs(y) - 0.058) < 0.011) & (x > -0.02) & (z > 0.66)
        albedo[strap] = look.bag_colour
    if look.carries == "shoulder bag":
        strap = np.abs((z - 0.68) - 1.25 * y) < 0.013
        albedo[strap & (z > 0.53)] = look.bag_colour


def arms(tailor: Tailor) -> list[Surface]:
    """Both arms with hands."""
    look, t = tailor.look, tailor.thickness
    g = look.girth**0.7
    height = look.height
    sleeve_end = _SLEEVE.get(look.top, 0.475 + 0.012)
    cuff = 0.004 if look.top in _SLEEVE else 0.0
    pieces = []
    for side, sign in (("l", 1.0), ("r", -1.0)):
        y = sign * tailor.shoulder
        covered = t * 0.9
        bare = 0.0 if look.top in _SLEEVE else covered
        patch = tailor.tube(
            [
                (0.482, 0.0, y, 0.0160 * g + bare, 0.0145 * g + bare),
                (0.560, 0.0, y, 0.0205 * g + bare, 0.0195 * g + bare),
                (0.620, 0.0, y, 0.0225 * g + bare, 0.0210 * g + bare),
                (
                    sleeve_end if bare == 0 else 0.70,
                    0.0,
                    y,
                    0.0250 * g + bare + cuff,
                    0.0245 * g + bare + cuff,
                ),
                (0.770, 0.0, y, 0.0305 * g + covered, 0.0285 * g + covered),
                (0.805, 0.0, y * 0.99, 0.0315 * g + covered, 0.0290 * g + covered),
                (0.828, 0.0, y * 0.93, 0.0220, 0.0200),
                (0.836, 0.0, y * 0.86, 0.0080, 0.0080),
            ],
            folds=Folds.random(tailor.rng(2 if side == "l" else 3), (0.0022 if bare else 0.0008) * height),
        )
        z = patch.points[:, 2]
        albedo = np.where(
            (z > sleeve_end * height)[:, None], tailor.upper_cloth(patch), np.asarray(look.skin, np.float32)
        )
        upper = smoothstep(0.605 * height, 0.655 * height, z)
        chest = 0.75 * smoothstep(0.79 * height, 0.835 * height, z)
        bones = {
            f"forearm_{side}": 1 - upper,
            f"upper_arm_{side}": upper * (1 - chest),
            "chest": upper * chest,
        }
        pieces.append(hang(patch, albedo, bones))
        pieces.append(_hand(tailor, side, y))
    return pieces


def _hand(tailor: Tailor, side: str, y: float) -> Surface:
    patch = tailor.tube(
        [
            (0.388, 0.010, y * 0.985, 0.006, 0.004),
            (0.405, 0.008, y * 0.985, 0.016, 0.008),
            (0.440, 0.003, y, 0.021, 0.011),
            (0.465, 0.001, y, 0.018, 0.012),
            (0.490, 0.0, y, 0.0145, 0.0125),
        ]
    )
    return hang(patch, tailor.look.skin, {f"forearm_{side}": 1.0})


def legs(tailor: Tailor) -> list[Surface]:
    """Both legs with shoes."""
    look = tailor.look
    height, g = look.height, look.girth**0.8
    slack, flare = _LEG_WIDTH.get(look.bottom, (0.0, 0.0))
    end = _LEG_END.get(look.bottom, 0.028)
    pieces = []
    for side, sign in (("l", 1.0), ("r", -1.0)):
        y = sign * 0.050 * look.hips
        knee = slack if end < 0.285 else 0.0
        calf = 0.3 * slack + 0.7 * flare if end < 0.1 else 0.0
        boot = 0.010 if look.boots and end > 0.03 else 0.0
        patch = tailor.tube(
            [
                (0.022, -0.006, y, 0.022 + calf + boot, 0.019 + calf + boot),
                (0.060, -0.004, y, 0.0225 * g + calf + boot, 0.0195 * g + calf + boot),
                (0.120, -0.008, y, 0.0280 * g + calf * 0.8 + boot, 0.0260 * g + calf * 0.8 + boot),
                (0.205, -0.009, y, 0.0345 * g + calf * 0.5, 0.0320 * g + calf * 0.5),
                (0.285, 0.003, y, 0.0330 * g + knee, 0.0310 * g + knee),
                (max(end, 0.300) if end < 0.4 else 0.300, 0.002, y, 0.0350 * g + slack, 0.0330 * g + slack),
                (0.400, 0.002, y, 0.0450 * g + slack, 0.0430 * g + slack * 0.6),
                (0.480, -0.002, y, 0.0560 * g + slack * 0.6, 0.0490 * g + slack * 0.3),
                (0.530, -0.004, y, 0.0560 * g, 0.0460 * g),
                (0.560, -0.004, y, 0.0300 * g, 0.0250 * g),
            ],
            folds=Folds.random(tailor.rng(4 if side == "l" else 5), (0.0026 if end < 0.4 else 0.0004) * height),
        )
        z = patch.points[:, 2]
        bare = np.asarray(look.skin, np.float32)
        albedo = np.where((z > end * height)[:, None], tailor.lower_cloth(patch), bare)
        if boot:
            albedo[z < 0.14 * height] = look.shoes
        thigh = smoothstep(0.262 * height, 0.312 * height, z)
        hip = 0.8 * smoothstep(0.49 * height, 0.55 * height, z)
        bones = {f"shin_{side}": 1 - thigh, f"thigh_{side}": thigh * (1 - hip), "pelvis": thigh * hip}
        shown = z < tailor.covered * height if tailor.covered > 0 else None
        pieces.append(hang(patch, albedo, bones, shown))
        pieces.append(_shoe(tailor, side, y))
    return pieces


def _shoe(tailor: Tailor, side: str, y: float) -> Surface:
    look = tailor.look
    patch = tailor.tube(
        [
            (-0.040, 0.022, y, 0.010, 0.010),
            (-0.034, 0.024, y, 0.022, 0.019),
            (-0.005, 0.030, y, 0.030, 0.022),
            (0.025, 0.027, y, 0.026, 0.024),
            (0.060, 0.019, y, 0.018, 0.028),
            (0.090, 0.015, y, 0.014, 0.027),
            (0.108, 0.012, y, 0.010, 0.019),
            (0.114, 0.010, y, 0.004, 0.008),
        ],
        square=2.5,
        axis="x",
    )
    up = patch.points[:, 2] / look.height
    albedo = np.where((up > 0.009)[:, None], np.asarray(look.shoes, np.float32), np.asarray(look.sole, np.float32))
    return hang(patch, albedo, {f"foot_{side}": 1.0})
