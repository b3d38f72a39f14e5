"""Open-set search: how often is a known person found, when strangers may be told "found" only so often?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reseen.evaluation.ranking import Ranking


@dataclass(frozen=True)
class OpenSetPoint:
    """One working point of an open-set search.

    Attributes:
        false_positives: The share of searches for strangers that may return somebody (FPIR) which was asked
            for.
        threshold: The lowest similarity that keeps to it.
        true_positives: Share of searches for known people whose best answer is right and reaches the
            threshold (TPIR).
        searches: Searches for strangers behind the threshold.
        supported: False when there were fewer than ``1 / false_positives`` of them: the threshold is then the
            highest similarity of any stranger, and the true rate may be well above the one asked for.
    """

    false_positives: float
    threshold: float
    true_positives: float
    searches: int
    supported: bool


def open_set(
    right: NDArray[np.float32], wrong: NDArray[np.float32], rates: Sequence[float] = (0.01, 0.001)
) -> tuple[OpenSetPoint, ...]:
    """Threshold and share found at given false-positive rates.

    Every query serves twice: with its own person in the gallery it is a search for a known person, and with
    that person taken out it is a search for a stranger, so that no identities need be set aside.

    Args:
        right: ``(Q,)`` similarity of the most alike image of the query's person; not finite where there is
            none.
        wrong: ``(Q,)`` similarity of the most alike image of anybody else; not finite where there is none.
        rates: False-positive rates, each in 0..1.

    Raises:
        ValueError: If no query has a wrong image to be mistaken for.
    """
    known = np.isfinite(right)
    strangers = np.sort(wrong[np.isfinite(wrong)])[::-1]
    if not len(strangers):
        raise ValueError("an open-set search needs at least one image of somebody else")
    points = []
    for rate in rates:
        allowed = int(np.floor(rate * len(strangers) + 1e-9))
        # Just above the first stranger who must not be let through; all pass when every one may.
        above = np.nextafter(strangers[allowed:], strangers.dtype.type(np.inf))
        threshold = float(above[0]) if len(above) else -np.inf
        found = (right[known] >= threshold) & (right[known] > wrong[known])
        points.append(
            OpenSetPoint(
                false_positives=rate,
                threshold=threshold,
                true_positives=float(found.mean()) if known.any() else 0.0,
                searches=len(strangers),
                supported=rate * len(strangers) >= 1 - 1e-9,
            )
        )
    return tuple(points)


def open_set_of(ranking: Ranking, rates: Sequence[float] = (0.01, 0.001)) -> tuple[OpenSetPoint, ...]:
    """``open_set`` for a ranking by cosine distance; similarity is 1 - distance."""
    return open_set(1 - ranking.nearest_right, 1 - ranking.nearest_wrong, rates)
