"""The moments as a table for a terminal, with totals and coverage in plain words."""

from __future__ import annotations

from dataclasses import dataclass

from reseen.library import Coverage
from reseen.reports.wording import count
from reseen.searching import Moment, SearchResult, how_sure

COLUMNS = ("source", "camera", "start", "end", "wall clock", "score", "how sure")


@dataclass(frozen=True)
class TableText:
    """What is shown.

    Attributes:
        rows: One per moment, cells as in ``COLUMNS``; the wall clock is left out when no source has one.
        columns: Names of the columns.
        summary: Lines below the table.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    summary: tuple[str, ...]


def table(result: SearchResult) -> TableText:
    """The table of a result."""
    moments = (*result.moments, *result.below)
    clocks = any(moment.wall_start is not None for moment in moments)
    rows = [_row(moment, result.threshold) for moment in moments]
    keep = [index for index, name in enumerate(COLUMNS) if clocks or name != "wall clock"]
    return TableText(
        columns=tuple(COLUMNS[index] for index in keep),
        rows=tuple(tuple(row[index] for index in keep) for row in rows),
        summary=(*_totals(result), *coverage_lines(result.coverage)),
    )


def _row(moment: Moment, threshold: float) -> tuple[str, ...]:
    wall = "" if moment.wall_start is None else f"{moment.wall_start.astimezone():%Y-%m-%d %H:%M:%S %Z}"
    return (
        moment.source,
        moment.camera,
        clock(moment.start),
        clock(moment.end),
        wall,
        f"{moment.score:.2f}",
        how_sure(moment, threshold) + ("" if moment.score >= threshold else " (below threshold)"),
    )


def _totals(result: SearchResult) -> list[str]:
    cameras = len({moment.camera for moment in result.moments})
    seconds = sum(moment.end - moment.start for moment in result.moments)
    if not result.coverage.sources:
        return ["nothing was searched"]
    if not result.moments:
        line = f"no moment found among {_tracks(result)} (threshold {result.threshold:.2f})"
        if result.people:
            line += "; try another photo, or --all for what lies below the threshold"
        return [line]
    found = f"{count(len(result.moments), 'moment')} ({seconds:.0f} s) on {count(cameras, 'camera')}"
    lines = [f"{found}, among {_tracks(result)}"]
    expected = [moment for moment in result.moments if moment.expected_false_matches is not None]
    if expected:
        weakest = min(expected, key=lambda moment: moment.score)
        value = weakest.expected_false_matches or 0.0
        words = f"fewer than {value:.2g}" if weakest.at_most else f"about {value:.2g}"
        lines.append(f"{words} false matches expected at the weakest score shown ({weakest.score:.2f})")
    return [*lines, "this is visual similarity (clothing, build), not identity"]


def _tracks(result: SearchResult) -> str:
    """How many were compared: one person lost from sight and found again is two tracks."""
    return count(result.people, "track of people", "tracks of people")


def coverage_lines(coverage: Coverage) -> list[str]:
    """Coverage in plain words."""
    lines = [f"looked through: {count(coverage.sources, 'source')}, {clock(coverage.seconds)} of footage"]
    lines += [
        f"not looked through: {gap.source}"
        + (f" {clock(gap.start)} to {clock(gap.end)}" if gap.end > gap.start else "")
        + f": {gap.reason}"
        for gap in coverage.skipped[:20]
    ]
    if len(coverage.skipped) > 20:
        lines.append(f"... and {len(coverage.skipped) - 20} more stretches; --json lists them all")
    if coverage.without_clock:
        many = "source has" if coverage.without_clock == 1 else "sources have"
        left_out = "was left out" if coverage.without_clock == 1 else "were left out"
        lines.append(
            f"{coverage.without_clock} {many} no clock and {left_out} by the time filter; "
            "give them one with: reseen library set-start"
        )
    return lines


def clock(seconds: float) -> str:
    """Seconds as ``m:ss.s`` or ``h:mm:ss.s``."""
    tenths = round(seconds * 10)
    hours, minutes, rest = tenths // 36000, tenths // 600 % 60, tenths % 600 / 10
    return f"{hours}:{minutes:02d}:{rest:04.1f}" if hours else f"{minutes}:{rest:04.1f}"
