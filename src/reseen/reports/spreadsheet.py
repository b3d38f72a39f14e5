"""The moments as CSV, for spreadsheets."""

from __future__ import annotations

import csv
import io

from reseen.reports.document import iso
from reseen.searching import SearchResult, how_sure

COLUMNS = (
    "source", "camera", "start", "end", "best_time", "wall_start", "score", "expected_false_matches", "sure",
    "x1", "y1", "x2", "y2",
)  # fmt: skip


def csv_text(result: SearchResult) -> str:
    """One row per moment, best first; seconds, scores and pixels as plain numbers."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for moment in (*result.moments, *result.below):
        expected = moment.expected_false_matches
        writer.writerow(
            [
                safe_text(moment.source),
                safe_text(moment.camera),
                f"{moment.start:.3f}",
                f"{moment.end:.3f}",
                f"{moment.best_time:.3f}",
                iso(moment.wall_start) or "",
                f"{moment.score:.4f}",
                "" if expected is None else f"{expected:.3g}",
                how_sure(moment, result.threshold),
                *(f"{value:.1f}" for value in moment.best_box),
            ]
        )
    return out.getvalue()


def safe_text(text: str) -> str:
    """Names as text: a spreadsheet would run one that begins like a formula."""
    return f"'{text}" if text.startswith(tuple("=+-@\t\r")) else text
