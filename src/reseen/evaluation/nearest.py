"""The first few of a long row of distances, without sorting the row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reseen.evaluation.distances import Metric, chunks, distance_rows
from reseen.evaluation.embedded import JUNK, Embedded

#: Values of a row of which only the smallest is looked at first.
_BLOCK = 16


def nearest(row: NDArray[np.float32], count: int) -> NDArray[np.int64]:
    """Indices of the ``count`` smallest values of ``(N,)``, smallest first; equal values by their index.

    The row is folded into blocks and only the smallest value of each is partitioned: the ``count``-th
    smallest of these bounds the ``count``-th smallest of the row from above, and few values lie below it.
    """
    folds = len(row) // _BLOCK
    if folds <= count:
        return np.argsort(row, kind="stable")[:count].astype(np.int64, copy=False)
    smallest = row[: folds * _BLOCK].reshape(_BLOCK, folds).min(axis=0)
    bound = np.partition(smallest, count - 1)[count - 1]
    near = np.flatnonzero(row <= bound)
    return near[np.argsort(row[near], kind="stable")[:count]]


@dataclass(frozen=True, eq=False)
class TopMatches:
    """The first images of each query's ranking.

    Attributes:
        images: ``(Q, k)`` int64 gallery rows, nearest first; -1 where the ranking has no more.
        distances: ``(Q, k)`` float32; inf where the ranking has no more.
        right: ``(Q, k)`` bool, whether the image shows the query's person.
    """

    images: NDArray[np.int64]
    distances: NDArray[np.float32]
    right: NDArray[np.bool_]


def top_matches(
    query: Embedded,
    gallery: Embedded,
    count: int = 10,
    *,
    metric: Metric = "cosine",
    drop_same_camera: bool = True,
    chunk_bytes: int = 64 * 2**20,
) -> TopMatches:
    """The first ``count`` images for each query, junk and (by default) the query's own camera left out.

    Args:
        query: Photos of wanted people.
        gallery: Images looked through.
        count: Images a query.
        metric: Distance between features.
        drop_same_camera: Leave out the query's own identity in the query's own camera.
        chunk_bytes: Most memory for the distances of one chunk of queries, in bytes.
    """
    images = np.full((len(query), count), -1, dtype=np.int64)
    distances = np.full((len(query), count), np.inf, dtype=np.float32)
    rows = distance_rows(query.features, gallery.features, metric)
    junk = gallery.persons == JUNK
    for start, stop in chunks(len(query), len(gallery), chunk_bytes):
        for index, row in zip(range(start, stop), rows(start, stop), strict=True):
            out = junk
            if drop_same_camera:
                own = gallery.persons == query.persons[index]
                out = junk | (own & (gallery.cameras == query.cameras[index]))
            row[out] = np.inf
            first = nearest(row, count)
            first = first[np.isfinite(row[first])]
            images[index, : len(first)] = first
            distances[index, : len(first)] = row[first]
    right = (images >= 0) & (gallery.persons[images] == query.persons[:, None])
    return TopMatches(images, distances, right)
