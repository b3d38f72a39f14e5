"""Footage as a browser plays it: the file itself, or a copy in the library's folder ``cache/playable``.

Copies are made in a process of their own, one at a time and politely. The longest unused ones go when they take too
much room, and those of footage that is in the library no more.
"""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from multiprocessing import get_context
from pathlib import Path

import psutil

from reseen.app.parentage import end_with_parent, step_back
from reseen.app.photos import jpeg_of
from reseen.app.problems import Problem
from reseen.library import Source, Store
from reseen.library.removal import CACHE
from reseen.media import make_playable, playing_way, read_frame

FOLDER = "playable"
WAIT_SECONDS = 25.0
"""So long a browser waits for a copy to be made before it is told to come again."""

ONE_VIEW = 600.0
"""Somebody who plays a source again within so many seconds looks at it once, for the audit log."""

MOST_BYTES = 20_000_000_000
_FRAMES_AT_ONCE = 2
_LONG_DEAD = 86_400.0
_MOST_VIEWS = 10_000
_WAYS = 2000


class Playing:
    """Gives files that a browser plays; safe to use from several threads.

    Args:
        store: The library.
        most_bytes: Bytes that copies may take.
    """

    def __init__(self, store: Store, most_bytes: int = MOST_BYTES) -> None:
        self._store = store
        self._folder = store.folder / CACHE / FOLDER
        self._most = most_bytes
        self._lock = threading.Lock()
        self._ways: dict[str, str] = {}
        self._making: dict[str, Future[str]] = {}
        self._pool: ProcessPoolExecutor | None = None
        self._views: dict[tuple[str, int], float] = {}
        self._frames = threading.Semaphore(_FRAMES_AT_ONCE)

    def file(self, source: Source, wait: float = WAIT_SECONDS) -> Path:
        """The file to play for a source.

        Raises:
            MediaError: It cannot be read.
            Problem: It is a picture, its footage is gone, or the copy is not finished yet.
        """
        if source.kind == "image":
            raise Problem(409, "this is a picture: ask for its frame")
        if not source.footage_present:
            raise Problem(410, "the footage is no longer where it was; relink it to play it")
        if self._way(source) == "as it is":
            return source.path
        copy = self._folder / f"{source.sha256}.mp4"
        if not copy.exists():
            self._make(source, copy, wait)
        with suppress(OSError):
            os.utime(copy)
        return copy

    def frame(self, source: Source, at: float, width: int | None) -> bytes:
        """A picture of a source as JPEG.

        Raises:
            MediaError: It cannot be read there.
            Problem: Its footage is gone.
        """
        if not source.footage_present:
            raise Problem(410, "the footage is no longer where it was; relink it to see it")
        with self._frames:
            picture = read_frame(source.path, max(at, 0.0)).bgr
        height, full = picture.shape[:2]
        # Asked for by its width, made by its longer side.
        longest = max(height, full) if width is None else max(width, round(height * width / full))
        return jpeg_of(picture, longest)

    def is_new_view(self, owner: str, source_id: int) -> bool:
        """Whether somebody who plays a source looks at it anew, and did not just move about in it."""
        now = time.monotonic()
        with self._lock:
            last = self._views.get((owner, source_id))
            if last is not None and now - last < ONE_VIEW:
                return False
            if len(self._views) >= _MOST_VIEWS:
                self._views.clear()
            self._views[owner, source_id] = now
            return True

    def tidy(self) -> None:
        """Delete copies of footage that is in the library no more, then the longest unused ones beyond the limit."""
        if not self._folder.is_dir():
            return
        known = {source.sha256 for source in self._store.sources()}
        kept = []
        for file in self._folder.iterdir():
            with suppress(OSError):
                about = file.stat()
                # One that begins with a dot is being written, unless whoever wrote it is long dead.
                unused = time.time() - about.st_mtime > _LONG_DEAD if file.name[0] == "." else file.stem not in known
                if unused:
                    file.unlink()
                elif file.name[0] != ".":
                    kept.append((about.st_mtime, about.st_size, file))
        total = sum(size for _, size, _ in kept)
        for _, size, file in sorted(kept):
            if total <= self._most:
                return
            with suppress(OSError):
                file.unlink()
                total -= size

    def close(self) -> None:
        """End the process; a copy that is not finished is dropped."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            for process in list((getattr(pool, "_processes", None) or {}).values()):
                with suppress(psutil.Error, OSError):
                    process.kill()
            pool.shutdown(wait=True, cancel_futures=True)

    def _way(self, source: Source) -> str:
        if source.sha256 not in self._ways:
            if len(self._ways) > _WAYS:
                self._ways.clear()
            self._ways[source.sha256] = playing_way(source.path)
        return self._ways[source.sha256]

    def _make(self, source: Source, copy: Path, wait: float) -> None:
        with self._lock:
            future = self._making.get(source.sha256)
            if future is None or (future.done() and future.exception() is not None):
                self.tidy()
                self._folder.mkdir(parents=True, exist_ok=True)
                if self._pool is None:
                    self._pool = ProcessPoolExecutor(1, get_context("spawn"), _begin)
                future = self._making[source.sha256] = self._pool.submit(_copy, source.path, copy)
        try:
            future.result(wait)
        except TimeoutError:
            words = "this video is being made ready for the browser; come again in a while"
            raise Problem(503, words, headers={"Retry-After": "10"}) from None
        except BrokenProcessPool:
            with self._lock:
                self._pool = None
                self._making.pop(source.sha256, None)
            raise Problem(503, "making this video ready failed; try again", headers={"Retry-After": "10"}) from None
        with self._lock:
            self._making.pop(source.sha256, None)


def _begin() -> None:
    end_with_parent()
    step_back(10)


def _copy(source: Path, target: Path) -> str:
    return make_playable(source, target)
