"""From the likeness of shots to the score of a person.

A photo is more alike everybody in one camera than in another: light, height and compression are shared. So the score
as shown is the cosine less what strangers in that camera's footage score above the usual. This is the normalisation
by a cohort of speaker verification (zero normalisation, Auckenthaler et al., 2000), with the library's own people as
cohort, the most alike left out since they may be the wanted person, and drawn towards the usual value where a camera
has seen few people.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from reseen.library import Filter, Persons, Store


@dataclass(frozen=True)
class ScoringSettings:
    """How a person's shots and a query's photos become one score.

    Attributes:
        best: The mean is taken over the most alike shots only, at most so many per photo.
        normalise: Take off what strangers in the same camera score above the usual.
        left_out: Share of the people of a camera, the most alike, that are no strangers for sure.
        camera_weight: The library's level counts as much as so many people of the camera.
        library_weight: The usual level counts as much as so many people of the library.
    """

    best: int = 2
    normalise: bool = True
    left_out: float = 0.3
    camera_weight: float = 5.0
    library_weight: float = 20.0


@dataclass(frozen=True, eq=False)
class Scores:
    """The score of every person that a filter lets through.

    Attributes:
        values: ``(P,)`` float32, the score as shown; about the cosine's range.
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
        """Ids of the tracklets of the person at a place of ``values``, rising."""
        order, persons = self._by_person
        person = self.person_ids[place]
        first, end = np.searchsorted(persons, person, "left"), np.searchsorted(persons, person, "right")
        return tuple(int(i) for i in self.tracklet_ids[order[first:end]])

    @cached_property
    def _by_person(self) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
        """Places of the tracklets in the order of their persons, and those persons, rising."""
        order = np.argsort(self.tracklet_persons, kind="stable")
        return order, self.tracklet_persons[order]


def aggregate(likeness: NDArray[np.float32], settings: ScoringSettings) -> float:
    """The raw score of one person.

    Args:
        likeness: ``(Q, S)`` cosines of the query's photos with the person's shots.
        settings: How many shots count.

    Returns:
        For each photo the mean over its most alike shots; then the mean over the photos.
    """
    count = min(settings.best, likeness.shape[1])
    best = np.sort(likeness, axis=1)[:, -count:]
    return float(best.mean())


def raw_scores(
    cosines: NDArray[np.float32], starts: NDArray[np.intp], settings: ScoringSettings
) -> NDArray[np.float32]:
    """What ``aggregate`` gives for each of many persons, without a loop over them.

    Args:
        cosines: ``(Q, N)`` of the query's photos with shots, those of a person side by side.
        starts: ``(P,)`` where each person's shots begin; the first is 0, and everybody has a shot.
        settings: How many shots count.

    Returns:
        ``(P,)`` float32.
    """
    counts = np.diff(starts, append=cosines.shape[1])
    total = np.zeros(len(starts))
    left = cosines.copy()
    for taken in range(min(settings.best, int(counts.max(initial=0)))):
        places = most_alike(left, starts)
        best = np.take_along_axis(left, places, 1)
        total += np.where(counts > taken, best, 0).sum(axis=0, dtype=np.float64)
        np.put_along_axis(left, places, -np.inf, 1)
    return (total / np.minimum(counts, settings.best) / len(cosines)).astype(np.float32)


def most_alike(cosines: NDArray[np.float32], starts: NDArray[np.intp]) -> NDArray[np.intp]:
    """For each photo and person the place of the most alike shot, the first of equals.

    Args:
        cosines: ``(Q, N)``, as ``raw_scores`` takes them.
        starts: ``(P,)``.

    Returns:
        ``(Q, P)`` places in 0..N.
    """
    shots = cosines.shape[1]
    if not len(starts):
        return np.zeros((len(cosines), 0), np.intp)
    counts = np.diff(starts, append=shots)
    best = np.repeat(np.maximum.reduceat(cosines, starts, axis=1), counts, axis=1)
    places: NDArray[np.intp] = np.minimum.reduceat(np.where(cosines == best, np.arange(shots), shots), starts, axis=1)
    return places


def normalise(
    values: NDArray[np.float32], cameras: NDArray[np.int64], usual: float, settings: ScoringSettings
) -> NDArray[np.float32]:
    """Scores made comparable between queries and cameras.

    Args:
        values: ``(P,)`` float32, raw scores of one query.
        cameras: ``(P,)`` int64, any number per camera.
        usual: What strangers score usually (see ``strangers_level``), from the model's card.
        settings: Weights.

    Returns:
        ``(P,)`` float32: raw score, less the strangers' level of its camera, plus the usual one.
    """
    if not settings.normalise or not len(values):
        return values
    library = _drawn(strangers(values, settings.left_out), usual, settings.library_weight)
    result = np.empty_like(values)
    order = np.argsort(cameras, kind="stable")
    _, starts = np.unique(cameras[order], return_index=True)
    for here in np.split(order, starts[1:]):
        level = _drawn(strangers(values[here], settings.left_out), library, settings.camera_weight)
        result[here] = values[here] - (level - usual)
    return result


def strangers(values: NDArray[np.float32], left_out: float) -> NDArray[np.float32]:
    """The scores of those who are hardly the wanted person: all but the most alike."""
    kept: NDArray[np.float32] = np.sort(values)[: int(len(values) * (1 - left_out))]
    return kept


def strangers_level(values: NDArray[np.float32], settings: ScoringSettings) -> float:
    """The strangers' mean score of one query, as ``normalise`` sees it without any prior; for calibration."""
    return float(strangers(values, settings.left_out).mean())


def _drawn(values: NDArray[np.float32], prior: float, weight: float) -> float:
    """The mean, drawn towards ``prior`` as if so many values had it."""
    return float((values.sum() + weight * prior) / (len(values) + weight)) if len(values) else prior


@dataclass(frozen=True, eq=False)
class Crowd:
    """The people that a filter lets through, and how alike their shots are to some vectors.

    Attributes:
        cosines: ``(V, N)`` float32, of each vector with each shot, those of a person side by side.
        starts: ``(P,)`` where each person's shots begin.
        shot_ids: ``(N,)`` int64.
        person_ids: ``(P,)`` int64, rising.
        cameras: ``(P,)`` int64, a number per camera.
        tracklet_ids: ``(T,)`` int64, rising.
        tracklet_persons: ``(T,)`` int64, the person of each.
        hidden: How many were left out because somebody said that they are no persons (a poster, a mannequin).
    """

    cosines: NDArray[np.float32]
    starts: NDArray[np.intp]
    shot_ids: NDArray[np.int64]
    person_ids: NDArray[np.int64]
    cameras: NDArray[np.int64]
    tracklet_ids: NDArray[np.int64]
    tracklet_persons: NDArray[np.int64]
    hidden: int = 0

    def score(self, rows: slice, settings: ScoringSettings, usual: float | None) -> NDArray[np.float32]:
        """The score of everybody for some of the vectors together, ``(P,)`` float32; raw when ``usual`` is None."""
        values = raw_scores(self.cosines[rows], self.starts, settings)
        return values if usual is None else normalise(values, self.cameras, usual, settings)

    def scores(self, values: NDArray[np.float32], rows: slice) -> Scores:
        """Values of everybody as scores; the best shot is the most alike to some of the vectors."""
        mean = self.cosines[rows].mean(axis=0, keepdims=True)
        best = self.shot_ids[most_alike(mean, self.starts)[0]]
        return Scores(values, best, self.person_ids, self.tracklet_ids, self.tracklet_persons)


def crowd_of(
    store: Store, vectors: NDArray[np.float32], wanted: Filter, regroup: Callable[[Persons], Persons] | None = None
) -> Crowd:
    """Compare vectors with everybody.

    Args:
        store: The library.
        vectors: ``(V, D)`` float32 unit rows.
        wanted: Which footage.
        regroup: Says otherwise than the library which tracklets are one person's.
    """
    found = store.likeness(vectors, wanted)
    persons = store.persons(wanted)
    if regroup is not None:
        persons = regroup(persons)
    places = np.searchsorted(persons.tracklet_ids, found.tracklet_ids)
    owner = persons.person_ids[places]
    cosines, shot_ids, source_ids = found.cosines, found.shot_ids, found.source_ids
    persons, hidden = _in_sight(persons, store.hidden_tracklets())
    if hidden:
        kept = np.isin(owner, persons.person_ids)
        owner, cosines, shot_ids, source_ids = owner[kept], cosines[:, kept], shot_ids[kept], source_ids[kept]
    if np.any(owner[1:] < owner[:-1]):
        order = np.argsort(owner, kind="stable")
        owner, cosines, shot_ids, source_ids = owner[order], cosines[:, order], shot_ids[order], source_ids[order]
    starts = np.flatnonzero(np.concatenate((np.ones(min(len(owner), 1), np.bool_), owner[1:] != owner[:-1])))
    cameras = {source.id: source.camera for source in store.sources(wanted)}
    numbers = {name: number for number, name in enumerate(sorted(set(cameras.values())))}
    sources, of_person = np.unique(source_ids[starts], return_inverse=True)
    seen_by = np.array([numbers[cameras[int(source)]] for source in sources], np.int64)[of_person]
    return Crowd(cosines, starts, shot_ids, owner[starts], seen_by, persons.tracklet_ids, persons.person_ids, hidden)


def _in_sight(persons: Persons, hidden: NDArray[np.int64]) -> tuple[Persons, int]:
    """Those of whom not everything is hidden, and how many the others are."""
    if not len(hidden):
        return persons, 0
    seen = ~np.isin(persons.tracklet_ids, hidden)
    kept = np.isin(persons.person_ids, persons.person_ids[seen])
    left_out = len(np.unique(persons.person_ids[~kept]))
    return Persons(persons.tracklet_ids[kept], persons.person_ids[kept]), left_out


def score_persons(
    store: Store, query: NDArray[np.float32], wanted: Filter, settings: ScoringSettings, usual: float | None
) -> Scores:
    """Score every person of a library.

    Args:
        store: The library.
        query: ``(Q, D)`` float32 unit rows.
        wanted: Which footage.
        settings: How shots become a score.
        usual: What strangers score usually with this model; None leaves scores raw.
    """
    crowd = crowd_of(store, query, wanted)
    every = slice(None)
    return crowd.scores(crowd.score(every, settings, usual), every)
