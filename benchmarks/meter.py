"""Wall time, CPU time and peak memory of a piece of work, for the benchmarks."""

from __future__ import annotations

import threading
import time
from types import TracebackType

import psutil


class Meter:
    """Measures what runs inside ``with Meter() as meter``.

    Attributes:
        wall: Seconds by the clock.
        cpu: Seconds of CPU of this process, all threads.
        peak: Most resident memory of the process during the work, in bytes, sampled every 20 ms.
        before: Resident memory when the work began, in bytes.
    """

    def __init__(self) -> None:
        self.wall = self.cpu = 0.0
        self.peak = self.before = 0
        self._process = psutil.Process()
        self._done = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Meter:
        self.before = self.peak = self._process.memory_info().rss
        self._watcher.start()
        self._wall, self._cpu = time.perf_counter(), time.process_time()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.wall, self.cpu = time.perf_counter() - self._wall, time.process_time() - self._cpu
        self._done.set()
        self._watcher.join()

    def _watch(self) -> None:
        while True:
            self.peak = max(self.peak, self._process.memory_info().rss)
            if self._done.wait(0.02):
                return
