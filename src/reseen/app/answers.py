"""The answers that visitors were given, as long as the application lives; what is to last is a case."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import PureWindowsPath

import numpy as np

from reseen.api import Library
from reseen.app.access import Visitor
from reseen.app.holding import Shelf, new_id
from reseen.app.problems import Problem, not_found
from reseen.library import Case, Filter, NewSince, Store
from reseen.searching import Judged, Moment, Query, SearchResult, SearchSettings, named_as_given

ANSWERS = 30
"""So many answers of a visitor are kept."""

ALL_ANSWERS = 300
"""So many answers of all visitors together are kept."""


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


class Answers:
    """Searches and their answers, by unguessable ids; safe to use from several threads.

    Args:
        library: The library that is searched.
    """

    def __init__(self, library: Library) -> None:
        self._library = library
        self._held: Shelf[HeldAnswer] = Shelf("search (any more): search again", ANSWERS, ALL_ANSWERS)

    def forget_all(self) -> None:
        """Forget them all: somebody in them may have been forgotten."""
        self._held.clear()

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
        result = self._library.answer(
            query, who.narrowed(wanted), settings, judged=judged, who=who.name, thumbnail=thumbnail
        )
        result = named_for(who, self._library.store, result)
        edges, counts = histogram(result)
        held = HeldAnswer(
            new_id(),
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
        self._held.put(who, held.id, held)
        return held

    def get(self, who: Visitor, number: str) -> HeldAnswer:
        """A visitor's answer.

        Raises:
            Problem: They have none of that id (any more).
        """
        return self._held.get(who, number)

    def belongs_to(self, who: Visitor, number: str, case: int) -> None:
        """An answer became a case, whose verdicts it shows from now on."""
        with suppress(Problem):  # it may have had to go meanwhile
            self._held.change(who, number, replace(self.get(who, number), case=case))


def named_for(who: Visitor, store: Store, result: SearchResult) -> SearchResult:
    """An answer with the names that a visitor may see: where footage lies on the server is for admins alone."""
    if who.may("admin"):
        return result
    names = {source.id: PureWindowsPath(source.shown).name or source.shown for source in store.sources()}
    return named_as_given(result, names, [])


def histogram(result: SearchResult, bars: int = 60) -> tuple[tuple[float, ...], tuple[int, ...]]:
    """Edges and counts of everybody's scores."""
    if not len(result.scores):
        return (0.0, 1.0), (0,)
    low, high = float(result.scores.min()), float(result.scores.max())
    counts, edges = np.histogram(result.scores, bars, (low, max(high, low + 1e-3)))
    return tuple(float(edge) for edge in edges.round(4)), tuple(int(count) for count in counts)
