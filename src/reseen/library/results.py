"""What a library tells about itself and its contents: small frozen records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from reseen.library.records import ModelsUsed, Source


@dataclass(frozen=True, eq=False)
class Vectors:
    """Embeddings with what they belong to, in rising order of shot id.

    Attributes:
        matrix: ``(N, D)`` float32, unit rows as stored (float16, so their length is 1 within about 1e-3).
        shot_ids: ``(N,)`` int64.
        tracklet_ids: ``(N,)`` int64.
        source_ids: ``(N,)`` int64.
    """

    matrix: NDArray[np.float32]
    shot_ids: NDArray[np.int64]
    tracklet_ids: NDArray[np.int64]
    source_ids: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.shot_ids)


@dataclass(frozen=True, eq=False)
class Likeness:
    """How alike each of Q queries is to each of N shots, in rising order of shot id.

    Attributes:
        cosines: ``(Q, N)`` float32, inner products with the embeddings as stored.
        shot_ids: ``(N,)`` int64.
        tracklet_ids: ``(N,)`` int64.
        source_ids: ``(N,)`` int64.
    """

    cosines: NDArray[np.float32]
    shot_ids: NDArray[np.int64]
    tracklet_ids: NDArray[np.int64]
    source_ids: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.shot_ids)


@dataclass(frozen=True, eq=False)
class Persons:
    """Which tracklets are one person's, by ``continues`` over segments.

    Attributes:
        tracklet_ids: ``(T,)`` int64, rising.
        person_ids: ``(T,)`` int64, the id of the first tracklet of each one's chain.
    """

    tracklet_ids: NDArray[np.int64]
    person_ids: NDArray[np.int64]


@dataclass(frozen=True)
class Skipped:
    """A stretch of a source that was not looked through, in seconds from its start, and why."""

    source_id: int
    source: str
    start: float
    end: float
    reason: str


@dataclass(frozen=True)
class Coverage:
    """What a search looks through, and what it does not.

    Attributes:
        sources: How many sources answer to the filter.
        seconds: Seconds of footage looked through, within the filter.
        tracklets: How many tracklets the filter lets through.
        skipped: What was not looked through, by source and time.
        without_clock: Sources left out by a time filter because nobody knows when they were recorded.
    """

    sources: int
    seconds: float
    tracklets: int
    skipped: tuple[Skipped, ...]
    without_clock: int


@dataclass(frozen=True)
class RemovalPlan:
    """What a removal would delete for good; nothing has happened yet.

    Attributes:
        sources: The sources with all that was found in them (never the footage itself, unless it was uploaded).
        seconds: Seconds of footage looked through in them.
        tracklets: Tracklets.
        shots: Shots, each with its picture and embedding.
        bytes: Bytes of pictures, embeddings and tracklets.
        exports: Names of the exports kept in the library that show somebody of these sources; they go too.
        uploaded: Footage that came by upload and lies in the library; it goes with its source.
    """

    sources: tuple[Source, ...]
    seconds: float
    tracklets: int
    shots: int
    bytes: int
    exports: tuple[str, ...] = ()
    uploaded: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Removed:
    """What a removal deleted; ``unfinished`` says what could not be wiped yet, and when it will be."""

    plan: RemovalPlan
    unfinished: tuple[str, ...] = ()


@dataclass(frozen=True)
class Problem:
    """Something wrong with a library, and what to do about it.

    Attributes:
        kind: What sort of thing.
        what: What is wrong, with its file or row.
        cure: What to do.
        repaired: Whether it has been repaired just now.
    """

    kind: Literal["database", "link", "shot missing", "shot damaged", "leftover", "index", "embedding", "tracklet"]
    what: str
    cure: str
    repaired: bool = False


@dataclass(frozen=True)
class AuditEntry:
    """One entry of the audit log.

    Attributes:
        id: Rising.
        at: When, UTC.
        who: The user of the operating system, or the name of a token.
        action: ``search``, ``export``, ``remove``, ...
        detail: JSON text.
        photos: Hex SHA-256 of the query photos.
        filters: JSON text of the filters, if there were any.
        results: How many results.
    """

    id: int
    at: datetime
    who: str
    action: str
    detail: str
    photos: tuple[str, ...]
    filters: str | None
    results: int | None


@dataclass(frozen=True)
class LibraryInfo:
    """A library in numbers; sizes in bytes, ``seconds`` of footage looked through.

    Attributes:
        sources_by_state: Pairs of state and number, only states that occur.
        footage_gone: Sources whose file is no longer where it was.
        analysis: JSON text of the analysis settings.
        schema: Revision of the tables.
        created_by: Version of Reseen that made it.
        sqlite: Version of SQLite at work.
    """

    folder: Path
    created_at: datetime
    created_by: str
    schema: str
    sqlite: str
    models: ModelsUsed
    analysis: str
    cameras: int
    sources: int
    sources_by_state: tuple[tuple[str, int], ...]
    footage_gone: int
    segments: int
    segments_done: int
    tracklets: int
    shots: int
    seconds: float
    bytes_database: int
    bytes_shots: int
    bytes_index: int
    bytes_backups: int


@dataclass(frozen=True)
class ForgettingPlan:
    """What forgetting persons would delete for good; nothing has happened yet.

    Attributes:
        tracklets: Everything of the persons (whole chains), rising.
        persons: How many persons.
        shots: How many shots, each with picture and embedding.
        sources: Names of the sources they are seen in; the footage itself stays and still shows them.
        unfinished: Names of those sources that are not wholly looked through: what remains of them, or looking
            through any of them anew, would find the persons again.
        photos: How many case photos lose their picture.
        thumbnails: How many audit entries lose their thumbnail.
        exports: Names of the exports in the library that show them; they are deleted.
        hashes: Hex SHA-256 of the photos and shots to be redacted.
        case_id: The case they were judged in, if any.
    """

    tracklets: tuple[int, ...]
    persons: int
    shots: int
    sources: tuple[str, ...]
    unfinished: tuple[str, ...]
    photos: int
    thumbnails: int
    exports: tuple[str, ...]
    hashes: tuple[str, ...]
    case_id: int | None = None


@dataclass(frozen=True)
class Forgotten:
    """What was forgotten; ``unfinished`` says what could not be wiped yet, and when it will be."""

    plan: ForgettingPlan
    unfinished: tuple[str, ...] = ()
