"""Scores as a search shows them, and what they mean: curve and threshold for a card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reseen.evaluation import (
    Embedded,
    Pairs,
    false_match_curve,
    labelled_pairs,
    miss_rates,
    normalised,
    threshold_at,
)
from reseen.models.curve import ScoreCurve

BEST = 2
DEFAULT_RATE = 1e-3
SHOTS = 4


def best_shots_score(
    queries: Sequence[NDArray[np.float32]], people: Sequence[NDArray[np.float32]]
) -> NDArray[np.float64]:
    """A person's score as a search shows it: the mean over the two most alike shots, then over the photos."""
    out = np.empty((len(queries), len(people)))
    sizes = np.cumsum([len(person) for person in people])
    shots = np.concatenate(people)
    for row, photos in enumerate(queries):
        likeness = np.split(photos @ shots.T, sizes[:-1], axis=1)
        out[row] = [np.sort(part, axis=1)[:, -BEST:].mean() for part in likeness]
    return out


@dataclass(frozen=True, eq=False)
class Meaning:
    """What scores mean for a model on some data.

    Attributes:
        curve: How often strangers reach a score.
        threshold: The lowest score that at most ``rate`` of the strangers reach.
        rate: That rate.
        missed: Share of (query, same person) pairs below the threshold.
        same: Scores of same people.
        different: Scores of different people.
    """

    curve: ScoreCurve
    threshold: float
    rate: float
    missed: float
    same: NDArray[np.float64]
    different: NDArray[np.float64]


def unit(embedded: Embedded) -> Embedded:
    """The same with rows of length 1."""
    return Embedded(normalised(embedded.features), embedded.persons, embedded.cameras)


def meaning_of(query: Embedded, gallery: Embedded, source: str, rate: float = DEFAULT_RATE) -> Meaning:
    """Measure curve and threshold on named people; images need not be normalised.

    Raises:
        ValueError: Fewer than 10 pairs of different people.
    """
    return from_pairs(labelled_pairs(unit(query), unit(gallery), best_shots_score, SHOTS), source, rate)


def from_pairs(pairs: Pairs, source: str, rate: float = DEFAULT_RATE) -> Meaning:
    """Curve and threshold of scored pairs."""
    measured = false_match_curve([pairs.different])
    scores = np.round(measured.scores, 5)
    keep = np.concatenate([[True], np.diff(scores) > 0])
    curve = ScoreCurve(
        scores=tuple(float(score) for score in scores[keep]),
        rates=tuple(float(f"{value:.4g}") for value in measured.rates[keep]),
        pairs=measured.pairs,
        source=source,
    )
    threshold = round(float(np.clip(threshold_at([pairs.different], rate), -1, 1)), 4)
    missed = float(miss_rates(pairs.same, np.asarray([threshold]))[0]) if len(pairs.same) else float("nan")
    return Meaning(curve, threshold, rate, missed, pairs.same, pairs.different)
