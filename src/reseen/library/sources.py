"""Cameras and sources: what footage a library knows, where it lies and when it was recorded."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import numpy as np
from sqlalchemy import ColumnElement, Row, Select, delete, func, or_, select, update
from sqlalchemy.orm import Session

from reseen.library.columns import aware
from reseen.library.errors import LibraryError, UnknownRowError
from reseen.library.filters import EVERYTHING, Filter, window_of
from reseen.library.hiding import hide_alike, show_all
from reseen.library.part import Part, in_chunks, now
from reseen.library.records import Camera, Kind, NewSource, Source, StartedFrom, State
from reseen.library.tables import CameraRow, SegmentRow, SourceRow, TrackletRow

_SHORTEST_HASH = 8


class SourcesPart(Part):
    """Cameras and sources."""

    def cameras(self) -> tuple[Camera, ...]:
        """All cameras, by name."""
        with self._db.read() as session:
            rows = session.scalars(select(CameraRow).order_by(CameraRow.name))
            return tuple(Camera(row.id, row.name, row.areas) for row in rows)

    def set_areas(self, camera: str, areas: str) -> None:
        """Sets the JSON text of a camera's areas; makes the camera when there is none of that name."""
        with self._db.write() as session:
            _camera(session, camera).areas = areas

    def add_source(self, new: NewSource) -> Source:
        """Adds a piece of footage, or finds the one with the same content.

        The same content twice is one source: it keeps its camera and clock, and its path follows the new one
        only when nothing lies at the old one any more.
        """
        self._need_writer()
        with self._db.write() as session:
            row = session.scalar(select(SourceRow).where(SourceRow.sha256 == new.sha256))
            if row is None:
                row = _new_row(new, _camera(session, new.camera).id)
                session.add(row)
            elif not Path(row.path).exists():
                row.path, row.shown = str(new.path.absolute()), new.shown
            row.last_used = now()
            session.flush()
            return _one(session, SourceRow.id == row.id)

    def source(self, source_id: int) -> Source:
        """A source by its id.

        Raises:
            UnknownRowError: There is none.
        """
        with self._db.read() as session:
            return self._known(session, source_id)

    def source_by_hash(self, sha256: str) -> Source | None:
        """The source with this content."""
        with self._db.read() as session:
            return next(iter(_select(session, SourceRow.sha256 == sha256)), None)

    def source_by_path(self, path: Path) -> Source | None:
        """The source that lies (or lay) at a path; the one used last, if the file was replaced."""
        with self._db.read() as session:
            found = _select(session, SourceRow.path == str(path.absolute()))
            return max(found, key=lambda source: (source.last_used, source.id), default=None)

    def find_sources(self, text: str) -> tuple[Source, ...]:
        """The sources that a person may mean: by id, path (also as shown), how the hash begins; else by file name."""
        meant = [SourceRow.path == str(Path(text).absolute()), SourceRow.shown == text]
        if text.isdecimal() and len(text) < 18:
            meant.append(SourceRow.id == int(text))
        if len(text) >= _SHORTEST_HASH and set(text.lower()) <= set("0123456789abcdef"):
            meant.append(SourceRow.sha256.startswith(text.lower()))
        with self._db.read() as session:
            found = _select(session, or_(*meant))
            return found or tuple(source for source in _select(session) if source.path.name == text)

    def sources(self, wanted: Filter = EVERYTHING) -> tuple[Source, ...]:
        """The sources that a filter lets through, in the order they were added."""
        with self._db.read() as session:
            found = _select(session)
            if wanted == EVERYTHING:
                return found
            window = window_of(session, wanted)
            ids = np.array([source.id for source in found], np.int64)
            ends = np.array([source.duration for source in found], np.float64)
            passes = window.passes(ids, np.zeros(len(ids)), ends)
            return tuple(source for source, inside in zip(found, passes, strict=True) if inside)

    def people_of_sources(self, source_ids: Iterable[int]) -> dict[int, int]:
        """How many persons were found in each source; those with none are left out."""
        found: dict[int, int] = {}
        for some in in_chunks(sorted(set(source_ids))):
            wanted = (
                select(TrackletRow.source_id, func.count())
                .where(TrackletRow.source_id.in_(some), TrackletRow.continues.is_(None))
                .group_by(TrackletRow.source_id)
            )
            with self._db.read() as session:
                found.update((row[0], row[1]) for row in session.execute(wanted))
        return found

    def seconds_of_sources(self, source_ids: Iterable[int]) -> dict[int, float]:
        """How many seconds of each source were looked through; those never looked at are left out."""
        found: dict[int, float] = {}
        for some in in_chunks(sorted(set(source_ids))):
            wanted = select(SegmentRow.source_id, func.sum(SegmentRow.seconds)).where(SegmentRow.source_id.in_(some))
            with self._db.read() as session:
                found.update((row[0], row[1]) for row in session.execute(wanted.group_by(SegmentRow.source_id)))
        return found

    def set_start(
        self,
        source_id: int,
        started_at: datetime | None,
        started_from: StartedFrom = "given",
        note: str = "",
    ) -> Source:
        """Sets when a source was recorded (None: nobody knows).

        Raises:
            ValueError: The time is naive.
            UnknownRowError: No such source.
        """
        with self._db.write() as session:
            self._known(session, source_id)
            session.execute(
                update(SourceRow)
                .where(SourceRow.id == source_id)
                .values(
                    started_at=None if started_at is None else aware(started_at),
                    started_from=None if started_at is None else started_from,
                    clock_note=note,
                )
            )
            return self._known(session, source_id)

    def shift_clock(self, camera: str, by: timedelta) -> int:
        """Corrects the clock of a camera: moves the start of all its sources that have one.

        Returns:
            How many sources were moved.
        """
        with self._db.write() as session:
            rows = session.scalars(
                select(SourceRow)
                .join(CameraRow, SourceRow.camera_id == CameraRow.id)
                .where(CameraRow.name == camera, SourceRow.started_at.is_not(None))
            ).all()
            for row in rows:
                row.started_at = cast(datetime, row.started_at) + by
            return len(rows)

    def set_camera(self, source_id: int, camera: str) -> Source:
        """Gives a source to a camera; makes the camera when there is none of that name."""
        with self._db.write() as session:
            self._known(session, source_id)
            camera_id = _camera(session, camera).id
            session.execute(update(SourceRow).where(SourceRow.id == source_id).values(camera_id=camera_id))
            show_all(session, source_id)
            hide_alike(session, [source_id])
            drop_idle_cameras(session)
            return self._known(session, source_id)

    def relink(self, source_id: int, path: Path, sha256: str, shown: str | None = None) -> Source:
        """Says where a source that moved lies now.

        Args:
            source_id: The source.
            path: Its new place.
            sha256: Hash of the file there.
            shown: How to name it from now on; the path when not given.

        Raises:
            LibraryError: It is another file.
            UnknownRowError: No such source.
        """
        with self._db.write() as session:
            old = self._known(session, source_id)
            if sha256 != old.sha256:
                raise LibraryError(f"{path}: not the same footage as {old.shown} (their contents differ): index it")
            session.execute(
                update(SourceRow)
                .where(SourceRow.id == source_id)
                .values(path=str(path.absolute()), shown=str(path) if shown is None else shown)
            )
            return self._known(session, source_id)

    def touch(self, source_ids: Iterable[int]) -> None:
        """Notes that sources are in use now, so that ``trim`` takes others first."""
        moment = now()
        with self._db.write() as session:
            for ids in in_chunks(sorted(set(source_ids))):
                session.execute(update(SourceRow).where(SourceRow.id.in_(ids)).values(last_used=moment))

    def _known(self, session: Session, source_id: int) -> Source:
        found = _select(session, SourceRow.id == source_id)
        if not found:
            raise UnknownRowError(f"{self.folder}: no source with id {source_id}: 'reseen library list' names them")
        return found[0]


def drop_idle_cameras(session: Session) -> None:
    """Deletes the cameras that have neither sources nor areas."""
    in_use = select(SourceRow.camera_id).distinct()
    session.execute(delete(CameraRow).where(CameraRow.areas == "", CameraRow.id.not_in(in_use)))


def select_sources(session: Session, ids: Iterable[int]) -> tuple[Source, ...]:
    """Sources by id, in the order they were added."""
    found: list[Source] = []
    for some in in_chunks(sorted(ids)):
        found.extend(_select(session, SourceRow.id.in_(some)))
    return tuple(found)


def _camera(session: Session, name: str) -> CameraRow:
    row = session.scalar(select(CameraRow).where(CameraRow.name == name))
    if row is None:
        row = CameraRow(name=name, areas="")
        session.add(row)
        session.flush()
    return row


def _new_row(new: NewSource, camera_id: int) -> SourceRow:
    moment = now()
    return SourceRow(
        camera_id=camera_id,
        path=str(new.path.absolute()),
        shown=new.shown,
        sha256=new.sha256,
        size=new.size,
        kind=new.kind,
        width=new.width,
        height=new.height,
        duration=new.duration,
        frame_rate=new.frame_rate,
        codec=new.codec,
        started_at=new.started_at,
        started_from=new.started_from,
        clock_note=new.clock_note,
        warnings=json.dumps(list(new.warnings)),
        added_at=moment,
        last_used=moment,
    )


def _one(session: Session, condition: ColumnElement[bool]) -> Source:
    return _select(session, condition)[0]


def _select(session: Session, *conditions: ColumnElement[bool]) -> tuple[Source, ...]:
    of_source = SegmentRow.source_id == SourceRow.id
    wanted: Select[Any] = (
        select(
            SourceRow,
            CameraRow.name.label("camera"),
            select(func.count()).select_from(SegmentRow).where(of_source).scalar_subquery().label("segments"),
            select(func.count(SegmentRow.done_at)).where(of_source).scalar_subquery().label("done"),
        )
        .join(CameraRow, SourceRow.camera_id == CameraRow.id)
        .where(*conditions)
        .order_by(SourceRow.id)
        .execution_options(populate_existing=True)
    )
    return tuple(_source(row) for row in session.execute(wanted))


def _source(found: Row[Any]) -> Source:
    row: SourceRow = found.SourceRow
    return Source(
        id=row.id,
        path=Path(row.path),
        shown=row.shown,
        camera=found.camera,
        sha256=row.sha256,
        size=row.size,
        kind=cast(Kind, row.kind),
        width=row.width,
        height=row.height,
        duration=row.duration,
        frame_rate=row.frame_rate,
        codec=row.codec,
        started_at=row.started_at,
        started_from=cast("StartedFrom | None", row.started_from),
        clock_note=row.clock_note,
        warnings=tuple(json.loads(row.warnings)),
        state=_state(row.failure, found.segments, found.done),
        failure=row.failure,
        segments=found.segments,
        segments_done=found.done,
        added_at=row.added_at,
        last_used=row.last_used,
    )


def _state(failure: str | None, segments: int, done: int) -> State:
    if failure is not None:
        return "failed"
    if segments and done == segments:
        return "done"
    return "partial" if done else "pending"
