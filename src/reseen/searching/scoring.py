"""From the likeness of shots to the score of a person."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reseen.library import Filter, Store


@dataclass(frozen=True)
class ScoringSettings:
    """How a person's shots and a query's photos become one score.

    Attributes:
        best: The mean is taken over the most alike shots only, at most so many per photo.
    """

    best: int = 2


@dataclass(frozen=True, eq=False)
class Scores:
    """The score of every person that a filter lets through.

    Attributes:
        values: ``(P,)`` float32, the score as shown; the cosine's range, -1..1.
        best_shots: ``(P,)`` int64, the shot most alike the query.
        person_ids: ``(P,)`` int64, rising.
        tracklet_ids: ``(T,)`` int64, the tracklets.
        tracklet_persons: ``(T,)`` int64, the person of each.
    """

    values: NDArray[np.float32]
    best_shots: NDArray[np.int64]
    person_ids: NDArray[np.int64]
    tracklet_ids: NDArray[np.int64]
    tracklet_persons: NDArray[np.int64]

    def tracklets_of(self, place: int) -> tuple[int, ...]:
        """Ids of the tracklets of the person at a place of ``values``."""
        return tuple(int(i) for i in self.tracklet_ids[self.tracklet_persons == self.person_ids[place]])


def aggregate(likeness: NDArray[np.float32], settings: ScoringSettings) -> float:
    """The score of one person.

    Args:
        likeness: ``(Q, S)`` cosines of the query's photos with the person's shots.
        settings: How many shots count.

    Returns:
        For each photo the mean over its most alike shots; then the mean over the photos.
    """
    count = min(settings.best, likeness.shape[1])
    best = np.sort(likeness, axis=1)[:, -count:]
    return float(best.mean())


def score_persons(
    store: Store, query: NDArray[np.float32], wanted: Filter, settings: ScoringSettings
) -> Scores:
    """Score every person of a library.

    Args:
        store: The library.
        query: ``(Q, D)`` float32 unit rows.
        wanted: Which footage.
        settings: How shots become a score.
    """
    vectors = store.vectors(wanted)
    persons = store.persons(wanted)
    place = np.searchsorted(persons.tracklet_ids, vectors.tracklet_ids)
    owner = persons.person_ids[place] if len(vectors) else np.zeros(0, np.int64)
    likeness = query @ vectors.matrix.T
    order = np.argsort(owner, kind="stable")
    person_ids, starts = np.unique(owner[order], return_index=True)
    parts = np.split(order, starts[1:]) if len(person_ids) else []
    values = np.array([aggregate(likeness[:, part], settings) for part in parts], np.float32)
    mean = likeness.mean(axis=0)
    best = np.array([vectors.shot_ids[part[np.argmax(mean[part])]] for part in parts], np.int64)
    return Scores(values, best, person_ids, persons.tracklet_ids, persons.person_ids)
