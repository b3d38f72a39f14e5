"""Cases: a search that is kept, its photos, its notes, and what is new since it was last opened."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import cast

import numpy as np
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from reseen.library.audit import write_entry
from reseen.library.errors import LibraryError
from reseen.library.filters import EVERYTHING, Filter, window_of
from reseen.library.part import Part, now
from reseen.library.tables import SegmentRow, TrackletRow
from reseen.library.tables_of_work import CasePhotoRow, CaseRow
from reseen.library.work_records import Case, CasePhoto, NewSince


class CasesPart(Part):
    """Cases and their photos; also a library opened for reading writes them."""

    def add_case(
        self,
        name: str,
        who: str,
        photos: Sequence[CasePhoto] = (),
        filters: Mapping[str, object] | None = None,
        threshold: float | None = None,
        notes: str = "",
    ) -> Case:
        """Keeps a search; it counts as opened now."""
        with self._db.write() as session:
            moment = now()
            row = CaseRow(
                name=name,
                who=who,
                created_at=moment,
                changed_at=moment,
                opened_at=moment,
                filters=json.dumps(filters or {}, default=str),
                threshold=threshold,
                notes=notes,
                seen_tracklet=_newest(session),
            )
            session.add(row)
            session.flush()
            session.add_all(_photo_row(row.id, photo) for photo in photos)
            write_entry(
                session, "case", {"case": row.id, "name": name}, photos=[photo.sha256 for photo in photos], who=who
            )
            session.flush()
            return _cases(session, [row])[0]

    def case(self, case_id: int) -> Case:
        """A case by its id.

        Raises:
            UnknownRowError: There is none.
        """
        with self._db.read() as session:
            return _cases(session, [self._case_row(session, case_id)])[0]

    def cases(self, before: int | None = None, limit: int = 50, who: str | None = None) -> tuple[Case, ...]:
        """Cases, newest first; ``before`` an id, only of somebody."""
        wanted = select(CaseRow).order_by(CaseRow.id.desc()).limit(limit)
        if before is not None:
            wanted = wanted.where(CaseRow.id < before)
        if who is not None:
            wanted = wanted.where(CaseRow.who == who)
        with self._db.read() as session:
            return _cases(session, session.scalars(wanted).all())

    def change_case(
        self,
        case_id: int,
        *,
        name: str | None = None,
        notes: str | None = None,
        threshold: float | None = None,
        filters: Mapping[str, object] | None = None,
    ) -> Case:
        """Changes what is given; the rest stays.

        Raises:
            UnknownRowError: No such case.
        """
        with self._db.write() as session:
            row = self._case_row(session, case_id)
            row.name = row.name if name is None else name
            row.notes = row.notes if notes is None else notes
            row.threshold = row.threshold if threshold is None else threshold
            row.filters = row.filters if filters is None else json.dumps(filters, default=str)
            row.changed_at = now()
            session.flush()
            return _cases(session, [row])[0]

    def add_case_photos(self, case_id: int, photos: Sequence[CasePhoto]) -> Case:
        """Gives a case further photos; one of the same file and box is there once."""
        with self._db.write() as session:
            row = self._case_row(session, case_id)
            held = {(photo.sha256, tuple(photo.box.tolist())) for photo in _photos(session, [case_id])[case_id]}
            fresh = [photo for photo in photos if (photo.sha256, tuple(photo.box.tolist())) not in held]
            session.add_all(_photo_row(case_id, photo) for photo in fresh)
            row.changed_at = now()
            session.flush()
            return _cases(session, [row])[0]

    def delete_case(self, case_id: int, who: str) -> None:
        """Deletes a case with its photos and verdicts (its entries of the audit log stay).

        Raises:
            UnknownRowError: No such case.
        """
        with self._db.write() as session:
            row = self._case_row(session, case_id)
            write_entry(session, "delete case", {"case": case_id, "name": row.name}, who=who)
            session.execute(delete(CaseRow).where(CaseRow.id == case_id))

    def mark_opened(self, case_id: int) -> Case:
        """From now on only what comes in later is new."""
        with self._db.write() as session:
            row = self._case_row(session, case_id)
            row.opened_at, row.seen_tracklet = now(), _newest(session)
            session.flush()
            return _cases(session, [row])[0]

    def new_since(self, case: Case, wanted: Filter = EVERYTHING) -> NewSince:
        """What a filter lets through that came in since a case was last opened."""
        with self._db.read() as session:
            window = window_of(session, wanted)
            ids = self._index.tracklets_in(session, window)
            fresh = ids[ids > case.seen_tracklet]
            # Who goes on from the segment before is nobody new.
            links = select(TrackletRow.id).where(
                TrackletRow.id > case.seen_tracklet, TrackletRow.continues.is_not(None)
            )
            later = np.fromiter(session.scalars(links), np.int64)
            people = int(np.sum(~np.isin(fresh, later))) if len(fresh) else 0
            looked = select(SegmentRow.source_id, SegmentRow.start, SegmentRow.end, SegmentRow.seconds).where(
                SegmentRow.done_at > case.opened_at
            )
            segments = np.array([tuple(row) for row in session.execute(looked)], np.float64).reshape(-1, 4)
        within = window.passes(segments[:, 0].astype(np.int64), segments[:, 1], segments[:, 2])
        return NewSince(people, float(segments[within, 3].sum()))

    def _case_row(self, session: Session, case_id: int) -> CaseRow:
        return self._row(session, CaseRow, case_id, "case")


def _newest(session: Session) -> int:
    return session.scalar(select(func.max(TrackletRow.id))) or 0


def _photo_row(case_id: int, photo: CasePhoto) -> CasePhotoRow:
    if photo.jpeg is None or photo.vector is None:
        raise LibraryError(f"{photo.name}: this photo was forgotten: give it again")
    x1, y1, x2, y2 = (float(x) for x in photo.box)
    return CasePhotoRow(
        case_id=case_id,
        name=photo.name,
        sha256=photo.sha256,
        jpeg=photo.jpeg,
        x1=x1,
        y1=y1,
        x2=x2,
        y2=y2,
        vector=np.ascontiguousarray(photo.vector, "<f4").tobytes(),
        embedder_sha256=photo.embedder_sha256,
    )


def _photos(session: Session, case_ids: Sequence[int]) -> dict[int, list[CasePhoto]]:
    photos: dict[int, list[CasePhoto]] = {case_id: [] for case_id in case_ids}
    wanted = select(CasePhotoRow).where(CasePhotoRow.case_id.in_(case_ids)).order_by(CasePhotoRow.id)
    for row in session.scalars(wanted):
        vector = None if row.vector is None else np.frombuffer(row.vector, "<f4").astype(np.float32)
        box = np.array([row.x1, row.y1, row.x2, row.y2], np.float32)
        photos[row.case_id].append(
            CasePhoto(row.name, row.sha256, row.jpeg, box, vector, row.embedder_sha256, row.forgotten_at, row.id)
        )
    return photos


def _cases(session: Session, rows: Sequence[CaseRow]) -> tuple[Case, ...]:
    photos = _photos(session, [row.id for row in rows])
    return tuple(
        Case(
            id=row.id,
            name=row.name,
            who=row.who,
            created_at=row.created_at,
            changed_at=row.changed_at,
            opened_at=row.opened_at,
            filters=cast("dict[str, object]", json.loads(row.filters)),
            threshold=row.threshold,
            notes=row.notes,
            seen_tracklet=row.seen_tracklet,
            photos=tuple(photos[row.id]),
        )
        for row in rows
    )
