"""Photos of strangers are looked at in a process of their own.

What decodes a file that a stranger made may be made to crash, to run forever or worse; so it does not happen where
the library and the tokens are. The process is spawned, ends with its parent, and is revived when it dies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from reseen.runtime import SessionSettings
from reseen.searching import Query

_T = TypeVar("_T")
Box = tuple[float, float, float, float]
Word = Literal["good", "small", "cut off", "blurred", "nobody found"]


@dataclass(frozen=True)
class SeenPerson:
    """A person in a photo: ``x1, y1, x2, y2`` in pixels of the photo as displayed, and the detector's score."""

    box: Box
    score: float


@dataclass(frozen=True)
class Rating:
    """How good a photo of a person is: one word, and a plain sentence."""

    word: Word
    text: str


@dataclass(frozen=True)
class Wanted:
    """Which person of a photo is wanted: the n-th of ``people`` (from 0), or a box; the largest when neither."""

    person: int | None = None
    box: Box | None = None


@dataclass(frozen=True)
class PhotoPeople:
    """What is in a photo.

    Attributes:
        sha256: Hex SHA-256 of the file.
        format: What the file really is: ``JPEG``, ``PNG``, ``WEBP``, ...
        width: Pixels, as displayed.
        height: Pixels, as displayed.
        people: The people in it, from left to right.
        chosen: Which of them is wanted; None when none was found or a box was drawn.
        box: The wanted person's box; None when nobody was found: the whole photo is used.
        rating: How good the photo is for searching; the first is the worst.
        warnings: Plain words about the file.
        preview: A JPEG of the photo for the page, upright, at most 1600 pixels wide or high, without metadata.
        thumbnail: A small JPEG (at most 160 pixels) of the wanted person alone, for the audit log.
    """

    sha256: str
    format: str
    width: int
    height: int
    people: tuple[SeenPerson, ...]
    chosen: int | None
    box: Box | None
    rating: tuple[Rating, ...]
    warnings: tuple[str, ...]
    preview: bytes
    thumbnail: bytes


@dataclass(frozen=True)
class WantedPhoto:
    """A photo to search by: its name as the visitor knows it, the file or its bytes, and who in it is wanted."""

    name: str
    photo: Path | bytes
    wanted: Wanted = Wanted()


class PhotoReader:
    """Looks at photos, in a process of its own; safe to use from several threads.

    Args:
        library: The library whose models are used.
        session: How networks are run.
        seconds: Seconds that one photo may take.
    """

    def __init__(self, library: Path, session: SessionSettings, seconds: float = 60.0) -> None:
        self._library = library
        self._session = session
        self._seconds = seconds

    def people(self, photo: Path | bytes, name: str, wanted: Wanted = Wanted()) -> PhotoPeople:
        """The people in a photo, and how good it is.

        Args:
            photo: The file, or what is in it.
            name: Its name as the visitor knows it, for messages.
            wanted: Which of them is wanted.

        Raises:
            InputError: It is no photo, is too large or damaged, or takes too long.
            UsageError: There is no such person in it.
        """
        raise NotImplementedError

    def query(self, photos: Sequence[WantedPhoto]) -> Query:
        """The query of one or more photos of the same person.

        Raises:
            InputError: One is no photo, is too large or damaged, or takes too long.
            UsageError: There is no such person in it.
        """
        raise NotImplementedError

    def start(self) -> None:
        """Start the process ahead of the first photo, without waiting for it."""

    def close(self) -> None:
        """End the process."""
