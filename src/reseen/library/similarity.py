"""Embeddings: all that a filter lets through, and exact search among them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reseen.library.errors import ModelsDifferError
from reseen.library.filters import EVERYTHING, Filter, window_of
from reseen.library.models_used import models_of
from reseen.library.part import Part
from reseen.library.results import Vectors


class SimilarityPart(Part):
    """Embeddings and search."""

    def vectors(self, wanted: Filter = EVERYTHING) -> Vectors:
        """The embeddings of all shots whose tracklets a filter lets through."""
        with self._db.read() as session:
            return self._index.vectors(session, window_of(session, wanted))

    def search(
        self, queries: NDArray[np.float32], top: int, wanted: Filter = EVERYTHING
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """The most similar shots, exactly, among those whose tracklets a filter lets through.

        Args:
            queries: ``(Q, D)`` float32 unit rows.
            top: How many for each query, at least 1.
            wanted: The filter, applied inside the search: ``top`` shots are found if there are as many.

        Returns:
            Scores ``(Q, top)`` float32, best first, and shot ids ``(Q, top)`` int64; where there are fewer
            shots, the rest is minus infinity and -1. Scores are inner products with the stored float16
            numbers.

        Raises:
            ModelsDifferError: The queries have another length than the library's embeddings.
            ValueError: ``top`` is below 1, or the queries are no matrix.
        """
        if queries.ndim != 2 or top < 1:
            raise ValueError(f"queries are (Q, D) and top is at least 1, not {queries.shape} and {top}")
        with self._db.read() as session:
            models = models_of(session)
            if queries.shape[1] != models.dim:
                raise ModelsDifferError(
                    f"{self.folder}: holds embeddings of {models.dim} numbers ({models.embedder_name}), the "
                    f"query has {queries.shape[1]}: search with that embedder"
                )
            return self._index.search(
                session, np.ascontiguousarray(queries, np.float32), top, window_of(session, wanted)
            )

    def rebuild_index(self) -> int:
        """Throws the stored index away and makes it anew from the rows.

        Returns:
            How many embeddings are in it.
        """
        self._need_writer()
        self._index.forget()
        self._index.files.discard()
        with self._db.read() as session:
            self._index.save(session, always=True)
            return len(self._index)
