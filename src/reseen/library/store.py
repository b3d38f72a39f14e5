"""The store: one class in front of rows, pictures, embeddings and index."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from reseen.library.coverage import CoveragePart
from reseen.library.database import Database
from reseen.library.errors import LibraryError
from reseen.library.exporting import ExportingPart
from reseen.library.forgetting import ForgettingPart
from reseen.library.information import InformationPart
from reseen.library.jobs import JobsPart
from reseen.library.lock import WriterLock
from reseen.library.migrating import LATEST, migrate, schema_of
from reseen.library.models_used import models_of, refuse_other_detector, refuse_other_embedder
from reseen.library.place import DATABASE, check_place, find_database, make_database, ready_for_new
from reseen.library.records import ModelsUsed, StoreSettings
from reseen.library.reembedding import ReembeddingPart
from reseen.library.segments import SegmentsPart
from reseen.library.tokens import TokensPart
from reseen.library.tracklet_table import epoch_of
from reseen.library.verdicts import VerdictsPart
from reseen.library.verifying import VerifyingPart


class Store(
    SegmentsPart,
    CoveragePart,
    ReembeddingPart,
    ForgettingPart,
    VerifyingPart,
    ExportingPart,
    InformationPart,
    JobsPart,
    VerdictsPart,
    TokensPart,
):
    """A library that is open; a context manager. Safe to use from several threads.

    Opened by ``Store.create`` or ``Store.open``, not by its constructor.

    Attributes:
        folder: The library.
        writable: Whether this process may add footage and delete.
        warnings: What the user should know about this library's place, in words.
    """

    def __init__(
        self, folder: Path, settings: StoreSettings, lock: WriterLock | None, warnings: tuple[str, ...]
    ) -> None:
        super().__init__(folder, Database(folder / DATABASE, settings.busy_timeout), settings, lock is not None)
        self._lock = lock
        self.warnings = warnings

    @classmethod
    def create(
        cls,
        folder: Path,
        models: ModelsUsed,
        analysis: str = "{}",
        settings: StoreSettings | None = None,
    ) -> Self:
        """Makes an empty library, open for writing.

        Args:
            folder: Made when missing; must be empty otherwise.
            models: The models whose work it will hold.
            analysis: JSON text of the analysis settings, kept for whoever resumes.
            settings: How it is kept.

        Raises:
            LibraryError: Something is there already, or the place cannot be written to or is a network drive.
        """
        settings = StoreSettings() if settings is None else settings
        warnings = check_place(folder, settings, writing=True)
        ready_for_new(folder)
        lock = WriterLock(folder, settings.lock_timeout, settings.on_wait)
        lock.acquire()
        try:
            ready_for_new(folder)  # somebody else may have made one before the lock was taken
            make_database(folder, models, analysis, settings)
            return cls(folder, settings, lock, warnings)
        except BaseException:
            lock.release()
            raise

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        write: bool = False,
        models: ModelsUsed | None = None,
        settings: StoreSettings | None = None,
    ) -> Self:
        """Opens a library; an older one is backed up and brought up to date.

        Args:
            folder: The library.
            write: To add footage or delete: one process at a time.
            models: Models about to be used; a library made with others is refused.
            settings: How it is kept.

        Raises:
            NoLibraryError: Nothing is there.
            NotALibraryError: Something else is there, or its database is damaged.
            NewerLibraryError: It was written by a newer Reseen.
            LibraryLockedError: Another process writes to it.
            ModelsDifferError: It holds the work of other models.
        """
        settings = StoreSettings() if settings is None else settings
        find_database(folder)
        warnings = check_place(folder, settings, writing=write)
        lock = WriterLock(folder, settings.lock_timeout, settings.on_wait) if write else None
        if lock is not None:
            lock.acquire()
        store = None
        try:
            store = cls(folder, settings, lock, warnings)
            store._bring_up_to_date()
            if models is not None:
                store.check_models(models)
            if write:
                store.clean()
                store.finish_wiping()
        except BaseException:
            if store is None and lock is not None:
                lock.release()
            elif store is not None:
                store._let_go()
            raise
        return store

    @property
    def models(self) -> ModelsUsed:
        """The models whose work the library holds."""
        with self._db.read() as session:
            return models_of(session)

    @property
    def epoch(self) -> int:
        """Rises whenever something vanishes or is embedded anew: what was kept from before is void then."""
        with self._db.read() as session:
            return epoch_of(session)

    def check_models(self, models: ModelsUsed, *, detector: bool = True) -> None:
        """Refuses models whose work cannot stand beside what the library holds.

        Args:
            models: The models about to be used.
            detector: Whether the detector matters too (it does for indexing, not for searching).

        Raises:
            ModelsDifferError: They differ.
        """
        held = self.models
        refuse_other_embedder(held, models, self.folder)
        if detector:
            refuse_other_detector(held, models, self.folder)

    def close(self) -> None:
        """Closes the library and gives back the right to write; a second time does nothing.

        A writer leaves the stored index fresh enough for the next search to start fast.
        """
        if self.writable:
            # The index is derived: whatever keeps it from being stored, nothing is lost.
            with suppress(LibraryError, OSError), self._db.read() as session:
                self._index.save(session)
        self._let_go()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _let_go(self) -> None:
        self._index.forget()
        self._db.close()
        self.writable = False
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _bring_up_to_date(self) -> None:
        schema = schema_of(self._db, self.folder)
        if schema == LATEST:
            return
        if self._lock is not None:
            migrate(self._db, self.folder, schema)
            return
        lock = WriterLock(self.folder)
        lock.acquire()
        try:
            migrate(self._db, self.folder, schema_of(self._db, self.folder))
        finally:
            lock.release()
