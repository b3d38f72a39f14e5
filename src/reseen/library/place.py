"""The folder of a library: what may be there, what must be, and how its database comes to be."""

from __future__ import annotations

import struct
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from reseen.library.database import APPLICATION_ID, Database
from reseen.library.drive import lent_drive, network_drive
from reseen.library.durable import sync_file, sync_folder
from reseen.library.errors import LibraryError, NoLibraryError, NotALibraryError
from reseen.library.lock import LOCK_FILE, NOTE_FILE
from reseen.library.migrating import upgrade
from reseen.library.part import now
from reseen.library.records import ModelsUsed, StoreSettings
from reseen.library.tables import LibraryRow

DATABASE = "library.sqlite"
_UNFINISHED = "library.sqlite.part"
_UNFINISHED_FILES = tuple(_UNFINISHED + ending for ending in ("", "-wal", "-shm", "-journal"))
_MAY_BE_THERE = frozenset({LOCK_FILE, NOTE_FILE, *_UNFINISHED_FILES})


def library_exists(folder: Path) -> bool:
    """Whether a library (or what claims to be one) lies there."""
    return (folder / DATABASE).exists()


def find_database(folder: Path) -> Path:
    """The database of a library, by its header; nothing is opened.

    Raises:
        NoLibraryError: Nothing is there.
        NotALibraryError: Something else is there.
    """
    file = folder / DATABASE
    if not folder.exists():
        raise NoLibraryError(f"{folder}: no library there: 'reseen index FOOTAGE --library {folder}' makes one")
    if not folder.is_dir():
        raise NotALibraryError(f"{folder}: not a library (a library is a folder)")
    if not file.exists():
        raise NoLibraryError(f"{folder}: no library there (it has no {DATABASE}): check the name")
    try:
        with file.open("rb") as stream:
            header = stream.read(100)
    except OSError as error:
        raise LibraryError(f"{file}: cannot be read ({error.strerror}): check its permissions") from error
    if not header.startswith(b"SQLite format 3\0") or len(header) < 100:
        raise NotALibraryError(f"{folder}: not a library ({DATABASE} is no SQLite database)")
    if struct.unpack_from(">I", header, 68)[0] != APPLICATION_ID:
        raise NotALibraryError(f"{folder}: not a library ({DATABASE} belongs to another program)")
    return file


def ready_for_new(folder: Path) -> None:
    """Makes the folder of a new library.

    Raises:
        LibraryError: A library or other files are there already, or it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        there = {path.name for path in folder.iterdir()}
    except OSError as error:
        raise LibraryError(f"{folder}: cannot make a library there ({error.strerror}): choose another place") from error
    if DATABASE in there:
        raise LibraryError(f"{folder}: there is a library already: open it, or choose another name")
    if there - _MAY_BE_THERE:
        raise LibraryError(f"{folder}: holds other files: a new library needs an empty folder of its own")


def check_place(folder: Path, settings: StoreSettings, *, writing: bool) -> tuple[str, ...]:
    """Refuses to write to a library on a network drive, where SQLite cannot keep it safe.

    Returns:
        Warnings, in words.
    """
    kind = network_drive(folder)
    if kind is not None:
        if writing and not settings.allow_network:
            raise LibraryError(
                f"{folder}: lies on a network drive ({kind}), where a library can be damaged: keep it on a "
                "disk of this computer"
            )
        return (f"{folder} lies on a network drive ({kind}): nobody may write to it meanwhile",)
    lent = lent_drive(folder)
    if lent is not None and writing:
        return (f"{folder} lies on a folder lent by another system ({lent}): do not open it from both at once",)
    return ()


def make_database(folder: Path, models: ModelsUsed, analysis: str, settings: StoreSettings) -> None:
    """Makes the database under a temporary name, and names it when it is whole."""
    unfinished = folder / _UNFINISHED
    for name in _UNFINISHED_FILES:
        (folder / name).unlink(missing_ok=True)
    database = Database(unfinished, settings.busy_timeout)
    try:
        database.execute_alone(f"PRAGMA application_id = {APPLICATION_ID}")
        upgrade(database)
        with database.write() as session:
            session.add(
                LibraryRow(
                    id=1,
                    created_at=now(),
                    created_by=_version(),
                    detector_name=models.detector_name,
                    detector_sha256=models.detector_sha256,
                    embedder_name=models.embedder_name,
                    embedder_sha256=models.embedder_sha256,
                    dim=models.dim,
                    analysis=analysis,
                    epoch=1,
                )
            )
        database.execute_alone("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        database.close()
    sync_file(unfinished)
    unfinished.replace(folder / DATABASE)
    sync_folder(folder)


def _version() -> str:
    try:
        return version("reseen")
    except PackageNotFoundError:
        return "unknown"
