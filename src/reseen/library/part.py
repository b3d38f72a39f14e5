"""What every part of the store stands on."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from sqlalchemy.orm import Session

from reseen.library.database import Database
from reseen.library.errors import LibraryError, UnknownRowError
from reseen.library.index import ShotIndex
from reseen.library.index_file import IndexFiles
from reseen.library.records import StoreSettings
from reseen.library.shotfolder import ShotFolder
from reseen.library.tables import Base

_T = TypeVar("_T")
_Row = TypeVar("_Row", bound=Base)

# SQLite takes some 32,000 bound values in a statement.
_VALUES_AT_ONCE = 10_000


class Part:
    """An open library: its folder, database, pictures and index.

    Attributes:
        folder: The library.
        writable: Whether this process holds the right to add footage to it and to delete from it.
    """

    def __init__(self, folder: Path, database: Database, settings: StoreSettings, writable: bool) -> None:
        self.folder = folder
        self.writable = writable
        self._db = database
        self._shots = ShotFolder(folder / "shots", settings.jpeg_quality)
        self._index = ShotIndex(IndexFiles(folder / "index"))
        self._commit_lock = threading.Lock()

    def _row(self, session: Session, table: type[_Row], row_id: int, name: str) -> _Row:
        """A row by its id; ``name`` is what people call it.

        Raises:
            UnknownRowError: There is none.
        """
        row = session.get(table, row_id)
        if row is None:
            raise UnknownRowError(f"{self.folder}: no {name} with id {row_id}")
        return row

    def _need_writer(self) -> None:
        if not self.writable:
            raise LibraryError(f"{self.folder}: opened for reading only: open it for writing to change it")


def now() -> datetime:
    """The moment, in UTC."""
    return datetime.now(UTC)


def in_chunks(values: Sequence[_T], size: int = _VALUES_AT_ONCE) -> Iterator[Sequence[_T]]:
    """Parts of a sequence that fit into one statement."""
    for i in range(0, len(values), size):
        yield values[i : i + size]
