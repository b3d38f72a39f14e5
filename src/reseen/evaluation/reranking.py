"""k-reciprocal re-ranking with sparse neighbour sets.

Zhong, Zheng, Cao, Li: "Re-ranking Person Re-identification with k-reciprocal Encoding", CVPR 2017. The usual
implementation holds several dense matrices over all images (queries and gallery together); here an image's
neighbour set is a sparse row, and distances exist a few rows at a time, so that memory grows with the number
of images times the size of a neighbour set.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from reseen.evaluation.distances import Rows, chunks, distance_rows, matrix_rows
from reseen.evaluation.nearest import nearest

#: A scipy.sparse CSR array; the library has no types of its own.
_Sparse = Any


@dataclass(frozen=True)
class RerankSettings:
    """Parameters of the method, under the paper's names.

    Attributes:
        k1: Neighbours that must be mutual. 20 is the paper's, 50 that of CLIP-ReID's code.
        k2: Neighbours over which an image's neighbour set is averaged; 1 does not average.
        original_weight: Share of the original distance in the final one (the paper's lambda), 0..1.
        chunk_bytes: Most memory for the distances of one chunk of images, in bytes.
    """

    k1: int = 20
    k2: int = 6
    original_weight: float = 0.3
    chunk_bytes: int = 64 * 2**20

    def __post_init__(self) -> None:
        if self.k1 < 1 or self.k2 < 1:
            raise ValueError(f"k1 and k2 must be 1 or more, not {self.k1} and {self.k2}")


class _Space(Protocol):
    """Distances among all images, queries first."""

    count: int
    rows: Rows

    def some(self, image: int, others: NDArray[np.int32]) -> NDArray[np.float32]:
        """Distances of one image to a few."""


class _FeatureSpace:
    def __init__(self, features: NDArray[np.float32]) -> None:
        self.count = len(features)
        self._features = features
        self._lengths = np.einsum("nd,nd->n", features, features)
        self.rows = distance_rows(features, features, "euclidean")

    def some(self, image: int, others: NDArray[np.int32]) -> NDArray[np.float32]:
        products = self._features[others] @ self._features[image]
        distances: NDArray[np.float32] = self._lengths[image] + self._lengths[others] - 2 * products
        return np.maximum(distances, 0, out=distances)


class _MatrixSpace:
    def __init__(self, distances: NDArray[np.float32]) -> None:
        self.count = len(distances)
        self._distances = distances
        self.rows = matrix_rows(distances)

    def some(self, image: int, others: NDArray[np.int32]) -> NDArray[np.float32]:
        found: NDArray[np.float32] = self._distances[image, others]
        return found


class Reranked:
    """Re-ranked distances, computed when asked for.

    Attributes:
        queries: Number of queries.
        gallery: Number of gallery images.
    """

    def __init__(self, space: _Space, queries: int, settings: RerankSettings) -> None:
        self.queries = queries
        self.gallery = space.count - queries
        self._space = space
        self._settings = settings
        neighbours, self._farthest = _all_neighbours(space, settings)
        sets = _weigh(_expanded(neighbours, settings.k1), space, self._farthest)
        sets = _averaged(sets, neighbours, settings.k2)
        self._query_sets = sets[:queries]
        self._inverse = sparse.csc_array(sets[queries:])

    def rows(self, start: int, stop: int) -> NDArray[np.float32]:
        """Distances ``(stop - start, gallery)`` of a few queries; fits ``ranking.evaluate_rows``."""
        distances = self._space.rows(start, stop)[:, self.queries :]
        weight = self._settings.original_weight
        distances *= weight / self._farthest[start:stop, None]
        for index in range(start, stop):
            shared = self._shared(index)
            distances[index - start] += (1 - weight) * (1 - shared / (2 - shared))
        return distances

    def matrix(self) -> NDArray[np.float32]:
        """All distances, ``(queries, gallery)`` float32; 3.8 GB at MSMT17's size."""
        whole = np.empty((self.queries, self.gallery), dtype=np.float32)
        for start, stop in chunks(self.queries, self._space.count, self._settings.chunk_bytes):
            whole[start:stop] = self.rows(start, stop)
        return whole

    def _shared(self, query: int) -> NDArray[np.float32]:
        """Sum of the smaller weights of a query's neighbour set and each gallery image's, ``(gallery,)``.

        The weights of a set sum to one, so the larger ones, which Jaccard's distance needs too, sum to two
        less this.
        """
        span = slice(*self._query_sets.indptr[query : query + 2])
        members, weights = self._query_sets.indices[span], self._query_sets.data[span]
        starts = self._inverse.indptr[members]
        lengths = self._inverse.indptr[members + 1] - starts
        ends = np.cumsum(lengths)
        entries = np.arange(ends[-1] if len(ends) else 0) + np.repeat(starts - ends + lengths, lengths)
        smaller = np.minimum(self._inverse.data[entries], np.repeat(weights, lengths))
        shared = np.bincount(self._inverse.indices[entries], weights=smaller, minlength=self.gallery)
        return shared.astype(np.float32)


def rerank(
    query: NDArray[np.float32], gallery: NDArray[np.float32], settings: RerankSettings | None = None
) -> Reranked:
    """Re-rank by features; the original distance is the squared Euclidean one.

    Args:
        query: ``(Q, D)`` features, normalised as a rule.
        gallery: ``(G, D)`` features.
        settings: Parameters of the method.
    """
    features = np.concatenate([query, gallery]).astype(np.float32, copy=False)
    return Reranked(_FeatureSpace(features), len(query), settings or RerankSettings())


def rerank_matrix(distances: NDArray[np.float32], queries: int, settings: RerankSettings | None = None) -> Reranked:
    """Re-rank by given distances among all images (features' own plus local ones, say).

    Args:
        distances: ``(N, N)``, queries first; column i holds the distances of image i.
        queries: How many of the images are queries.
        settings: Parameters of the method.
    """
    space = _MatrixSpace(np.asarray(distances, dtype=np.float32).T)
    return Reranked(space, queries, settings or RerankSettings())


def _all_neighbours(space: _Space, settings: RerankSettings) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """The nearest of each image, itself included, as many as needed, and each image's greatest distance.

    Returns:
        ``(N, max(k1 + 1, k2))`` int32 images, nearest first, and ``(N,)`` float32.
    """
    wanted = min(max(settings.k1 + 1, settings.k2), space.count)
    neighbours = np.empty((space.count, wanted), dtype=np.int32)
    farthest = np.empty(space.count, dtype=np.float32)

    for start, stop in chunks(space.count, space.count, settings.chunk_bytes):
        rows = space.rows(start, stop)
        farthest[start:stop] = rows.max(axis=1)
        for index, row in zip(range(start, stop), rows, strict=True):
            neighbours[index] = nearest(row, wanted)
    # Images that are all the same have no distances to divide by.
    farthest[farthest == 0] = 1
    return neighbours, farthest


def _mutual(neighbours: NDArray[np.int32]) -> _Sparse:
    """``(N, N)`` of int32 ones where two images are in each other's list."""
    count, width = neighbours.shape
    rows = np.arange(0, count * width + 1, width)
    lists = sparse.csr_array((np.ones(count * width, np.int32), neighbours.ravel(), rows), (count, count))
    lists.sort_indices()
    return sparse.csr_array(lists.multiply(lists.T))


def _expanded(neighbours: NDArray[np.int32], k1: int) -> _Sparse:
    """Mutual neighbours, and the closer mutual neighbours of those of them whose own set mostly agrees.

    A neighbour's set of half the width is taken in when more than two thirds of it are mutual neighbours
    already (equation 5 of the paper). Only the pattern of the result matters.
    """
    mutual = _mutual(neighbours[:, : k1 + 1])
    close = _mutual(neighbours[:, : round(k1 / 2) + 1])
    sizes = np.diff(close.indptr)
    # Entry (i, c) of the product counts the members of close set c in mutual set i; wanted only where c is
    # in i.
    agreeing = sparse.coo_array((mutual @ close).multiply(mutual))
    enough = 3 * agreeing.data > 2 * sizes[agreeing.col]
    accepted = sparse.csr_array(
        (agreeing.data[enough], (agreeing.row[enough], agreeing.col[enough])), shape=mutual.shape
    )
    expanded = mutual + accepted @ close
    expanded.sort_indices()
    return expanded


def _weigh(sets: _Sparse, space: _Space, farthest: NDArray[np.float32]) -> _Sparse:
    """Give the members of each set weights that fall with their distance and sum to one."""
    weights = np.empty(sets.nnz, dtype=np.float32)
    for image in range(space.count):
        span = slice(*sets.indptr[image : image + 2])
        closeness = np.exp(-space.some(image, sets.indices[span]) / farthest[image])
        weights[span] = closeness / closeness.sum()
    return sparse.csr_array((weights, sets.indices, sets.indptr), shape=sets.shape)


def _averaged(sets: _Sparse, neighbours: NDArray[np.int32], k2: int) -> _Sparse:
    """Replace each set by the mean over its image's ``k2`` nearest (the paper's local query expansion)."""
    if k2 == 1:
        return sets
    count, width = neighbours.shape
    width = min(k2, width)
    rows = np.arange(0, count * width + 1, width)
    share = np.full(count * width, 1 / width, dtype=np.float32)
    return sparse.csr_array((share, neighbours[:, :width].ravel(), rows), (count, count)) @ sets
