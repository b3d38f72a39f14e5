"""The processes that index and export: started, watched, revived."""

from __future__ import annotations

import logging
import multiprocessing
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess

from reseen.app.settings import AppSettings
from reseen.app.worker import LANES, begin

LOG = logging.getLogger("reseen.app")

_LOOK_SECONDS = 0.3
_LONGEST_PAUSE = 30.0
_LAST_SECONDS = 10.0

# Nothing depends on signals or on what a fork would copy: the same on every system.
_SPAWN = multiprocessing.get_context("spawn")


class _Lane:
    """The process of a lane: started, and started again when it dies."""

    def __init__(self, settings: AppSettings, lane: str) -> None:
        self._settings = settings
        self._lane = lane
        self._process: SpawnProcess | None = None
        self._leash: Connection | None = None
        self._pause = 0.0
        self._not_before = 0.0

    @property
    def pid(self) -> int | None:
        """The number of the process while it lives."""
        process = self._process
        return process.pid if process is not None and process.is_alive() else None

    def look(self) -> None:
        """Start the process where none lives; one that cannot even begin is waited for longer and longer."""
        now = time.monotonic()
        if self._process is not None:
            if self._process.is_alive():
                return
            LOG.warning("the worker '%s' ended (%s) and is started again", self._lane, self._process.exitcode)
            self._pause = 0.0 if self._has_begun() else min(max(2 * self._pause, 0.5), _LONGEST_PAUSE)
            self._not_before = now + self._pause
            self.let_go()
        if now >= self._not_before:
            self._start()

    def let_go(self) -> None:
        """Ask the process to end."""
        if self._leash is not None:
            with suppress(OSError):
                self._leash.close()
            self._leash = None
        if self._process is not None and not self._process.is_alive():
            self._process.join()
            self._process = None

    def end(self, until: float) -> None:
        """Wait for the end of the process, and see to it."""
        process = self._process
        if process is None:
            return
        process.join(max(until - time.monotonic(), 0.0))
        if process.is_alive():
            process.kill()
            process.join()
        self._process = None

    def _has_begun(self) -> bool:
        with suppress(OSError, EOFError):
            return self._leash is not None and self._leash.poll() and bool(self._leash.recv())
        return False

    def _start(self) -> None:
        ours, theirs = _SPAWN.Pipe()
        process = _SPAWN.Process(
            target=begin, args=(self._settings, self._lane, theirs), name=f"reseen {self._lane}", daemon=True
        )
        process.start()
        theirs.close()
        self._process, self._leash = process, ours


class Supervisor:
    """Keeps one process a lane running.

    Args:
        settings: How the application is run.
        lanes: The lanes.
    """

    def __init__(self, settings: AppSettings, lanes: Sequence[str] = LANES) -> None:
        self.settings = settings
        self._lanes = {lane: _Lane(settings, lane) for lane in lanes}
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the processes and keep them alive."""
        self._stop.clear()
        self._thread = threading.Thread(target=self._watch, name="supervisor", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End them; their jobs are taken up when the application is started again."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        for lane in self._lanes.values():
            lane.let_go()
        until = time.monotonic() + _LAST_SECONDS
        for lane in self._lanes.values():
            lane.end(until)

    def pids(self) -> dict[str, int | None]:
        """The number of each lane's process, while it lives."""
        return {name: lane.pid for name, lane in self._lanes.items()}

    def _watch(self) -> None:
        while not self._stop.is_set():
            for lane in self._lanes.values():
                try:
                    lane.look()
                except OSError as error:
                    LOG.warning("a worker cannot be started (%s); tried again", error)
            self._stop.wait(_LOOK_SECONDS)
