"""The SQLite database of a library: its settings, and reading and writing as whole transactions."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import URL, Connection, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from reseen.library.errors import LibraryError, LibraryLockedError

APPLICATION_ID = 0x52534E4C
"""Marks a SQLite file as a library (``RSNL``), in its header."""

_PRAGMAS = (
    "foreign_keys = ON",
    "synchronous = FULL",
    "secure_delete = ON",
    # REPLACE deletes rows without firing delete triggers unless this is on.
    "recursive_triggers = ON",
    # Sorting and VACUUM would otherwise leave copies of rows in the system's temporary folder.
    "temp_store = MEMORY",
)


class Database:
    """Connections to one SQLite file, in WAL mode: many readers beside one writer, in threads and processes.

    Args:
        file: The database; made when missing.
        busy_timeout: Seconds to wait for another connection's write.
    """

    def __init__(self, file: Path, busy_timeout: float) -> None:
        self.file = file
        self._engine = create_engine(
            URL.create("sqlite", database=str(file)),
            connect_args={"timeout": busy_timeout, "check_same_thread": False},
        )
        self._writing = self._engine.execution_options(reseen_begin="BEGIN IMMEDIATE")
        event.listen(self._engine, "connect", _prepare)
        event.listen(self._engine, "begin", _begin)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that sees one state of the library from its first query on."""
        with _in_words(self.file), Session(self._engine) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session whose changes are kept whole when the block ends well, and not at all otherwise."""
        with _in_words(self.file), Session(self._writing) as session, session.begin():
            yield session

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A writing connection in one transaction, for migrations."""
        with _in_words(self.file), self._writing.begin() as connection:
            yield connection

    def execute_alone(self, statement: str) -> list[tuple[Any, ...]]:
        """Runs a statement outside of any transaction (VACUUM, checkpoints)."""
        with _in_words(self.file), closing(self._engine.raw_connection()) as raw:
            cursor = raw.cursor()
            cursor.execute(statement)
            return [tuple(row) for row in cursor.fetchall()]

    def copy_to(self, target: Path) -> None:
        """Copies the database, consistent while others write, by SQLite's backup API."""
        with _in_words(self.file), closing(self._engine.raw_connection()) as raw:
            driver = raw.driver_connection
            assert isinstance(driver, sqlite3.Connection)
            with closing(sqlite3.connect(target)) as copy:
                driver.backup(copy)
                copy.execute("PRAGMA journal_mode = DELETE")

    def close(self) -> None:
        """Closes every connection; the last one in any process folds the WAL into the database."""
        self._engine.dispose()


def numbers(session: Session, statement: str, columns: int, *values: int) -> NDArray[np.float64]:
    """Reads many numbers fast, past the rows of SQLAlchemy, in the session's transaction.

    Args:
        session: A session of ``Database.read`` or ``write``.
        statement: A SELECT of numeric columns, with ``?`` for values.
        columns: How many columns it has.
        values: The values.

    Returns:
        ``(N, columns)`` float64; integers are exact up to 2**53.
    """
    cursor = session.connection().connection.cursor()
    try:
        cursor.execute(statement, values)
        flat = np.fromiter(chain.from_iterable(cursor), np.float64)  # type: ignore[arg-type]
    finally:
        cursor.close()
    return flat.reshape(-1, columns)


def _prepare(driver: sqlite3.Connection, _record: object) -> None:
    driver.isolation_level = None  # transactions begin where _begin says, not where the driver guesses
    # Only a change of mode needs a lock, so that this costs nothing on a database that already is in WAL
    # mode.
    driver.execute("PRAGMA journal_mode = WAL")
    for pragma in _PRAGMAS:
        driver.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("reseen_begin", "BEGIN"))


@contextmanager
def _in_words(file: Path) -> Iterator[None]:
    """Turns what SQLite may say of a database on disk into one line for people."""
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        said = str(error.orig if isinstance(error, DBAPIError) else error)
        if "locked" in said or "busy" in said:
            raise LibraryLockedError(f"{file}: another process is writing to it: try again") from error
        if "disk is full" in said:
            raise LibraryError(f"{file}: the disk is full: free some space and run the command again") from error
        if "malformed" in said or "not a database" in said:
            raise LibraryError(
                f"{file}: the database is damaged: restore a backup, or index the footage into a new one"
            ) from error
        if "readonly" in said or "read-only" in said or "unable to open" in said or "disk I/O" in said:
            raise LibraryError(
                f"{file}: cannot be opened or written ({said}): check the permissions of its folder, or "
                "copy it to a local disk"
            ) from error
        raise
