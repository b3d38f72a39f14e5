"""Embeddings: all that a filter lets through, and exact search among them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from reseen.library.errors import ModelsDifferError
from reseen.library.filters import EVERYTHING, Filter, window_of
from reseen.library.models_used import models_of
from reseen.library.part import Part
from reseen.library.results import Likeness, Vectors


class SimilarityPart(Part):
    """Embeddings and search."""

    def vectors(self, wanted: Filter = EVERYTHING) -> Vectors:
        """The embeddings of all shots whose tracklets a filter lets through."""
        with self._db.read() as session:
            return self._index.vectors(session, window_of(session, wanted))

    def vectors_of(self, shot_ids: Sequence[int]) -> NDArray[np.float32]:
        """The embeddings of some shots, ``(N, D)`` float32 unit rows as stored, in the order asked for.

        Raises:
            UnknownRowError: An id that is not (or no longer) there.
        """
        with self._db.read() as session:
            return self._index.vectors_of(session, np.asarray(shot_ids, np.int64))

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
        if top < 1:
            raise ValueError(f"top is at least 1, not {top}")
        with self._db.read() as session:
            self._check_length(session, queries)
            return self._index.search(
                session, np.ascontiguousarray(queries, np.float32), top, window_of(session, wanted)
            )

    def likeness(self, queries: NDArray[np.float32], wanted: Filter = EVERYTHING) -> Likeness:
        """How alike queries are to every shot whose tracklet a filter lets through.

        Args:
            queries: ``(Q, D)`` float32 unit rows.
            wanted: The filter.

        Raises:
            ModelsDifferError: The queries have another length than the library's embeddings.
            ValueError: The queries are no matrix.
        """
        with self._db.read() as session:
            self._check_length(session, queries)
            return self._index.likeness(session, np.asarray(queries, np.float32), window_of(session, wanted))

    def _check_length(self, session: Session, queries: NDArray[np.float32]) -> None:
        if queries.ndim != 2:
            raise ValueError(f"queries are (Q, D), not {queries.shape}")
        models = models_of(session)
        if queries.shape[1] != models.dim:
            raise ModelsDifferError(
                f"{self.folder}: holds embeddings of {models.dim} numbers ({models.embedder_name}), the "
                f"query has {queries.shape[1]}: search with that embedder"
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
