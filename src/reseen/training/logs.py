"""What a run writes down: a CSV row an epoch, TensorBoard, and a line of progress."""

from __future__ import annotations

import csv
import io
import os
import platform
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from reseen.errors import InputError
from reseen.training.whole import whole


class EpochLog:
    """``log.csv``: one row an epoch; an epoch done again after a resume replaces its row."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def rows(self) -> list[dict[str, str]]:
        """What was written so far."""
        if not self.path.exists():
            return []
        with self.path.open(encoding="utf-8", newline="") as stream:
            return list(csv.DictReader(stream))

    def write(self, row: Mapping[str, float | int | str]) -> None:
        """Add the row of an epoch (key ``epoch``)."""
        values = {key: _text(value) for key, value in row.items()}
        rows = [old for old in self.rows() if int(old["epoch"]) < int(row["epoch"])] + [values]
        columns = list(dict.fromkeys(key for old in rows for key in old))
        text = io.StringIO()
        writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        with whole(self.path, "log") as temporary:
            temporary.write_text(text.getvalue(), encoding="utf-8")


def shown(row: Mapping[str, float | int | str]) -> str:
    """A row of the log as one line for people."""
    return ", ".join(f"{k} {v:.4g}" if isinstance(v, float) else f"{k} {v}" for k, v in row.items())


def _text(value: float | int | str) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


class Curves:
    """TensorBoard's event files, when tensorboard is installed.

    Written here and now: torch's own writer does it in a thread, whose errors (a full disk) nobody can catch.

    Args:
        folder: Where they lie; each start of a run adds a file.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / f"events.out.tfevents.{time.time():.0f}.{platform.node()}.{os.getpid()}"
        self._events: Any = None
        try:
            from tensorboard.compat.proto import event_pb2
            from tensorboard.summary.writer.record_writer import RecordWriter
        except ImportError:
            return
        self._events, self._records = event_pb2, RecordWriter

    def write(self, step: int, values: Mapping[str, float]) -> None:
        """Add one point to each curve.

        Raises:
            InputError: The file cannot be written.
        """
        if self._events is None:
            return
        now = time.time()
        events = [] if self._path.exists() else [self._events.Event(wall_time=now, file_version="brain.Event:2")]
        for name, value in values.items():
            event = self._events.Event(wall_time=now, step=step)
            event.summary.value.add(tag=name, simple_value=value)
            events.append(event)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("ab") as stream:
                for event in events:
                    self._records(stream).write(event.SerializeToString())
        except OSError as error:
            raise InputError(f"{self._path}: the curves could not be written ({error.strerror})") from error


class ProgressLine:
    """A line with the epoch, steps, loss, images a second and the time left."""

    def __init__(self, total: int, done: int, shown: bool) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]:.0f} images/s, left"),
            TimeRemainingColumn(elapsed_when_finished=True),
            console=Console(stderr=True),
            disable=not shown,
        )
        self._task = self._progress.add_task("training", total=total, completed=done, rate=0.0)

    def __enter__(self) -> ProgressLine:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def step(self, epoch: int, loss: float, rate: float) -> None:
        """One more batch is done."""
        text = f"epoch {epoch + 1}, loss {loss:.3f}"
        self._progress.update(self._task, advance=1, description=text, rate=rate)
