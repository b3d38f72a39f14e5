"""Settings of a library, how long it keeps things, and the folders it watches."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from reseen.library.audit import write_entry
from reseen.library.errors import LibraryError
from reseen.library.part import Part, now
from reseen.library.tables_of_work import SettingRow, WatchedFileRow, WatchedRow
from reseen.library.work_records import Retention, Watched

_RETENTION = "retention"


class KeepingPart(Part):
    """Settings and watched folders; also a library opened for reading writes them."""

    def setting(self, name: str, default: Any = None) -> Any:
        """A setting as it was put in (JSON), or ``default``."""
        with self._db.read() as session:
            row = session.get(SettingRow, name)
            return default if row is None else json.loads(row.value)

    def set_setting(self, name: str, value: object, who: str = "") -> None:
        """Sets a setting; an entry of the audit log when it changes."""
        with self._db.write() as session:
            row = session.get(SettingRow, name)
            text = json.dumps(value, default=str)
            if row is not None and row.value == text:
                return
            told = {"setting": name, "from": None if row is None else json.loads(row.value), "to": value}
            write_entry(session, "setting", told, who=who or None)
            session.merge(SettingRow(name=name, value=text, who=who, changed_at=now()))

    def retention(self) -> Retention:
        """For how long what was found is kept."""
        held = self.setting(_RETENTION, {})
        return Retention(held.get("days"), held.get("cameras", {}))

    def set_retention(self, retention: Retention, who: str = "") -> None:
        """Sets for how long what was found is kept; the index worker sees to it daily.

        Raises:
            LibraryError: Days that are no positive number.
        """
        for days in (retention.days, *retention.cameras.values()):
            if days is not None and not 0 < days < math.inf:
                raise LibraryError(f"what was found is kept for a number of days above 0, not {days:g}")
        self.set_setting(_RETENTION, {"days": retention.days, "cameras": dict(retention.cameras)}, who)

    def add_watched(
        self, folder: Path, camera: str | None, who: str, options: Mapping[str, object] | None = None
    ) -> Watched:
        """Watches a folder from now on, or changes how it is watched.

        Args:
            folder: The folder.
            camera: The camera of its files; None takes the name of each file.
            who: Who says so.
            options: How the clock of its files is read; kept as JSON.
        """
        with self._db.write() as session:
            name = str(folder.absolute())
            row = session.scalar(select(WatchedRow).where(WatchedRow.folder == name))
            if row is None:
                row = WatchedRow(folder=name, added_at=now(), problem="", who=who)
                session.add(row)
            row.camera, row.options, row.who = camera, json.dumps(options or {}, default=str), who
            write_entry(session, "watch", {"folder": name, "camera": camera}, who=who)
            session.flush()
            return _watched(row)

    def watched(self) -> tuple[Watched, ...]:
        """The folders that are watched."""
        with self._db.read() as session:
            return tuple(_watched(row) for row in session.scalars(select(WatchedRow).order_by(WatchedRow.id)))

    def delete_watched(self, watched_id: int, who: str) -> None:
        """Watches a folder no longer; what was found in its files stays.

        Raises:
            UnknownRowError: No such folder.
        """
        with self._db.write() as session:
            row = self._watched_row(session, watched_id)
            write_entry(session, "watch no longer", {"folder": row.folder}, who=who)
            session.execute(delete(WatchedRow).where(WatchedRow.id == watched_id))

    def watched_looked(self, watched_id: int, problem: str = "") -> None:
        """Notes that a watched folder was looked at just now, or why that failed."""
        with self._db.write() as session:
            row = self._watched_row(session, watched_id)
            row.looked_at, row.problem = now(), problem

    def watched_files(self, watched_id: int) -> dict[Path, tuple[int, int]]:
        """The files of a watched folder that were given to a job: bytes, and nanoseconds of the last change."""
        with self._db.read() as session:
            wanted = select(WatchedFileRow).where(WatchedFileRow.watched_id == watched_id)
            return {Path(row.path): (row.size, row.modified) for row in session.scalars(wanted)}

    def take_watched_files(self, watched_id: int, files: Iterable[tuple[Path, int, int]]) -> None:
        """Notes that files were given to a job: path, bytes, nanoseconds of the last change."""
        with self._db.write() as session:
            for path, size, modified in files:
                same = WatchedFileRow.watched_id == watched_id, WatchedFileRow.path == str(path)
                session.execute(delete(WatchedFileRow).where(*same))
                session.add(WatchedFileRow(watched_id=watched_id, path=str(path), size=size, modified=modified))

    def _watched_row(self, session: Session, watched_id: int) -> WatchedRow:
        return self._row(session, WatchedRow, watched_id, "watched folder")


def _watched(row: WatchedRow) -> Watched:
    return Watched(
        id=row.id,
        folder=Path(row.folder),
        camera=row.camera,
        options=json.loads(row.options),
        who=row.who,
        added_at=row.added_at,
        looked_at=row.looked_at,
        problem=row.problem,
    )
