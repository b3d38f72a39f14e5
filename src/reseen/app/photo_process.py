"""What runs in the process that looks at photos: decoding, finding people, embedding them."""

from __future__ import annotations

import os
import signal
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from reseen.api import Library
from reseen.app.parentage import end_with_parent
from reseen.app.photos import PREVIEW_SIDE, THUMBNAIL_SIDE, PhotoPeople, Rating, SeenPerson, Wanted, jpeg_of
from reseen.errors import InputError, ReseenError, UsageError
from reseen.library import ModelsUsed
from reseen.media import MediaError, content_hash
from reseen.runtime import SessionSettings
from reseen.searching import LookedAt, PersonChoice, PersonPhoto, Query, look_at, query_of, wanted_person

_KEPT = 4
_KEPT_PIXELS = 30_000_000
_NOBODY = Rating("nobody found", "nobody was found in the photo; the whole photo is used, draw a box around the person")

_T = TypeVar("_T")


class _Eye:
    """A library's models, and the photos looked at last: the person is often chosen and searched right after."""

    def __init__(self, folder: Path, session: SessionSettings) -> None:
        self._folder, self._session = folder, session
        self._library: Library | None = None
        self._models: ModelsUsed | None = None
        self._seen: OrderedDict[str, LookedAt] = OrderedDict()

    def library(self) -> Library:
        """The library, with the models that it holds the work of now."""
        if self._library is not None and self._library.store.models != self._models:
            self._library.close()
            self._library = None
            self._seen.clear()
        if self._library is None:
            self._library = Library(self._folder, session=self._session, create=False)
            self._models = self._library.store.models
        return self._library

    def look(self, file: Path, name: str) -> tuple[str, LookedAt]:
        """A photo's SHA-256, and the people in it."""
        detector = self.library().photo_detector
        sha256 = content_hash(file)
        known = self._seen.pop(sha256, None) or look_at(file, detector)
        if known.picture.shape[0] * known.picture.shape[1] <= _KEPT_PIXELS:
            self._seen[sha256] = known
        while len(self._seen) > _KEPT:
            self._seen.popitem(last=False)
        return sha256, replace(known, path=name)


_eye: _Eye | None = None  # the state of this process, which does nothing else


def begin(folder: Path, session: SessionSettings) -> None:
    """The process begins."""
    global _eye  # noqa: PLW0603
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the application's to answer
    end_with_parent()
    _eye = _Eye(folder, session)


def number() -> int:
    """The number of the process."""
    return os.getpid()


def warm() -> None:
    """Load what the first photo will need."""
    library = _seeing().library()
    _ = library.photo_detector, library.embedder


def people(file: Path, name: str, wanted: Wanted) -> PhotoPeople:
    """See ``PhotoReader.people``."""
    return _in_words(name, lambda: _people(*_seeing().look(file, name), wanted))


def query(photos: Sequence[tuple[Path, str, Wanted]]) -> Query:
    """See ``PhotoReader.query``."""
    if not photos:
        raise UsageError("a photo of the wanted person is needed")
    chosen: list[PersonPhoto] = []
    hashes: list[str] = []
    for file, name, wanted in photos:
        sha256, looked = _in_words(name, lambda file=file, name=name: _seeing().look(file, name))  # type: ignore[misc]
        chosen.append(wanted_person(looked, _choice(wanted)))
        hashes.append(sha256)
    library = _seeing().library()
    made = query_of(chosen, hashes, library.photo_detector.name, library.embedder)
    return replace(made, photos=tuple(photo.smaller(PREVIEW_SIDE) for photo in made.photos))


def _people(sha256: str, looked: LookedAt, wanted: Wanted) -> PhotoPeople:
    photo = wanted_person(looked, _choice(wanted))
    height, width = looked.picture.shape[:2]
    seen = tuple(
        SeenPerson(_corners(box), float(score))
        for box, score in zip(looked.people.boxes, looked.people.scores, strict=True)
    )
    chosen = None if wanted.box is not None else next((i for i, one in enumerate(seen) if one.box == photo.box), None)
    flaws = tuple(Rating(flaw.word, flaw.text) for flaw in photo.flaws)
    if photo.box is None:
        flaws = (_NOBODY, *flaws)
    return PhotoPeople(
        sha256=sha256,
        width=width,
        height=height,
        people=seen,
        chosen=chosen,
        box=photo.box,
        rating=flaws or (Rating("good", "a good photo of the person"),),
        warnings=looked.notes,
        preview=jpeg_of(photo.picture, PREVIEW_SIDE),
        thumbnail=jpeg_of(photo.crop, THUMBNAIL_SIDE),
    )


def _choice(wanted: Wanted) -> PersonChoice:
    # People are counted from 1 on the command line, which speaks to people.
    return PersonChoice(None if wanted.person is None else wanted.person + 1, wanted.box)


def _corners(box: NDArray[np.float32]) -> tuple[float, float, float, float]:
    x1, y1, x2, y2 = (float(value) for value in box)
    return x1, y1, x2, y2


def _seeing() -> _Eye:
    assert _eye is not None  # ``begin`` came first
    return _eye


def _in_words(name: str, look: Callable[[], _T]) -> _T:
    """Errors that can be sent to the other process, and name the photo as the visitor does."""
    try:
        return look()
    except MediaError as error:
        raise InputError(f"{name}: {error.reason}") from None
    except UsageError as error:
        raise UsageError(str(error)) from None
    except ReseenError as error:
        raise InputError(str(error)) from None
