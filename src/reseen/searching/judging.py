"""What somebody said of earlier matches, and what a search makes of it.

Whoever was confirmed is a further photo: the mean of their shots joins the photos with a weight of its own, as in
relevance feedback (Rocchio, 1971). Whoever was rejected pushes away those who are alike to them, though only where
they are truly alike (from the threshold on) and more so than to the wanted person; subtracting a rejected person
outright, as Rocchio does, takes the right ones along, since all people of one camera resemble each other
(``docs/decisions.md``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from reseen.library import Filter, Persons, Store
from reseen.searching.scoring import Crowd, Scores, ScoringSettings, crowd_of

Groups = tuple[tuple[int, ...], ...]

_CENTRES = 64
"""The vectors of so many verdicts of a sort count, the latest; each costs 4 bytes a shot while a search lasts."""


@dataclass(frozen=True)
class Judged:
    """Verdicts, each about the tracklets of one match.

    Attributes:
        confirmed: This is the wanted person.
        rejected: This is somebody else.
        persons: Tracklets that are one person each by somebody's word, whatever the tracker said: those of a source
            are shown as one moment, and never together with those of another of these persons.
    """

    confirmed: Groups = ()
    rejected: Groups = ()
    persons: Groups = ()

    def __bool__(self) -> bool:
        """Whether anything was said."""
        return bool(self.confirmed or self.rejected or self.persons)

    def spread(self) -> Judged:
        """The same with each verdict said of the whole person, where persons were made by hand."""

        def whole(group: tuple[int, ...]) -> tuple[int, ...]:
            others = {number for person in self.persons if not set(person).isdisjoint(group) for number in person}
            return tuple(sorted(others.union(group)))

        return replace(self, confirmed=tuple(map(whole, self.confirmed)), rejected=tuple(map(whole, self.rejected)))

    def regrouped(self, persons: Persons) -> Persons:
        """Which tracklets are one person's, where chains were split by hand."""
        owner = persons.person_ids.copy()
        for group in self.persons:
            here = np.isin(persons.tracklet_ids, np.asarray(group, np.int64))
            for chain in np.unique(persons.person_ids[here]):
                part = here & (persons.person_ids == chain)
                # A person's id is one of their own tracklets, so no two can get the same.
                owner[part] = persons.tracklet_ids[part][0]
        return replace(persons, person_ids=owner)


@dataclass(frozen=True)
class JudgingSettings:
    """How much verdicts count (chosen by ``benchmarks/verdicts.py``).

    Attributes:
        confirmed: A confirmed match counts as much as this share of all photos.
        rejected: How far those who are alike to a rejected person are pushed away, in parts of the excess.
    """

    confirmed: float = 0.3
    rejected: float = 1.0


@dataclass(frozen=True, eq=False)
class JudgedScores:
    """Scores after verdicts, and of whom something was said: ids of persons.

    Attributes:
        scores: Of everybody; a confirmed person's does not come from their own shots.
        confirmed: The confirmed.
        rejected: The rejected.
        hidden: How many were left out as no persons.
    """

    scores: Scores
    confirmed: frozenset[int] = frozenset()
    rejected: frozenset[int] = frozenset()
    hidden: int = 0


def score_judged(
    store: Store,
    query: NDArray[np.float32],
    wanted: Filter,
    settings: ScoringSettings,
    usual: float | None,
    threshold: float,
    judged: Judged,
    judging: JudgingSettings,
) -> JudgedScores:
    """Score every person of a library by photos and verdicts; as ``score_persons`` where there are no verdicts.

    Args:
        store: The library.
        query: ``(Q, D)`` float32 unit rows, one per photo.
        wanted: Which footage.
        settings: How shots become a score.
        usual: What strangers score usually with this model; None leaves scores raw.
        threshold: The score from which a match is reported.
        judged: The verdicts.
        judging: How much they count.
    """
    judged = judged.spread()
    liked, disliked = judged.confirmed[-_CENTRES:], judged.rejected[-_CENTRES:]
    likes, dislikes = _centres(store, liked), _centres(store, disliked)
    vectors = np.concatenate([query, *(centre[None] for _, centre in likes), *(centre[None] for _, centre in dislikes)])
    crowd = crowd_of(store, vectors.astype(np.float32), wanted, judged.regrouped if judged.persons else None)
    photos = slice(0, len(query))
    total = crowd.score(photos, settings, usual).astype(np.float64)
    weight = np.ones(len(total))
    for row, (group, _) in enumerate(likes, len(query)):
        others = ~np.isin(crowd.person_ids, _persons(crowd, group))
        total += judging.confirmed * others * crowd.score(slice(row, row + 1), settings, usual)
        weight += judging.confirmed * others
    values = total / weight
    confirmed = _persons(crowd, (number for group in judged.confirmed for number in group))
    rejected = np.setdiff1d(_persons(crowd, (number for group in judged.rejected for number in group)), confirmed)
    pushed = ~np.isin(crowd.person_ids, confirmed)
    away = np.zeros(len(values))
    for row in range(len(query) + len(likes), len(vectors)):
        alike = crowd.score(slice(row, row + 1), settings, usual)
        away = np.maximum(away, pushed * (alike - np.maximum(values, threshold)))
    values = values - judging.rejected * away
    return JudgedScores(
        crowd.scores(values.astype(np.float32), photos),
        frozenset(int(number) for number in confirmed),
        frozenset(int(number) for number in rejected),
        crowd.hidden,
    )


def _centres(store: Store, groups: Sequence[tuple[int, ...]]) -> list[tuple[tuple[int, ...], NDArray[np.float32]]]:
    """The mean direction of the shots of each group; a group that is no longer in the library is left out."""
    shots = [(number, shot.id) for number, group in enumerate(groups) for shot in store.shots(group)]
    if not shots:
        return []
    vectors = store.vectors_of([shot for _, shot in shots])
    owners = np.array([number for number, _ in shots])
    found = []
    for number in np.unique(owners):
        mean = vectors[owners == number].mean(axis=0)
        found.append((groups[int(number)], (mean / max(float(np.linalg.norm(mean)), 1e-9)).astype(np.float32)))
    return found


def _persons(crowd: Crowd, tracklets: Iterable[int]) -> NDArray[np.int64]:
    """Ids of the persons whose tracklets these are, rising; tracklets that the filter left out are nobody's."""
    persons: NDArray[np.int64] = np.unique(
        crowd.tracklet_persons[np.isin(crowd.tracklet_ids, np.fromiter(tracklets, np.int64))]
    )
    return persons
