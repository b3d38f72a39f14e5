"""The photos and searches that visitors have made, each known to its owner alone.

They live as long as the application, the longest unused ones go first; what is to last is a case.
"""

from __future__ import annotations

import secrets
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PureWindowsPath
from typing import TypeVar

import numpy as np

from reseen.api import Library
from reseen.app.access import Visitor
from reseen.app.looking import PhotoReader
from reseen.app.photos import PhotoPeople, Wanted, WantedPhoto
from reseen.app.problems import Problem, not_found
from reseen.library import Case, Filter, NewSince, Store
from reseen.searching import Judged, Moment, Query, SearchResult, SearchSettings, named_as_given

ANSWERS = 30
"""So many answers of a visitor are kept."""

ALL_ANSWERS = 300
"""So many answers of all visitors together are kept."""

_PICTURE_SIDE = 640

_T = TypeVar("_T")


@dataclass(frozen=True, eq=False)
class HeldPhoto:
    """A photo that somebody sent.

    Attributes:
        id: Unguessable.
        name: As they call it.
        file: The file as it was sent.
        wanted: Who in it is wanted.
        people: What is in it.
        query: The wanted person embedded; None before the first search.
    """

    id: str
    name: str
    file: Path
    wanted: Wanted
    people: PhotoPeople
    query: Query | None = None


@dataclass(frozen=True, eq=False)
class HeldAnswer:
    """An answer to a search.

    Attributes:
        id: Unguessable.
        result: The answer, its photos made small.
        edges: ``(B + 1,)`` edges of the histogram of everybody's scores.
        counts: ``(B,)`` how many people lie between them.
        thumbnail: A small JPEG of the wanted person.
        pictures: For each photo of the query what a case keeps of it.
        asked: The filter as it was asked for, before it was narrowed to what the visitor may see.
        case: The case it belongs to.
        seen: The newest tracklet when that case was last opened.
        new: What came in since then.
    """

    id: str
    result: SearchResult
    edges: tuple[float, ...]
    counts: tuple[int, ...]
    thumbnail: bytes | None
    pictures: tuple[KeptPicture, ...]
    asked: Filter
    case: int | None = None
    seen: int | None = None
    new: NewSince | None = None

    @property
    def moments(self) -> tuple[Moment, ...]:
        """All moments, best first, also those below the threshold."""
        return (*self.result.moments, *self.result.below)

    def moment(self, number: str) -> Moment:
        """A moment by its id, which is its place.

        Raises:
            Problem: There is none of that id.
        """
        if not number.isascii() or not number.isdigit() or len(number) > 9 or int(number) >= len(self.moments):
            raise not_found("moment")
        return self.moments[int(number)]


@dataclass(frozen=True, eq=False)
class KeptPicture:
    """A picture of the wanted person: its name, hex SHA-256 of its file, a JPEG, and the box in that JPEG."""

    name: str
    sha256: str
    jpeg: bytes
    box: tuple[float, float, float, float]


class Searches:
    """Photos and searches by their unguessable ids; safe to use from several threads.

    Args:
        library: The library that is searched.
        photos: Looks at photos.
        most_photos: A visitor may have so many photos here at a time; the oldest goes first.
    """

    def __init__(self, library: Library, photos: PhotoReader, most_photos: int = 50) -> None:
        self.library = library
        self.photos = photos
        self._folder = tempfile.TemporaryDirectory(prefix="reseen-sent-", ignore_cleanup_errors=True)
        self._lock = threading.Lock()
        self._photos: OrderedDict[tuple[str, str], HeldPhoto] = OrderedDict()
        self._answers: OrderedDict[tuple[str, str], HeldAnswer] = OrderedDict()
        self._most_photos = most_photos

    def close(self) -> None:
        """Forget them all."""
        with self._lock:
            self._photos.clear()
            self._answers.clear()
        self._folder.cleanup()

    def forget_all(self) -> None:
        """Forget all answers and photos: somebody in them may have been forgotten."""
        with self._lock:
            for photo in self._photos.values():
                photo.file.unlink(missing_ok=True)
            self._photos.clear()
            self._answers.clear()

    def add_photo(self, who: Visitor, name: str, content: bytes) -> HeldPhoto:
        """Look at a photo and keep it.

        Raises:
            InputError: It is no photo, or cannot be read.
        """
        people = self.photos.people(content, name)
        number = secrets.token_urlsafe(18)
        file = Path(self._folder.name) / number
        file.write_bytes(content)
        held = HeldPhoto(number, name, file, Wanted(), people)
        with self._lock:
            gone = _put(self._photos, owner_of(who), number, held, self._most_photos, 10 * self._most_photos)
        for old in gone:
            old.file.unlink(missing_ok=True)
        return held

    def photo(self, who: Visitor, number: str) -> HeldPhoto:
        """A visitor's photo.

        Raises:
            Problem: They have none of that id.
        """
        return self._get(self._photos, who, number, "photo")

    def change_photo(self, who: Visitor, number: str, wanted: Wanted) -> HeldPhoto:
        """Say who in a photo is wanted.

        Raises:
            UsageError: There is no such person in it.
        """
        held = self.photo(who, number)
        changed = replace(held, wanted=wanted, people=self.photos.people(held.file, held.name, wanted), query=None)
        self._keep_photo(who, changed)
        return changed

    def drop_photo(self, who: Visitor, number: str) -> None:
        """Forget a photo."""
        held = self.photo(who, number)
        with self._lock:
            self._photos.pop((owner_of(who), number), None)
        held.file.unlink(missing_ok=True)

    def query(self, who: Visitor, photo: HeldPhoto, wanted: Wanted | None = None) -> Query:
        """The wanted person of a photo, embedded; once."""
        if wanted is not None and wanted != photo.wanted:
            photo = self.change_photo(who, photo.id, wanted)
        if photo.query is None or photo.query.embedder != self.library.store.models.embedder_name:
            query = self.photos.query([WantedPhoto(photo.name, photo.file, photo.wanted)])
            photo = replace(photo, query=small(query))
            self._keep_photo(who, photo)
        assert photo.query is not None
        return photo.query

    def search(
        self,
        who: Visitor,
        query: Query,
        pictures: Sequence[KeptPicture],
        wanted: Filter,
        *,
        judged: Judged | None = None,
        threshold: float | None = None,
        top: int = 500,
        thumbnail: bytes | None = None,
        case: Case | None = None,
        new: NewSince | None = None,
    ) -> HeldAnswer:
        """Search, and keep the answer; it is entered in the audit log."""
        settings = SearchSettings(below=True, top=top, candidates=max(top, 1), threshold=threshold, cameras=who.cameras)
        result = self.library.answer(
            query, who.narrowed(wanted), settings, judged=judged, who=who.name, thumbnail=thumbnail
        )
        result = named_for(who, self.library.store, result)
        edges, counts = histogram(result)
        held = HeldAnswer(
            secrets.token_urlsafe(18),
            replace(result, scores=np.zeros(0, np.float32)),
            edges,
            counts,
            thumbnail,
            tuple(pictures),
            wanted,
            None if case is None else case.id,
            None if case is None else case.seen_tracklet,
            new,
        )
        with self._lock:
            _put(self._answers, owner_of(who), held.id, held, ANSWERS, ALL_ANSWERS)
        return held

    def answer(self, who: Visitor, number: str) -> HeldAnswer:
        """A visitor's answer.

        Raises:
            Problem: They have none of that id (any more).
        """
        return self._get(self._answers, who, number, "search (any more): search again")

    def belongs_to(self, who: Visitor, number: str, case: int) -> None:
        """An answer became a case, whose verdicts it shows from now on."""
        with self._lock:
            key = (owner_of(who), number)
            if key in self._answers:
                self._answers[key] = replace(self._answers[key], case=case)

    def _keep_photo(self, who: Visitor, photo: HeldPhoto) -> None:
        with self._lock:
            key = (owner_of(who), photo.id)
            if key not in self._photos:
                raise not_found("photo")
            self._photos[key] = photo

    def _get(self, held: OrderedDict[tuple[str, str], _T], who: Visitor, number: str, what: str) -> _T:
        key = (owner_of(who), number)
        with self._lock:
            if key not in held:
                raise not_found(what)
            held.move_to_end(key)
            return held[key]


def owner_of(who: Visitor) -> str:
    """What tells a visitor's photos and searches from those of others."""
    return f"token {who.token}" if who.token is not None else f"local {who.name}"


def named_for(who: Visitor, store: Store, result: SearchResult) -> SearchResult:
    """An answer with the names that a visitor may see: where footage lies on the server is for admins alone."""
    if who.may("admin"):
        return result
    names = {source.id: PureWindowsPath(source.shown).name or source.shown for source in store.sources()}
    return named_as_given(result, names, [])


def together(queries: Sequence[Query]) -> Query:
    """Queries of the same person as one.

    Raises:
        Problem: There is none, or they were made with different models.
    """
    if not queries:
        raise Problem(422, "say who is wanted: a photo, a shot or a person")
    if len({query.embedder for query in queries}) > 1:
        raise Problem(409, "the library was given to another model meanwhile: search again")
    return Query(
        tuple(photo for query in queries for photo in query.photos),
        tuple(sha256 for query in queries for sha256 in query.hashes),
        np.concatenate([query.vectors for query in queries]),
        queries[0].detector,
        queries[0].embedder,
    )


def small(query: Query) -> Query:
    """A query whose pictures are small: enough for a report."""
    return replace(query, photos=tuple(photo.smaller(_PICTURE_SIDE) for photo in query.photos))


def histogram(result: SearchResult, bars: int = 60) -> tuple[tuple[float, ...], tuple[int, ...]]:
    """Edges and counts of everybody's scores."""
    if not len(result.scores):
        return (0.0, 1.0), (0,)
    low, high = float(result.scores.min()), float(result.scores.max())
    counts, edges = np.histogram(result.scores, bars, (low, max(high, low + 1e-3)))
    return tuple(float(edge) for edge in edges.round(4)), tuple(int(count) for count in counts)


def _put(
    held: OrderedDict[tuple[str, str], _T], owner: str, number: str, value: _T, most: int, in_all: int
) -> Iterable[_T]:
    """Keep something; gives what had to go for it."""
    held[(owner, number)] = value
    own = [key for key in held if key[0] == owner]
    gone = [held.pop(key) for key in own[: max(len(own) - most, 0)]]
    while len(held) > in_all:
        gone.append(held.popitem(last=False)[1])
    return gone
