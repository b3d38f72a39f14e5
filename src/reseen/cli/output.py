"""What every command shares: ``--json``, ``--quiet``, ``--verbose``, ``--debug``, tables, progress, errors."""

from __future__ import annotations

import functools
import inspect
import logging
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from json import dumps
from typing import TYPE_CHECKING, Annotated, Any, TextIO, TypeVar, cast

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from reseen.errors import ReseenError, UsageError

if TYPE_CHECKING:
    from reseen.indexing import Progress


_UNBOUNDED = 10_000
"""Columns of a table that goes into a file or another program: enough that no name is broken in two."""


def error_line(words: str) -> None:
    """One plain line on stderr."""
    print(f"reseen: {words}", file=sys.stderr)


def report_error(words: str, *, json: bool) -> None:
    """An error: one plain line on stderr, and one object on stdout where one is waited for."""
    error_line(words)
    if json:
        print(dumps({"error": words}))


class StoppedError(ReseenError):
    """The user stopped the command."""

    exit_status = 130


@dataclass
class Output:
    """Where a command's words go, as asked by its flags.

    Attributes:
        json: One JSON object on stdout and nothing else.
        quiet: No progress, no warnings.
        verbose: More about what is done.
        debug: Everything, and tracebacks.
        reported: Whether the one JSON object has been printed.
        stdout: For results.
        stderr: For progress and warnings.
    """

    json: bool = False
    quiet: bool = False
    verbose: bool = False
    debug: bool = False
    reported: bool = False
    stdout: Console = field(default_factory=lambda: _console(sys.stdout))
    stderr: Console = field(default_factory=lambda: Console(stderr=True, soft_wrap=True, highlight=False))

    def report(self, data: Any, show: Callable[[], None]) -> None:
        """Print one JSON object when asked for, else what ``show`` draws for people."""
        if self.json:
            print(dumps(data))
            self.reported = True
        else:
            show()

    def say(self, words: str) -> None:
        """A line for people on stdout; silent with ``--json`` and ``--quiet``."""
        if not self.json and not self.quiet:
            self.stdout.print(escape(words))

    def tell(self, words: str) -> None:
        """A line of the result itself on stdout, also when quiet; silent with ``--json``."""
        if not self.json:
            self.stdout.print(escape(words))

    def warn(self, words: str) -> None:
        """A warning on stderr; silent with ``--quiet``."""
        if not self.quiet:
            self.stderr.print(f"[yellow]warning:[/yellow] {escape(words)}")

    def note(self, words: str) -> None:
        """A line on stderr about what goes on; silent with ``--quiet``."""
        if not self.quiet:
            self.stderr.print(escape(words))

    def detail(self, words: str) -> None:
        """More than most want to know, on stderr; only with ``--verbose`` or ``--debug``."""
        if self.verbose or self.debug:
            self.stderr.print(f"[dim]{escape(words)}[/dim]")

    def only_one_form(self, csv: bool) -> None:
        """Refuse two forms of one result.

        Raises:
            UsageError: CSV is asked for beside JSON.
        """
        if csv and self.json:
            raise UsageError("--csv or --json, not both")

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[str] = ()) -> None:
        """Draw a table on stdout."""
        table = Table(box=None, header_style="bold", pad_edge=False, show_header=any(columns))
        for column in columns:
            table.add_column(column, justify="right" if column in right else "left", overflow="fold")
        for row in rows:
            table.add_row(*(escape(cell) for cell in row))
        if self.stdout.is_terminal:
            self.stdout.print(table)
            return
        with self.stdout.capture() as drawn:
            self.stdout.print(table)
        # No rows of blanks up to the widest cell in a file or another program.
        print("\n".join(line.rstrip() for line in drawn.get().splitlines()), file=self.stdout.file)

    @contextmanager
    def progress(self) -> Iterator[Callable[[Progress], None] | None]:
        """A progress line on stderr while indexing; None where nobody would see it."""
        if self.quiet or not sys.stderr.isatty():
            yield None
            return
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as Bar

        with Bar(TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[words]}"),
                 console=self.stderr, transient=True) as bar:  # fmt: skip
            task = bar.add_task("looking through", total=None, words="")

            def on_progress(now: Progress) -> None:
                eta = "" if now.eta is None else f", {duration(now.eta)} left"
                words = f"{now.speed:.1f}x real time{eta}, {now.people} people so far"
                bar.update(
                    task,
                    description=escape(f"{now.source_number}/{now.sources} {now.source}"[:48]),
                    total=max(now.total_seconds, 1e-6),
                    completed=now.done_seconds,
                    words=words,
                )

            yield on_progress


def _console(stream: TextIO) -> Console:
    """Where tables are drawn; only a terminal has a width that they must keep to."""
    width = None if stream.isatty() else _UNBOUNDED
    return Console(file=stream, width=width, soft_wrap=True, highlight=False)


def duration(seconds: float) -> str:
    """Seconds for people: ``7.5 s``, ``3:20``, ``1:02:05``."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02d}:{whole % 60:02d}" if hours else f"{minutes}:{whole % 60:02d}"


def size(count: float) -> str:
    """Bytes for people: ``3.4 MB``."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def output_of(context: typer.Context) -> Output:
    """The output of the command at hand."""
    found: Output = context.obj
    return found


Shown = TypeVar("Shown", bound=Callable[..., None])

_PANEL = "Output"
_FLAGS: dict[str, str] = {
    "json": "Print one JSON object on stdout and nothing else.",
    "quiet": "No progress, no warnings.",
    "verbose": "Say more about what is done.",
    "debug": "Say everything, and show a traceback when something breaks.",
}


def reporting(function: Shown) -> Shown:
    """Give a command the flags that all have, and make its errors one line and an exit status."""

    @functools.wraps(function)
    def run(**values: Any) -> None:
        output = Output(**{name: values.pop(name) for name in _FLAGS})
        values["context"].obj = output
        if output.debug:
            logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)
        try:
            function(**values)
        except KeyboardInterrupt:
            stopped = StoppedError("stopped; what was finished is kept, run the same command again to go on")
            raise typer.Exit(_report(stopped, output)) from None
        except (typer.Exit, typer.Abort, BrokenPipeError):
            raise
        except Exception as error:
            raise typer.Exit(_report(error, output)) from error

    signature = inspect.signature(function, eval_str=True)
    flags = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=False,
            annotation=Annotated[bool, typer.Option(f"--{name}", help=words, rich_help_panel=_PANEL)],
        )
        for name, words in _FLAGS.items()
    ]
    run.__signature__ = signature.replace(parameters=[*signature.parameters.values(), *flags])  # type: ignore[attr-defined]
    run.__annotations__ = {item.name: item.annotation for item in run.__signature__.parameters.values()}  # type: ignore[attr-defined]
    return cast(Shown, run)


def _report(error: Exception, output: Output) -> int:
    """Say what went wrong in one line; gives the exit status."""
    status = 1
    if isinstance(error, ReseenError):
        words, status = str(error), error.exit_status
    elif isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        words = f"{where}{error.strerror or error}"
    else:
        words = f"unexpected {type(error).__name__}: {error} (a bug in Reseen; --debug shows where)"
    words = " ".join(words.split())
    if output.debug:
        traceback.print_exception(error)
    report_error(words, json=output.json and not output.reported)
    return status
