"""The Python API: a library to add footage to and to find people in.

>>> import reseen
>>> with reseen.Library("my.reseen") as library:            # doctest: +SKIP
...     library.add("clip1.mp4", camera="Gate 3")
...     for moment in library.find("photo.jpg").moments:
...         print(moment.source, moment.start, moment.end, moment.score)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from reseen.detection import Areas, DetectionSettings, Detector
from reseen.embedding import Embedder, EmbeddingSettings
from reseen.errors import UsageError
from reseen.indexing import (
    Clock,
    Indexer,
    IndexReport,
    IndexSettings,
    Intake,
    OnProgress,
    Refused,
    Taken,
    Workers,
    take_in,
)
from reseen.library import Filter, LibraryError, ModelsUsed, Store, StoreSettings, library_exists
from reseen.media import NO_FOOTAGE, FootageFile, FootageListing, expand_footage
from reseen.models import Card, Catalogue, LocatedModel
from reseen.runtime import SessionSettings
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
from reseen.searching.calibrating import CalibrationSettings, Measured, calibrated, measure, write_calibration

Paths = str | Path | Sequence[str | Path]


class Library:
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

    def __init__(
        self,
        path: str | Path,
        *,
        detector: str | None = None,
        embedder: str | None = None,
        analysis: IndexSettings | None = None,
        workers: Workers | None = None,
        session: SessionSettings | None = None,
        catalogue: Catalogue | None = None,
        reembed: bool = False,
        create: bool = True,
        wait: float = 0.0,
        on_wait: Callable[[str], None] | None = None,
    ) -> None:
        self.path = Path(path)
        self.catalogue = catalogue or Catalogue.load()
        self._workers = workers or Workers()
        self._session = session or SessionSettings(threads=self._workers.threads)
        self._sources: dict[str, int] = {}
        self._keeping = StoreSettings(lock_timeout=wait, on_wait=on_wait)
        self._store: Store | None = None
        if create and not library_exists(self.path):
            self._store = self._create(detector, embedder, analysis or IndexSettings())
        self._writing = self._store is not None
        if self._store is None:
            self._store = Store.open(self.path, write=False)
            try:
                self._check(detector, embedder, analysis, reembed)
            except BaseException:
                self.close()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the library; what was added is safe already."""
        if self._store is not None:
            self._store.close()
            self._store = None

    @property
    def store(self) -> Store:
        """Rows, shots and vectors behind one interface.

        Raises:
            UsageError: The library is closed.
        """
        if self._store is None:
            raise UsageError(f"{self.path}: the library is closed")
        return self._store

    @property
    def settings(self) -> IndexSettings:
        """How the library's footage is analysed."""
        return IndexSettings.from_json(self.store.analysis)

    @cached_property
    def detector(self) -> Detector:
        """The library's detector, loaded."""
        settings = self.settings
        return self.detector_for(DetectionSettings(tiles=settings.tiles, min_height=settings.min_height))

    @cached_property
    def photo_detector(self) -> Detector:
        """The detector as it looks at photos: whole pictures, people of any size."""
        return self.detector_for(DetectionSettings())

    @cached_property
    def embedder(self) -> Embedder:
        """The library's embedder, loaded."""
        located = self._located(self.store.models.embedder_name, self.store.models.embedder_sha256)
        return Embedder(located, EmbeddingSettings(flip=self.settings.flip), self._session)

    @property
    def card(self) -> Card:
        """The embedder's card, with the library's own threshold and curve where it was calibrated."""
        models = self.store.models
        return calibrated(self.catalogue.card(models.embedder_name), self.path, models.embedder_sha256)

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
        self._sources = {item.file.shown: item.source.id for item in taken}
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
        names = {number: shown for shown, number in reversed(self._sources.items())}
        result = self.answer(query, Filter(sources=tuple(sorted(names))), settings)
        self.store.touch(names)
        missing = [(item.shown, item.reason) for item in done.refused if item.shown not in self._sources]
        missing += [(item.shown, item.reason) for item in listing.left_out if item.reason != NO_FOOTAGE]
        return named_as_given(result, names, missing)

    def set_areas(self, camera: str, include: Sequence[Sequence[tuple[float, float]]],
                  exclude: Sequence[Sequence[tuple[float, float]]]) -> None:  # fmt: skip
        """Say where people count in a camera's picture; footage looked through before is not affected."""
        areas = Areas(tuple(map(tuple, include)), tuple(map(tuple, exclude)))
        self._writable()
        self.store.set_areas(camera, areas.to_json())

    def _create(self, detector: str | None, embedder: str | None, analysis: IndexSettings) -> Store | None:
        """A new library; None where another process was quicker."""
        found, vectors = self.catalogue.pair(detector, embedder)
        assert vectors.card.embedder is not None  # every card of an embedder has it
        models = ModelsUsed(found.card.name, found.sha256, vectors.card.name, vectors.sha256, vectors.card.embedder.dim)
        try:
            return Store.create(self.path, models, analysis.to_json(), self._keeping)
        except LibraryError:
            if not library_exists(self.path):
                raise
            return None

    def _check(self, detector: str | None, embedder: str | None, analysis: IndexSettings | None, reembed: bool) -> None:
        models = self.store.models
        if detector is not None and detector != models.detector_name:
            raise UsageError(
                f"{self.path} was made with the detector {models.detector_name}; make another library for {detector}"
            )
        if analysis is not None and analysis != self.settings:
            raise UsageError(f"{self.path} was made with other analysis settings; make another library for these")
        if embedder is None:
            return
        if embedder == models.embedder_name:
            # The same name may stand for another file by now; giving the library to that one must be asked for.
            if reembed:
                self.reembed(embedder)
            return
        if not reembed:
            raise UsageError(
                f"{self.path} holds embeddings of {models.embedder_name}; "
                f"give it to another with: reseen index --library {self.path} --embedder {embedder}"
            )
        self.reembed(embedder)

    def reembed(self, embedder: str, on_progress: Callable[[int], None] | None = None) -> int:
        """Give the library to another embedder, from its stored shots, without decoding footage again.

        Args:
            embedder: Its name.
            on_progress: Called with the number of shots embedded so far.

        Returns:
            How many shots have new embeddings; 0 when the library held those of this very network.
        """
        located = self.catalogue.locate(embedder)
        held = self.store.models
        if (embedder, located.sha256) == (held.embedder_name, held.embedder_sha256):
            return 0
        self._writable()
        loaded = Embedder(located, EmbeddingSettings(flip=self.settings.flip), self._session)
        models = self.store.models
        new = ModelsUsed(models.detector_name, models.detector_sha256, embedder, located.sha256, loaded.dim)
        count = self.store.replace_embedder(new, _embedded(self.store, loaded, on_progress))
        self.__dict__["embedder"] = loaded
        return count

    def detector_for(self, settings: DetectionSettings) -> Detector:
        """The library's detector, loaded to look in another way."""
        models = self.store.models
        return Detector(self._located(models.detector_name, models.detector_sha256), settings, self._session)

    def _located(self, name: str, sha256: str) -> LocatedModel:
        located = self.catalogue.locate(name)
        if located.sha256 != sha256:
            raise UsageError(
                f"{self.path} was made with another file of {name} "
                f"(SHA-256 {sha256[:12]}, here {located.sha256[:12]}); "
                "put that file back, or give the library to this one with reseen index --embedder"
            )
        return located

    def open_for_writing(self) -> Store:
        """The store, open for adding and deleting: one process at a time.

        Raises:
            LibraryLockedError: Another process writes to the library, and goes on for longer than ``wait``.
        """
        self._writable()
        return self.store

    def _writable(self) -> None:
        if not self._writing:
            reader = self.store
            self._store = Store.open(self.path, write=True, settings=self._keeping)
            self._writing = True
            reader.close()


def _embedded(
    store: Store, embedder: Embedder, on_progress: Callable[[int], None] | None
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
    """Ids of shots and their new embeddings, in batches."""
    done = 0
    for ids, pictures in store.shot_batches():
        yield ids, embedder.embed(pictures)
        done += len(ids)
        if on_progress is not None:
            on_progress(done)


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
