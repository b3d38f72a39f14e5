"""Distances between features, whole or a few rows at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

import numpy as np
from numpy.typing import NDArray

#: ``cosine`` is 1 - cosine similarity (0..2); ``euclidean`` is the squared Euclidean distance.
Metric = Literal["cosine", "euclidean"]

#: Gives the distances of the queries ``start`` to ``stop`` (exclusive) to the whole gallery, ``(stop -
#: start, G)``.
Rows = Callable[[int, int], NDArray[np.float32]]


def normalised(features: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale each row of ``(N, D)`` features to length one; a row of zeros stays zero."""
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    scaled: NDArray[np.float32] = features / np.where(lengths > 0, lengths, lengths.dtype.type(1))
    return scaled


def squared_euclidean(x: NDArray[np.float32], y: NDArray[np.float32]) -> NDArray[np.float32]:
    """Squared Euclidean distances ``(N, M)`` of ``(N, D)`` to ``(M, D)`` by x^2 + y^2 - 2xy, 0 or more."""
    return distance_rows(x, y, "euclidean")(0, len(x))


def cosine_distance(x: NDArray[np.float32], y: NDArray[np.float32]) -> NDArray[np.float32]:
    """One minus the cosine similarity, ``(N, M)`` in 0..2, of ``(N, D)`` to ``(M, D)``."""
    return distance_rows(x, y, "cosine")(0, len(x))


def angular_distance(x: NDArray[np.float32], y: NDArray[np.float32], margin: float = 1e-5) -> NDArray[np.float32]:
    """Angles ``(N, M)`` in radians between ``(N, D)`` and ``(M, D)``.

    CLIP-ReID's code has this measure under the name "cosine similarity"; it clips the cosine to ``margin``
    inside -1..1 so that the angle has a gradient.
    """
    cosine = normalised(x) @ normalised(y).T
    angle: NDArray[np.float32] = np.arccos(np.clip(cosine, -1 + margin, 1 - margin))
    return angle


def distance_rows(query: NDArray[np.float32], gallery: NDArray[np.float32], metric: Metric) -> Rows:
    """Distances computed when asked for, so that the matrix of all of them need never exist.

    Args:
        query: ``(Q, D)`` features.
        gallery: ``(G, D)`` features.
        metric: See ``Metric``.
    """
    if metric == "cosine":
        unit_query, unit_gallery = normalised(query), normalised(gallery)

        def cosine(start: int, stop: int) -> NDArray[np.float32]:
            rows: NDArray[np.float32] = unit_query[start:stop] @ unit_gallery.T
            np.subtract(1, rows, out=rows)
            return rows

        return cosine
    doubled = -2 * query
    query_lengths = np.einsum("nd,nd->n", query, query)
    gallery_lengths = np.einsum("md,md->m", gallery, gallery)

    def euclidean(start: int, stop: int) -> NDArray[np.float32]:
        rows: NDArray[np.float32] = doubled[start:stop] @ gallery.T
        rows += query_lengths[start:stop, None]
        rows += gallery_lengths
        return np.maximum(rows, 0, out=rows)

    return euclidean


def matrix_rows(distances: NDArray[np.float32]) -> Rows:
    """The same interface over a matrix ``(Q, G)`` that exists already; rows come as copies."""

    def rows(start: int, stop: int) -> NDArray[np.float32]:
        return np.array(distances[start:stop])

    return rows


def chunks(queries: int, gallery: int, chunk_bytes: int) -> Iterator[tuple[int, int]]:
    """Spans of queries, at least one each, whose float32 distances to the gallery fit ``chunk_bytes``."""
    step = max(1, chunk_bytes // (4 * max(gallery, 1)))
    for start in range(0, queries, step):
        yield start, min(start + step, queries)
