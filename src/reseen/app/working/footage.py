"""Footage is looked through: paths in, a library with more in it out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from reseen.api import Library
from reseen.app.places import Places
from reseen.app.working.work import Interrupted, Work
from reseen.errors import InputError
from reseen.indexing import Clock, IndexReport, Intake, Progress, Refused, Taken
from reseen.library import JobProgress, Store
from reseen.media import FootageFile, FootageListing, Unusable, expand_footage


@dataclass(frozen=True)
class FootageOrder:
    """What is to be looked through, and what is said about it: the arguments of a job.

    Attributes:
        paths: Files and folders.
        camera: Name of their camera; None takes the name of each file.
        start: Wall-clock start of the first file, ISO 8601.
        start_from_name: A ``strptime`` pattern that finds the start in file names.
        zone: Zone of times without one.
        metadata: Whether the files' own times may be used.
        refresh: What is said now replaces what was said when the same footage was added before.
    """

    paths: tuple[str, ...]
    camera: str | None = None
    start: str | None = None
    start_from_name: str | None = None
    zone: str | None = None
    metadata: bool = True
    refresh: bool = False

    def arguments(self) -> dict[str, object]:
        """As the arguments of a job."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    @staticmethod
    def of(arguments: Mapping[str, Any]) -> FootageOrder:
        """From the arguments of a job."""
        return FootageOrder(**{**arguments, "paths": tuple(arguments["paths"])})

    @property
    def intake(self) -> Intake:
        """As the room of indexing takes it."""
        clock = Clock(self.start, self.start_from_name, self.zone, self.metadata)
        return Intake(self.camera, clock, self.refresh)

    @property
    def title(self) -> str:
        """In words."""
        names = [Path(path).name or path for path in self.paths]
        more = f" and {len(names) - 2} more" if len(names) > 2 else ""
        return f"look through {', '.join(names[:2])}{more}"


@dataclass
class _Tally:
    """How the job stands: seconds of all its sources, and what was looked through of them before this run."""

    total: float = 0.0
    before: float = 0.0
    sources: dict[str, int] = field(default_factory=dict)
    details: dict[str, object] = field(default_factory=dict)

    @property
    def ids(self) -> list[int]:
        """Ids of its sources."""
        return sorted(set(self.sources.values()))

    def people(self, store: Store) -> int:
        """How many persons were found in them so far."""
        return sum(store.people_of_sources(self.ids).values())


def index(work: Work) -> str:
    """Look through footage; goes on where it was when it was interrupted."""
    order = FootageOrder.of(work.job.arguments)
    with work.writing() as library:
        listing = _allowed(work, library, expand_footage(order.paths))
        taken, refused = library.take_in(_one_by_one(work, listing.files), order.intake)
        refused = [*(Refused(item.shown, item.reason) for item in listing.unusable), *refused]
        tally = _tally(library, taken, refused)
        _drop_needless(library.store, order)
        if not taken:
            raise InputError(_nothing(refused))
        work.report(JobProgress(_share(tally, 0.0), people=tally.people(library.store), details=tally.details))
        work.check(between=True)
        done = library.look_through(
            taken, refused, lambda progress: _on_progress(work, tally, progress), lambda: work.must_stop
        )
        if done.stopped:
            work.check(between=True)
            raise Interrupted("stop")
        return _said(work, library, taken, tally, done)


def _allowed(work: Work, library: Library, listing: FootageListing) -> FootageListing:
    """The files inside the folders that may be read; a link in one of them may lead anywhere.

    Uploaded files are called as the user called them; where the library keeps them is nobody's business.
    """
    places = Places((*work.settings.roots, library.store.uploaded_footage))
    files: list[FootageFile] = []
    outside: list[Unusable] = []
    for file in listing.files:
        if not places.inside(file.path.resolve()):
            outside.append(Unusable(file.shown, "it leads out of the folders that may be read"))
        else:
            uploaded = library.store.is_uploaded(file.path)
            files.append(replace(file, shown=file.path.name) if uploaded else file)
    return replace(listing, files=tuple(files), unusable=(*listing.unusable, *outside))


def _drop_needless(store: Store, order: FootageOrder) -> None:
    """Uploaded files that no source needs: they could not be read, or the same footage was here already."""
    for path in map(Path, order.paths):
        known = store.source_by_path(path.resolve()) or store.source_by_path(path)
        if known is None and store.is_uploaded(path):
            store.drop_uploaded(path)


def _one_by_one(work: Work, files: Sequence[FootageFile]) -> Iterator[FootageFile]:
    """The files; between two of them the job may end, as reading each of them takes its time."""
    for number, file in enumerate(files, 1):
        work.check()
        current = f"reading {file.shown} ({number} of {len(files)})"
        work.report(replace(work.progress, current=current))
        yield file


def _tally(library: Library, taken: Sequence[Taken], refused: Sequence[Refused]) -> _Tally:
    tally = _Tally()
    for source_id in dict.fromkeys(item.source.id for item in taken):
        for segment in library.store.segments(source_id):
            length = max(segment.end - segment.start, 0.0)
            tally.total += length
            tally.before += length if segment.done else 0.0
    tally.sources = {item.file.shown: item.source.id for item in taken}
    tally.details = {
        "sources": tally.ids,
        "refused": [{"name": item.shown, "reason": item.reason} for item in refused],
        "warnings": [f"{item.file.shown}: {text}" for item in taken for text in item.warnings],
    }
    return tally


def _on_progress(work: Work, tally: _Tally, progress: Progress) -> None:
    share = _share(tally, progress.done_seconds)
    if tally.total <= 0:  # pictures take no time
        share = progress.source_number / max(progress.sources, 1)
    work.report(
        JobProgress(
            fraction=share,
            speed=progress.speed or None,
            eta=progress.eta,
            people=tally.people(work.store),
            current=progress.source,
            source_id=tally.sources.get(progress.source),
            details=tally.details,
        )
    )
    work.check(between=True)


def _share(tally: _Tally, done: float) -> float:
    return min((tally.before + done) / tally.total, 1.0) if tally.total > 0 else 0.0


def _said(work: Work, library: Library, taken: Sequence[Taken], tally: _Tally, done: IndexReport) -> str:
    refused = [{"name": item.shown, "reason": item.reason} for item in done.refused]
    people = tally.people(library.store)
    work.report(JobProgress(1.0, people=people, details={**tally.details, "refused": refused}))
    failed = {item.shown for item in done.refused}
    whole = len({item.source.id for item in taken if item.file.shown not in failed})
    words = [f"{_count(whole, 'source')} looked through, {_count(people, 'person', 'people')} found"]
    words += [f"{item.shown}: {item.reason}" for item in done.refused[:3]]
    words += [f"and {len(done.refused) - 3} more that could not be read"] if len(done.refused) > 3 else []
    return "; ".join(words)


def _nothing(refused: Sequence[Refused]) -> str:
    words = "; ".join(f"{item.shown}: {item.reason}" for item in refused[:3])
    return words or "there is no footage among these paths"


def _count(number: int, one: str, several: str | None = None) -> str:
    return f"{number} {one if number == 1 else several or one + 's'}"
