"""What ``find``, ``search`` and ``index`` have in common: showing results, and the exit status."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.markup import escape

from reseen.cli.output import Output, StoppedError, duration, error_line
from reseen.errors import UsageError

if TYPE_CHECKING:
    from reseen.api import Library
    from reseen.indexing import IndexReport
    from reseen.searching import SearchResult


@dataclass(frozen=True)
class Takeaway:
    """What else is made of a result.

    Attributes:
        csv: Print CSV instead of a table.
        report: File of the HTML report.
        clips: Folder of the clips.
        padding: Seconds kept before and after each moment in clips.
        blur: Everybody but the wanted person is blurred in the clips.
    """

    csv: bool = False
    report: Path | None = None
    clips: Path | None = None
    padding: float = 2.0
    blur: bool = False


def takeaway(csv: bool, report: Path | None, clips: Path | None, padding: float | None, blur: bool) -> Takeaway:
    """What else is to be made, checked before the work begins rather than after it.

    Raises:
        UsageError: A flag for clips without clips.
        InputError: Something cannot be written where it is to go.
    """
    if clips is None and (blur or padding is not None):
        raise UsageError(f"{'--blur' if blur else '--padding'} is about clips: say where to put them with --clips DIR")
    if report is not None:
        from reseen.reports import check_report_place

        check_report_place(report)
    if clips is not None:
        from reseen.reports import check_clips_place

        check_clips_place(clips)
    return Takeaway(csv, report, clips, Takeaway.padding if padding is None else padding, blur)


def show_result(output: Output, library: Library, result: SearchResult, takeaway: Takeaway) -> None:
    """Print the result, then write what else was asked for."""
    from reseen.reports import csv_text, document

    for words in (*result.query.warnings, *result.warnings):
        output.warn(words)
    if takeaway.csv:
        print(csv_text(result), end="")
    else:
        output.report(document(result), lambda: show_table(output, result))
    if takeaway.report is not None:
        from reseen.reports import write_report

        write_report(library.store, result, takeaway.report)
        _note(output, takeaway, f"report: {takeaway.report}")
    if takeaway.clips is not None:
        from reseen.reports import ClipSettings, write_clips

        settings = ClipSettings(padding=takeaway.padding, blur=takeaway.blur)
        eye = library.second_look if takeaway.blur else None
        for clip in write_clips(library.store, result.moments, takeaway.clips, settings, eye=eye):
            words = f"no clip: {clip.note}" if clip.path is None else f"clip: {clip.path} ({clip.note})"
            _note(output, takeaway, words)


def _note(output: Output, takeaway: Takeaway, words: str) -> None:
    if not takeaway.csv:
        output.say(words)


def show_table(output: Output, result: SearchResult) -> None:
    """The moments as a table, with totals and coverage below it."""
    from reseen.reports import table

    shown = table(result)
    if shown.rows:
        output.table(shown.columns, shown.rows, right=("start", "end", "score"))
    for line in shown.summary:
        output.tell(line)


def index_json(done: IndexReport) -> dict[str, object]:
    """An indexing run as JSON-ready values."""
    return {
        "indexed": list(done.indexed),
        "known": list(done.known),
        "refused": [{"source": item.shown, "reason": item.reason} for item in done.refused],
        "warnings": list(done.warnings),
        "seconds": round(done.seconds, 3),
        "people": done.people,
        "elapsed": round(done.elapsed, 3),
        "stopped": done.stopped,
    }


def index_line(done: IndexReport, library: Path) -> str:
    """An indexing run in one line."""
    words = f"{len(done.indexed)} looked through ({duration(done.seconds)} of footage, {done.people} people)"
    return f"{words}, {len(done.known)} known already, {len(done.refused)} could not be used; library {library}"


def show_refused(output: Output, done: IndexReport) -> None:
    """Name what could not be used, on stderr, also when quiet: it decides the exit status."""
    for words in done.warnings:
        output.warn(words)
    for item in done.refused:
        output.stderr.print(f"[red]not used:[/red] {escape(f'{item.shown}: {item.reason}')}")
    for stage, cpu in sorted(done.stages.cpu.items(), key=lambda pair: -pair[1]):
        output.detail(f"{stage}: {cpu:.2f} s CPU, {done.stages.wall[stage]:.2f} s at work")


def leave(done: IndexReport) -> None:
    """End with the right status: 130 stopped, 1 when some input could not be used at all, else 0."""
    if done.stopped:
        error_line(stopped_words(done))
        raise typer.Exit(StoppedError.exit_status)
    if done.refused:
        raise typer.Exit(1)


def stopped_words(done: IndexReport) -> str:
    """One line for a run that was stopped."""
    seconds = duration(done.seconds)
    return f"stopped after {seconds} of footage; what was finished is kept, run the same command again to go on"


def nothing_usable(done: IndexReport) -> str:
    """One line for a run of which nothing came."""
    if len(done.refused) == 1:
        return f"{done.refused[0].shown}: {done.refused[0].reason}"
    return f"none of the {len(done.refused)} pieces of footage could be used"
