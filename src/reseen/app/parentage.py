"""Processes that the application starts: they end with it, and stand back behind it."""

from __future__ import annotations

import multiprocessing
import os
import threading
from contextlib import suppress

import psutil


def end_with_parent() -> None:
    """Called in a spawned process: however its parent ends, it ends too, so that none is left behind."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, name="parent", daemon=True).start()


def step_back(steps: int) -> None:
    """Called in a spawned process: pages and searches go first where the processor is short.

    Args:
        steps: How far, 0 (not at all) to 19.
    """
    if steps > 0:
        with suppress(psutil.Error, OSError):
            psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS if os.name == "nt" else steps)
