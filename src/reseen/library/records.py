"""What goes into a library and what comes out of it: small frozen records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from reseen.library.columns import aware

if TYPE_CHECKING:  # the room of tracking brings much along that a library can do without
    from reseen.tracking.tracklet import Tracklet

Kind = Literal["video", "image", "animation"]
StartedFrom = Literal["given", "name", "metadata"]
State = Literal["pending", "partial", "done", "failed"]


@dataclass(frozen=True)
class StoreSettings:
    """How a library is kept.

    Attributes:
        jpeg_quality: Quality of stored shots, 1..100.
        busy_timeout: Seconds to wait for another process in the middle of a write.
        lock_timeout: Seconds to wait for another process to give back the right to write; 0 asks once.
        on_wait: Told in words, once, who is being waited for when that takes more than a second.
        allow_network: Write to a library on a network drive, although SQLite cannot keep it safe there.
    """

    jpeg_quality: int = 90
    busy_timeout: float = 30.0
    allow_network: bool = False
    lock_timeout: float = 0.0
    on_wait: Callable[[str], None] | None = None


@dataclass(frozen=True)
class ModelsUsed:
    """The models whose work a library holds; hex SHA-256, and ``dim``, the length of an embedding."""

    detector_name: str
    detector_sha256: str
    embedder_name: str
    embedder_sha256: str
    dim: int


@dataclass(frozen=True)
class Camera:
    """A named viewpoint; ``areas`` is JSON text of its include and exclude areas, or empty."""

    id: int
    name: str
    areas: str


@dataclass(frozen=True)
class NewSource:
    """A piece of footage to be added.

    Attributes:
        path: Where it lies.
        shown: The path as the user gave it or found under the folder they gave.
        camera: Name of its camera; made if there is none of that name.
        sha256: Hex SHA-256 of its bytes.
        size: Bytes.
        kind: What it is.
        width: Displayed width in pixels.
        height: Displayed height in pixels.
        duration: Seconds; 0 for a still image.
        frame_rate: Nominal frames a second, if any.
        codec: As the decoder calls it.
        started_at: Wall-clock time of its first frame, aware, if known.
        started_from: Where that was read.
        clock_note: More about it, in words (the pattern, the tag).
        warnings: What is odd about the file, in words.
    """

    path: Path
    shown: str
    camera: str
    sha256: str
    size: int
    kind: Kind
    width: int
    height: int
    duration: float = 0.0
    frame_rate: float | None = None
    codec: str = ""
    started_at: datetime | None = None
    started_from: StartedFrom | None = None
    clock_note: str = ""
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.started_at is not None:
            aware(self.started_at)
        if (self.started_at is None) != (self.started_from is None):
            raise ValueError("started_at and started_from are known together or not at all")


@dataclass(frozen=True)
class Source:
    """A piece of footage in the library; fields as in ``NewSource``, and how far it has been looked through.

    Attributes:
        state: ``pending`` (nothing yet), ``partial``, ``done``, or ``failed`` (see ``failure``).
        failure: Why it could not be indexed, in words.
        segments: How many segments are planned; 0 before planning.
        segments_done: How many of them are committed.
        added_at: When it was added, UTC.
        last_used: When it was last indexed or searched, UTC.
    """

    id: int
    path: Path
    shown: str
    camera: str
    sha256: str
    size: int
    kind: Kind
    width: int
    height: int
    duration: float
    frame_rate: float | None
    codec: str
    started_at: datetime | None
    started_from: StartedFrom | None
    clock_note: str
    warnings: tuple[str, ...]
    state: State
    failure: str | None
    segments: int
    segments_done: int
    added_at: datetime
    last_used: datetime

    @property
    def footage_present(self) -> bool:
        """Whether a file of the same size still lies at ``path``; without it the shots are all there is."""
        try:
            return self.path.stat().st_size == self.size
        except (OSError, ValueError):
            return False


class SpanLike(Protocol):
    """A stretch to be indexed, as ``media.Span``: its place in the source, start and end in seconds."""

    @property
    def index(self) -> int: ...  # noqa: D102
    @property
    def start(self) -> float: ...  # noqa: D102
    @property
    def end(self) -> float: ...  # noqa: D102


class GapLike(Protocol):
    """A stretch that could not be looked through, as ``media.Gap``: start and end in seconds, and why."""

    @property
    def start(self) -> float: ...  # noqa: D102
    @property
    def end(self) -> float: ...  # noqa: D102
    @property
    def reason(self) -> str: ...  # noqa: D102


@dataclass(frozen=True)
class Segment:
    """A stretch of a source: seconds from the source's start; ``done`` once it is committed."""

    id: int
    source_id: int
    index: int
    start: float
    end: float
    done: bool


@dataclass(frozen=True, eq=False)
class FoundTracklet:
    """A tracklet on its way into the library.

    Attributes:
        tracklet: The tracklet with its shots.
        vectors: ``(S, D)`` float32 unit rows, the embedding of each shot.
        continues: Id of the stored tracklet of the segment before that it continues; each has one successor.
    """

    tracklet: Tracklet
    vectors: NDArray[np.float32]
    continues: int | None = None


@dataclass(frozen=True, eq=False)
class SegmentFound:
    """All that was found in a segment: its tracklets and gaps, seconds looked through, frames analysed."""

    tracklets: Sequence[FoundTracklet]
    gaps: Sequence[GapLike]
    seconds: float
    frames: int


@dataclass(frozen=True, eq=False)
class StoredTracklet:
    """A tracklet in the library; ``tracklet.shots`` is empty (ask for ``shots``)."""

    id: int
    source_id: int
    segment_id: int
    continues: int | None
    tracklet: Tracklet


@dataclass(frozen=True, eq=False)
class StoredShot:
    """A shot in the library: seconds in its source, ``(4,)`` float32 box, the JPEG's name and bytes."""

    id: int
    tracklet_id: int
    source_id: int
    time: float
    box: NDArray[np.float32]
    score: float
    quality: float
    file: str
    size: int
