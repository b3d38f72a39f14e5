"""CMC, mAP and mINP without the matrix of all distances and without sorting the gallery.

The place of a right image in a query's ranking is the number of images nearer than it. So only those images
need looking at that are at most as far as the query's farthest right image; everything beyond changes no
measure.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reseen.evaluation.distances import Metric, Rows, chunks, distance_rows
from reseen.evaluation.embedded import JUNK, Embedded


@dataclass(frozen=True)
class RankingSettings:
    """How a ranking is judged; the defaults are the field's protocol.

    Attributes:
        metric: Distance between features.
        drop_same_camera: Leave out the query's own identity in the query's own camera.
        junk: Gallery identity that counts neither as right nor as wrong; None keeps every image, as a wrong
            answer where the query has another identity.
        max_rank: Length of the CMC curve.
        chunk_bytes: Most memory for the distances of one chunk of queries, in bytes.
    """

    metric: Metric = "cosine"
    drop_same_camera: bool = True
    junk: int | None = JUNK
    max_rank: int = 50
    chunk_bytes: int = 64 * 2**20


@dataclass(frozen=True, eq=False)
class Ranking:
    """What became of each query. A query with no right image in the gallery is left out of every mean.

    Attributes:
        right: ``(Q,)`` int64, right images left in the gallery; 0 means that the query was skipped.
        first: ``(Q,)`` int64, images ranked before the first right one; -1 where skipped.
        precision: ``(Q,)`` float64 average precision, the mean of the precisions at each right image (as in
            torchreid, FastReID, CLIP-ReID); NaN where skipped.
        precision_trapezoid: ``(Q,)`` float64 average precision by the trapezoidal rule (original Market-1501
            code).
        inverse_penalty: ``(Q,)`` float64, right images over the rank of the last right one (INP, Ye et al.,
            "Deep Learning for Person Re-identification: A Survey and Outlook").
        nearest_right: ``(Q,)`` float32 distance of the nearest right image; inf where skipped.
        nearest_wrong: ``(Q,)`` float32 distance of the nearest image of another identity; inf if there is
            none.
        max_rank: Length of the CMC curve.
    """

    right: NDArray[np.int64]
    first: NDArray[np.int64]
    precision: NDArray[np.float64]
    precision_trapezoid: NDArray[np.float64]
    inverse_penalty: NDArray[np.float64]
    nearest_right: NDArray[np.float32]
    nearest_wrong: NDArray[np.float32]
    max_rank: int

    @property
    def valid(self) -> NDArray[np.bool_]:
        """``(Q,)`` bool, which queries count."""
        return self.right > 0

    @property
    def used(self) -> int:
        """Number of queries that count."""
        return int(np.count_nonzero(self.right))

    @property
    def skipped(self) -> int:
        """Number of queries left out because the gallery holds no right image for them."""
        return len(self.right) - self.used

    @property
    def cmc(self) -> NDArray[np.float64]:
        """``(max_rank,)`` float64: share of queries with a right image at rank 1, 2, ... or before."""
        found = np.bincount(self.first[self.valid], minlength=self.max_rank)[: self.max_rank]
        return np.cumsum(found) / max(self.used, 1)

    @property
    def mean_precision(self) -> float:
        """MAP, mean of precisions; 0 if no query counts."""
        return self._mean(self.precision)

    @property
    def mean_precision_trapezoid(self) -> float:
        """MAP by the trapezoidal rule; 0 if no query counts."""
        return self._mean(self.precision_trapezoid)

    @property
    def mean_inverse_penalty(self) -> float:
        """The mINP; 0 if no query counts."""
        return self._mean(self.inverse_penalty)

    def at_rank(self, rank: int) -> float:
        """Share of queries with a right image among the first ``rank``; may be longer than the curve."""
        return float(np.count_nonzero(self.first[self.valid] < rank) / max(self.used, 1))

    def _mean(self, values: NDArray[np.float64]) -> float:
        return float(values[self.valid].mean()) if self.used else 0.0


def evaluate(query: Embedded, gallery: Embedded, settings: RankingSettings | None = None) -> Ranking:
    """Rank the gallery for every query and judge it.

    Equal distances are ranked in the order of the gallery. Memory does not grow with the number of queries.

    Args:
        query: Photos of wanted people.
        gallery: Images looked through.
        settings: The protocol.

    Raises:
        ValueError: If the features of query and gallery differ in width.
    """
    settings = settings or RankingSettings()
    if query.features.shape[1] != gallery.features.shape[1]:
        raise ValueError(f"features of {query.features.shape} and {gallery.features.shape} do not compare")
    rows = distance_rows(query.features, gallery.features, settings.metric)
    return evaluate_rows(rows, query, gallery, settings)


def evaluate_rows(rows: Rows, query: Embedded, gallery: Embedded, settings: RankingSettings | None = None) -> Ranking:
    """As ``evaluate``, for distances from elsewhere (re-ranked ones, a matrix); features are not looked at.

    Args:
        rows: Gives the distances of a few queries to the whole gallery; what it returns is overwritten.
        query: Identities and cameras of the queries.
        gallery: Identities and cameras of the gallery.
        settings: The protocol; ``metric`` does not matter here.
    """
    settings = settings or RankingSettings()
    marked = _Gallery(gallery, settings)
    count = len(query)
    ranking = Ranking(
        right=np.zeros(count, dtype=np.int64),
        first=np.full(count, -1, dtype=np.int64),
        precision=np.full(count, np.nan),
        precision_trapezoid=np.full(count, np.nan),
        inverse_penalty=np.full(count, np.nan),
        nearest_right=np.full(count, np.inf, dtype=np.float32),
        nearest_wrong=np.full(count, np.inf, dtype=np.float32),
        max_rank=settings.max_rank,
    )

    for start, stop in chunks(count, len(gallery), settings.chunk_bytes):
        for index, row in zip(range(start, stop), rows(start, stop), strict=True):
            person, camera = int(query.persons[index]), int(query.cameras[index])
            ranking.nearest_right[index], places, ranking.nearest_wrong[index] = marked.places(row, person, camera)
            if len(places):
                _fill(ranking, index, places)
    return ranking


class _Gallery:
    """The gallery's images by identity, so that those of a query are found without looking at all."""

    def __init__(self, gallery: Embedded, settings: RankingSettings) -> None:
        self._cameras = gallery.cameras
        self._drop_same_camera = settings.drop_same_camera
        self._junk_person = settings.junk
        self._order = np.argsort(gallery.persons, kind="stable")
        self._sorted_persons = gallery.persons[self._order]
        self._junk = np.zeros(0, dtype=np.int64) if settings.junk is None else self._of(settings.junk)

    def _of(self, person: int) -> NDArray[np.int64]:
        """Gallery rows of a person, rising."""
        start, stop = np.searchsorted(self._sorted_persons, [person, person + 1])
        return self._order[start:stop]

    def places(self, row: NDArray[np.float32], person: int, camera: int) -> tuple[float, NDArray[np.int64], float]:
        """Judge one query; ``row`` is overwritten.

        Returns:
            Distance of the nearest right image (inf if none), how many images are ranked before each right
            image (rising, int64), distance of the nearest image of somebody else (inf if none).
        """
        row[self._junk] = np.inf
        same = self._of(person) if person != self._junk_person else np.zeros(0, dtype=np.int64)
        good = same
        if self._drop_same_camera:
            own_camera = self._cameras[same] == camera
            row[same[own_camera]] = np.inf
            good = same[~own_camera]
        distances = row[good]
        places = _count_before(row, good, distances) if len(good) else good
        row[same] = np.inf
        return float(distances.min(initial=np.inf)), places, float(row.min(initial=np.inf))


def _count_before(
    row: NDArray[np.float32], good: NDArray[np.int64], distances: NDArray[np.float32]
) -> NDArray[np.int64]:
    """Number of images ranked before each right image, rising; equal distances rank by gallery order.

    Args:
        row: ``(G,)`` distances; inf is out of the ranking.
        good: ``(P,)`` rows of the right images, rising.
        distances: ``(P,)`` distances of the right images.
    """
    order = np.argsort(distances, kind="stable")
    near = np.sort(row[row <= distances[order[-1]]])
    wanted = distances[order]
    before = np.searchsorted(near, wanted, side="left")
    equal = np.searchsorted(near, wanted, side="right") - before
    for tied in np.flatnonzero(equal > 1):
        image = good[order[tied]]
        before[tied] += np.count_nonzero(row[:image] == wanted[tied])
    return before


def _fill(ranking: Ranking, index: int, places: NDArray[np.int64]) -> None:
    """Write the measures of one query from the places (0 = first) of its right images."""
    count = len(places)
    found = np.arange(1, count + 1)
    precision = found / (places + 1)
    # Precision just before each right image; before anything is ranked it is taken as 1.
    before = np.where(places == 0, 1.0, (found - 1) / np.maximum(places, 1))
    ranking.right[index] = count
    ranking.first[index] = places[0]
    ranking.precision[index] = precision.mean()
    ranking.precision_trapezoid[index] = ((precision + before) / 2).mean()
    ranking.inverse_penalty[index] = count / (places[-1] + 1)
