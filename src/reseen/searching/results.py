"""What a search gives back: moments, and all that is needed to judge them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from reseen.library import EVERYTHING, Coverage, Filter, Skipped
from reseen.models import Expected
from reseen.searching.moments import Moment
from reseen.searching.photo import PersonPhoto

CERTAIN = {False: (0.01, 0.1), True: (0.1, 0.5)}
"""Up to how many false matches expected by chance a moment is "very likely", and up to how many "likely".

By whether the number is only a bound ("fewer than"): then the score lies above what the strangers of the measurement
reached, and the true number below the bound, nobody knows how far.
"""


@dataclass(frozen=True, eq=False)
class Query:
    """The wanted person as the search sees them.

    Attributes:
        photos: One or more photos of the same person.
        hashes: Hex SHA-256 of each photo's file.
        vectors: ``(Q, D)`` float32 unit rows, one per photo.
        detector: Name of the model that found the person in the photos.
        embedder: Name of the model whose vectors are compared.
    """

    photos: tuple[PersonPhoto, ...]
    hashes: tuple[str, ...]
    vectors: NDArray[np.float32]
    detector: str
    embedder: str

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is wrong with the photos, in plain words."""
        return tuple(word for photo in self.photos for word in photo.warnings)


@dataclass(frozen=True, eq=False)
class SearchResult:
    """The answer to a query.

    Attributes:
        query: The query.
        threshold: Score from which a match is reported.
        coverage: What was looked through, and what could not be.
        people: How many people were compared with the query.
        moments: Moments from the threshold on, best first.
        below: Moments below the threshold, best first; only when asked for.
        warnings: Plain words about the search as a whole.
        wanted: The filter: which footage was asked about.
        names: Name by id of the source, where the user named it otherwise this time than when it was added.
        by_chance: False matches that chance would give at the threshold; None without a measured curve.
        hidden: How many were left out because somebody said that they are no persons (a poster, a mannequin).
        scores: ``(P,)`` float32, the score of everybody who was compared, in no order that matters.
    """

    query: Query
    threshold: float
    coverage: Coverage
    people: int
    moments: tuple[Moment, ...]
    below: tuple[Moment, ...] = ()
    warnings: tuple[str, ...] = ()
    wanted: Filter = EVERYTHING
    names: Mapping[int, str] = field(default_factory=dict)
    by_chance: Expected | None = None
    hidden: int = 0
    scores: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32), repr=False)


def named_as_given(result: SearchResult, names: Mapping[int, str], unusable: Sequence[tuple[str, str]]) -> SearchResult:
    """The same result with sources named as the user gave them this time.

    Footage is known by its content: it may have been looked through under another name before.

    Args:
        result: The result.
        names: Name by id of the source.
        unusable: Footage that could not be used at all, and why: it belongs to the coverage.
    """

    def renamed(moments: Sequence[Moment]) -> tuple[Moment, ...]:
        return tuple(replace(moment, source=names.get(moment.source_id, moment.source)) for moment in moments)

    gaps = [replace(gap, source=names.get(gap.source_id, gap.source)) for gap in result.coverage.skipped]
    missing = [Skipped(0, name, 0.0, 0.0, reason) for name, reason in unusable]
    coverage = replace(result.coverage, skipped=(*gaps, *missing))
    return replace(
        result,
        moments=renamed(result.moments),
        below=renamed(result.below),
        coverage=coverage,
        names=dict(names),
    )


def how_sure(moment: Moment, threshold: float) -> str:
    """Certainty in words, from the false matches that chance would give (``CERTAIN``).

    Without a measured curve whatever reaches the threshold is "likely".
    """
    if moment.score < threshold:
        return "unsure"
    expected = moment.expected_false_matches
    if expected is None:
        return "likely"
    very, fairly = CERTAIN[moment.at_most]
    return "very likely" if expected <= very else "likely" if expected <= fairly else "unsure"
