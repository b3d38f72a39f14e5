"""A worker: a process that takes the jobs of one lane, one after the other, as long as the application lives.

Killed at any moment it loses nothing: the job is taken up again and goes on from what was committed. It ends when it
is asked to, on SIGTERM, and when the process that started it is gone.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from multiprocessing.connection import Connection
from typing import cast

from reseen.app.parentage import step_back
from reseen.app.settings import AppSettings
from reseen.app.working.arriving import Arrivals, keep_in_time
from reseen.app.working.work import Interrupted, Reason, Work
from reseen.errors import InputError, ReseenError
from reseen.library import Job, JobState, LibraryError, Store, worker_name

LOG = logging.getLogger("reseen.app")

LANES = ("index", "export")
"""One worker each: ``index`` needs the right to write to the library, ``export`` reads."""

HANDLERS: dict[str, str] = {
    "index": "reseen.app.working.footage:index",
    "remove": "reseen.app.working.care:remove",
    "purge": "reseen.app.working.care:purge",
    "forget": "reseen.app.working.care:forget",
    "reembed": "reseen.app.working.care:reembed",
    "calibrate": "reseen.app.working.care:calibrate",
    "verify": "reseen.app.working.care:verify",
    "export": "reseen.app.working.exporting:export",
}
"""Kind of job -> ``module:function``, called with a ``Work``; gives back what came of it, in words."""

Handler = Callable[[Work], str]

_IDLE_SECONDS = 0.3
_LOOK_SECONDS = 2.0
_KEEP_SECONDS = 3600.0
_LAST_SECONDS = 15.0

_AFTER: dict[Reason, JobState] = {"pause": "paused", "cancel": "cancelled", "yield": "waiting", "stop": "waiting"}


class Worker:
    """Takes the jobs of a lane.

    Args:
        settings: How the application is run.
        lane: The lane.
        stop: Set when the process is to end.
    """

    def __init__(self, settings: AppSettings, lane: str, stop: threading.Event) -> None:
        self._settings = settings
        self._lane = lane
        self._stop = stop
        self._name = worker_name()

    def run(self, begun: Callable[[], None] = lambda: None) -> None:
        """Work until it is to stop; ``begun`` is called once the library is open."""
        with Store.open(self._settings.library) as store:
            begun()
            looking = threading.Thread(target=self._look_around, args=(store,), name="look around", daemon=True)
            if self._lane == "index":
                looking.start()
            while not self._stop.is_set():
                job = self._take(store)
                if job is None:
                    self._stop.wait(_IDLE_SECONDS)
                else:
                    self.do(store, job)
            if looking.is_alive():
                looking.join()

    def do(self, store: Store, job: Job) -> None:
        """Do a job that was taken up, and give it back."""
        state: JobState = "done"
        with Work(job, store, self._name, self._settings, self._stop.is_set) as work:
            try:
                message = _handler(job.kind)(work)
            except Interrupted as asked:
                if asked.reason == "lost":
                    return
                state, message = _AFTER[asked.reason], ""
            except ReseenError as error:
                state, message = "failed", str(error)
            except Exception as error:
                LOG.exception("job %d (%s) failed", job.id, job.kind)
                state, message = "failed", f"this is a bug in Reseen ({type(error).__name__}: {error})"
        _try_again(lambda: store.end_job(job.id, self._name, state, " ".join(message.split())))

    def _take(self, store: Store) -> Job | None:
        try:
            return store.take_job(self._lane, self._name)
        except LibraryError:
            return None  # the database is busy: the next look will tell

    def _look_around(self, store: Store) -> None:
        arrivals = Arrivals(store)
        kept_at = float("-inf")
        while not self._stop.is_set():
            try:
                arrivals.look()
                if time.monotonic() - kept_at > _KEEP_SECONDS:
                    keep_in_time(store)
                    kept_at = time.monotonic()
            except (ReseenError, OSError) as error:
                LOG.warning("watched folders: %s", error)
            self._stop.wait(_LOOK_SECONDS)


def begin(settings: AppSettings, lane: str, leash: Connection) -> None:
    """A spawned process begins; it ends when the other end of ``leash`` is closed, however that comes about.

    Once it can work it says so, with one message.
    """
    stop = threading.Event()
    threading.Thread(target=_hold, args=(leash, stop), name="leash", daemon=True).start()
    with suppress(ValueError, AttributeError, OSError):
        signal.signal(signal.SIGTERM, lambda *_: stop.set())
        # Ctrl-C reaches the whole group; the application tells its workers itself.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    step_back(settings.step_back)
    Worker(settings, lane, stop).run(lambda: leash.send(True))


def _hold(leash: Connection, stop: threading.Event) -> None:
    with suppress(EOFError, OSError):
        leash.recv()
    stop.set()
    # A job that does not hear is no reason to be left behind: what it committed is safe.
    time.sleep(_LAST_SECONDS)
    os._exit(1)


def _handler(kind: str) -> Handler:
    if kind not in HANDLERS:
        raise InputError(f"nobody here knows how to do a job of the kind '{kind}': update Reseen")
    module, _, name = HANDLERS[kind].partition(":")
    return cast(Handler, getattr(import_module(module), name))


def _try_again(deed: Callable[[], object]) -> None:
    for _ in range(3):
        with suppress(LibraryError):
            deed()
            return
