"""Pairs of people with known answer, scored as a search scores them.

A person looked at is a handful of shots (a tracklet's best ones, or a few images of one identity in one
camera); a query is one or more photos. What they score is the searching room's rule, so it comes in as a
function.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from reseen.evaluation.embedded import JUNK, Embedded

#: A set of unit embeddings ``(n, D)`` float32 of one person.
Embeddings = NDArray[np.float32]

#: Queries and people looked at in, scores ``(Q, P)`` out. A rule that knows the crowd sees it whole.
ScoreRule = Callable[[Sequence[Embeddings], Sequence[Embeddings]], NDArray[np.float64]]


def mean_cosine(queries: Sequence[Embeddings], people: Sequence[Embeddings]) -> NDArray[np.float64]:
    """The mean cosine similarity over all photos of the query and all shots of the person."""
    photos = np.stack([one.mean(axis=0) for one in queries]).astype(np.float64)
    shots = np.stack([one.mean(axis=0) for one in people]).astype(np.float64)
    return photos @ shots.T


def pairwise(aggregate: Callable[[NDArray[np.float32]], float]) -> ScoreRule:
    """A rule that scores each query against each person by itself.

    Args:
        aggregate: Makes one score of the cosines ``(photos, shots)`` of a query's photos with a person's
            shots.
    """

    def rule(queries: Sequence[Embeddings], people: Sequence[Embeddings]) -> NDArray[np.float64]:
        if not people:
            return np.zeros((len(queries), 0))
        shots = np.concatenate(people)
        starts = np.cumsum([len(one) for one in people])[:-1]
        parts = (np.split(photos @ shots.T, starts, axis=1) for photos in queries)
        scores = [[aggregate(likeness) for likeness in row] for row in parts]
        return np.array(scores, dtype=np.float64).reshape(len(queries), len(people))

    return rule


@dataclass(frozen=True, eq=False)
class Pairs:
    """Scores of pairs with known answer.

    Attributes:
        same: ``(S,)`` float64, scores of a query and its own person.
        different: ``(D,)`` float64, scores of a query and somebody else.
    """

    same: NDArray[np.float64]
    different: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Sightings:
    """Images grouped into what a search calls a person: one identity in one camera, a few images of it.

    Attributes:
        shots: For each person looked at the rows of its images, rising.
        persons: ``(P,)`` int64 identities.
        cameras: ``(P,)`` int64 cameras.
    """

    shots: tuple[NDArray[np.int64], ...]
    persons: NDArray[np.int64]
    cameras: NDArray[np.int64]


def sightings(samples: Embedded, shots: int = 4) -> Sightings:
    """Group images by identity and camera and take up to ``shots`` of each group, spread evenly over it.

    Args:
        samples: The images; junk (-1) is left out.
        shots: Most images of a group.
    """
    keep = np.flatnonzero(samples.persons != JUNK)
    pairs = np.stack([samples.persons[keep], samples.cameras[keep]], axis=1)
    names, group = np.unique(pairs, axis=0, return_inverse=True)
    order = np.argsort(group, kind="stable")
    members = np.split(keep[order], np.cumsum(np.bincount(group.ravel()))[:-1]) if len(keep) else []
    chosen = tuple(
        rows[np.unique(np.linspace(0, len(rows) - 1, min(shots, len(rows))).round().astype(np.int64))]
        for rows in members
    )
    return Sightings(chosen, names[:, 0], names[:, 1])


@dataclass(frozen=True, eq=False)
class ScoreTable:
    """Every query's score with every person looked at, and what is known of the two.

    Attributes:
        scores: ``(Q, P)`` float64.
        same: ``(Q, P)`` bool, the same person, and worth judging.
        different: ``(Q, P)`` bool, two people.
        cameras: ``(P,)`` int64, camera of each person looked at.
    """

    scores: NDArray[np.float64]
    same: NDArray[np.bool_]
    different: NDArray[np.bool_]
    cameras: NDArray[np.int64]

    @property
    def pairs(self) -> Pairs:
        """The scores of the pairs with known answer."""
        return Pairs(self.scores[self.same], self.scores[self.different])

    def rescored(self, by: Callable[[NDArray[np.float64], NDArray[np.int64]], NDArray[np.float64]]) -> ScoreTable:
        """The same table with each query's scores replaced by ``by(scores (P,), cameras (P,))``.

        For rules that look at the crowd of a query, such as normalisation by camera.
        """
        return replace(self, scores=np.array([by(row, self.cameras) for row in self.scores], np.float64))


def labelled_scores(query: Embedded, gallery: Embedded, rule: ScoreRule = mean_cosine, shots: int = 4) -> ScoreTable:
    """Score every query against every (identity, camera) of the gallery.

    Pairs of the same identity in the same camera are neither same nor different: they are too easy, as in the
    field's protocol.

    Args:
        query: Photos of wanted people, one a query.
        gallery: Images looked through.
        rule: How a search scores a person.
        shots: Images a person.
    """
    people = sightings(gallery, shots)
    scores = rule(
        [query.features[row : row + 1] for row in range(len(query))],
        [gallery.features[rows] for rows in people.shots],
    )
    same_person = query.persons[:, None] == people.persons
    same_camera = query.cameras[:, None] == people.cameras
    return ScoreTable(scores, same_person & ~same_camera, ~same_person, people.cameras)


def seen_together(
    sources: NDArray[np.int64], starts: NDArray[np.float64], ends: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Pairs of tracklets that are in view of one source at one time, and so show different people.

    Args:
        sources: ``(N,)`` source of each tracklet.
        starts: ``(N,)`` seconds.
        ends: ``(N,)`` seconds, the last one included.

    Returns:
        ``(M, 2)`` int64 indices, the first smaller than the second, rising.
    """
    order = np.lexsort((starts, sources))
    found: list[tuple[int, int]] = []
    active: list[int] = []
    for index in order.tolist():
        active = [one for one in active if sources[one] == sources[index] and ends[one] >= starts[index]]
        found.extend((min(one, index), max(one, index)) for one in active)
        active.append(index)
    return np.array(sorted(found), dtype=np.int64).reshape(-1, 2)


def unlabelled_pairs(
    tracklets: Sequence[Embeddings], together: NDArray[np.int64], rule: ScoreRule = mean_cosine
) -> Pairs:
    """Pairs without anybody naming people: seen together are different, shots of one tracklet are the same.

    One shot of a tracklet is the query: the first. The same person is then the tracklet's later half of
    shots, which flatters: the same camera, minutes at most apart. So ``same`` bounds the misses from below,
    while ``different`` is what the footage really holds.

    Args:
        tracklets: For each tracklet its shots' unit embeddings, in order of time.
        together: ``(M, 2)`` indices of tracklets in view at one time (see ``seen_together``).
        rule: How a search scores a person.
    """
    photos = [one[:1] for one in tracklets]
    scores = rule(photos, tracklets)
    first, second = together[:, 0], together[:, 1]
    different = np.concatenate([scores[first, second], scores[second, first]])
    several = [index for index, one in enumerate(tracklets) if len(one) > 1]
    later = [tracklets[index][(len(tracklets[index]) + 1) // 2 :] for index in several]
    same = np.diag(rule([photos[index] for index in several], later)) if several else np.zeros(0)
    return Pairs(same.astype(np.float64), different)
