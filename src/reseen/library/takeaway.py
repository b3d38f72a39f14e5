"""What was put together to be taken away: finished files in the library's folder ``exports``, and who is in them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from reseen.library.audit import write_entry
from reseen.library.durable import sync_file, sync_folder
from reseen.library.errors import LibraryError
from reseen.library.part import in_chunks, now
from reseen.library.tables import TrackletRow
from reseen.library.tables_of_work import ExportedRow, ExportRow
from reseen.library.wiping import WipingPart
from reseen.library.work_records import Export

_NAME = re.compile(r"\d+\.[a-z]{2,5}")


class TakeawayPart(WipingPart):
    """Exports; also a library opened for reading makes and deletes them."""

    @property
    def exports_folder(self) -> Path:
        """Where finished exports lie."""
        return self.folder / "exports"

    def add_export(
        self,
        name: str,
        who: str,
        *,
        tracklets: Iterable[int],
        facts: Mapping[str, object] | None = None,
        job_id: int | None = None,
        case_id: int | None = None,
    ) -> Export:
        """Notes that something is to be put together; an entry of the audit log.

        Args:
            name: What it is called.
            who: Who asked for it.
            tracklets: Who is to be seen in it (of those that are still there).
            facts: More about it; kept as JSON.
            job_id: The job that makes it (see ``set_export_job``).
            case_id: The case it is from.
        """
        with self._db.write() as session:
            row = ExportRow(
                job_id=job_id,
                case_id=case_id,
                name=name,
                who=who,
                facts=json.dumps(facts or {}, default=str),
                created_at=now(),
                size=0,
            )
            session.add(row)
            session.flush()
            ids = sorted({int(i) for i in tracklets})
            for some in in_chunks(ids):
                there = session.scalars(select(TrackletRow.id).where(TrackletRow.id.in_(some))).all()
                session.add_all(ExportedRow(export_id=row.id, tracklet_id=i) for i in there)
            told = {"export": row.id, "name": name, "case": case_id, **(facts or {})}
            write_entry(session, "export", told, results=len(ids), who=who)
            session.flush()
            return self._exports_of(session, [row])[0]

    def set_export_job(self, export_id: int, job_id: int) -> Export:
        """Says which job makes an export."""
        with self._db.write() as session:
            row = self._export_row(session, export_id)
            row.job_id = job_id
            session.flush()
            return self._exports_of(session, [row])[0]

    def finish_export(self, export_id: int, file: Path, sha256: str) -> Export:
        """Takes a finished file into the library, whole or not at all.

        Args:
            export_id: The export.
            file: On the same drive (in ``exports_folder``, with another name); it is moved.
            sha256: Its hex SHA-256.

        Raises:
            UnknownRowError: The export was deleted meanwhile.
        """
        self.exports_folder.mkdir(exist_ok=True)
        target = self.exports_folder / f"{export_id}{file.suffix.lower()}"
        if not _NAME.fullmatch(target.name):
            raise LibraryError(f"{file}: an export is a file with a plain ending, like .zip")
        self.export_of(export_id)
        size = file.stat().st_size
        sync_file(file)
        file.replace(target)
        sync_folder(self.exports_folder)
        with self._db.write() as session:
            row = self._export_row(session, export_id)
            row.file, row.size, row.sha256 = target.name, size, sha256
            session.flush()
            return self._exports_of(session, [row])[0]

    def export_of(self, export_id: int) -> Export:
        """An export by its id.

        Raises:
            UnknownRowError: There is none.
        """
        with self._db.read() as session:
            return self._exports_of(session, [self._export_row(session, export_id)])[0]

    def exports(self, who: str | None = None, before: int | None = None, limit: int = 50) -> tuple[Export, ...]:
        """Exports, newest first; of somebody, ``before`` an id."""
        wanted = select(ExportRow).order_by(ExportRow.id.desc()).limit(limit)
        if who is not None:
            wanted = wanted.where(ExportRow.who == who)
        if before is not None:
            wanted = wanted.where(ExportRow.id < before)
        with self._db.read() as session:
            return self._exports_of(session, session.scalars(wanted).all())

    def delete_export(self, export_id: int, who: str) -> None:
        """Deletes an export with its file, wiped; an entry of the audit log.

        Raises:
            UnknownRowError: No such export.
        """
        with self._db.write() as session:
            row = self._export_row(session, export_id)
            write_entry(session, "delete export", {"export": export_id, "name": row.name}, who=who)
            noted = self._note_unwiped(session, self._files_of(export_id))
            session.execute(delete(ExportRow).where(ExportRow.id == export_id))
        self._drop_notes(self._wipe_noted(noted)[0])

    def exported_tracklets(self) -> NDArray[np.int64]:
        """Ids of the tracklets to be seen in any finished export, rising, int64."""
        wanted = (
            select(ExportedRow.tracklet_id)
            .join(ExportRow, ExportedRow.export_id == ExportRow.id)
            .where(ExportRow.file.is_not(None))
            .distinct()
            .order_by(ExportedRow.tracklet_id)
        )
        with self._db.read() as session:
            return np.array(session.scalars(wanted).all(), np.int64)

    def _exports_showing(self, session: Session, tracklets: Sequence[int]) -> list[ExportRow]:
        found: dict[int, ExportRow] = {}
        for some in in_chunks(tracklets):
            wanted = select(ExportRow).where(
                ExportRow.id.in_(select(ExportedRow.export_id).where(ExportedRow.tracklet_id.in_(some)))
            )
            found.update((row.id, row) for row in session.scalars(wanted))
        return [found[i] for i in sorted(found)]

    def _file_of(self, row: ExportRow) -> Path | None:
        if row.file is None or not _NAME.fullmatch(row.file):
            return None
        return self.exports_folder / row.file

    def _files_of(self, export_id: int) -> list[Path]:
        """Everything that lies there of an export: the finished file, and what was prepared for it."""
        found = self.exports_folder.glob(f"{export_id}.*")
        return [file for path in found for file in ([path] if path.is_file() else path.rglob("*")) if file.is_file()]

    def _export_row(self, session: Session, export_id: int) -> ExportRow:
        return self._row(session, ExportRow, export_id, "export")

    def _exports_of(self, session: Session, rows: Sequence[ExportRow]) -> tuple[Export, ...]:
        tracklets: dict[int, list[int]] = {row.id: [] for row in rows}
        wanted = select(ExportedRow.export_id, ExportedRow.tracklet_id).where(ExportedRow.export_id.in_(tracklets))
        for export_id, tracklet_id in session.execute(wanted.order_by(ExportedRow.tracklet_id)):
            tracklets[export_id].append(tracklet_id)
        return tuple(
            Export(
                id=row.id,
                job_id=row.job_id,
                case_id=row.case_id,
                name=row.name,
                who=row.who,
                facts=json.loads(row.facts),
                created_at=row.created_at,
                path=self._file_of(row),
                size=row.size,
                sha256=row.sha256,
                tracklets=tuple(tracklets[row.id]),
            )
            for row in rows
        )
