from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from library.samples import MODELS, add_indexed, new_source
from reseen.library import LibraryError, LibraryLockedError, Store, migrating
from reseen.library.database import Database
from reseen.library.tables import Base

FOUND = ("library", "cameras", "sources", "segments", "gaps", "tracklets", "shots", "staged_vectors", "audit")


@pytest.fixture(params=["0001", "0002"])
def old(request: pytest.FixtureRequest) -> str:
    """The schema of an old library."""
    return str(request.param)


# What each schema has that the one before had not.
LATER = {"0002": ("audit",), "0003": tuple(table for table in Base.metadata.tables if table not in FOUND)}


def _old_library(folder: Path, old: str = "0001") -> list[tuple[Any, ...]]:
    """A library with the tables of an older schema and two sources in it; returns its rows of shots."""
    store = Store.create(folder, MODELS)
    add_indexed(store, new_source("a.mp4"), seed=1)
    add_indexed(store, new_source("b.mp4"), seed=2)
    store.close()
    with closing(sqlite3.connect(folder / "library.sqlite")) as database:
        for schema, tables in LATER.items():
            for table in tables if schema > old else ():
                database.execute(f"DROP TABLE {table}")
        database.execute("UPDATE alembic_version SET version_num = ?", [old])
        database.commit()
    return _rows(folder / "library.sqlite", "SELECT * FROM shots ORDER BY id")


def _rows(file: Path, statement: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(file)) as database:
        return database.execute(statement).fetchall()


def test_the_scripts_are_those_that_the_code_knows() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrating.__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    scripts = ScriptDirectory.from_config(config)
    assert tuple(script.revision for script in reversed(list(scripts.walk_revisions()))) == migrating.SCHEMAS
    assert scripts.get_heads() == [migrating.LATEST]


def test_migrated_tables_are_the_declared_ones(store: Store) -> None:
    with store._db.connection() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
        for table in (
            "sources",
            "segments",
            "tracklets",
            "shots",
            "audit",
            "jobs",
            "cases",
            "tokens",
            "exports",
            "hidden",
        ):
            [(created,)] = connection.exec_driver_sql(
                f"SELECT sql FROM sqlite_master WHERE name = '{table}'"
            ).fetchall()
            assert "AUTOINCREMENT" in created, table


def test_an_old_library_is_backed_up_and_brought_up_to_date(folder: Path, old: str) -> None:
    shots = _old_library(folder, old)
    assert _rows(folder / "library.sqlite", "SELECT version_num FROM alembic_version") == [(old,)]
    with Store.open(folder) as store:
        assert store.info().schema == "0003"
        assert store.add_job("index", {}, who="me", lane="index").id == 1
        assert store.record("search", {}) == 1
        assert store.verify(deep=True) == ()
        assert store.info().bytes_backups > 0
        assert not store.writable
    assert _rows(folder / "library.sqlite", "SELECT * FROM shots ORDER BY id") == shots
    [backup] = folder.glob(f"before-0003-from-{old}-*.sqlite")
    assert _rows(backup, "SELECT version_num FROM alembic_version") == [(old,)]
    assert _rows(backup, "SELECT * FROM shots ORDER BY id") == shots
    assert _rows(backup, "PRAGMA integrity_check") == [("ok",)]
    with Store.open(folder, write=True):
        assert len(list(folder.glob("before-*"))) == 1


def test_a_migration_that_fails_changes_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shots = _old_library(folder)
    script = Path(migrating.__file__).parent / "migrations" / "versions" / "v0002_audit_log.py"
    assert script.exists()
    with monkeypatch.context() as patch:
        from alembic.operations import Operations

        patch.setattr(Operations, "create_index", lambda *_, **__: 1 / 0)  # after the table was made
        with pytest.raises(ZeroDivisionError):
            Store.open(folder, write=True)
    assert _rows(folder / "library.sqlite", "SELECT version_num FROM alembic_version") == [("0001",)]
    assert _rows(folder / "library.sqlite", "SELECT name FROM sqlite_master WHERE name = 'audit'") == []
    assert _rows(folder / "library.sqlite", "SELECT * FROM shots ORDER BY id") == shots
    with Store.open(folder, write=True) as store:
        assert store.info().schema == "0003"


def test_no_room_for_the_backup_means_no_migration(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mock: the copy fails as it does when the disk is full."""
    _old_library(folder)

    def full(self: Database, target: Path) -> None:
        target.write_bytes(b"half")
        raise LibraryError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(Database, "copy_to", full)
        with pytest.raises(LibraryError, match="cannot back up"):
            Store.open(folder, write=True)
    assert not list(folder.glob("before-*"))
    assert _rows(folder / "library.sqlite", "SELECT version_num FROM alembic_version") == [("0001",)]


def test_an_old_library_in_use_is_not_migrated_by_a_reader(folder: Path) -> None:
    from reseen.library.lock import WriterLock

    _old_library(folder)
    lock = WriterLock(folder)
    lock.acquire()
    with pytest.raises(LibraryLockedError):
        Store.open(folder)
    lock.release()
    Store.open(folder).close()


def test_a_folder_with_odd_characters_can_be_migrated(tmp_path: Path) -> None:
    folder = tmp_path / "50% für 東 #1?"
    _old_library(folder)
    with Store.open(folder, write=True) as store:
        assert len(store.sources()) == 2
        assert json.loads(store.analysis) == {}
