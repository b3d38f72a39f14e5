"""The way out: tracklets, persons, shots, and what has been looked through."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, select

from reseen.library.chains import firsts
from reseen.library.codec import unpack_path
from reseen.library.errors import LibraryError, UnknownRowError
from reseen.library.filters import EVERYTHING, Filter, window_of
from reseen.library.part import Part, in_chunks
from reseen.library.records import StoredShot, StoredTracklet
from reseen.library.results import Persons
from reseen.library.shotfolder import decode
from reseen.library.tables import ShotRow, TrackletRow

_PICTURES_AT_ONCE = 64

_SHOT_COLUMNS = (
    ShotRow.id,
    ShotRow.tracklet_id,
    TrackletRow.source_id,
    ShotRow.time,
    ShotRow.x1,
    ShotRow.y1,
    ShotRow.x2,
    ShotRow.y2,
    ShotRow.score,
    ShotRow.quality,
    ShotRow.file,
    ShotRow.size,
)


class ReadingPart(Part):
    """Tracklets and shots."""

    def tracklet_ids(self, wanted: Filter = EVERYTHING) -> NDArray[np.int64]:
        """Ids of the tracklets that a filter lets through, ``(T,)`` int64, rising."""
        with self._db.read() as session:
            return self._index.tracklets_in(session, window_of(session, wanted))

    def tracklet_ids_of(self, source_id: int) -> tuple[int, ...]:
        """Ids of the tracklets of a source, rising."""
        with self._db.read() as session:
            wanted = select(TrackletRow.id).where(TrackletRow.source_id == source_id).order_by(TrackletRow.id)
            return tuple(session.scalars(wanted))

    def tracklets(self, ids: Iterable[int]) -> tuple[StoredTracklet, ...]:
        """Tracklets with their boxes, in the order asked for.

        Raises:
            UnknownRowError: An id that is not (or no longer) there.
        """
        asked = [int(i) for i in ids]
        found: dict[int, StoredTracklet] = {}
        for some in in_chunks(sorted(set(asked))):
            for one in self._tracklets_where(TrackletRow.id.in_(some)):
                found[one.id] = one
        missing = next((i for i in asked if i not in found), None)
        if missing is not None:
            raise UnknownRowError(f"{self.folder}: no tracklet with id {missing}")
        return tuple(found[i] for i in asked)

    def segment_tracklets(self, segment_id: int) -> tuple[StoredTracklet, ...]:
        """The tracklets of a segment, in the order they were committed."""
        return self._tracklets_where(TrackletRow.segment_id == segment_id)

    def tracklets_between(self, source_id: int, start: float, end: float) -> tuple[StoredTracklet, ...]:
        """The tracklets of a source that are there at some time from ``start`` to ``end`` (seconds), by id."""
        return self._tracklets_where(
            (TrackletRow.source_id == source_id) & (TrackletRow.start <= end) & (TrackletRow.end >= start)
        )

    def persons(self, wanted: Filter = EVERYTHING) -> Persons:
        """Which of the tracklets that a filter lets through are one person's.

        A chain keeps its id also where the filter lets through only a part of it.
        """
        with self._db.read() as session:
            ids = self._index.tracklets_in(session, window_of(session, wanted))
            return Persons(ids, firsts(session, ids))

    def chain(self, tracklet_id: int) -> tuple[int, ...]:
        """The tracklets of the person that a tracklet belongs to, first to last."""
        with self._db.read() as session:
            ids = [tracklet_id]
            while (
                before := session.scalar(select(TrackletRow.continues).where(TrackletRow.id == ids[0]))
            ) is not None and before not in ids:
                ids.insert(0, before)
            while (
                later := session.scalar(select(TrackletRow.id).where(TrackletRow.continues == ids[-1]))
            ) is not None and later not in ids:
                ids.append(later)
        return tuple(ids)

    def shots(self, tracklet_ids: Iterable[int]) -> tuple[StoredShot, ...]:
        """The shots of tracklets, by tracklet and time."""
        found: list[StoredShot] = []
        for some in in_chunks(sorted({int(i) for i in tracklet_ids})):
            found.extend(self._shots_where(ShotRow.tracklet_id.in_(some)))
        return tuple(sorted(found, key=lambda shot: (shot.tracklet_id, shot.time, shot.id)))

    def shots_by_id(self, shot_ids: Iterable[int]) -> tuple[StoredShot, ...]:
        """Shots, in the order asked for.

        Raises:
            UnknownRowError: An id that is not (or no longer) there.
        """
        asked = [int(i) for i in shot_ids]
        found: dict[int, StoredShot] = {}
        for some in in_chunks(sorted(set(asked))):
            for shot in self._shots_where(ShotRow.id.in_(some)):
                found[shot.id] = shot
        missing = next((i for i in asked if i not in found), None)
        if missing is not None:
            raise UnknownRowError(f"{self.folder}: no shot with id {missing}")
        return tuple(found[i] for i in asked)

    def tracklets_of_shots(self, shot_ids: Iterable[int]) -> dict[int, int]:
        """The tracklet of each shot that is (still) there."""
        found: dict[int, int] = {}
        with self._db.read() as session:
            for some in in_chunks(sorted({int(i) for i in shot_ids})):
                wanted = select(ShotRow.id, ShotRow.tracklet_id).where(ShotRow.id.in_(some))
                found.update((row[0], row[1]) for row in session.execute(wanted))
        return found

    def shot_image(self, shot_id: int) -> bytes:
        """The JPEG of a shot.

        Raises:
            UnknownRowError: No such shot.
            LibraryError: Its picture is missing.
        """
        return self._shots.read(self.shots_by_id([shot_id])[0].file)

    def shot_pixels(self, shot_id: int) -> NDArray[np.uint8]:
        """The picture of a shot, ``(h, w, 3)`` uint8 BGR; errors as ``shot_image``, also when damaged."""
        return decode(self.shot_image(shot_id), str(self.folder))

    def shot_batches(
        self, size: int = _PICTURES_AT_ONCE
    ) -> Iterator[tuple[NDArray[np.int64], list[NDArray[np.uint8]]]]:
        """All shots as (ids ``(B,)`` int64, B pictures as ``shot_pixels``), for embedding them anew.

        A picture that is missing or damaged is left out.
        """
        with self._db.read() as session:
            rows = [
                (row.id, row.file) for row in session.execute(select(ShotRow.id, ShotRow.file).order_by(ShotRow.id))
            ]
        for some in in_chunks(rows, size):
            ids, pictures = [], []
            for shot_id, file in some:
                try:
                    pictures.append(decode(self._shots.read(file), file))
                except LibraryError:
                    continue
                ids.append(shot_id)
            if ids:
                yield np.array(ids, np.int64), pictures

    def _tracklets_where(self, condition: ColumnElement[bool]) -> tuple[StoredTracklet, ...]:
        with self._db.read() as session:
            rows = session.scalars(select(TrackletRow).where(condition).order_by(TrackletRow.id))
            return tuple(
                StoredTracklet(row.id, row.source_id, row.segment_id, row.continues, unpack_path(row.path))
                for row in rows
            )

    def _shots_where(self, condition: ColumnElement[bool]) -> list[StoredShot]:
        wanted = select(*_SHOT_COLUMNS).join(TrackletRow, ShotRow.tracklet_id == TrackletRow.id).where(condition)
        with self._db.read() as session:
            return [
                StoredShot(
                    id=row.id,
                    tracklet_id=row.tracklet_id,
                    source_id=row.source_id,
                    time=row.time,
                    box=np.array([row.x1, row.y1, row.x2, row.y2], np.float32),
                    score=row.score,
                    quality=row.quality,
                    file=row.file,
                    size=row.size,
                )
                for row in session.execute(wanted)
            ]
