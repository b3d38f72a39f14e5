"""What a run writes down: a CSV row an epoch, TensorBoard, and a line of progress."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


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
        temporary = self.path.with_name(f".{self.path.name}.{os.getpid()}.tmp")
        temporary.write_text(text.getvalue(), encoding="utf-8")
        temporary.replace(self.path)


def _text(value: float | int | str) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


class Curves:
    """TensorBoard's event files, when tensorboard is installed."""

    def __init__(self, folder: Path) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            self._writer = None
        else:
            self._writer = SummaryWriter(str(folder))

    def write(self, step: int, values: Mapping[str, float]) -> None:
        """Add one point to each curve."""
        if self._writer is not None:
            for name, value in values.items():
                self._writer.add_scalar(name, value, step)
            self._writer.flush()


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
