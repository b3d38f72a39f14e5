"""What has to be done without anybody asking: files that arrive in watched folders, and things too old to be kept."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from reseen.app.working.footage import FootageOrder
from reseen.library import Job, LibraryError, Store, Watched
from reseen.media import expand_footage

STILL_SECONDS = 5.0
_ABANDONED = timedelta(days=7)
_EMPTY = "there is no footage in this folder"


@dataclass(frozen=True)
class _State:
    """A file as it was when it was last looked at, and since when it has been so."""

    size: int
    modified: int
    since: float


class Arrivals:
    """Watches the folders of a library by looking at them now and then; no notice of the system is needed.

    A file is taken once its size and time have been still for a while, so that one being copied or recorded is left
    alone.

    Args:
        store: The library.
        still: Seconds for which a file must not have changed.
    """

    def __init__(self, store: Store, still: float = STILL_SECONDS) -> None:
        self._store = store
        self._still = still
        self._states: dict[int, dict[Path, _State]] = {}

    def look(self) -> int:
        """Look at all watched folders once.

        Returns:
            How many files were given to jobs.
        """
        watched = self._store.watched()
        self._states = {one.id: self._states.get(one.id, {}) for one in watched}
        taken = 0
        for one in watched:
            try:
                taken += self._look_at(one)
            except LibraryError:
                continue  # watched no longer, or the database is busy: the next look will tell
        return taken

    def _look_at(self, watched: Watched) -> int:
        listing = expand_footage([watched.folder])
        problems = [item.reason for item in listing.unusable if item.reason != _EMPTY]
        problem = "; ".join(sorted(set(problems)))
        if problem != watched.problem or watched.looked_at is None or _old(watched.looked_at):
            self._store.watched_looked(watched.id, problem)
        known = self._store.watched_files(watched.id)
        ready = []
        states: dict[Path, _State] = {}
        for path, state in self._states_of(watched.id, [file.path for file in listing.files]):
            states[path] = state
            fresh = known.get(path) != (state.size, state.modified)
            if fresh and state.size > 0 and time.monotonic() - state.since >= self._still:
                ready.append((path, state.size, state.modified))
        self._states[watched.id] = states
        if ready:
            self._give(watched, ready)
        return len(ready)

    def _states_of(self, watched_id: int, paths: list[Path]) -> Iterator[tuple[Path, _State]]:
        before = self._states[watched_id]
        for path in paths:
            try:
                found = path.stat()
            except OSError:
                continue  # gone again
            held = before.get(path)
            if held is not None and (held.size, held.modified) == (found.st_size, found.st_mtime_ns):
                yield path, held
            else:
                yield path, _State(found.st_size, found.st_mtime_ns, time.monotonic())

    def _give(self, watched: Watched, ready: list[tuple[Path, int, int]]) -> None:
        options = cast("dict[str, Any]", watched.options)
        order = FootageOrder(tuple(str(path) for path, _, _ in ready), watched.camera, **options)
        # Killed in between, the files are given twice: the same content twice is no work.
        self._store.add_job("index", order.arguments(), who=watched.who, lane="index", title=order.title)
        self._store.take_watched_files(watched.id, ready)


def keep_in_time(store: Store) -> None:
    """See to what is too old: asks for a purge by the retention that is set, ends uploads that nobody goes on with."""
    pending = store.jobs(("waiting", "running", "paused"), limit=200)
    if not any(job.kind == "purge" for job in pending) and store.plan_retention().sources:
        store.add_job("purge", {}, who="retention", lane="index", priority=5, title="delete what is too old")
    for upload in store.uploads():
        try:
            touched = datetime.fromtimestamp(upload.path.stat().st_mtime, UTC)
        except OSError:
            touched = upload.created_at
        if datetime.now(UTC) - touched > _ABANDONED:
            store.delete_upload(upload.id)
    wanted = {str(path) for job in pending if job.kind == "index" for path in _paths(job)}
    for path in store.needless_uploads():
        # The application may have been killed between keeping an upload and asking for it to be looked through.
        if (
            str(path) not in wanted
            and datetime.now(UTC) - datetime.fromtimestamp(path.stat().st_mtime, UTC) > _ABANDONED
        ):
            store.drop_uploaded(path)


def _paths(job: Job) -> list[str]:
    return list(cast("list[str]", job.arguments.get("paths", [])))


def _old(moment: datetime) -> bool:
    return datetime.now(UTC) - moment > timedelta(minutes=1)
