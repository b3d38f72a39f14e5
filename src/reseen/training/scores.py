"""Scores as a search shows them, and what they mean: curve and threshold for a card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reseen.evaluation import (
    Embedded,
    Pairs,
    ScoreRule,
    false_match_curve,
    labelled_scores,
    miss_rates,
    normalised,
    pairwise,
    threshold_at,
)
from reseen.models.curve import ScoreCurve

BEST = 2
DEFAULT_RATE = 1e-3
SHOTS = 4


def _best_shots(likeness: NDArray[np.float32]) -> float:
    """The mean over a photo's two most alike shots, then over the photos."""
    return float(np.sort(likeness, axis=1)[:, -BEST:].mean())


#: A person's raw score in a search.
BEST_SHOTS: ScoreRule = pairwise(_best_shots)


@dataclass(frozen=True, eq=False)
class Meaning:
    """What scores mean for a model on some data.

    Attributes:
        curve: How often strangers reach a score.
        threshold: The lowest score that at most ``rate`` of the strangers reach.
        rate: That rate.
        missed: Share of (query, same person) pairs below the threshold.
        pairs: The scores behind it.
    """

    curve: ScoreCurve
    threshold: float
    rate: float
    missed: float
    pairs: Pairs


def unit(embedded: Embedded) -> Embedded:
    """The same with rows of length 1."""
    return Embedded(normalised(embedded.features), embedded.persons, embedded.cameras)


def meaning_of(
    query: Embedded,
    gallery: Embedded,
    source: str,
    *,
    rate: float = DEFAULT_RATE,
    rule: ScoreRule = BEST_SHOTS,
) -> Meaning:
    """Measure curve and threshold on named people.

    Args:
        query: Photos, one a query; rows need not be of length 1.
        gallery: Pictures looked through; up to four of a person in a camera count as one sighting.
        source: What it is measured on, for the card.
        rate: The share of strangers that may reach the threshold.
        rule: How a search scores a person.

    Raises:
        ValueError: Fewer than 10 pairs of different people.
    """
    return from_pairs(labelled_scores(unit(query), unit(gallery), rule, SHOTS).pairs, source, rate)


def from_pairs(pairs: Pairs, source: str, rate: float = DEFAULT_RATE) -> Meaning:
    """Curve and threshold of scored pairs."""
    return from_populations([pairs], source, rate)


def from_populations(populations: Sequence[Pairs], source: str, rate: float = DEFAULT_RATE) -> Meaning:
    """Curve and threshold over several data sets, which count alike whatever their size.

    Raises:
        ValueError: One of them has fewer than 10 pairs of different people.
    """
    strangers = [pairs.different for pairs in populations]
    measured = false_match_curve(strangers)
    curve = ScoreCurve.of(measured.scores, measured.rates, measured.pairs, source)
    threshold = round(float(np.clip(threshold_at(strangers, rate), -1, 1)), 4)
    missed = [miss_rates(p.same, np.asarray([threshold]))[0] for p in populations if len(p.same)]
    return Meaning(
        curve=curve,
        threshold=threshold,
        rate=rate,
        missed=float(np.mean(missed)) if missed else float("nan"),
        pairs=Pairs(np.concatenate([p.same for p in populations]), np.concatenate(strangers)),
    )
