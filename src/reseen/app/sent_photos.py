"""The photos that visitors have sent, as long as the application lives; what is to last is a case."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from reseen.app.access import Visitor
from reseen.app.holding import Shelf, new_id
from reseen.app.looking import PhotoReader
from reseen.app.photos import PhotoPeople, Wanted, WantedPhoto
from reseen.library import Store
from reseen.searching import Query

_PICTURE_SIDE = 640


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


class SentPhotos:
    """Photos by their unguessable ids; safe to use from several threads.

    Args:
        store: The library that is searched with them.
        reader: Looks at photos.
        most: A visitor may have so many photos here at a time; the longest unused one goes first.
    """

    def __init__(self, store: Store, reader: PhotoReader, most: int = 50) -> None:
        self._store = store
        self._reader = reader
        self._folder = tempfile.TemporaryDirectory(prefix="reseen-sent-", ignore_cleanup_errors=True)
        self._held: Shelf[HeldPhoto] = Shelf("photo", most, 10 * most)

    def close(self) -> None:
        """Forget them all, for good."""
        self._held.clear()
        self._folder.cleanup()

    def forget_all(self) -> None:
        """Forget them all: somebody in them may have been forgotten."""
        _delete(self._held.clear())

    def add(self, who: Visitor, name: str, content: bytes) -> HeldPhoto:
        """Look at a photo and keep it.

        Raises:
            InputError: It is no photo, or cannot be read.
        """
        people = self._reader.people(content, name)
        number = new_id()
        file = Path(self._folder.name) / number
        file.write_bytes(content)
        held = HeldPhoto(number, name, file, Wanted(), people)
        _delete(self._held.put(who, number, held))
        return held

    def get(self, who: Visitor, number: str) -> HeldPhoto:
        """A visitor's photo.

        Raises:
            Problem: They have none of that id.
        """
        return self._held.get(who, number)

    def change(self, who: Visitor, number: str, wanted: Wanted) -> HeldPhoto:
        """Say who in a photo is wanted.

        Raises:
            UsageError: There is no such person in it.
        """
        held = self.get(who, number)
        changed = replace(held, wanted=wanted, people=self._reader.people(held.file, held.name, wanted), query=None)
        self._held.change(who, number, changed)
        return changed

    def drop(self, who: Visitor, number: str) -> None:
        """Forget a photo."""
        held = self.get(who, number)
        self._held.drop(who, number)
        _delete([held])

    def asked(self, who: Visitor, number: str, wanted: Wanted | None = None) -> tuple[HeldPhoto, Query]:
        """A visitor's photo and its wanted person, embedded once.

        Args:
            who: The visitor.
            number: The photo's id.
            wanted: Who in it is wanted from now on; None leaves it as it is.

        Raises:
            Problem: They have none of that id.
            UsageError: There is no such person in it.
        """
        photo = self.get(who, number)
        if wanted is not None and wanted != photo.wanted:
            photo = self.change(who, number, wanted)
        query = photo.query
        if query is None or query.embedder != self._store.models.embedder_name:
            query = small(self._reader.query([WantedPhoto(photo.name, photo.file, photo.wanted)]))
            photo = replace(photo, query=query)
            self._held.change(who, number, photo)
        return photo, query


def small(query: Query) -> Query:
    """A query whose pictures are small: enough for a report."""
    return replace(query, photos=tuple(photo.smaller(_PICTURE_SIDE) for photo in query.photos))


def _delete(photos: Iterable[HeldPhoto]) -> None:
    for photo in photos:
        photo.file.unlink(missing_ok=True)
