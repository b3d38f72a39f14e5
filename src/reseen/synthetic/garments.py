"""What is worn over the body: head and hair, hats, skirts, coat tails, collars."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from reseen.synthetic.curves import Floats, smoothstep
from reseen.synthetic.surfaces import Folds, Patch, Surface, hang
from reseen.synthetic.tailor import Tailor
from reseen.synthetic.wardrobe import Look

_HEAD = (  # height, forward, left, half depth, half width: chin to crown
    (0.866, 0.016, 0.0, 0.014, 0.014),
    (0.874, 0.014, 0.0, 0.034, 0.027),
    (0.892, 0.009, 0.0, 0.047, 0.036),
    (0.915, 0.006, 0.0, 0.053, 0.042),
    (0.940, 0.002, 0.0, 0.057, 0.0445),
    (0.965, -0.002, 0.0, 0.056, 0.0435),
    (0.985, -0.004, 0.0, 0.043, 0.034),
    (0.996, -0.004, 0.0, 0.022, 0.018),
    (1.000, -0.004, 0.0, 0.006, 0.006),
)


def head_and_hair(tailor: Tailor) -> list[Surface]:
    """Neck, head, face, ears and hair."""
    return [*_head(tailor), *_hair(tailor)]


def _head(tailor: Tailor) -> list[Surface]:
    look = tailor.look
    neck = tailor.tube(
        [
            (0.825, -0.006, 0.0, 0.031, 0.031),
            (0.850, -0.003, 0.0, 0.030, 0.030),
            (0.885, 0.0, 0.0, 0.031, 0.029),
        ]
    )
    lift = smoothstep(0.84 * look.height, 0.875 * look.height, neck.points[:, 2])
    skull = tailor.tube(_HEAD, square=2.1)
    _nose(skull, look)
    pieces = [
        hang(neck, np.asarray(look.skin) * 0.9, {"chest": 1 - lift, "head": lift}),
        hang(skull, _face(skull, look), {"head": 1.0}),
    ]
    if look.hair_style in ("bald", "short", "ponytail", "bun"):
        pieces += [_ball(tailor, (0.0, sign * 0.044, 0.925), (0.012, 0.006, 0.017), look.skin) for sign in (1, -1)]
    return pieces


def _ball(
    tailor: Tailor,
    centre: tuple[float, float, float],
    radii: tuple[float, float, float],
    colour: Floats | tuple[float, float, float],
    *,
    bone: str = "head",
) -> Surface:
    x, y, z = centre
    turns = np.linspace(-1, 1, 9) * 0.497 * np.pi
    rings = [(z + radii[2] * np.sin(a), x, y, radii[0] * np.cos(a), radii[1] * np.cos(a)) for a in turns]
    return hang(tailor.tube(rings), np.asarray(colour, np.float32), {bone: 1.0})


def _nose(skull: Patch, look: Look) -> None:
    x, y, z = skull.points.T / look.height
    bump = 0.013 * np.exp(-((y / 0.009) ** 2) - ((z - 0.916) / 0.012) ** 2) * (x > 0)
    skull.points[:, 0] += (bump * look.height).astype(np.float32)


def _face(skull: Patch, look: Look) -> Floats:
    x, y, z = skull.points.T / look.height
    albedo = np.repeat(np.asarray(look.skin, np.float32)[None], len(x), 0)
    front = x > 0.02
    side = np.abs(y)
    socket = np.exp(-(((side - 0.018) / 0.011) ** 2) - ((z - 0.936) / 0.007) ** 2) * front
    brow = front & (np.abs(side - 0.018) < 0.012) & (np.abs(z - 0.9475) < 0.0028)
    mouth = front & (side < 0.015) & (np.abs(z - 0.8915) < 0.0036)
    under = smoothstep(0.012, 0.0, np.abs(z - 0.904)) * np.exp(-((y / 0.009) ** 2)) * front
    cheek = np.exp(-(((side - 0.026) / 0.012) ** 2) - ((z - 0.912) / 0.012) ** 2) * front
    albedo *= (1 - 0.75 * socket - 0.30 * under)[:, None]
    albedo *= 1 + cheek[:, None] * np.array([0.12, -0.06, -0.06], np.float32)
    albedo[mouth] *= np.array([0.75, 0.42, 0.42], np.float32)
    albedo[brow] = np.asarray(look.hair, np.float32) * 0.8
    if look.beard:
        beard = (z < 0.905) & (x > -0.02) & ~(mouth & (z > 0.889))
        albedo[beard] = 0.75 * np.asarray(look.hair) + 0.25 * np.asarray(look.skin)
    if look.glasses:
        rim = front & (np.abs(z - 0.936) < 0.011) & (side < 0.034)
        glass = np.hypot((side - 0.018) / 0.014, (z - 0.936) / 0.010) < 1
        albedo[rim & ~glass & (np.abs(z - 0.938) < 0.003)] = 0.02
        albedo[rim & glass] *= 0.45
    return albedo


def _shell(tailor: Tailor, thick: float, bottom: Floats | float, style: str) -> Patch:
    """The skull grown by a thickness, kept above a line that runs around the head."""
    rings = [
        (z if z > 0.88 else z + 0.0, x - 0.3 * thick, y, rx + thick, ry + thick) for z, x, y, rx, ry in _HEAD[1:-1]
    ]
    rings.append((1.0 + thick, -0.004, 0.0, 0.008, 0.008))
    folds = Folds.random(tailor.rng(7), (0.0022 if style == "hair" else 0.0008) * tailor.look.height, 9)
    patch = tailor.tube(rings, square=2.1, folds=folds)
    angle = np.abs((patch.angle + np.pi) % (2 * np.pi) - np.pi)
    line = bottom if isinstance(bottom, float) else np.interp(angle, np.linspace(0, np.pi, len(bottom)), bottom)
    return patch.keep(patch.points[:, 2] > line * tailor.look.height)


def _hair(tailor: Tailor) -> list[Surface]:
    look = tailor.look
    if look.hair_style == "bald":
        return []
    shade = 1 + 0.25 * tailor.rng(8).standard_normal(4096).astype(np.float32)
    lines = {  # from the forehead round to the nape
        "short": [0.970, 0.966, 0.935, 0.912, 0.900, 0.893, 0.890],
        "medium": [0.968, 0.962, 0.900, 0.885, 0.878, 0.875, 0.875],
        "ponytail": [0.972, 0.968, 0.945, 0.918, 0.900, 0.895, 0.892],
    }
    line = np.array(lines.get(look.hair_style, lines["ponytail" if look.hair_style == "bun" else "medium"]), np.float32)
    thick = {"short": 0.006, "medium": 0.011, "long": 0.011}.get(look.hair_style, 0.005)
    patch = _shell(tailor, thick, line, "hair")

    def strands(piece: Patch) -> Floats:
        streak = shade[(np.floor(piece.angle * 40) + 7 * np.floor(piece.points[:, 2] * 30)).astype(np.int64) % 4096]
        return np.asarray(np.asarray(look.hair, np.float32) * np.clip(streak, 0.5, 1.6)[:, None], np.float32)

    pieces = [hang(patch, strands(patch), {"head": 1.0})]
    if look.hair_style in ("long", "medium"):
        low = 0.775 if look.hair_style == "long" else 0.845
        fall = tailor.tube(
            [
                (low, -0.040, 0.0, 0.012, 0.030),
                (low + 0.02, -0.040, 0.0, 0.022, 0.046),
                (0.880, -0.026, 0.0, 0.036, 0.050),
                (0.930, -0.014, 0.0, 0.046, 0.053),
                (0.965, -0.010, 0.0, 0.048, 0.049),
            ],
            folds=Folds.random(tailor.rng(9), 0.003 * look.height, 9),
        )
        fall = fall.keep(fall.points[:, 0] < 0.012 * look.height)
        chest = 0.5 * smoothstep(0.87 * look.height, 0.80 * look.height, fall.points[:, 2])
        pieces.append(hang(fall, strands(fall), {"head": 1 - chest, "chest": chest}))
    elif look.hair_style == "ponytail":
        tail = tailor.tube(
            [(0.835, -0.072, 0.0, 0.004, 0.006), (0.870, -0.076, 0.0, 0.014, 0.016), (0.925, -0.072, 0.0, 0.016, 0.018),
             (0.955, -0.056, 0.0, 0.010, 0.012)]
        )  # fmt: skip
        pieces.append(hang(tail, strands(tail), {"head": 1.0}))
    elif look.hair_style == "bun":
        pieces.append(_ball(tailor, (-0.058, 0.0, 0.968), (0.022, 0.024, 0.022), look.hair))
    return pieces


def hat(tailor: Tailor) -> list[Surface]:
    """A hat, if one is worn."""
    look = tailor.look
    if look.hat == "none":
        return []
    colour = np.asarray(look.hat_colour, np.float32)
    if look.hat == "beanie":
        cap = _shell(tailor, 0.015, 0.945, "hat")
        return [hang(cap, colour, {"head": 1.0})]
    pieces = [hang(_shell(tailor, 0.013, 0.955, "hat"), colour, {"head": 1.0})]
    if look.hat == "cap":
        pieces.append(_ball(tailor, (0.066, 0.0, 0.956), (0.046, 0.038, 0.005), colour * 0.8))
    else:
        pieces.append(_ball(tailor, (-0.002, 0.0, 0.958), (0.098, 0.090, 0.006), colour * 0.9))
    return pieces


def tails(tailor: Tailor) -> list[Surface]:
    """Skirts, and the part of a long coat below the hips."""
    look = tailor.look
    pieces = []
    if tailor.skirt_hem:
        flare = float(tailor.rng(10).uniform(0.085, 0.13))
        pieces.append(_bell(tailor, tailor.lower_cloth, top=min(tailor.hem, 0.60), hem=tailor.skirt_hem, flare=flare))
    if look.top == "coat":
        hem = float(tailor.rng(12).uniform(0.27, 0.40))
        pieces.append(
            _bell(tailor, tailor.upper_cloth, top=0.60, hem=hem, flare=0.112, thick=0.019, gap=look.open_front)
        )
    return pieces


def _bell(
    tailor: Tailor,
    colour: Callable[[Patch], Floats],
    *,
    top: float,
    hem: float,
    flare: float,
    thick: float = 0.0,
    gap: bool = False,
) -> Surface:
    look = tailor.look
    g, w, height = look.girth, look.hips, look.height
    rings = [
        (hem, 0.0, 0.0, flare * 0.92 * g**0.5, flare * 1.05 * g**0.5),
        (0.5 * (hem + 0.48), 0.0, 0.0, 0.084 * g + thick, 0.098 * g * w + thick),
        (0.500, 0.0, 0.0, 0.074 * g + thick, 0.096 * g * w + thick),
        (0.540, 0.0, 0.0, 0.068 * g + thick, 0.093 * g * w + thick),
        (0.615, 0.0, 0.0, 0.059 * g + thick, 0.081 * g + thick),
    ]
    # What hangs out over the skirt hides its upper end: it stops a little inside.
    patch = tailor.tube(
        [ring for ring in rings if ring[0] < top + 0.03],
        folds=Folds(0.006 * height, tuple((int(k), 3.0, float(k), 1.0) for k in (5, 7, 9, 12))),
    )
    x, y, z = patch.points.T
    albedo = colour(patch)
    if gap:
        patch, albedo = patch.keep(mask := ~((x > 0) & (np.abs(y) < 0.03 * height))), albedo[mask]
        x, y, z = patch.points.T
    lower = 0.85 * smoothstep(0.50 * height, max(hem, 0.25) * height, z)
    left = smoothstep(-0.09 * height, 0.09 * height, y)
    return hang(patch, albedo, {"pelvis": 1 - lower, "thigh_l": lower * left, "thigh_r": lower * (1 - left)})


def collar(tailor: Tailor) -> list[Surface]:
    """Collar, hood or scarf."""
    look = tailor.look
    if look.scarf is not None:
        colour: Floats = np.asarray(look.scarf, np.float32)
        thick, low, high = 0.022, 0.826, 0.862
    elif look.top == "hoodie":
        return [
            _ball(
                tailor,
                (-0.048, 0.0, 0.842),
                (0.034, 0.056, 0.030),
                np.asarray(look.upper, np.float32) * 0.9,
                bone="chest",
            )
        ]
    elif look.top in ("coat", "jacket", "shirt"):
        colour = np.asarray(look.upper, np.float32) * 0.85
        thick, low, high = 0.008, 0.826, 0.853
    else:
        return []
    ring = tailor.tube(
        [
            (low, -0.006, 0.0, 0.034 + thick, 0.040 + thick),
            (0.5 * (low + high), -0.005, 0.0, 0.033 + thick, 0.036 + thick),
            (high, -0.004, 0.0, 0.032 + thick * 0.6, 0.034 + thick * 0.6),
        ],
        folds=Folds.random(tailor.rng(14), 0.002 * look.height),
    )
    return [hang(ring, colour, {"chest": 1.0})]
