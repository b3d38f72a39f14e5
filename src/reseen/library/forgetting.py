"""Forgetting persons: everything that was kept of them is deleted for good, said beforehand.

The footage itself is never touched: it still shows them, and looking through it anew would find them again.
Segments that were looked through are not looked through again by going on with a source, so that nobody comes
back by themselves; what remains of an unfinished source is said in the plan.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from contextlib import suppress

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from reseen.library.audit import write_entry
from reseen.library.errors import LibraryError
from reseen.library.part import in_chunks, now
from reseen.library.people import PeoplePart
from reseen.library.removal import RemovalPart
from reseen.library.results import ForgettingPlan, Forgotten
from reseen.library.tables import AuditRow, LibraryRow, SegmentRow, ShotRow, TrackletRow
from reseen.library.tables_of_work import CasePhotoRow, CaseRow, ThumbnailRow


class ForgettingPart(PeoplePart, RemovalPart):
    """Persons forgotten."""

    def plan_forget(self, tracklets: Iterable[int], *, case_id: int | None = None) -> ForgettingPlan:
        """What forgetting persons would delete.

        Args:
            tracklets: Any tracklets of theirs; their whole chains go. Those that are gone already are passed over.
            case_id: The case they were judged in: its photos show them.

        Raises:
            UnknownRowError: No such case.
            LibraryError: Nothing is left to be forgotten.
        """
        ids, persons = self._whole(tracklets)
        shots = self.shots(ids)
        hashes = self._hashes(shot.file for shot in shots)
        with self._db.read() as session:
            if case_id is not None:
                self._row(session, CaseRow, case_id, "case")
                hashes |= _photo_hashes(session, case_id)
            photos, entries = _showing(session, hashes, case_id)
            exports = self._exports_showing(session, ids)
            if not ids and not photos and not entries:
                raise LibraryError("nothing is left to be forgotten: no tracklet, photo or thumbnail of them is here")
            owners = {row for some in in_chunks(ids) for row in _sources_of(session, some)}
            names = [export.name for export in exports]
        sources = [source for source in self.sources() if source.id in owners]
        return ForgettingPlan(
            tracklets=tuple(ids),
            persons=persons,
            shots=len(shots),
            sources=tuple(source.shown for source in sources),
            unfinished=tuple(source.shown for source in sources if source.state != "done"),
            photos=len(photos),
            thumbnails=len(entries),
            exports=tuple(names),
            hashes=tuple(sorted(hashes)),
            case_id=case_id,
        )

    def forget(self, plan: ForgettingPlan, *, who: str | None = None) -> Forgotten:
        """Deletes what a plan says, for good, and writes it into the audit log.

        The rows go in one transaction. Pictures are wiped after it; killed in between, the next one who opens
        the library for writing wipes them. Freed pages of the database are overwritten, its write-ahead log is
        cut to nothing, the index and backups from before a migration go.

        Args:
            plan: From ``plan_forget``.
            who: For the audit log; the user of the operating system when not given.
        """
        self._need_writer()
        with self._commit_lock, self._db.write() as session:
            for some in in_chunks(plan.tracklets):
                files = session.scalars(select(ShotRow.file).where(ShotRow.tracklet_id.in_(some))).all()
                self._note_unwiped(session, [self._shots.path(file) for file in files])
            self._drop_exports(session, plan.tracklets)
            _redact(session, set(plan.hashes), plan.case_id)
            _delete(session, plan.tracklets)
            self._after_vanishing(session)
            session.execute(update(LibraryRow).values(epoch=LibraryRow.epoch + 1))
            write_entry(session, "forget", _told(plan), photos=(), results=plan.persons, who=who)
        return Forgotten(plan, self._wipe_traces(vacuum=False))

    def _whole(self, tracklets: Iterable[int]) -> tuple[list[int], int]:
        """All tracklets of the persons, rising, and how many persons."""
        asked = sorted({int(i) for i in tracklets})
        with self._db.read() as session:
            there = {i for some in in_chunks(asked) for i in _existing(session, some)}
        ids: set[int] = set()
        persons = 0
        for i in sorted(there):
            if i not in ids:
                ids.update(self.chain(i))
                persons += 1
        return sorted(ids), persons

    def _hashes(self, files: Iterable[str]) -> set[str]:
        """What shots that were used as a query are called in the audit log."""
        found = set()
        for file in files:
            with suppress(LibraryError):  # one that is missing is gone already
                found.add(hashlib.sha256(self._shots.read(file)).hexdigest())
        return found


def _existing(session: Session, ids: Sequence[int]) -> Iterable[int]:
    return session.scalars(select(TrackletRow.id).where(TrackletRow.id.in_(ids)))


def _sources_of(session: Session, ids: Sequence[int]) -> Iterable[int]:
    return session.scalars(select(TrackletRow.source_id).where(TrackletRow.id.in_(ids)).distinct())


def _photo_hashes(session: Session, case_id: int) -> set[str]:
    return set(session.scalars(select(CasePhotoRow.sha256).where(CasePhotoRow.case_id == case_id)))


def _showing(session: Session, hashes: set[str], case_id: int | None) -> tuple[list[int], list[int]]:
    """Ids of the case photos and of the audit entries whose thumbnails show the persons."""
    photos: set[int] = set()
    for some in in_chunks(sorted(hashes)):
        wanted = select(CasePhotoRow.id).where(CasePhotoRow.sha256.in_(some), CasePhotoRow.jpeg.is_not(None))
        photos.update(session.scalars(wanted))
    if case_id is not None:
        own = select(CasePhotoRow.id).where(CasePhotoRow.case_id == case_id, CasePhotoRow.jpeg.is_not(None))
        photos.update(session.scalars(own))
    entries = []
    pictured = (
        select(AuditRow.id, AuditRow.photos)
        .join(ThumbnailRow, ThumbnailRow.audit_id == AuditRow.id)
        .where(ThumbnailRow.jpeg.is_not(None), AuditRow.photos != "[]")
    )
    for audit_id, listed in session.execute(pictured) if hashes else ():
        # A list of hex texts: no JSON reader is needed to see whether one of them is in it.
        if any(word in hashes for word in listed.split('"')):
            entries.append(audit_id)
    return sorted(photos), entries


def _redact(session: Session, hashes: set[str], case_id: int | None) -> None:
    photos, entries = _showing(session, hashes, case_id)
    gone = {"jpeg": None, "forgotten_at": now()}
    for some in in_chunks(photos):
        session.execute(update(CasePhotoRow).where(CasePhotoRow.id.in_(some)).values(vector=None, **gone))
    for some in in_chunks(entries):
        session.execute(update(ThumbnailRow).where(ThumbnailRow.audit_id.in_(some)).values(**gone))


def _delete(session: Session, tracklets: Sequence[int]) -> None:
    for some in in_chunks(tracklets):
        owners = select(TrackletRow.segment_id).where(TrackletRow.id.in_(some)).distinct()
        segments = list(session.scalars(owners))
        session.execute(delete(TrackletRow).where(TrackletRow.id.in_(some)))
        _measure_again(session, segments)


def _measure_again(session: Session, segments: Sequence[int]) -> None:
    """The bytes of segments from which something was deleted."""
    for segment_id in segments:
        pictures = (
            select(func.coalesce(func.sum(ShotRow.size), 0))
            .join(TrackletRow, ShotRow.tracklet_id == TrackletRow.id)
            .where(TrackletRow.segment_id == segment_id)
        )
        paths = select(func.coalesce(func.sum(func.length(TrackletRow.path)), 0)).where(
            TrackletRow.segment_id == segment_id
        )
        session.execute(
            update(SegmentRow)
            .where(SegmentRow.id == segment_id)
            .values(picture_bytes=pictures.scalar_subquery(), path_bytes=paths.scalar_subquery())
        )


def _told(plan: ForgettingPlan) -> dict[str, object]:
    return {
        "persons": plan.persons,
        "tracklets": len(plan.tracklets),
        "shots": plan.shots,
        "sources": list(plan.sources),
        "photos": plan.photos,
        "thumbnails": plan.thumbnails,
        "exports": len(plan.exports),
        "case": plan.case_id,
    }
