"""How far indexing is: what a progress line, a page or a script wants to know."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Progress:
    """A moment of an indexing run.

    Attributes:
        source: The source being looked through, as the user named it.
        source_number: Its place in this run, from 1.
        sources: Sources to be looked through in this run.
        done_seconds: Footage looked through so far in this run, in seconds.
        total_seconds: Footage to be looked through in this run, in seconds.
        people: People (tracklets) found so far in this run.
        elapsed: Wall-clock seconds since the run began.
    """

    source: str
    source_number: int
    sources: int
    done_seconds: float
    total_seconds: float
    people: int
    elapsed: float

    @property
    def speed(self) -> float:
        """Footage seconds looked through per second; 0 before anything was."""
        return self.done_seconds / self.elapsed if self.elapsed > 0 else 0.0

    @property
    def eta(self) -> float | None:
        """Seconds that are left at the present speed; None before the speed is known."""
        left = max(self.total_seconds - self.done_seconds, 0.0)
        return left / self.speed if self.speed > 0 else None


OnProgress = Callable[[Progress], None]


@dataclass
class Stopwatch:
    """CPU and waiting seconds of each stage of the pipeline, for the benchmark and ``--verbose``.

    Attributes:
        cpu: CPU seconds of the thread that runs the stage (a network's own threads are not in it).
        wall: Seconds for which the stage was at work.
    """

    cpu: dict[str, float] = field(default_factory=dict)
    wall: dict[str, float] = field(default_factory=dict)

    def lap(self, stage: str, since: tuple[float, float]) -> tuple[float, float]:
        """Book the time since ``since`` on a stage; gives the new starting point back."""
        now = mark()
        self.cpu[stage] = self.cpu.get(stage, 0.0) + now[0] - since[0]
        self.wall[stage] = self.wall.get(stage, 0.0) + now[1] - since[1]
        return now


def mark() -> tuple[float, float]:
    """This thread's CPU seconds, and the clock."""
    return time.thread_time(), time.perf_counter()
