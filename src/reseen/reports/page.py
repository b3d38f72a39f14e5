"""The report: one HTML file that opens anywhere, without a network, years later."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from reseen.errors import InputError
from reseen.library import Store
from reseen.reports.cards import Card, Row, cards, rows
from reseen.reports.pictures import BoxedPhoto, boxed_photo
from reseen.reports.provenance import provenance, reseen_version
from reseen.reports.seen import asked_about, headline, not_seen, parts_of_pictures, source_lines
from reseen.reports.timeline import Drawn, timelines
from reseen.reports.whole import probe, unwritable, whole
from reseen.reports.wording import count, false_matches, wall
from reseen.searching import SearchResult

_START = b"<!doctype html>"


@dataclass(frozen=True)
class ReportSettings:
    """How much a report shows.

    Attributes:
        pictures: At most so many moments with their picture; the others follow in a table, and it says so.
        lanes: At most so many cameras on a timeline, those with moments first.
        gaps: At most so many stretches that were not looked through, one by one.
    """

    pictures: int = 200
    lanes: int = 24
    gaps: int = 200


@dataclass(frozen=True)
class ShownPhoto:
    """A query photo on the page: its name, hex SHA-256, and the picture with the person's box."""

    name: str
    sha256: str
    boxed: BoxedPhoto


def write_report(store: Store, result: SearchResult, path: str | Path, settings: ReportSettings | None = None) -> Path:
    """Write a result as one self-contained HTML file and enter that in the audit log.

    The file is whole or absent. Pictures are inside it, nothing is loaded from anywhere, no script runs.

    Args:
        store: The library that was searched.
        result: The result.
        path: The file; an earlier report of that name is replaced.
        settings: How much it shows.

    Returns:
        The path.

    Raises:
        InputError: It cannot be written there, or something that is no report has that name.
    """
    path = check_report_place(path)
    text = report_html(store, result, settings or ReportSettings())
    with whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")
        store.record(
            "export",
            {"kind": "report", "file": str(path), "threshold": result.threshold},
            photos=result.query.hashes,
            results=len(result.moments),
        )
    return path


def check_report_place(path: str | Path) -> Path:
    """Find out before a long search that its report could not be written.

    Raises:
        InputError: It cannot be written there, or something that is no report has that name.
    """
    path = Path(path)
    _refuse_other_files(path)
    if not path.parent.is_dir():
        raise InputError(f"{path}: there is no folder {path.parent}: make it, or choose another place")
    probe(path)
    return path


def report_html(store: Store, result: SearchResult, settings: ReportSettings) -> str:
    """The page as text."""
    sources = store.sources(result.wanted)
    names = {source.id: result.names.get(source.id, source.shown) for source in sources}
    moments = (*result.moments, *result.below)
    pictured = cards(store, result, moments[: settings.pictures])
    anchors = {place: f"moment-{place + 1}" for place in range(len(moments))}
    style = _style()
    template = _templates().get_template("report.html")
    return template.render(
        style=style,
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii"),
        version=reseen_version(),
        written=wall(datetime.now(UTC)),
        headline=headline(result),
        asked=asked_about(result),
        threshold=f"{result.threshold:.2f}",
        cost=_cost(result),
        explain_chance=any(card.row.chance for card in pictured),
        people=count(result.people, "person", "people"),
        photos=[
            ShownPhoto(photo.path, sha256, boxed_photo(photo))
            for photo, sha256 in zip(result.query.photos, result.query.hashes, strict=True)
        ],
        warnings=(*result.query.warnings, *result.warnings),
        found=_split(pictured, result),
        further=rows(result, moments, settings.pictures),
        total=len(moments),
        pictured=len(pictured),
        timelines=timelines(Drawn(result, sources, names, anchors, settings.lanes)),
        gaps=not_seen(result, settings.gaps),
        gaps_in_all=len(result.coverage.skipped),
        coverage=result.coverage,
        partial=parts_of_pictures(store, sources),
        sources=source_lines(sources, names, result),
        **asdict(provenance(store)),
    )


def _split(pictured: tuple[Card, ...], result: SearchResult) -> tuple[tuple[Card, ...], tuple[Card, ...]]:
    """Cards of moments from the threshold on, and of those below it."""
    sure = len(result.moments)
    return pictured[:sure], pictured[sure:]


def _cost(result: SearchResult) -> str | None:
    """What the threshold costs in false matches."""
    if result.by_chance is None:
        return None
    return false_matches(result.by_chance.value, result.by_chance.at_most, result.people)


def _refuse_other_files(path: Path) -> None:
    """A slip of the hand must not cost somebody a video: only reports are replaced."""
    if path.is_dir():
        raise InputError(f"{path}: this is a folder: name a file in it, such as {path / 'report.html'}")
    if not path.exists():
        return
    try:
        with path.open("rb") as file:
            start = file.read(len(_START))
    except OSError as error:
        raise unwritable(path, error) from error
    if start and start.lower() != _START:
        raise InputError(f"{path}: something that is no report has this name: choose another")


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("reseen.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _style() -> str:
    source, _, _ = PackageLoader("reseen.reports").get_source(_templates(), "report.css")
    return source


__all__ = ["ReportSettings", "Row", "report_html", "write_report"]
