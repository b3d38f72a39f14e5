"""Brings the tables of a library up to date (Alembic, run from inside the package), after a backup."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from reseen.library.database import Database
from reseen.library.durable import TEMPORARY, sync_file, sync_folder
from reseen.library.errors import LibraryError, NewerLibraryError, NotALibraryError

SCHEMAS = ("0001", "0002", "0003")
"""The revisions of the tables, oldest first; a test holds this against the scripts."""

LATEST = SCHEMAS[-1]

BACKUP_PATTERN = "before-*.sqlite"


def schema_of(database: Database, shown: Path) -> str:
    """The revision of a library's tables.

    Raises:
        NotALibraryError: The database has no library in it.
        NewerLibraryError: The revision is not known here.
    """
    try:
        with database.read() as session:
            revision = session.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except OperationalError as error:
        raise NotALibraryError(f"{shown}: not a library (its database has no tables of Reseen)") from error
    if revision is None:
        raise NotALibraryError(f"{shown}: not a library (its database was never finished)")
    if revision not in SCHEMAS:
        raise NewerLibraryError(
            f"{shown}: written by a newer Reseen (tables {revision}, known here: {LATEST}): update Reseen"
        )
    return str(revision)


def upgrade(database: Database, revision: str = LATEST) -> None:
    """Runs the migrations up to a revision in one transaction: all of them or none."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    folder = str(files("reseen.library") / "migrations")
    config.set_main_option("script_location", folder.replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    with database.connection() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def migrate(database: Database, folder: Path, revision: str) -> Path:
    """Backs a library up and brings it to the latest tables.

    Returns:
        The backup.

    Raises:
        LibraryError: There is no room for the backup; nothing was changed.
    """
    backup = _back_up(database, folder, revision)
    upgrade(database)
    return backup


def _back_up(database: Database, folder: Path, revision: str) -> Path:
    now = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    backup = folder / f"before-{LATEST}-from-{revision}-{now}.sqlite"
    temporary = backup.with_name(backup.name + TEMPORARY)
    try:
        database.copy_to(temporary)
        sync_file(temporary)
        temporary.replace(backup)
        sync_folder(folder)
    except (OSError, LibraryError) as error:
        temporary.unlink(missing_ok=True)
        raise LibraryError(
            f"{folder}: cannot back up the database before bringing it up to date ({error}): free some space"
        ) from error
    return backup
