"""Scores as a search shows them, and what they mean: curve and threshold for a card."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

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
    threshold_at,
)
from reseen.models.curve import ScoreCurve

BEST = 2
DEFAULT_RATE = 5e-3
SHOTS = 4
MOST_QUERIES = 1000
AT_ONCE = 64


def best_shots(queries: Sequence[NDArray[np.float32]], people: Sequence[NDArray[np.float32]]) -> NDArray[np.float64]:
    """A person's raw score in a search: the mean over a photo's two most alike shots, then over the photos.

    Args:
        queries: For each query its photos' unit embeddings ``(n, D)``, at least one.
        people: For each person looked at the shots' unit embeddings ``(m, D)``, at least one.

    Returns:
        ``(Q, P)``.
    """
    if not queries or not people:
        return np.zeros((len(queries), len(people)))
    counts = np.array([len(one) for one in people])
    column = np.arange(counts.max())
    place = (np.cumsum(counts) - counts)[:, None] + np.minimum(column, counts[:, None] - 1)
    shots = np.concatenate(people)
    photos = np.concatenate(queries)
    means: list[NDArray[np.float64]] = []
    for start in range(0, len(photos), AT_ONCE):
        likeness = (photos[start : start + AT_ONCE] @ shots.T)[:, place]
        likeness[:, column[None, :] >= counts[:, None]] = -np.inf
        best = -np.partition(-likeness, min(BEST, len(column)) - 1, axis=2)[..., :BEST]
        known = np.isfinite(best)
        means.append(np.where(known, best, 0).sum(axis=2, dtype=np.float64) / known.sum(axis=2))
    lengths = np.array([len(one) for one in queries])
    totals = np.add.reduceat(np.concatenate(means), np.cumsum(lengths) - lengths, axis=0)
    scores: NDArray[np.float64] = totals / lengths[:, None]
    return scores


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

    def facts(self) -> dict[str, Any]:
        """Curve and threshold as plain values."""
        curve = self.curve
        known = {
            "threshold": self.threshold,
            "rate": self.rate,
            "missed": None if math.isnan(self.missed) else self.missed,
        }
        return known | {
            "scores": list(curve.scores), "rates": list(curve.rates), "pairs": curve.pairs, "source": curve.source,
        }  # fmt: skip


def unit(embedded: Embedded) -> Embedded:
    """The same with rows of length 1."""
    return Embedded(normalised(embedded.features), embedded.persons, embedded.cameras)


def meaning_of(
    query: Embedded,
    gallery: Embedded,
    source: str,
    *,
    rate: float = DEFAULT_RATE,
    rule: ScoreRule = best_shots,
) -> Meaning:
    """Measure curve and threshold on named people.

    Args:
        query: Photos, one a query; rows need not be of length 1. Of very many a thousand are taken, spread evenly.
        gallery: Pictures looked through; up to four of a person in a camera count as one sighting.
        source: What it is measured on, for the card.
        rate: The share of strangers that may reach the threshold.
        rule: How a search scores a person.

    Raises:
        ValueError: Fewer than 10 pairs of different people.
    """
    rows = np.unique(np.linspace(0, len(query) - 1, min(len(query), MOST_QUERIES)).round().astype(np.int64))
    chosen = Embedded(query.features[rows], query.persons[rows], query.cameras[rows])
    return from_pairs(labelled_scores(unit(chosen), unit(gallery), rule, SHOTS).pairs, source, rate)


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
    # Rounded up: to the nearest it could let one more stranger through.
    threshold = min(1.0, max(-1.0, math.ceil(threshold_at(strangers, rate) * 1e4) / 1e4))
    missed = [miss_rates(p.same, np.asarray([threshold]))[0] for p in populations if len(p.same)]
    return Meaning(
        curve=curve,
        threshold=threshold,
        rate=rate,
        missed=float(np.mean(missed)) if missed else float("nan"),
        pairs=Pairs(np.concatenate([p.same for p in populations]), np.concatenate(strangers)),
    )
