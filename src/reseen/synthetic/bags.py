"""The bags that people carry, and what carries them."""

from __future__ import annotations

from reseen.synthetic.patterns import Weave, cloth
from reseen.synthetic.surfaces import Folds, Surface, hang
from reseen.synthetic.tailor import Tailor

_BAGS: dict[str, tuple[str, tuple[tuple[float, ...], ...]]] = {  # the bone that carries it, the rings of a box
    "backpack": (
        "chest",
        (
            (0.595, -0.098, 0.0, 0.036, 0.066),
            (0.620, -0.106, 0.0, 0.048, 0.080),
            (0.700, -0.104, 0.0, 0.046, 0.080),
            (0.780, -0.090, 0.0, 0.036, 0.072),
            (0.815, -0.072, 0.0, 0.018, 0.050),
        ),
    ),
    "shoulder bag": (
        "pelvis",
        (
            (0.440, 0.0, -0.128, 0.058, 0.022),
            (0.455, 0.0, -0.130, 0.072, 0.030),
            (0.530, 0.0, -0.128, 0.070, 0.026),
            (0.550, 0.0, -0.124, 0.060, 0.014),
        ),
    ),
    "handbag": (
        "forearm_l",
        (
            (0.285, 0.0, 0.1, 0.050, 0.018),
            (0.295, 0.0, 0.1, 0.062, 0.026),
            (0.365, 0.0, 0.1, 0.052, 0.020),
            (0.380, 0.0, 0.1, 0.012, 0.006),
            (0.410, 0.0, 0.1, 0.010, 0.006),
        ),
    ),
    "tote": (
        "forearm_l",
        (
            (0.215, 0.0, 0.1, 0.076, 0.016),
            (0.230, 0.0, 0.1, 0.082, 0.024),
            (0.350, 0.0, 0.1, 0.080, 0.018),
            (0.365, 0.0, 0.1, 0.012, 0.006),
            (0.415, 0.0, 0.1, 0.010, 0.006),
        ),
    ),
}


def bag(tailor: Tailor) -> list[Surface]:
    """The bag that is carried, if any."""
    look = tailor.look
    if look.carries == "nothing":
        return []
    bone, rings = _BAGS[look.carries]
    if bone == "forearm_l":  # it hangs from the hand, wherever the shoulders put that
        rings = tuple((z, x, tailor.shoulder, *radii) for z, x, _, *radii in rings)
    folds = Folds.random(tailor.rng(15), 0.002 * look.height)
    patch = tailor.tube(rings, square=4.0, folds=folds)
    pattern = "blocks" if look.carries == "backpack" else "plain"
    red, green, blue = (0.55 * channel for channel in look.bag_colour)
    weave = Weave(pattern, look.bag_colour, (red, green, blue), look.cloth_seed)
    return [hang(patch, cloth(patch, weave, look.height, tailor.spacing), {bone: 1.0})]
