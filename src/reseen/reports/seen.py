"""What was looked through and what was not, source by source, in plain words."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reseen.library import Coverage, Skipped, Source, Store
from reseen.reports.table import clock
from reseen.reports.wording import count, length, wall
from reseen.searching import SearchResult

_FROM = {"given": "as given", "name": "from the file's name", "metadata": "from the file itself"}


@dataclass(frozen=True)
class Headline:
    """The answer in a line, and what it was looked for in."""

    answer: str
    seen: str
    not_seen: str


@dataclass(frozen=True)
class GapLine:
    """A stretch that was not looked through; ``times`` is empty for a whole source."""

    source: str
    times: str
    reason: str


@dataclass(frozen=True)
class SourceLine:
    """A source: how it is called, what it is, and how much of it was looked through."""

    name: str
    camera: str
    what: str
    length: str
    seen: str
    complete: bool
    clock: str
    clock_from: str
    sha256: str
    warnings: tuple[str, ...]


def headline(result: SearchResult) -> Headline:
    """The answer: never "not found" of footage that was not seen."""
    coverage = result.coverage
    cameras = len({moment.camera for moment in result.moments})
    if result.moments:
        answer = f"{count(len(result.moments), 'moment')}, {count(cameras, 'camera')}"
    else:
        answer = "No moment found in what was looked through"
    seen = f"{length(coverage.seconds)} of {count(coverage.sources, 'source')} looked through"
    if coverage.seconds == 0:
        seen = f"{count(coverage.sources, 'source')} looked through"
    return Headline(answer, seen, _missing(coverage))


def _missing(coverage: Coverage) -> str:
    """How much was not looked through: seconds, and what could not be used at all."""
    lost = sum(gap.end - gap.start for gap in coverage.skipped)
    points = [gap for gap in coverage.skipped if gap.end <= gap.start]
    files = sum(gap.source_id == 0 for gap in points)  # what never became a source
    places = len(points) - files
    parts = [length(lost)] if lost >= 0.05 else []
    parts += [count(places, "place")] if places else []
    parts += [count(files, "file")] if files else []
    return f"{', '.join(parts)} could not be looked through" if parts else ""


def asked_about(result: SearchResult) -> tuple[tuple[str, str], ...]:
    """The filters, as pairs of name and value."""
    wanted = result.wanted
    pairs: list[tuple[str, str]] = []
    if wanted.cameras is not None:
        pairs.append(("Cameras", ", ".join(wanted.cameras)))
    if wanted.start is not None:
        pairs.append(("From", wall(wanted.start)))
    if wanted.end is not None:
        pairs.append(("Until", wall(wanted.end)))
    return tuple(pairs)


def not_seen(result: SearchResult, most: int) -> tuple[GapLine, ...]:
    """The first stretches that were not looked through, and why."""
    return tuple(
        GapLine(gap.source, f"{clock(gap.start)} – {clock(gap.end)}" if gap.end > gap.start else "", gap.reason)
        for gap in result.coverage.skipped[:most]
    )


def parts_of_pictures(store: Store, sources: Sequence[Source]) -> tuple[str, ...]:
    """Cameras in whose pictures people count only in some places."""
    asked = {source.camera for source in sources}
    return tuple(camera.name for camera in store.cameras() if camera.name in asked and _has_areas(camera.areas))


def source_lines(sources: Sequence[Source], names: Mapping[int, str], result: SearchResult) -> tuple[SourceLine, ...]:
    """Every source that was asked about."""
    gaps: dict[int, list[Skipped]] = {}
    for gap in result.coverage.skipped:
        gaps.setdefault(gap.source_id, []).append(gap)
    return tuple(
        SourceLine(
            name=names[source.id],
            camera=source.camera,
            what=_what(source),
            length="still picture" if source.kind == "image" else length(source.duration),
            seen=_seen(source, gaps.get(source.id, [])),
            complete=source.state == "done" and source.id not in gaps,
            clock="no clock" if source.started_at is None else wall(source.started_at),
            clock_from=_clock_from(source),
            sha256=source.sha256,
            warnings=source.warnings,
        )
        for source in sources
    )


def _what(source: Source) -> str:
    parts = [f"{source.width} × {source.height}", source.codec]
    if source.frame_rate is not None and source.kind != "image":
        parts.append(f"{source.frame_rate:.4g} frames a second")
    return " · ".join(part for part in parts if part)


def _clock_from(source: Source) -> str:
    if source.started_from is None:
        return ""
    return _FROM[source.started_from] + (f" ({source.clock_note})" if source.clock_note else "")


def _seen(source: Source, gaps: Sequence[Skipped]) -> str:
    if source.state == "failed" and not source.segments_done:
        return f"nothing: {source.failure}"
    if source.state == "pending":
        return "nothing yet"
    if not gaps:
        return "all" if source.state == "done" else "not all yet"
    lost = sum(gap.end - gap.start for gap in gaps)
    if lost < 0.05:
        return "all, with a fault"
    # What a cut-off file promised lies beyond its duration and says nothing of what there is.
    inside = sum(max(min(gap.end, source.duration) - gap.start, 0.0) for gap in gaps)
    return f"all but {length(lost)}" if inside < source.duration else "nothing"


def _has_areas(text: str) -> bool:
    return bool(text) and any(json.loads(text).values())
