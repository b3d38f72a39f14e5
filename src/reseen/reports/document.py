"""The result as one JSON object; its schema is published in ``docs/search-result.schema.json``."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from reseen.searching import Moment, SearchResult


class QueryDocument(TypedDict):
    """The query part."""

    photos: list[str]
    person_box: list[float] | None
    detector: str
    embedder: str
    warnings: list[str]


class SkippedDocument(TypedDict):
    """A stretch that was not looked through."""

    source: str
    start: float
    end: float
    reason: str


class CoverageDocument(TypedDict):
    """The coverage part."""

    sources: int
    seconds: float
    tracklets: int
    skipped: list[SkippedDocument]


class MomentDocument(TypedDict):
    """One moment."""

    source: str
    camera: str
    start: float
    end: float
    best_time: float
    score: float
    expected_false_matches: float | None
    best_box: list[float]
    wall_start: str | None
    tracklets: list[int]


class ResultDocument(TypedDict):
    """The whole."""

    query: QueryDocument
    threshold: float
    coverage: CoverageDocument
    moments: list[MomentDocument]


def document(result: SearchResult) -> ResultDocument:
    """A search result as JSON-ready values; moments below the threshold come last where they were asked for."""
    first = result.query.photos[0]
    return {
        "query": {
            "photos": [photo.path for photo in result.query.photos],
            "person_box": None if first.box is None else [round(value, 1) for value in first.box],
            "detector": result.query.detector,
            "embedder": result.query.embedder,
            "warnings": [*result.query.warnings, *result.warnings],
        },
        "threshold": round(result.threshold, 4),
        "coverage": {
            "sources": result.coverage.sources,
            "seconds": round(result.coverage.seconds, 3),
            "tracklets": result.coverage.tracklets,
            "skipped": [
                {"source": gap.source, "start": round(gap.start, 3), "end": round(gap.end, 3), "reason": gap.reason}
                for gap in result.coverage.skipped
            ],
        },
        "moments": [moment_document(moment) for moment in (*result.moments, *result.below)],
    }


def moment_document(moment: Moment) -> MomentDocument:
    """One moment as JSON-ready values."""
    expected = moment.expected_false_matches
    return {
        "source": moment.source,
        "camera": moment.camera,
        "start": round(moment.start, 3),
        "end": round(moment.end, 3),
        "best_time": round(moment.best_time, 3),
        "score": round(moment.score, 4),
        "expected_false_matches": None if expected is None else float(f"{expected:.3g}"),
        "best_box": [round(value, 1) for value in moment.best_box],
        "wall_start": iso(moment.wall_start),
        "tracklets": list(moment.tracklets),
    }


def iso(moment: datetime | None) -> str | None:
    """A wall-clock time in this machine's zone, with the zone."""
    return None if moment is None else moment.astimezone().isoformat(timespec="milliseconds")
