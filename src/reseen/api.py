"""The Python API: a library to add footage to and to find people in.

>>> import reseen
>>> with reseen.Library("my.reseen") as library:            # doctest: +SKIP
...     library.add("clip1.mp4", camera="Gate 3")
...     for moment in library.find("photo.jpg").moments:
...         print(moment.source, moment.start, moment.end, moment.score)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path

from reseen.detection import Areas
from reseen.indexing import (
    Clock,
    Indexer,
    IndexReport,
    Intake,
    OnProgress,
    Refused,
    Taken,
    take_in,
)
from reseen.library import Filter
from reseen.media import NO_FOOTAGE, FootageFile, FootageListing, expand_footage
from reseen.opening import OpenLibrary
from reseen.searching import (
    Judged,
    PersonChoice,
    Query,
    SearchResult,
    SearchSettings,
    make_query,
    named_as_given,
    search,
)
from reseen.searching.calibrating import CalibrationSettings, Measured, measure, write_calibration

Paths = str | Path | Sequence[str | Path]


class Library(OpenLibrary):
    """A library: footage goes in, moments come out.

    Made where there is none. Models are loaded when they are first needed.

    Args:
        path: The library's folder.
        detector: Detector of a new library; the best that is here when not given.
        embedder: Embedder of a new library, or the one an existing library is to be given with ``reembed``.
        analysis: How footage is analysed, for a new library.
        workers: How the machine is used.
        session: How networks are run.
        catalogue: The models.
        create: Make the library where there is none.
        wait: Seconds to wait for another process that writes to it.
        on_wait: Told in words who is being waited for.
        reembed: Give an existing library to another ``embedder``, from its stored shots, without decoding.

    Raises:
        InputError: The folder is no library, is locked by another writer, or models are missing.
        UsageError: What is asked for does not fit the library.
    """

    def calibrate(self, settings: CalibrationSettings | None = None, *, write: bool = False) -> Measured:
        """Measure which score means the same person in this library's footage; nobody need be named.

        Args:
            settings: How to calibrate.
            write: Keep it in the library, so that later searches use it.

        Raises:
            InputError: Too few people are seen together.
        """
        found = measure(self.store, self.card, settings)
        if write:
            write_calibration(self.path, found.calibration)
            self.store.record("calibrate", {"threshold": found.calibration.threshold, "before": found.before})
        return found

    def add(
        self,
        footage: Paths,
        *,
        camera: str | None = None,
        start: str | datetime | None = None,
        start_from_name: str | None = None,
        intake: Intake | None = None,
        on_progress: OnProgress | None = None,
    ) -> IndexReport:
        """Look through footage and keep what is found; what is known already is not looked through again.

        Args:
            footage: Video files, images, folders, globs.
            camera: The camera; else the name of each file without its ending.
            start: Wall-clock start of the first file (a time with a zone).
            start_from_name: A ``strptime`` pattern that finds the start in file names.
            intake: All of these at once, instead.
            on_progress: Called after every segment.
        """
        given = start.isoformat() if isinstance(start, datetime) else start
        intake = intake or Intake(camera, Clock(start=given, name_pattern=start_from_name))
        return self.add_listing(expand_footage(_listed(footage)), intake, on_progress)

    def add_listing(
        self, listing: FootageListing, intake: Intake, on_progress: OnProgress | None = None
    ) -> IndexReport:
        """As ``add``, for footage that was listed before."""
        taken, refused = self.take_in(listing.files, intake)
        unusable = [Refused(item.shown, item.reason) for item in listing.unusable]
        done = self.look_through(taken, (*unusable, *refused), on_progress)
        return replace(done, warnings=(*_left_out(listing), *done.warnings))

    def take_in(self, files: Iterable[FootageFile], intake: Intake) -> tuple[list[Taken], list[Refused]]:
        """Enter footage into the library, without looking through it yet; see ``look_through``."""
        self._writable()
        return take_in(self.store, files, intake, self.settings)

    def look_through(
        self,
        taken: Sequence[Taken],
        refused: Sequence[Refused] = (),
        on_progress: OnProgress | None = None,
        asked_to_stop: Callable[[], bool] | None = None,
    ) -> IndexReport:
        """Look through footage that was taken in, where that has not been done yet.

        Args:
            taken: From ``take_in``.
            refused: Likewise, for the report.
            on_progress: Called after every segment.
            asked_to_stop: Asked several times a second; once it says so, the run ends and can be gone on with.
        """
        self._writable()
        indexer = Indexer(self.store, self.detector, self.embedder, self.settings, self._workers)
        return indexer.run(taken, refused, on_progress, asked_to_stop)

    def find(
        self,
        photos: Paths,
        *,
        cameras: Sequence[str] | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        sources: Sequence[int] | None = None,
        choice: PersonChoice | None = None,
        settings: SearchSettings | None = None,
    ) -> SearchResult:
        """Find the moments at which a person is seen.

        Args:
            photos: One or more photos of the same person.
            cameras: Names or patterns of cameras (``Gate*``).
            start: Only what was recorded from then on (aware).
            end: Only what was recorded before then (aware).
            sources: Only these sources, by id.
            choice: Which person of the first photo; the largest when not given.
            settings: How to answer.
        """
        query = self.query(_listed(photos), choice)
        wanted = Filter(
            sources=None if sources is None else tuple(sources),
            cameras=None if cameras is None else tuple(cameras),
            start=start,
            end=end,
        )
        return self.answer(query, wanted, settings)

    def query(self, photos: Sequence[str | Path], choice: PersonChoice | None = None) -> Query:
        """Find the wanted person in photos and embed them; see ``find``."""
        return make_query(photos, self.photo_detector, self.embedder, choice)

    def answer(
        self,
        query: Query,
        wanted: Filter | None = None,
        settings: SearchSettings | None = None,
        *,
        judged: Judged | None = None,
        who: str | None = None,
        thumbnail: bytes | None = None,
    ) -> SearchResult:
        """Search with a query made before; the search is entered in the audit log.

        Args:
            query: The wanted person.
            wanted: Which footage.
            settings: How to answer.
            judged: Verdicts on what was found before.
            who: Who asks; the user of the operating system when not given.
            thumbnail: A small JPEG of the wanted person for the audit log.
        """
        wanted = wanted or Filter()
        result = search(self.store, query, self.card, wanted, settings, judged)
        filters = {name: value for name, value in asdict(wanted).items() if value is not None}
        detail: dict[str, object] = {
            "photos": [photo.path for photo in query.photos],
            "threshold": result.threshold,
        }
        if judged:
            detail |= {"confirmed": len(judged.confirmed), "rejected": len(judged.rejected)}
        self.store.record(
            "search",
            detail,
            photos=query.hashes,
            filters=filters,
            results=len(result.moments),
            who=who,
            thumbnail=thumbnail,
        )
        return result

    def answer_for(
        self, query: Query, listing: FootageListing, done: IndexReport, settings: SearchSettings | None = None
    ) -> SearchResult:
        """Search the footage of a listing alone, named as it was given; what could not be used is in the coverage."""
        names = {number: shown for shown, number in reversed(tuple(done.sources.items()))}
        result = self.answer(query, Filter(sources=tuple(sorted(names))), settings)
        self.store.touch(names)
        missing = [(item.shown, item.reason) for item in done.refused if item.shown not in done.sources]
        missing += [(item.shown, item.reason) for item in listing.left_out if item.reason != NO_FOOTAGE]
        return named_as_given(result, names, missing)

    def set_areas(self, camera: str, include: Sequence[Sequence[tuple[float, float]]],
                  exclude: Sequence[Sequence[tuple[float, float]]]) -> None:  # fmt: skip
        """Say where people count in a camera's picture; footage looked through before is not affected."""
        areas = Areas(tuple(map(tuple, include)), tuple(map(tuple, exclude)))
        self._writable()
        self.store.set_areas(camera, areas.to_json())


def _left_out(listing: FootageListing) -> list[str]:
    """What lies in named folders and might have been meant, in a line for each reason."""
    reasons: dict[str, list[str]] = {}
    for item in listing.left_out:
        if item.reason != NO_FOOTAGE:
            reasons.setdefault(item.reason, []).append(item.shown)
    return [
        f"left out: {', '.join(names[:3])}{f' and {len(names) - 3} more' if len(names) > 3 else ''} ({reason})"
        for reason, names in reasons.items()
    ]


def _listed(paths: Paths) -> list[str | Path]:
    return [paths] if isinstance(paths, (str, Path)) else list(paths)
