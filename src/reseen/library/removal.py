"""Deletion for good: rows, pictures, embeddings, index; by source, camera or age, said beforehand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from reseen.errors import UsageError
from reseen.library.audit import write_entry
from reseen.library.columns import aware
from reseen.library.filters import named
from reseen.library.hiding import renew_marks
from reseen.library.keeping import KeepingPart
from reseen.library.migrating import BACKUP_PATTERN
from reseen.library.models_used import models_of
from reseen.library.part import in_chunks, now
from reseen.library.records import Source
from reseen.library.results import RemovalPlan, Removed
from reseen.library.sources import SourcesPart, drop_idle_cameras, select_sources
from reseen.library.tables import LibraryRow, SegmentRow, ShotRow, SourceRow, TrackletRow
from reseen.library.tables_of_work import UnwipedRow
from reseen.library.takeaway import TakeawayPart
from reseen.library.uploads import UploadsPart
from reseen.library.wiping import wipe_quietly

CACHE = "cache"
"""Folder in a library for whatever can be made again (videos for browsers, ...); wiped when something is deleted."""


class RemovalPart(TakeawayPart, UploadsPart, KeepingPart, SourcesPart):
    """Removal of sources with all that was found in them; of the footage itself only what was uploaded goes."""

    def plan_removal(
        self,
        *,
        sources: Iterable[int] | None = None,
        cameras: Iterable[str] | None = None,
        older_than: datetime | None = None,
    ) -> RemovalPlan:
        """What a removal would delete; sources must meet every condition given.

        Args:
            sources: Ids.
            cameras: Names or patterns.
            older_than: Sources whose footage ended before this (aware) time; those without a clock go by the
                time they were added.

        Raises:
            UsageError: No condition at all: deleting everything is to be said in so many words.
        """
        if sources is None and cameras is None and older_than is None:
            raise UsageError("name the sources, cameras or age to be removed")
        only = None if sources is None else {int(i) for i in sources}
        patterns = None if cameras is None else tuple(cameras)
        before = None if older_than is None else aware(older_than)
        chosen = [
            source
            for source in self.sources()
            if (only is None or source.id in only)
            and (patterns is None or named(source.camera, patterns))
            and (before is None or _ended(source) < before)
        ]
        return self._plan(chosen)

    def plan_retention(self) -> RemovalPlan:
        """What is older than it may be, by the retention of its camera (see ``set_retention``)."""
        kept = self.retention()
        moment = now()
        chosen = [
            source
            for source in self.sources()
            if (days := kept.of(source.camera)) is not None and _ended(source) < moment - timedelta(days=days)
        ]
        return self._plan(chosen)

    def remove(self, plan: RemovalPlan, *, vacuum: bool = False, who: str | None = None) -> Removed:
        """Deletes what a plan says, for good, and writes it into the audit log.

        Freed pages of the database and the pictures are overwritten, the index is made without what is gone,
        and backups from before a migration are deleted, since they hold it too. (What a file system or a
        flash drive keeps by itself, and the footage, are out of reach.)

        Args:
            plan: From ``plan_removal``.
            vacuum: Also make the database file smaller; takes a while and as much free space as it is large.
            who: For the audit log; the user of the operating system when not given.
        """
        self._need_writer()
        ids = [source.id for source in plan.sources]
        segments: list[int] = []
        with self._commit_lock, self._db.write() as session:
            for some in in_chunks(ids):
                segments.extend(session.scalars(select(SegmentRow.id).where(SegmentRow.source_id.in_(some))))
                gone = session.scalars(select(TrackletRow.id).where(TrackletRow.source_id.in_(some))).all()
                self._drop_exports(session, gone)
                session.execute(delete(SourceRow).where(SourceRow.id.in_(some)))
            self._note_unwiped(session, plan.uploaded)
            drop_idle_cameras(session)
            self._after_vanishing(session)
            session.execute(update(LibraryRow).values(epoch=LibraryRow.epoch + 1))
            write_entry(session, "remove", _told(plan), results=len(ids), who=who)
        self._shots.remove_segments(segments)
        return Removed(plan, self._wipe_traces(vacuum))

    def trim(self, *, max_bytes: int | None = None, max_age: timedelta | None = None) -> Removed | None:
        """Keeps a library small: deletes the sources that were not used for the longest time.

        Args:
            max_bytes: Delete until pictures, embeddings and tracklets take no more than this.
            max_age: Delete what was not used for so long.

        Returns:
            What was deleted, or None.
        """
        self._need_writer()
        known = sorted(self.sources(), key=lambda source: (source.last_used, source.id))
        with self._db.read() as session:
            sizes = _sizes(session, [source.id for source in known])
        total = sum(size.bytes for size in sizes.values())
        too_old = None if max_age is None else now() - max_age
        chosen = []
        for source in known:
            aged = too_old is not None and source.last_used < too_old
            if aged or (max_bytes is not None and total > max_bytes):
                chosen.append(source)
                total -= sizes[source.id].bytes
        if not chosen:
            return None
        return self.remove(self._plan(chosen), vacuum=True)

    def finish_wiping(self) -> tuple[str, ...]:
        """Wipes what a removal that was killed, or a file somebody had open, left behind.

        Returns:
            What could not be wiped yet, in words.
        """
        self._need_writer()
        with self._db.read() as session:
            if session.scalar(select(func.count()).select_from(UnwipedRow)) == 0:
                return ()
        return self._wipe_traces(vacuum=False)

    def _plan(self, chosen: list[Source]) -> RemovalPlan:
        with self._db.read() as session:
            sizes = _sizes(session, [source.id for source in chosen]).values()
            tracklets: list[int] = []
            for some in in_chunks([source.id for source in chosen]):
                tracklets.extend(session.scalars(select(TrackletRow.id).where(TrackletRow.source_id.in_(some))))
            return RemovalPlan(
                sources=select_sources(session, [source.id for source in chosen]),
                seconds=sum(size.seconds for size in sizes),
                tracklets=sum(size.tracklets for size in sizes),
                shots=sum(size.shots for size in sizes),
                bytes=sum(size.bytes for size in sizes),
                exports=tuple(export.name for export in self._exports_showing(session, tracklets)),
                uploaded=tuple(source.path for source in chosen if self.is_uploaded(source.path)),
            )

    def _drop_exports(self, session: Session, tracklets: Sequence[int]) -> None:
        """Deletes the exports that show some tracklets; their files are wiped later."""
        rows = self._exports_showing(session, tracklets)
        self._note_unwiped(session, [path for row in rows for path in self._files_of(row.id)])
        for row in rows:
            session.delete(row)

    def _after_vanishing(self, session: Session) -> None:
        """What else must follow when tracklets vanish."""
        session.flush()
        renew_marks(session)

    def _wipe_traces(self, vacuum: bool) -> tuple[str, ...]:
        """Wipes files noted for it, the index, caches, backups, and freed pages of the database."""
        with self._db.read() as session:
            noted = session.scalars(select(UnwipedRow.file)).all()
        done, left = self._wipe_noted(noted)
        caches = [path for path in (self.folder / CACHE).rglob("*") if path.is_file()]
        left += wipe_quietly([*caches, *self.folder.glob(BACKUP_PATTERN)])
        self._renew_index()
        # Last of all: whoever is killed before begins again.
        self._drop_notes(done)
        return (*left, *self._wipe_database(vacuum))

    def _renew_index(self) -> None:
        self._index.forget()
        stored = bool(self._index.files.files())
        self._index.files.discard()
        if stored:
            with self._db.read() as session:
                self._index.save(session)

    def _wipe_database(self, vacuum: bool) -> tuple[str, ...]:
        if vacuum:
            self._db.execute_alone("VACUUM")
        # The deleted rows also lie in the write-ahead log until it is folded into the database and cut to nothing.
        [(busy, *_)] = self._db.execute_alone("PRAGMA wal_checkpoint(TRUNCATE)")
        if busy:
            return ("somebody has the library open: traces in its database vanish when the last one closes it",)
        return ()


class _Size:
    """What was found in one source, in numbers."""

    def __init__(self) -> None:
        self.tracklets = self.shots = self.bytes = 0
        self.seconds = 0.0


def _sizes(session: Session, ids: list[int]) -> dict[int, _Size]:
    sizes = {i: _Size() for i in ids}
    blob = 2 * models_of(session).dim
    for some in in_chunks(ids):
        looked = (
            select(
                SegmentRow.source_id,
                func.sum(SegmentRow.seconds),
                func.sum(SegmentRow.picture_bytes + SegmentRow.path_bytes),
            )
            .where(SegmentRow.source_id.in_(some))
            .group_by(SegmentRow.source_id)
        )
        for source_id, seconds, size in session.execute(looked):
            sizes[source_id].seconds, sizes[source_id].bytes = seconds, size
        # Both counts are answered by indexes alone.
        of = TrackletRow.source_id
        found = (
            select(of, func.count(TrackletRow.id.distinct()), func.count(ShotRow.id))
            .outerjoin(ShotRow, ShotRow.tracklet_id == TrackletRow.id)
            .where(of.in_(some))
            .group_by(of)
        )
        for source_id, tracklets, shots in session.execute(found):
            sizes[source_id].tracklets, sizes[source_id].shots = tracklets, shots
            sizes[source_id].bytes += shots * blob
    return sizes


def _ended(source: Source) -> datetime:
    if source.started_at is None:
        return source.added_at
    return source.started_at + timedelta(seconds=source.duration)


def _told(plan: RemovalPlan) -> dict[str, object]:
    return {
        "sources": [
            {"sha256": source.sha256, "source": source.shown, "camera": source.camera} for source in plan.sources
        ],
        "tracklets": plan.tracklets,
        "shots": plan.shots,
        "seconds": round(plan.seconds, 3),
    }
