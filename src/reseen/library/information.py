"""A library in numbers."""

from __future__ import annotations

import sqlite3
from collections import Counter
from pathlib import Path

from sqlalchemy import func, select

from reseen.library.migrating import BACKUP_PATTERN, schema_of
from reseen.library.models_used import models_of
from reseen.library.results import LibraryInfo
from reseen.library.sources import SourcesPart
from reseen.library.tables import CameraRow, LibraryRow, SegmentRow, ShotRow, TrackletRow


class InformationPart(SourcesPart):
    """What there is."""

    @property
    def analysis(self) -> str:
        """JSON text of the analysis settings, as given when the library was made."""
        with self._db.read() as session:
            return session.execute(select(LibraryRow.analysis)).scalar_one()

    def info(self) -> LibraryInfo:
        """Counts, sizes, models and versions."""
        sources = self.sources()
        states = Counter(source.state for source in sources)
        with self._db.read() as session:
            row = session.execute(select(LibraryRow.created_at, LibraryRow.created_by, LibraryRow.analysis)).one()
            seconds, segments, done, picture_bytes = session.execute(
                select(
                    func.coalesce(func.sum(SegmentRow.seconds), 0.0),
                    func.count(),
                    func.count(SegmentRow.done_at),
                    func.coalesce(func.sum(SegmentRow.picture_bytes), 0),
                ).select_from(SegmentRow)
            ).one()
            return LibraryInfo(
                folder=self.folder,
                created_at=row.created_at,
                created_by=row.created_by,
                schema=schema_of(self._db, self.folder),
                sqlite=sqlite3.sqlite_version,
                models=models_of(session),
                analysis=row.analysis,
                cameras=session.execute(select(func.count()).select_from(CameraRow)).scalar_one(),
                sources=len(sources),
                sources_by_state=tuple(sorted(states.items())),
                footage_gone=sum(not source.footage_present for source in sources),
                segments=segments,
                segments_done=done,
                tracklets=session.execute(select(func.count()).select_from(TrackletRow)).scalar_one(),
                shots=session.execute(select(func.count()).select_from(ShotRow)).scalar_one(),
                seconds=seconds,
                bytes_database=sum(_size(file) for file in self.folder.glob("library.sqlite*")),
                bytes_shots=picture_bytes,
                bytes_index=sum(_size(file) for file in self._index.files.files()),
                bytes_backups=sum(_size(file) for file in self.folder.glob(BACKUP_PATTERN)),
            )


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0
