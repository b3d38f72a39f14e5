"""Learning rates by epoch, as pure functions.

Epochs count from 1; a rate belongs to a whole epoch. `cosine_rate` and `multistep_rate` are those of
CLIP-ReID's two stages with what is peculiar to them: the cosine runs over all epochs, also those of the
warm-up, so that the first epoch after it starts a little below the base rate, and the last epoch has
exactly the minimum; the multi-step warm-up is already one step up in epoch 1.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass
from typing import Literal

from reseen.errors import UsageError


@dataclass(frozen=True)
class ScheduleSettings:
    """How the rate runs over the epochs.

    Attributes:
        kind: ``cosine``, ``multistep`` or ``constant``.
        epochs: Epochs in all.
        warmup_epochs: Epochs of rising rate; 0 for none.
        warmup_start: Rate before the first epoch of a cosine's warm-up.
        minimum: Rate at the end of a cosine.
        steps: Epochs at which a multi-step rate drops.
        gamma: Factor of each drop.
        warmup_factor: Factor of the base rate before the first epoch of a multi-step's warm-up.
        warmup_kind: Whether that factor rises to 1 or stays until the warm-up ends.
    """

    kind: Literal["cosine", "multistep", "constant"] = "cosine"
    epochs: int = 60
    warmup_epochs: int = 5
    warmup_start: float = 1e-5
    minimum: float = 1e-6
    steps: tuple[int, ...] = (30, 50)
    gamma: float = 0.1
    warmup_factor: float = 0.1
    warmup_kind: Literal["linear", "constant"] = "linear"

    def __post_init__(self) -> None:
        if self.epochs < 1 or self.warmup_epochs < 0:
            raise UsageError(f"schedule: {self.epochs} epochs with {self.warmup_epochs} of warm-up")
        if list(self.steps) != sorted(self.steps):
            raise UsageError(f"schedule.steps: {list(self.steps)} are not in rising order")


def epoch_rate(settings: ScheduleSettings, base: float, epoch: float) -> float:
    """Gives the rate of an epoch.

    Args:
        settings: How it runs.
        base: The rate it starts from after warm-up.
        epoch: From 1 to ``settings.epochs``; 0 gives the rate before the first. Fractions are allowed, for
            rates that change within an epoch.
    """
    if settings.kind == "cosine":
        return cosine_rate(settings, base, epoch)
    if settings.kind == "multistep":
        return multistep_rate(settings, base, epoch)
    return base * min(1.0, epoch / settings.warmup_epochs) if settings.warmup_epochs else base


def cosine_rate(settings: ScheduleSettings, base: float, epoch: float) -> float:
    """Rises in a straight line over the warm-up, then follows half a cosine to the minimum.

    "SGDR: Stochastic Gradient Descent with Warm Restarts" (ICLR 2017), one period.
    """
    if epoch < settings.warmup_epochs:
        rise = (base - settings.warmup_start) / settings.warmup_epochs
        return settings.warmup_start + epoch * rise
    if epoch >= settings.epochs:
        return settings.minimum
    swing = 0.5 * (base - settings.minimum)
    return settings.minimum + swing * (1.0 + math.cos(math.pi * epoch / settings.epochs))


def multistep_rate(settings: ScheduleSettings, base: float, epoch: float) -> float:
    """Drops by `gamma` from each step on; over the warm-up it is held down by a factor.

    "Bag of Tricks and a Strong Baseline for Deep Person Re-identification" (CVPRW 2019).
    """
    factor = 1.0
    if epoch < settings.warmup_epochs:
        factor = settings.warmup_factor
        if settings.warmup_kind == "linear":
            done = epoch / settings.warmup_epochs
            factor = settings.warmup_factor * (1.0 - done) + done
    drops: float = settings.gamma ** bisect_right(settings.steps, epoch)
    return base * factor * drops
