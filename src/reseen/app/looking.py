"""Photos of strangers are looked at in a process of their own.

What decodes a file that a stranger made may be made to crash or to run forever; so it does not happen in the process
that serves everybody. It is no sandbox: the process runs as the same user. It is spawned, ends with its parent, and is
revived when it dies.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

import psutil

from reseen.app import photo_process
from reseen.app.photos import PhotoPeople, Wanted, WantedPhoto
from reseen.errors import InputError
from reseen.runtime import SessionSettings
from reseen.searching import Query

_T = TypeVar("_T")
_QUEUE_SECONDS = 120.0
_LARGEST = Wanted()


class PhotoReader:
    """Looks at photos, in a process of its own; safe to use from several threads.

    Args:
        library: The library whose models are used.
        session: How networks are run.
        seconds: Seconds that one photo may take.
    """

    def __init__(self, library: Path, session: SessionSettings, seconds: float = 60.0) -> None:
        self._library = library
        self._session = session
        self._seconds = seconds
        self._turn = threading.Lock()
        self._closed = False
        self._pool: ProcessPoolExecutor | None = None
        self._pid: Future[int] | None = None
        self._folder = tempfile.TemporaryDirectory(prefix="reseen-photos-", ignore_cleanup_errors=True)

    def people(self, photo: Path | bytes, name: str, wanted: Wanted = _LARGEST) -> PhotoPeople:
        """The people in a photo, and how good it is.

        Args:
            photo: The file, or what is in it.
            name: Its name as the visitor knows it, for messages.
            wanted: Which of them is wanted.

        Raises:
            InputError: It is no photo, is too large or damaged, or takes too long.
            UsageError: There is no such person in it.
        """
        with self._files([photo]) as (file,):
            return self._run(name, self._seconds, photo_process.people, (file, name, wanted))

    def query(self, photos: Sequence[WantedPhoto]) -> Query:
        """The query of one or more photos of the same person.

        Raises:
            InputError: One is no photo, is too large or damaged, or takes too long.
            UsageError: There is no such person in it, or no photo was given.
        """
        with self._files([one.photo for one in photos]) as files:
            named = [(file, one.name, one.wanted) for file, one in zip(files, photos, strict=True)]
            name = photos[0].name if photos else "photo"
            return self._run(name, self._seconds * max(len(photos), 1), photo_process.query, (named,))

    def start(self) -> None:
        """Start the process ahead of the first photo, without waiting for it."""
        with self._turn:
            self._process().submit(photo_process.warm)

    def close(self) -> None:
        """End the process, whatever it is doing; whoever waits for it is told."""
        self._closed = True
        self._end()
        self._folder.cleanup()

    def _run(self, name: str, seconds: float, look: Callable[..., _T], arguments: tuple[object, ...]) -> _T:
        # One at a time, so that the time of a photo is its own and not that of those before it.
        if not self._turn.acquire(timeout=_QUEUE_SECONDS):
            raise InputError(f"{name}: too many photos are looked at just now; try again in a minute")
        try:
            for _attempt in range(2):
                if self._closed:
                    break
                try:
                    return self._process().submit(look, *arguments).result(seconds)
                except (BrokenProcessPool, CancelledError):
                    # It may have died of something else, long ago: the photo gets a second chance.
                    self._end()
                except TimeoutError:
                    self._end()
                    raise InputError(
                        f"{name}: looking at it took more than {seconds:g} s; send a smaller photo"
                    ) from None
        finally:
            self._turn.release()
        if self._closed:
            raise InputError(f"{name}: the application is ending; send it again once it is there again")
        raise InputError(f"{name}: the process that looks at photos ended twice on it; send another photo")

    def _process(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                1, get_context("spawn"), photo_process.begin, (self._library, self._session)
            )
            self._pid = self._pool.submit(photo_process.number)
        return self._pool

    def _end(self) -> None:
        """End the process, whatever it is doing."""
        pool, pid, self._pool, self._pid = self._pool, self._pid, None, None
        if pool is None or pid is None:
            return
        with suppress(psutil.Error, BrokenProcessPool, TimeoutError):
            psutil.Process(pid.result(self._seconds)).kill()
        pool.shutdown(wait=True, cancel_futures=True)

    @contextmanager
    def _files(self, photos: Sequence[Path | bytes]) -> Iterator[list[Path]]:
        """The photos as files; those made here are gone afterwards."""
        made: list[Path] = []
        try:
            yield [photo if isinstance(photo, Path) else self._written(photo, made) for photo in photos]
        finally:
            for file in made:
                file.unlink(missing_ok=True)

    def _written(self, content: bytes, made: list[Path]) -> Path:
        with tempfile.NamedTemporaryFile(dir=self._folder.name, delete=False) as file:
            made.append(Path(file.name))
            file.write(content)
        return made[-1]
