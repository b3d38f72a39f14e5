"""One writer at a time: a lock on a file of the library, and a note that says who holds it."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from reseen.library.errors import LibraryError, LibraryLockedError

LOCK_FILE = "writer.lock"
NOTE_FILE = "writer.json"
_PATIENCE = 1.0  # seconds waited without a word


class WriterLock:
    """The right to write to a library; given back by ``release`` or when the process ends, however it ends.

    The note lies in a file of its own, as a locked file cannot be read by others on Windows. It may outlive a
    killed process; the lock does not.
    """

    def __init__(self, folder: Path, timeout: float = 0.0, on_wait: Callable[[str], None] | None = None) -> None:
        self._folder = folder
        self._timeout = timeout
        self._on_wait = on_wait
        self._note = folder / NOTE_FILE
        self._lock = FileLock(folder / LOCK_FILE, timeout=timeout, thread_local=False)

    def acquire(self) -> None:
        """Takes the lock within ``timeout`` seconds (by default at once) or not at all.

        Whoever has to wait for more than a second is told so, once.

        Raises:
            LibraryLockedError: Somebody else has it; says who.
            LibraryError: The folder cannot be written to.
        """
        try:
            self._take()
        except Timeout as error:
            raise LibraryLockedError(
                f"{self._folder}: {self._holder()} is writing to this library: wait for it or stop it"
            ) from error
        except OSError as error:
            raise LibraryError(
                f"{self._folder}: cannot be written to ({error.strerror}): check its permissions"
            ) from error
        since = datetime.now(UTC).isoformat(timespec="seconds")
        note = {"pid": os.getpid(), "host": socket.gethostname(), "since": since}
        with suppress(OSError):  # the note is a courtesy
            self._note.write_text(json.dumps(note), encoding="utf-8")

    def _take(self) -> None:
        patience = min(self._timeout, _PATIENCE)
        try:
            self._lock.acquire(timeout=patience)
        except Timeout:
            if self._timeout <= patience:
                raise
            if self._on_wait is not None:
                self._on_wait(f"{self._folder}: waiting for {self._holder()} to finish writing to this library")
            self._lock.acquire(timeout=self._timeout - patience)

    def release(self) -> None:
        """Gives the lock back; does nothing when it is not held."""
        if self._lock.is_locked:
            with suppress(OSError):
                self._note.unlink(missing_ok=True)
            self._lock.release()

    def _holder(self) -> str:
        try:
            note = json.loads(self._note.read_text(encoding="utf-8"))
            return f"process {int(note['pid'])} on {note['host']} (since {note['since']})"
        except (OSError, ValueError, KeyError, TypeError):
            return "another process"
