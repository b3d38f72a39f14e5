"""Is the library whole? Every row, picture and file of the index held against each other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased

from reseen.library.codec import unpack_path, unpack_vectors
from reseen.library.durable import wipe
from reseen.library.errors import LibraryError
from reseen.library.models_used import models_of
from reseen.library.reading import ReadingPart
from reseen.library.results import Problem
from reseen.library.similarity import SimilarityPart
from reseen.library.tables import SegmentRow, ShotRow, TrackletRow

_NEW_LIBRARY = "restore a backup of the library, or index the footage into a new one"
_ANEW = "remove its source from the library and index it again"
_RESTORE = f"restore it from a copy, or {_ANEW}"
_ROWS_AT_ONCE = 1000
_LENGTH_TOLERANCE = 0.02


class VerifyingPart(ReadingPart, SimilarityPart):
    """Verification and cleaning."""

    def verify(self, *, repair: bool = False, deep: bool = False) -> tuple[Problem, ...]:
        """Looks for what is wrong.

        Args:
            repair: Also delete leftovers and make a bad index anew; needs the library open for writing.
            deep: Also decode every picture and tracklet, and compare every number of the index.

        Returns:
            The problems found, each with what to do; none means all is well.
        """
        if repair:
            self._need_writer()
        problems = [*self._database_problems(), *self._embedding_problems()]
        problems.extend(self._picture_problems(repair))
        if deep:
            problems.extend((*self._tracklet_problems(), *self._content_problems()))
        problems.extend(self._index_problems(repair, deep))
        return tuple(problems)

    def clean(self) -> int:
        """Deletes what a crash left behind: pictures without rows, half-written files, stale indexes.

        Returns:
            How many files or folders were deleted.
        """
        self._need_writer()
        with self._db.read() as session:
            done = set(session.scalars(select(SegmentRow.id).where(SegmentRow.done_at.is_not(None))))
            stale = self._index.stale_files(session)
        orphans = [i for i in self._shots.segments_present() if i not in done]
        self._shots.remove_segments(orphans)
        for file in stale:
            wipe(file)
        return len(orphans) + len(stale)

    def _database_problems(self) -> Iterator[Problem]:
        for (said,) in self._db.execute_alone("PRAGMA integrity_check"):
            if said != "ok":
                yield Problem("database", f"the database is damaged: {said}", _NEW_LIBRARY)
        for table, row, parent, _ in self._db.execute_alone("PRAGMA foreign_key_check"):
            yield Problem("link", f"row {row} of {table} belongs to a row of {parent} that is gone", _NEW_LIBRARY)
        before = aliased(TrackletRow)
        odd = (
            select(TrackletRow.id, TrackletRow.continues)
            .join(before, TrackletRow.continues == before.id)
            .where(or_(before.source_id != TrackletRow.source_id, before.start > TrackletRow.start))
        )
        with self._db.read() as session:
            for row in session.execute(odd):
                what = f"tracklet {row.id} continues {row.continues}, which is not before it in the same source"
                yield Problem("link", what, _ANEW)

    def _embedding_problems(self) -> Iterator[Problem]:
        with self._db.read() as session:
            dim = models_of(session).dim
            odd = select(ShotRow.id).where(func.length(ShotRow.vector) != 2 * dim)
            for shot_id in session.scalars(odd):
                yield Problem("embedding", f"the embedding of shot {shot_id} has not {dim} numbers", _ANEW)

    def _picture_problems(self, repair: bool) -> Iterator[Problem]:
        # Files first, rows second: what another process commits meanwhile is then no leftover.
        present = dict(self._shots.files_present())
        with self._db.read() as session:
            rows = {row.file: row.size for row in session.execute(select(ShotRow.file, ShotRow.size))}
            done = set(session.scalars(select(SegmentRow.id).where(SegmentRow.done_at.is_not(None))))
        for name, size in rows.items():
            path = self._shots.path(name)
            if name not in present and not path.exists():
                yield Problem("shot missing", f"{path} is missing", _RESTORE)
            elif present.get(name, size) != size:
                what = f"{path} has {present[name]} bytes, not {size}"
                yield Problem("shot damaged", what, _RESTORE)
        for name in present.keys() - rows.keys():
            # Somebody else may be writing the pictures of a segment that is not committed yet.
            if self.writable or _segment_in(name) in done:
                if repair:
                    wipe(self._shots.folder / name)
                yield _leftover(self._shots.folder / name, repair)

    def _tracklet_problems(self) -> Iterator[Problem]:
        wanted = select(TrackletRow.id, TrackletRow.path, TrackletRow.count.label("frames"))
        with self._db.read() as session:
            for row in session.execute(wanted.execution_options(yield_per=_ROWS_AT_ONCE)):
                try:
                    if len(unpack_path(row.path).times) != row.frames:
                        raise LibraryError("another number of boxes")
                except LibraryError:
                    yield Problem("tracklet", f"tracklet {row.id} cannot be read", _ANEW)

    def _content_problems(self) -> Iterator[Problem]:
        with self._db.read() as session:
            dim = models_of(session).dim
            right = select(ShotRow.id, ShotRow.vector).where(func.length(ShotRow.vector) == 2 * dim)
            for rows in session.execute(right.execution_options(yield_per=_ROWS_AT_ONCE)).partitions():
                lengths = np.linalg.norm(unpack_vectors([row.vector for row in rows], dim), axis=1)
                for row, length in zip(rows, lengths, strict=True):
                    if not abs(length - 1.0) < _LENGTH_TOLERANCE:
                        yield Problem("embedding", f"the embedding of shot {row.id} is no unit vector", _ANEW)
            names = session.execute(select(ShotRow.id, ShotRow.file)).all()
        readable = {int(i) for ids, _ in self.shot_batches() for i in ids}
        for shot_id, name in names:
            path = self._shots.path(name)
            if shot_id not in readable and path.exists():
                yield Problem("shot damaged", f"{path} cannot be decoded", _RESTORE)

    def _index_problems(self, repair: bool, deep: bool) -> Iterator[Problem]:
        with self._db.read() as session:
            said = self._index.stored_problem(session, deep=deep and not any(self._embedding_problems()))
            stale = self._index.stale_files(session) if self.writable else []
        if said is not None:
            if repair:
                self.rebuild_index()
            yield Problem("index", said, "run 'reseen library rebuild-index' (nothing is lost)", repair)
        for file in stale:
            if repair:
                wipe(file)
            yield _leftover(file, repair)


def _leftover(path: Path, repaired: bool) -> Problem:
    return Problem("leftover", f"{path} belongs to nothing", "delete it, or open the library for writing", repaired)


def _segment_in(name: str) -> int | None:
    folder = name.split("/")[-2] if name.count("/") else ""
    return int(folder) if folder.isdecimal() else None
