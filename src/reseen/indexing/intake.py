"""Taking in footage: what a file is, which camera it belongs to, when it began, and whether it is known."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from reseen.errors import ReseenError
from reseen.indexing.clock import AUTO, Start, check_clock, parse_time, start_of
from reseen.indexing.settings import IndexSettings, Intake
from reseen.library import NewSource, Source, Store
from reseen.media import FootageFile, SourceInfo, Span, Survey, content_hash, probe, survey


@dataclass(frozen=True)
class Taken:
    """One file after intake.

    Attributes:
        file: The file.
        source: Its row in the library.
        known: True when the same content was in the library before.
        spans: Its segments as the reader knows them; empty when all have been looked through.
        warnings: Plain words about the file.
    """

    file: FootageFile
    source: Source
    known: bool
    spans: tuple[Span, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Refused:
    """One file that cannot be used, and why."""

    shown: str
    reason: str


def take_in(
    store: Store, files: Iterable[FootageFile], intake: Intake, settings: IndexSettings
) -> tuple[list[Taken], list[Refused]]:
    """Enter files into the library and plan their segments; nothing is decoded yet.

    A given start (``--start``) is that of the first file; the files after it, in the order given, follow on
    without a break, as recorders write them. The same content a second time in one call changes nothing.

    Raises:
        UsageError: What is said about the clock cannot be used for any file.
    """
    check_clock(intake.clock)
    taken: list[Taken] = []
    refused: list[Refused] = []
    seen: set[int] = set()
    given_offset = 0.0
    for file in files:
        try:
            item = _take_one(store, file, intake, settings, offset=given_offset, seen=seen)
        except ReseenError as error:
            refused.append(Refused(file.shown, _reason(error, file)))
            continue
        except OSError as error:
            refused.append(Refused(file.shown, f"cannot be read: {error.strerror or error}"))
            continue
        if item.source.id not in seen:
            given_offset += item.source.duration
            seen.add(item.source.id)
        taken.append(item)
    store.touch(item.source.id for item in taken if item.known)
    return taken, refused


def _take_one(
    store: Store, file: FootageFile, intake: Intake, settings: IndexSettings, *, offset: float, seen: Collection[int]
) -> Taken:
    digest = content_hash(file.path)
    known = store.source_by_hash(digest)
    if known is None:
        return _take_new(store, file, digest, intake, settings, offset=offset)
    if known.id in seen:
        return Taken(file, known, known=True)
    if known.failure is not None:
        # What was wrong may have passed (a drive that was gone, a decoder that was missing); if not, it is found again.
        store.fail_source(known.id, None)
    source = _same_content(store, known, file, intake, offset)
    if source.segments_done == source.segments > 0:
        return Taken(file, source, known=True)
    found = _survey(file, settings)
    # The plan may be missing: a run can be killed between entering a source and planning its segments.
    store.plan_segments(source.id, found.spans)
    return Taken(file, store.source(source.id), known=True, spans=found.spans, warnings=found.info.warnings)


def _take_new(
    store: Store, file: FootageFile, digest: str, intake: Intake, settings: IndexSettings, *, offset: float
) -> Taken:
    found = _survey(file, settings)
    info = found.info
    start = _start(file.path, info, intake, offset)
    pattern = intake.clock.name_pattern
    unread = pattern not in {None, AUTO} and (start is None or start.origin == "metadata")
    words = (f"its name does not fit '{pattern}'; no start was read from it",) if unread else ()
    source = store.add_source(
        NewSource(
            path=file.path.resolve(),
            shown=file.shown,
            camera=_camera(file, intake),
            sha256=digest,
            size=file.path.stat().st_size,
            kind=info.kind,
            width=info.width,
            height=info.height,
            duration=info.duration,
            frame_rate=info.frame_rate,
            codec=info.codec,
            started_at=None if start is None else start.at,
            started_from=None if start is None else start.origin,
            warnings=info.warnings,
        )
    )
    store.plan_segments(source.id, found.spans)
    return Taken(file, store.source(source.id), known=False, spans=found.spans, warnings=(*info.warnings, *words))


def _survey(file: FootageFile, settings: IndexSettings) -> Survey:
    return survey(file.path, settings.segment_seconds, settings.warmup_seconds)


def _same_content(store: Store, source: Source, file: FootageFile, intake: Intake, offset: float) -> Source:
    """The same bytes again: no work; where the old file is gone, the source now lives here."""
    if not source.footage_present:
        source = store.relink(source.id, file.path.resolve(), source.sha256, file.shown)
    camera = _camera(file, intake)
    if (intake.refresh or intake.camera is not None) and camera != source.camera:
        source = store.set_camera(source.id, camera)
    clock = intake.clock
    if intake.refresh or clock.start is not None or clock.name_pattern is not None:
        start = _start(file.path, probe(file.path), intake, offset)
        at, origin = (None, source.started_from) if start is None else (start.at, start.origin)
        if at != source.started_at:
            source = store.set_start(source.id, at, origin or "given")
    return source


def _camera(file: FootageFile, intake: Intake) -> str:
    return intake.camera or file.path.stem


def _start(path: Path, info: SourceInfo, intake: Intake, offset: float) -> Start | None:
    clock = intake.clock
    if clock.start is None:
        return start_of(path.name, info.recorded_at, clock)
    first = parse_time(clock.start, clock.zone)
    return start_of(path.name, None, replace(clock, start=(first + timedelta(seconds=offset)).isoformat()))


def _reason(error: ReseenError, file: FootageFile) -> str:
    """The error without the file's name in front: it stands in a column of its own."""
    text = str(error)
    for name in (file.shown, str(file.path)):
        text = text.removeprefix(f"{name}: ")
    return text
