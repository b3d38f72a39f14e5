"""The audit log: who searched, exported or deleted what, and when. It can only grow."""

from __future__ import annotations

import getpass
import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from reseen.library.columns import aware
from reseen.library.errors import UnknownRowError
from reseen.library.part import Part, now
from reseen.library.results import AuditEntry
from reseen.library.tables import AuditRow
from reseen.library.tables_of_work import ThumbnailRow


class AuditPart(Part):
    """The audit log; also a library opened for reading writes to it, since searches are entries."""

    def record(
        self,
        action: str,
        detail: Mapping[str, object],
        *,
        photos: Sequence[str] = (),
        filters: Mapping[str, object] | None = None,
        results: int | None = None,
        who: str | None = None,
        thumbnail: bytes | None = None,
    ) -> int:
        """Appends an entry.

        Args:
            action: ``search``, ``export``, ...
            detail: More about it; kept as JSON.
            photos: Hex SHA-256 of the query photos.
            filters: The filters as asked for; kept as JSON.
            results: How many results.
            who: The user; that of the operating system when not given.
            thumbnail: A small JPEG of the query; unlike the entry it may be forgotten.

        Returns:
            The id of the entry.
        """
        with self._db.write() as session:
            entry = write_entry(session, action, detail, photos=photos, filters=filters, results=results, who=who)
            if thumbnail is not None:
                session.add(ThumbnailRow(audit_id=entry, jpeg=thumbnail))
            return entry

    def audit_entry(self, audit_id: int) -> AuditEntry:
        """An entry by its id.

        Raises:
            UnknownRowError: There is none.
        """
        with self._db.read() as session:
            return _entry(self._row(session, AuditRow, audit_id, "audit entry"))

    def audit_thumbnail(self, audit_id: int) -> bytes | None:
        """The small picture of an entry; None when it was forgotten.

        Raises:
            UnknownRowError: There never was one.
        """
        with self._db.read() as session:
            row = session.get(ThumbnailRow, audit_id)
            if row is None:
                raise UnknownRowError(f"{self.folder}: audit entry {audit_id} has no thumbnail")
            return row.jpeg

    def audit_thumbnails(self, audit_ids: Sequence[int]) -> dict[int, bool]:
        """Which of some entries have a thumbnail: True, or False where it was forgotten."""
        wanted = select(ThumbnailRow.audit_id, ThumbnailRow.jpeg.is_not(None))
        with self._db.read() as session:
            rows = session.execute(wanted.where(ThumbnailRow.audit_id.in_(audit_ids)))
            return {row[0]: bool(row[1]) for row in rows}

    def audit_page(
        self,
        before: int | None = None,
        action: str | None = None,
        who: str | None = None,
        since: datetime | None = None,
        limit: int | None = 50,
    ) -> tuple[AuditEntry, ...]:
        """Entries, newest first.

        Args:
            before: Only those before this id.
            action: Only these.
            who: Only of this user or token.
            since: Only from this (aware) time on.
            limit: How many at most; None is all.
        """
        wanted = select(AuditRow).order_by(AuditRow.id.desc()).limit(limit)
        if before is not None:
            wanted = wanted.where(AuditRow.id < before)
        if action is not None:
            wanted = wanted.where(AuditRow.action == action)
        if who is not None:
            wanted = wanted.where(AuditRow.who == who)
        if since is not None:
            wanted = wanted.where(AuditRow.at >= aware(since))
        with self._db.read() as session:
            return tuple(_entry(row) for row in session.scalars(wanted))

    def audit(
        self, *, action: str | None = None, since: datetime | None = None, limit: int | None = None
    ) -> tuple[AuditEntry, ...]:
        """Entries, oldest first.

        Args:
            action: Only these.
            since: Only from this (aware) time on.
            limit: Only the newest of them.
        """
        return self.audit_page(action=action, since=since, limit=limit)[::-1]


def write_entry(
    session: Session,
    action: str,
    detail: Mapping[str, object],
    *,
    photos: Sequence[str] = (),
    filters: Mapping[str, object] | None = None,
    results: int | None = None,
    who: str | None = None,
) -> int:
    """Appends an entry in the transaction of what it tells of."""
    row = AuditRow(
        at=now(),
        who=_user() if who is None else who,
        action=action,
        detail=json.dumps(detail, sort_keys=True, default=str),
        photos=json.dumps(list(photos)),
        filters=None if filters is None else json.dumps(filters, sort_keys=True, default=str),
        results=results,
    )
    session.add(row)
    session.flush()
    return row.id


def _entry(row: AuditRow) -> AuditEntry:
    return AuditEntry(
        id=row.id,
        at=row.at,
        who=row.who,
        action=row.action,
        detail=row.detail,
        photos=tuple(json.loads(row.photos)),
        filters=row.filters,
        results=row.results,
    )


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a user id without a name, in containers
        return "unknown"
