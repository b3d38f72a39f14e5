"""A job being worked at: how far it is, what is asked of it, and the beats that tell it is alive."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

from reseen.api import Library
from reseen.app.settings import AppSettings
from reseen.indexing import Workers
from reseen.library import Asked, Job, JobProgress, LibraryError, LibraryLockedError, Store

BEAT_SECONDS = 1.0
_RETRY_SECONDS = 1.0
_WAITING = "waiting for another program that writes to this library"

Reason = Literal["pause", "cancel", "yield", "lost", "stop"]


class Interrupted(Exception):  # noqa: N818 - asked for, no error
    """The job ends here for now, because somebody asked.

    Attributes:
        reason: What was asked: ``stop`` is the process ending, ``lost`` that another worker has the job now.
    """

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason


class Work:
    """A job in the hands of a worker; a context manager, which beats as long as it is open.

    Args:
        job: The job, taken up.
        store: The library, open for reading.
        worker: Who works, as given to ``take_job``.
        settings: How the application is run.
        stopping: Whether the process is to end.
    """

    def __init__(
        self, job: Job, store: Store, worker: str, settings: AppSettings, stopping: Callable[[], bool]
    ) -> None:
        self.job = job
        self.store = store
        self.settings = settings
        self._worker = worker
        self._stopping = stopping
        self._progress = job.progress
        self._asked: Asked = ""
        self._over = threading.Event()
        self._beating = threading.Thread(target=self._beat_on, name="beat", daemon=True)

    def __enter__(self) -> Work:
        self._beating.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._beating.join()
        self._beat()

    @property
    def progress(self) -> JobProgress:
        """How far it is."""
        return self._progress

    def report(self, progress: JobProgress) -> None:
        """Say how far it is; told with the next beat."""
        self._progress = progress

    @property
    def must_stop(self) -> bool:
        """Whether it is to end as soon as it can; a part that is not finished is dropped."""
        return self._stopping() or self._asked in {"pause", "cancel", "lost"}

    def check(self, *, between: bool = False) -> None:
        """Called wherever the job may end.

        Args:
            between: Whether this is between two parts, where it also makes way for a more urgent job.

        Raises:
            Interrupted: It is to end here.
        """
        if self._asked not in {"", "yield"}:
            raise Interrupted(self._asked)  # type: ignore[arg-type]
        if self._stopping():
            raise Interrupted("stop")
        if between and self._asked == "yield":
            raise Interrupted("yield")

    def wait(self, seconds: float) -> None:
        """Wait, but not longer than the process lives or the job is wanted.

        Raises:
            Interrupted: It is to end here.
        """
        for _ in range(max(round(seconds / 0.1), 1)):
            self.check()
            self._over.wait(0.1)

    @contextmanager
    def writing(self) -> Iterator[Library]:
        """The library, open for writing; waits for whoever else writes to it.

        Raises:
            Interrupted: It is to end here.
        """
        session = self.settings.session
        workers = Workers(threads=session.threads)
        with Library(self.settings.library, session=session, workers=workers, create=False) as library:
            while True:
                self.check()
                try:
                    library.open_for_writing()
                    break
                except LibraryLockedError:
                    self.report(JobProgress(fraction=self._progress.fraction, current=_WAITING))
                    self.wait(_RETRY_SECONDS)
            yield library

    def _beat_on(self) -> None:
        while not self._over.wait(BEAT_SECONDS):
            self._beat()

    def _beat(self) -> None:
        try:
            self._asked = self.store.beat(self.job.id, self._worker, self._progress)
        except LibraryError:
            # The database is busy or its disk full: the next beat may get through.
            return
