"""Search among all embeddings of a library, exact, with filters applied inside (Faiss).

The index holds the stored float16 numbers unchanged and multiplies in float32: scores are those of the rows.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from reseen.library.codec import unpack_vectors
from reseen.library.database import numbers
from reseen.library.errors import UnknownRowError
from reseen.library.filters import Window
from reseen.library.index_file import Generation, IndexFiles
from reseen.library.results import Likeness, Vectors
from reseen.library.tables import LibraryRow, ShotRow
from reseen.library.tracklet_table import TrackletColumns, TrackletTable

# The types that Faiss ships know nothing of its numpy arguments.
_faiss: Any = faiss

_ROWS_AT_ONCE = 16384
_MULTIPLIED_AT_ONCE = 2048
_UNSAVED_AT_LEAST = 4096
_UNSAVED_SHARE = 0.05


class ShotIndex:
    """The embeddings in memory, kept up to date from the rows; safe to use from several threads.

    Nothing is loaded before the first search. Before each one, what was committed since (by whichever
    process) is taken in; a removal or another embedder elsewhere is noticed by the library's epoch and
    everything is loaded anew.

    Args:
        files: Where the index is kept between sessions.
    """

    def __init__(self, files: IndexFiles) -> None:
        self.files = files
        self._lock = threading.RLock()
        self._tracklets = TrackletTable()
        self._generation: Generation | None = None
        self._index: Any | None = None
        self._shot_ids: NDArray[np.int64] = np.zeros(0, np.int64)
        self._tracklet_ids: NDArray[np.int64] = np.zeros(0, np.int64)

    def search(
        self, session: Session, queries: NDArray[np.float32], top: int, window: Window
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """The ``top`` best shots for each of Q queries; see ``Store.search``."""
        with self._lock:
            index = self._refresh(session)
            parameters = None
            if not window.whole:
                mask = self._shots_in(window)
                bits = np.packbits(mask, bitorder="little")
                selector = _faiss.IDSelectorBitmap(bits if len(bits) else np.zeros(1, np.uint8))
                parameters = _faiss.SearchParameters(sel=selector)
            scores, places = _faiss.downcast_index(index.index).search(queries, top, params=parameters)
            found = places >= 0
            ids = np.full(places.shape, -1, np.int64)
            ids[found] = self._shot_ids[places[found]]
        scores = np.where(found, scores, -np.inf).astype(np.float32)
        order = np.lexsort((ids, -scores), axis=1)
        return np.take_along_axis(scores, order, 1), np.take_along_axis(ids, order, 1)

    def vectors(self, session: Session, window: Window) -> Vectors:
        """All embeddings that a window lets through."""
        with self._lock:
            stored = _stored(self._refresh(session))
            places = np.flatnonzero(self._shots_in(window))
            return Vectors(_as_float32(stored, places), *self._owners(places))

    def vectors_of(self, session: Session, shot_ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """The embeddings of shots, ``(N, D)``, in the order asked for; see ``Store.vectors_of``."""
        with self._lock:
            stored = _stored(self._refresh(session))
            places = np.searchsorted(self._shot_ids, shot_ids)
            there = places < len(self._shot_ids)
            there[there] = self._shot_ids[places[there]] == shot_ids[there]
            if not there.all():
                raise UnknownRowError(f"no shot with id {int(shot_ids[~there][0])}")
            return _as_float32(stored, places)

    def likeness(self, session: Session, queries: NDArray[np.float32], window: Window) -> Likeness:
        """How alike queries are to all shots that a window lets through; no second copy of the embeddings."""
        with self._lock:
            index = self._refresh(session)
            stored = _stored(index)
            flat = _faiss.downcast_index(index.index)
            places = np.flatnonzero(self._shots_in(window))
            cosines = np.empty((len(queries), len(places)), np.float32)
            for i in range(0, len(places), _MULTIPLIED_AT_ONCE):
                some = places[i : i + _MULTIPLIED_AT_ONCE]
                # Most are side by side; a slice spares a copy. Faiss turns float16 into float32 quicker than numpy.
                whole = int(some[-1]) - int(some[0]) == len(some) - 1
                part = stored[some[0] : some[0] + len(some)] if whole else stored[some]
                cosines[:, i : i + len(some)] = queries @ flat.sa_decode(part.view(np.uint8)).T
            return Likeness(cosines, *self._owners(places))

    def tracklets_in(self, session: Session, window: Window) -> NDArray[np.int64]:
        """Ids of the tracklets that a window lets through, rising; loads no embeddings."""
        with self._lock:
            self._tracklets.refresh(session)
            return self._tracklets.ids[self._tracklets.passes(window)]

    def tracklet_columns(self, session: Session) -> TrackletColumns:
        """All tracklets; loads no embeddings."""
        with self._lock:
            self._tracklets.refresh(session)
            return self._tracklets.columns()

    def save(self, session: Session, *, always: bool = False) -> bool:
        """Brings the stored index up to date when that is worth it: many shots since, or ``always``."""
        with self._lock:
            generation = _generation(session)
            stored = self.files.stored_count(generation)
            count = session.execute(select(func.count()).select_from(ShotRow)).scalar_one()
            worth = count - stored >= max(_UNSAVED_AT_LEAST, _UNSAVED_SHARE * stored)
            if not always and not worth:
                return False
            self.files.save(self._refresh(session), generation)
            return True

    def stale_files(self, session: Session) -> list[Path]:
        """Index files that do not belong to the library as it is now, or were left behind by a crash."""
        return self.files.stale(_generation(session))

    def stored_problem(self, session: Session, *, deep: bool) -> str | None:
        """What is wrong with the stored index, in words; None when it holds up or there is none."""
        generation = _generation(session)
        if not self.files.stored_count(generation):
            return None
        index = self.files.load(generation)
        if index is None:
            return "the stored index is damaged"
        held = _faiss.vector_to_array(index.id_map)
        ids = np.array(session.scalars(select(ShotRow.id).order_by(ShotRow.id)).all(), np.int64)
        if not np.array_equal(held, ids[: len(held)]):
            return "the stored index holds other shots than the database"
        at = 0
        stored = _stored(index)
        for shot_ids, _, matrix in _embeddings_after(session, 0, generation.dim) if deep else ():
            part = stored[at : at + len(shot_ids)]
            if not np.array_equal(part, matrix[: len(part)].astype(np.float16)):
                return "the stored index holds other embeddings than the database"
            at += len(shot_ids)
        return None

    def __len__(self) -> int:
        return 0 if self._index is None else len(self._shot_ids)

    def forget(self) -> None:
        """Drops what is in memory; the next search loads again."""
        with self._lock:
            self._generation = self._index = None
            self._tracklets = TrackletTable()

    def _owners(self, places: NDArray[np.intp]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """The ids of shots at some places, and those of their tracklets and sources."""
        tracklet_ids = self._tracklet_ids[places]
        rows = np.searchsorted(self._tracklets.ids, tracklet_ids)
        return self._shot_ids[places], tracklet_ids, self._tracklets.source_ids[rows]

    def _shots_in(self, window: Window) -> NDArray[np.bool_]:
        if window.whole:
            return np.ones(len(self._shot_ids), np.bool_)
        passes = self._tracklets.passes(window)
        return passes[np.searchsorted(self._tracklets.ids, self._tracklet_ids)] if len(passes) else passes

    def _refresh(self, session: Session) -> Any:
        generation = _generation(session)
        self._tracklets.refresh(session)
        if self._index is None or generation != self._generation:
            self._load(session, generation)
        assert self._index is not None
        last = int(self._shot_ids[-1]) if len(self._shot_ids) else 0
        for shot_ids, tracklet_ids, matrix in _embeddings_after(session, last, generation.dim):
            self._index.add_with_ids(matrix, shot_ids)
            self._shot_ids = np.concatenate((self._shot_ids, shot_ids))
            self._tracklet_ids = np.concatenate((self._tracklet_ids, tracklet_ids))
        return self._index

    def _load(self, session: Session, generation: Generation) -> None:
        index = self.files.load(generation)
        if index is not None:
            held = _faiss.vector_to_array(index.id_map).astype(np.int64)
            # The covering index of tracklet_id has both columns; the wide rows stay unread.
            pairs = numbers(session, "SELECT tracklet_id, id FROM shots ORDER BY tracklet_id, id", 2)
            table = pairs.astype(np.int64)
            table = table[np.argsort(table[:, 1], kind="stable")][: len(held)]
            if np.array_equal(table[:, 1], held):
                self._index, self._shot_ids, self._tracklet_ids = index, held, table[:, 0].copy()
                self._generation = generation
                return
        self._index = _faiss.IndexIDMap(
            _faiss.IndexScalarQuantizer(generation.dim, _faiss.ScalarQuantizer.QT_fp16, _faiss.METRIC_INNER_PRODUCT)
        )
        self._shot_ids = np.zeros(0, np.int64)
        self._tracklet_ids = np.zeros(0, np.int64)
        self._generation = generation


def _generation(session: Session) -> Generation:
    row = session.execute(select(LibraryRow.epoch, LibraryRow.embedder_sha256, LibraryRow.dim)).one()
    return Generation(row.epoch, row.embedder_sha256, row.dim)


def _embeddings_after(
    session: Session, last: int, dim: int
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]]:
    wanted = (
        select(ShotRow.id, ShotRow.tracklet_id, ShotRow.vector)
        .where(ShotRow.id > last)
        .order_by(ShotRow.id)
        .execution_options(yield_per=_ROWS_AT_ONCE)
    )
    for rows in session.execute(wanted).partitions():
        yield (
            np.array([row.id for row in rows], np.int64),
            np.array([row.tracklet_id for row in rows], np.int64),
            unpack_vectors([row.vector for row in rows], dim),
        )


def _as_float32(stored: NDArray[np.float16], places: NDArray[np.intp]) -> NDArray[np.float32]:
    matrix = np.empty((len(places), stored.shape[1]), np.float32)
    for i in range(0, len(places), _ROWS_AT_ONCE):  # no second copy of everything
        matrix[i : i + _ROWS_AT_ONCE] = stored[places[i : i + _ROWS_AT_ONCE]]
    return matrix


def _stored(index: Any) -> NDArray[np.float16]:
    """The embeddings as they lie in the index, ``(N, D)`` float16, without a copy: read it under the lock."""
    flat = _faiss.downcast_index(index.index)
    if flat.ntotal == 0:
        return np.zeros((0, flat.d), np.float16)
    codes = _faiss.rev_swig_ptr(flat.codes.data(), flat.ntotal * flat.d * 2)
    view: NDArray[np.float16] = codes.view(np.float16).reshape(flat.ntotal, flat.d)
    return view
