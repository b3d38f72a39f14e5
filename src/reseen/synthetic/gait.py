"""How a figure moves: joints, the walking cycle, standing, and the matrices that carry the body along."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reseen.synthetic.curves import periodic_table

BONES = (
    "pelvis", "chest", "head",
    "upper_arm_l", "forearm_l", "upper_arm_r", "forearm_r",
    "thigh_l", "shin_l", "foot_l", "thigh_r", "shin_r", "foot_r",
)  # fmt: skip
BONE = {name: index for index, name in enumerate(BONES)}

# Joint angles of level walking in degrees over one cycle that begins with the heel strike of that leg; the
# curves are the usual textbook ones (Perry and Burnfield, Gait Analysis), read off at a few points.
_HIP = periodic_table([(0, 28), (12, 25), (30, 5), (50, -13), (60, -5), (75, 22), (87, 32)])
_KNEE = periodic_table([(0, 4), (14, 17), (28, 9), (40, 4), (50, 11), (62, 40), (73, 60), (85, 33), (95, 5)])
_ANKLE = periodic_table([(0, 2), (8, -5), (20, 2), (45, 10), (55, 0), (62, -17), (75, -3), (87, 2)])


@dataclass(frozen=True)
class GaitStyle:
    """What is personal about a walk.

    Attributes:
        stride: Factor on the swing of the legs (1 is usual).
        arm_swing: Factor on the swing of the arms.
        elbow: Usual bend of the elbows, radians.
        lean: Forward lean of the trunk, radians.
        stoop: Forward bend of the head, radians.
        toes_out: Outward turn of the feet, radians.
        sway: Sideways sway of the trunk, radians.
        arms_out: How far the arms hang from the body, radians.
        cadence_phase: Where in the cycle the person starts, radians.
        idle: What the arms do while standing: ``hang``, ``phone``, ``pockets``, ``hips`` or ``folded``.
        busy_hand: True when one hand carries something and swings little.
    """

    stride: float = 1.0
    arm_swing: float = 1.0
    elbow: float = 0.3
    lean: float = 0.04
    stoop: float = 0.08
    toes_out: float = 0.12
    sway: float = 0.04
    arms_out: float = 0.12
    cadence_phase: float = 0.0
    idle: str = "hang"
    busy_hand: bool = False


@dataclass(frozen=True)
class Stance:
    """A moment of the movement.

    Attributes:
        phase: Place in the walking cycle, radians.
        stride: 0 standing still, 1 walking.
        clock: Seconds, for the small movements of standing.
        look: Turn of the head, radians to the left.
    """

    phase: float
    stride: float
    clock: float = 0.0
    look: float = 0.0


def _turn(axis: int, angle: float) -> NDArray[np.float64]:
    cos, sin = np.cos(angle), np.sin(angle)
    matrix = np.eye(3)
    first, second = [(1, 2), (0, 2), (0, 1)][axis]
    matrix[first, first] = matrix[second, second] = cos
    matrix[first, second], matrix[second, first] = -sin, sin
    return matrix


def _swing(angle: float) -> NDArray[np.float64]:
    """Turn about the sideways axis: what hangs down goes forward for a positive angle."""
    return _turn(1, angle)


def _spread(angle: float) -> NDArray[np.float64]:
    """Turn about the forward axis: what hangs down goes to the left for a positive angle."""
    return _turn(0, angle)


_IDLE_ARMS = {  # shoulder swing, shoulder spread (outward), elbow bend, inward turn of the forearm
    "hang": (0.0, 0.06, 0.18, 0.0),
    "phone": (0.45, 0.10, 1.75, 0.35),
    "pockets": (-0.12, 0.20, 0.55, 0.25),
    "hips": (-0.35, 0.62, 1.35, 1.0),
    "folded": (0.42, 0.12, 1.55, 1.05),
}


def pose(joints: NDArray[np.float64], style: GaitStyle, stance: Stance) -> NDArray[np.float32]:
    """Where the bones are at a moment.

    Args:
        joints: ``(13, 3)`` metres, the joint at which each bone begins, in the upright rest pose (x forward,
            y left, z up, arms hanging).
        style: The person's way of moving.
        stance: The moment.

    Returns:
        ``(13, 3, 4)`` float32: for each bone the matrix from rest to posed position; the lowest sole is at
        ``z = 0`` and the pelvis at ``x = y = 0``.
    """
    turns = _turns(style, stance)
    matrices = np.zeros((len(BONES), 3, 4))
    parents = {"chest": "pelvis", "head": "chest"}
    for side in "lr":
        parents |= {
            f"upper_arm_{side}": "chest", f"forearm_{side}": f"upper_arm_{side}",
            f"thigh_{side}": "pelvis", f"shin_{side}": f"thigh_{side}", f"foot_{side}": f"shin_{side}",
        }  # fmt: skip
    for index, name in enumerate(BONES):
        if name == "pelvis":
            rotation, place = turns[name], joints[index]
        else:
            parent = matrices[BONE[parents[name]]]
            rotation = parent[:, :3] @ turns[name]
            place = parent[:, :3] @ joints[index] + parent[:, 3]
        matrices[index, :, :3] = rotation
        matrices[index, :, 3] = place - rotation @ joints[index]
    matrices[:, 2, 3] -= _lowest_sole(joints, matrices)
    return matrices.astype(np.float32)


def _lowest_sole(joints: NDArray[np.float64], matrices: NDArray[np.float64]) -> float:
    lowest = np.inf
    for side in "lr":
        bone = BONE[f"foot_{side}"]
        ankle = joints[bone]
        for reach in (-0.85, 1.0, 2.4):  # heel, ball, toe, in ankle heights
            sole = np.array([ankle[0] + reach * ankle[2], ankle[1], 0.0])
            lowest = min(lowest, float((matrices[bone, :, :3] @ sole + matrices[bone, :, 3])[2]))
    return lowest


def _turns(style: GaitStyle, stance: Stance) -> dict[str, NDArray[np.float64]]:
    walk, still = stance.stride, 1.0 - min(stance.stride, 1.0)
    amount = walk * style.stride
    phase = stance.phase
    breath = np.sin(stance.clock * 0.9 + style.cadence_phase) * still
    turns = {
        "pelvis": _turn(2, 0.09 * amount * np.cos(phase))
        @ _spread(0.5 * style.sway * amount * np.sin(phase) + 0.02 * breath),
        "chest": _turn(2, -0.16 * amount * np.cos(phase) + 0.04 * breath)
        @ _swing(-style.lean * (0.4 + 0.6 * walk))
        @ _spread(-style.sway * amount * np.sin(phase)),
        "head": _turn(2, stance.look + 0.08 * amount * np.cos(phase)) @ _swing(style.lean * walk - style.stoop),
    }  # fmt: skip
    for side, sign, offset in (("l", 1.0, 0.0), ("r", -1.0, np.pi)):
        leg = phase + offset
        shift = 0.03 * still * (1 + sign * breath)
        hip = np.radians(_HIP(leg) - 4) * amount + shift
        knee = np.radians(_KNEE(leg)) * min(amount, 1.15) * (0.85 + 0.15 * walk) + 2 * shift
        turns[f"thigh_{side}"] = _swing(hip) @ _spread(sign * (0.015 + 0.035 * still))
        turns[f"shin_{side}"] = _swing(-knee)
        turns[f"foot_{side}"] = _turn(2, sign * style.toes_out) @ _swing(np.radians(_ANKLE(leg)) * amount + shift)
        turns |= _arm_turns(style, stance, side, sign, still)
    return turns


def _arm_turns(
    style: GaitStyle, stance: Stance, side: str, sign: float, still: float
) -> dict[str, NDArray[np.float64]]:
    idle = style.idle if (side == "r" or style.idle in ("hips", "folded", "pockets")) else "hang"
    if style.busy_hand and side == "l":
        idle = "hang"
    swing, spread, bend, inward = _IDLE_ARMS[idle]
    # The arm goes with the leg of the other side: forward when that leg strikes.
    beat = np.cos(stance.phase + (np.pi if side == "l" else 0.0))
    amount = stance.stride * style.arm_swing * (0.35 if style.busy_hand and side == "l" else 1.0)
    shoulder = swing * still + amount * (0.38 * beat - 0.03)
    out = spread * still + style.arms_out * (1 - still)
    elbow = bend * still + (1 - still) * (style.elbow + 0.22 * amount * (beat + 0.6))
    return {
        f"upper_arm_{side}": _swing(shoulder) @ _spread(sign * out),
        f"forearm_{side}": _turn(2, -sign * (inward * still + 0.12)) @ _swing(elbow) @ _spread(-sign * 0.04),
    }


def cycle_length(height: float, speed: float, style: GaitStyle) -> float:
    """Metres walked in one cycle (two steps) at a speed in metres a second by a person of a height in metres."""
    return float(0.83 * height * style.stride * np.clip(speed / 1.3, 0.5, 1.6) ** 0.5)
