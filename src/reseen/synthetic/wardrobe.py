"""What people look like: build, skin, hair, clothes and what they carry, drawn from a seed."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from reseen.synthetic.gait import GaitStyle

Colour = tuple[float, float, float]
"""Linear R, G, B in 0..1: the share of light that a cloth or skin throws back."""

_CLOTH = {  # name: sRGB, how often for the upper half, how often for the lower half
    "black": ((28, 28, 31), 14, 18),
    "charcoal": ((62, 64, 69), 9, 10),
    "gray": ((128, 130, 133), 9, 8),
    "silver": ((186, 188, 190), 5, 3),
    "white": ((236, 235, 230), 12, 4),
    "navy": ((29, 38, 78), 9, 12),
    "denim": ((64, 92, 138), 4, 16),
    "pale denim": ((128, 158, 194), 3, 8),
    "royal": ((34, 74, 190), 6, 2),
    "sky": ((112, 178, 226), 5, 1),
    "teal": ((18, 122, 128), 4, 1),
    "green": ((34, 122, 58), 5, 1),
    "olive": ((92, 98, 52), 5, 5),
    "lime": ((164, 206, 62), 2, 0),
    "yellow": ((238, 204, 50), 4, 1),
    "mustard": ((196, 146, 36), 3, 1),
    "orange": ((232, 116, 34), 4, 1),
    "red": ((196, 32, 38), 8, 2),
    "maroon": ((104, 24, 38), 4, 2),
    "pink": ((236, 148, 172), 4, 1),
    "magenta": ((186, 38, 122), 2, 1),
    "purple": ((96, 52, 142), 3, 1),
    "lavender": ((178, 160, 214), 2, 1),
    "beige": ((208, 186, 150), 5, 8),
    "brown": ((104, 68, 42), 5, 5),
    "khaki": ((156, 140, 98), 3, 7),
}
_SKIN = ((241, 202, 178), (226, 180, 148), (201, 150, 114), (162, 112, 80), (118, 78, 54), (82, 54, 40))
_HAIR = (
    (22, 19, 18),
    (44, 31, 24),
    (84, 55, 35),
    (132, 90, 52),
    (196, 160, 98),
    (148, 142, 138),
    (206, 202, 198),
)
_PATTERNS = ("plain", "stripes", "pinstripes", "checks", "blocks", "logo", "dots", "marl")


@dataclass(frozen=True)
class Look:
    """One person's looks, everything that stays the same from camera to camera.

    Attributes:
        height: Metres.
        girth: Factor on the width of trunk and limbs (1 is usual).
        shoulders: Factor on the width of the shoulders.
        hips: Factor on the width of the hips.
        skin: Colour of skin.
        hair: Colour of hair.
        hair_style: ``bald``, ``short``, ``medium``, ``long``, ``ponytail`` or ``bun``.
        beard: True with a beard.
        hat: ``none``, ``cap``, ``beanie`` or ``brim``.
        hat_colour: Its colour.
        glasses: True with glasses.
        upper: Colour of the upper garment.
        upper_second: Second colour of its pattern, and of the shirt under an open jacket.
        pattern: Of the upper garment, one of the known patterns.
        top: ``tee``, ``long``, ``shirt``, ``jacket``, ``coat``, ``hoodie`` or ``vest``.
        open_front: True when a jacket or coat stands open.
        lower: Colour of the lower garment.
        bottom: ``trousers``, ``slim``, ``wide``, ``shorts``, ``skirt``, ``long skirt`` or ``dress``.
        shoes: Colour of the shoes.
        sole: Colour of the soles.
        boots: True for boots over the ankle.
        scarf: Colour of a scarf, or None.
        carries: ``nothing``, ``backpack``, ``shoulder bag``, ``handbag`` or ``tote``.
        bag_colour: Its colour.
        gait: How the person moves.
        cloth_seed: Seeds folds, noise and the details of the pattern.
    """

    height: float
    girth: float
    shoulders: float
    hips: float
    skin: Colour
    hair: Colour
    hair_style: str
    beard: bool
    hat: str
    hat_colour: Colour
    glasses: bool
    upper: Colour
    upper_second: Colour
    pattern: str
    top: str
    open_front: bool
    lower: Colour
    bottom: str
    shoes: Colour
    sole: Colour
    boots: bool
    scarf: Colour | None
    carries: str
    bag_colour: Colour
    gait: GaitStyle
    cloth_seed: int


def linear(srgb: tuple[int, int, int]) -> Colour:
    """Linear light of an sRGB colour in 0..255."""
    red, green, blue = ((channel / 255) ** 2.2 for channel in srgb)
    return red, green, blue


def _cloth(rng: np.random.Generator, column: int) -> Colour:
    entries = list(_CLOTH.values())
    weights = np.array([entry[column] for entry in entries], np.float64)
    srgb = entries[rng.choice(len(entries), p=weights / weights.sum())][0]
    shifted = np.clip(np.array(srgb) * rng.uniform(0.9, 1.1) + rng.normal(0, 5, 3), 8, 245)
    return linear((int(shifted[0]), int(shifted[1]), int(shifted[2])))


def _one_of(rng: np.random.Generator, **chances: float) -> str:
    names = [name.replace("_", " ") for name in chances]
    weights = np.array(list(chances.values()))
    return str(names[rng.choice(len(names), p=weights / weights.sum())])


def _draw(rng: np.random.Generator) -> Look:
    feminine = bool(rng.random() < 0.5)
    top = _one_of(rng, tee=4, long=3, shirt=3, jacket=4, coat=2, hoodie=2.5, vest=1)
    if feminine:
        bottom = _one_of(rng, trousers=3, slim=4, wide=1, shorts=1, skirt=3, long_skirt=1.5, dress=2.5)
        hair_style = _one_of(rng, short=1, medium=3, long=4, ponytail=3, bun=2)
    else:
        bottom = _one_of(rng, trousers=6, slim=2, wide=1.5, shorts=2)
        hair_style = _one_of(rng, bald=1.5, short=7, medium=2, long=0.4)
    if bottom == "dress" and top not in ("jacket", "coat"):
        top = _one_of(rng, tee=3, long=2)
    elder = rng.random() < 0.15
    tone = int(rng.integers(len(_SKIN)))
    hair = _HAIR[int(rng.integers(5, 7))] if elder else _HAIR[int(rng.integers(0, 5 if tone < 3 else 3))]
    upper, lower = _cloth(rng, 1), _cloth(rng, 2)
    pattern = _one_of(rng, plain=8, stripes=2.5, pinstripes=1, checks=2, blocks=2, logo=3, dots=1, marl=1.5)
    carries = _one_of(rng, nothing=5, backpack=3, shoulder_bag=2, handbag=1.5 if feminine else 0.3, tote=0.8)
    return Look(
        height=float(np.clip(rng.normal(1.66 if feminine else 1.78, 0.065), 1.48, 1.98)),
        girth=float(np.clip(rng.lognormal(0.0, 0.10), 0.86, 1.32)),
        shoulders=float(rng.normal(0.93 if feminine else 1.03, 0.03)),
        hips=float(rng.normal(1.05 if feminine else 0.97, 0.03)),
        skin=linear(_SKIN[tone]),
        hair=linear(hair),
        hair_style=hair_style,
        beard=bool(not feminine and rng.random() < 0.25),
        hat=_one_of(rng, none=8, cap=1.2, beanie=0.9, brim=0.5),
        hat_colour=_cloth(rng, 1),
        glasses=bool(rng.random() < 0.2),
        upper=upper,
        upper_second=_cloth(rng, 1),
        pattern=pattern,
        top=top,
        open_front=bool(top in ("jacket", "coat") and rng.random() < 0.5),
        lower=upper if bottom == "dress" else lower,
        bottom=bottom,
        shoes=_cloth(rng, 2) if rng.random() < 0.5 else linear((32, 30, 30)),
        sole=linear((226, 224, 218)) if rng.random() < 0.5 else linear((40, 36, 34)),
        boots=bool(rng.random() < 0.2),
        scarf=_cloth(rng, 1) if rng.random() < 0.1 else None,
        carries=carries,
        bag_colour=_cloth(rng, 1) if rng.random() < 0.6 else linear((38, 34, 34)),
        gait=_draw_gait(rng, carries),
        cloth_seed=int(rng.integers(2**31)),
    )


def _draw_gait(rng: np.random.Generator, carries: str) -> GaitStyle:
    return GaitStyle(
        stride=float(rng.uniform(0.88, 1.12)),
        arm_swing=float(rng.uniform(0.55, 1.25)),
        elbow=float(rng.uniform(0.15, 0.5)),
        lean=float(rng.uniform(0.0, 0.09)),
        stoop=float(rng.uniform(0.0, 0.18)),
        toes_out=float(rng.uniform(0.03, 0.25)),
        sway=float(rng.uniform(0.01, 0.06)),
        arms_out=float(rng.uniform(0.08, 0.18)),
        cadence_phase=float(rng.uniform(0, 2 * np.pi)),
        idle=_one_of(rng, hang=4, phone=2.5, pockets=2, hips=1, folded=1.5),
        busy_hand=carries in ("handbag", "tote"),
    )


def _features(look: Look) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """What tells people apart at a distance, as a vector whose differences mean something."""
    upper, lower = np.sqrt(look.upper), np.sqrt(look.lower)
    second = np.sqrt(look.upper_second) if look.pattern != "plain" or look.open_front else upper
    shape = [
        0.5 * (look.bottom in ("skirt", "long skirt", "dress")),
        0.4 * (look.top == "coat"),
        0.3 * (look.bottom == "shorts"),
        0.3 * (look.carries == "backpack"),
        0.3 * (look.hair_style in ("long", "medium")),
    ]
    return np.concatenate([upper * 1.2, lower, 0.5 * second, shape, [0.15 * _PATTERNS.index(look.pattern) ** 0.5]])


def dress(seed: int, count: int, alike: float = 0.0) -> tuple[Look, ...]:
    """People that can be told apart.

    The first people of a longer list are those of a shorter one.

    Args:
        seed: Any seed.
        count: How many.
        alike: Chance that a person wears almost what somebody before wears.
    """
    looks: list[Look] = []
    known = np.zeros((0, 15))
    for index in range(count):
        rng = np.random.default_rng([seed, 1, index])
        candidates = [_draw(rng) for _ in range(12)]
        features = np.stack([_features(look) for look in candidates])
        best = 0
        if looks:
            nearest = np.linalg.norm(features[:, None] - known[None], axis=-1).min(1)
            best = int(nearest.argmax()) if nearest.max() < 0.9 else int(np.argmax(nearest >= 0.9))
        look = candidates[best]
        if looks and rng.random() < alike:
            twin = looks[int(rng.integers(len(looks)))]
            look = replace(look, upper=twin.upper, lower=twin.lower, top=twin.top, pattern=twin.pattern)
        looks.append(look)
        known = np.concatenate([known, _features(look)[None]])
    return tuple(looks)
