"""A library open with its networks: made where there is none, checked against what is asked for, loaded when needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from reseen.detection import DetectionSettings, Detector
from reseen.embedding import Embedder, EmbeddingSettings
from reseen.errors import UsageError
from reseen.indexing import IndexSettings, Workers
from reseen.library import LibraryError, ModelsUsed, Store, StoreSettings, library_exists
from reseen.models import Card, Catalogue, LocatedModel
from reseen.runtime import SessionSettings
from reseen.searching.calibrating import calibrated

_FAINT = 0.05
"""Whatever looks a little like a person is hidden in a blurred clip."""


class OpenLibrary:
    """A library and the networks that its work was done with; what is done with them is ``api.Library``."""

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
    def second_look(self) -> Callable[[NDArray[np.uint8]], NDArray[np.float32]]:
        """Boxes ``(K, 4)`` of whatever looks a little like a person in a picture: what a blurred clip hides too.

        See ``reseen.reports.write_clips``; far more suspicious than when indexing, to err on the side of hiding.
        """
        detector = self.detector_for(DetectionSettings(low=_FAINT, tiles=self.settings.tiles))
        return lambda picture: detector.detect(picture).boxes

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
        if reembed:
            self.reembed(embedder)
        elif embedder != models.embedder_name:
            raise UsageError(
                f"{self.path} holds embeddings of {models.embedder_name}; "
                f"give it to another with: reseen index --library {self.path} --embedder {embedder}"
            )

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
