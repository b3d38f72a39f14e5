"""Wrong tokens are counted by address, and whoever sends too many has to wait."""

from __future__ import annotations

import threading
import time
from collections import defaultdict, deque

from reseen.app.problems import Problem

_WINDOW = 60.0
_MOST_ADDRESSES = 10_000


class Failures:
    """The wrong tokens of the last minute.

    Args:
        allowed: So many from one address.
    """

    def __init__(self, allowed: int) -> None:
        self._allowed = allowed
        self._lock = threading.Lock()
        self._times: dict[str, deque[float]] = defaultdict(deque)

    def check(self, address: str) -> None:
        """Let an address try.

        Raises:
            Problem: It has to wait.
        """
        with self._lock:
            times = self._recent(address)
            if len(times) < self._allowed:
                return
            wait = max(1, round(times[0] + _WINDOW - time.monotonic()) + 1)
        raise Problem(429, f"too many wrong tokens; try again in {wait} s", headers={"Retry-After": str(wait)})

    def failed(self, address: str) -> None:
        """An address sent a wrong token."""
        with self._lock:
            if len(self._times) >= _MOST_ADDRESSES:
                self._times.clear()
            self._recent(address).append(time.monotonic())

    def _recent(self, address: str) -> deque[float]:
        times = self._times[address]
        while times and time.monotonic() - times[0] > _WINDOW:
            times.popleft()
        return times
