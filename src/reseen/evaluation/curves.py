"""How often strangers reach a score, and how often the wanted person does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: An event never seen in n trials has, at 95 per cent confidence, a rate below 3 / n ("rule of three").
RULE_OF_THREE = 3.0


@dataclass(frozen=True, eq=False)
class FalseMatchCurve:
    """Share of (query, somebody else) pairs that reach a score.

    Attributes:
        scores: ``(K,)`` float64, rising strictly.
        rates: ``(K,)`` float64, share of the pairs with that score or more; falling strictly, the last one
            is the lowest that the data support: of any higher score they only say "fewer than that".
        pairs: Number of pairs behind it; ``rates[-1]`` is about ``3 / pairs``.
    """

    scores: NDArray[np.float64]
    rates: NDArray[np.float64]
    pairs: int


def false_match_curve(populations: Sequence[NDArray[np.float64]], points: int = 48) -> FalseMatchCurve:
    """Measure the curve on one or more populations of stranger pairs.

    Populations (data sets, cameras) count alike whatever their size: the rate is the mean of their rates, and
    ``pairs`` is the number of populations times the size of the smallest, so that the curve claims no more
    certainty than the smallest population gives.

    Args:
        populations: The scores of all (query, somebody else) pairs of each.
        points: Most points kept; they lie evenly in the logarithm of the rate.

    Raises:
        ValueError: If there are no populations, or one has fewer than 10 pairs or scores that are not finite.
    """
    scores, rates = _survival(populations)
    pairs = len(populations) * min(len(one) for one in populations)
    floor = RULE_OF_THREE / pairs
    wanted = np.geomspace(1.0, floor, points)
    # For each wanted rate the lowest score whose rate is no higher; rates fall with the score.
    chosen = np.searchsorted(-rates, -wanted, side="left").clip(max=len(rates) - 1)
    chosen = np.unique(np.concatenate([[0], chosen]))
    kept = np.maximum(rates[chosen], floor)
    # Of several points at the floor the lowest score says it all.
    last = int(np.argmax(kept <= floor * (1 + 1e-9))) + 1 if (kept <= floor * (1 + 1e-9)).any() else len(kept)
    return FalseMatchCurve(scores[chosen][:last], kept[:last], pairs)


def threshold_at(populations: Sequence[NDArray[np.float64]], rate: float) -> float:
    """The lowest score that at most ``rate`` of the pairs reach (populations count alike).

    Returns:
        The score, just above the pair that must not reach it.

    Raises:
        ValueError: As ``false_match_curve``.
    """
    scores, rates = _survival(populations)
    allowed = np.flatnonzero(rates <= rate)
    if not len(allowed):
        return float(np.nextafter(scores[-1], np.inf))
    index = int(allowed[0])
    return float(np.nextafter(scores[index - 1], np.inf)) if index else float(scores[0])


def miss_rates(scores: NDArray[np.float64], thresholds: NDArray[np.float64]) -> NDArray[np.float64]:
    """False non-match rate: the share of (query, same person) pairs below each threshold.

    Args:
        scores: ``(N,)`` scores of the same person's pairs, at least one.
        thresholds: ``(T,)`` in any order.

    Returns:
        ``(T,)`` float64 in 0..1.
    """
    return np.searchsorted(np.sort(scores), thresholds, side="left") / len(scores)


def _survival(
    populations: Sequence[NDArray[np.float64]],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """All different scores, rising, and the share of pairs that reach each, both ``(K,)``."""
    if not populations:
        raise ValueError("a score curve needs pairs of different people")
    for one in populations:
        if len(one) < 10 or not np.isfinite(one).all():
            raise ValueError(f"a score curve needs at least 10 finite scores a population, not {len(one)}")
    scores = np.unique(np.concatenate(populations).astype(np.float64))
    reaching = [(len(one) - np.searchsorted(np.sort(one), scores, side="left")) / len(one) for one in populations]
    return scores, np.mean(reaching, axis=0)
