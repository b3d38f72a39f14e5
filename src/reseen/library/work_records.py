"""What people ask of a library, judge and set, as small frozen records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

JobState = Literal["waiting", "running", "paused", "done", "failed", "cancelled"]
Asked = Literal["", "pause", "cancel", "yield", "lost"]
Wish = Literal["pause", "resume", "cancel"]
Role = Literal["viewer", "searcher", "admin"]
Judgement = Literal["confirmed", "rejected"]

ENDED: tuple[JobState, ...] = ("done", "failed", "cancelled")
ROLES: tuple[Role, ...] = ("viewer", "searcher", "admin")


@dataclass(frozen=True)
class JobProgress:
    """How far a job is.

    Attributes:
        fraction: 0 to 1.
        speed: Seconds of footage looked through per second, if that is what the job does.
        eta: Seconds that are left, if anybody can tell.
        people: People (tracklets) found so far.
        current: What it is busy with, in words (the source).
        source_id: The source it is busy with.
        details: More about it, by name (counts, what it has come to); JSON.
    """

    fraction: float = 0.0
    speed: float | None = None
    eta: float | None = None
    people: int = 0
    current: str = ""
    source_id: int | None = None
    details: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Job:
    """A piece of work for a worker.

    Attributes:
        id: Rising.
        kind: ``index``, ``remove``, ``clips``, ...: what the worker has a handler for.
        lane: Which worker does it.
        state: How it stands.
        priority: Jobs of higher priority go first, and are yielded to.
        title: What it does, in words.
        arguments: What it is to do, by name; JSON.
        progress: How far it is.
        message: What came of it, or why it failed, in words.
        asked: What its worker has been asked and has not done yet.
        who: Who asked for it.
        created_at: When, UTC.
        started_at: When it was first taken up.
        ended_at: When it ended, well or not.
        attempts: How often it was taken up.
        changed: Rises with every change of any job.
    """

    id: int
    kind: str
    lane: str
    state: JobState
    priority: int
    title: str
    arguments: Mapping[str, object]
    progress: JobProgress
    message: str
    asked: str
    who: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    attempts: int
    changed: int


@dataclass(frozen=True, eq=False)
class CasePhoto:
    """A photo of a case's wanted person.

    Attributes:
        name: As the user named it.
        sha256: Hex SHA-256 of the file that was given.
        jpeg: The picture; None once it was forgotten.
        box: ``(4,)`` float32, the person in it, in pixels of ``jpeg``.
        vector: ``(D,)`` float32 unit vector; None once it was forgotten.
        embedder_sha256: Which embedder made the vector; by another it means nothing.
        forgotten_at: When it was forgotten.
        id: Its number; 0 for one that is not stored yet.
    """

    name: str
    sha256: str
    jpeg: bytes | None
    box: NDArray[np.float32]
    vector: NDArray[np.float32] | None
    embedder_sha256: str
    forgotten_at: datetime | None = None
    id: int = 0


@dataclass(frozen=True, eq=False)
class Case:
    """A judged search; ``filters`` as they were given, ``seen_tracklet`` the newest when it was last opened."""

    id: int
    name: str
    who: str
    created_at: datetime
    changed_at: datetime
    opened_at: datetime
    filters: Mapping[str, object]
    threshold: float | None
    notes: str
    seen_tracklet: int
    photos: tuple[CasePhoto, ...]


@dataclass(frozen=True)
class Verdict:
    """What was said of a match, given by its tracklets."""

    tracklets: tuple[int, ...]
    verdict: Judgement
    note: str
    who: str
    at: datetime


@dataclass(frozen=True)
class NewSince:
    """What came in since a case was last opened: persons, and seconds of footage, within its filter."""

    people: int
    seconds: float


@dataclass(frozen=True)
class Token:
    """An access token; its secret is shown once, when it is made. ``cameras`` None is all of them."""

    id: int
    name: str
    role: Role
    cameras: tuple[str, ...] | None
    created_at: datetime
    created_by: str
    used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True)
class Export:
    """Something to take away.

    Attributes:
        id: Rising.
        job_id: The job that makes it.
        case_id: The case it is from, if any.
        name: What it is called.
        who: Who asked for it.
        facts: More about it, by name; JSON.
        created_at: When it was asked for, UTC.
        path: The finished file; None before.
        size: Its bytes.
        sha256: Its hex SHA-256.
        tracklets: Who is to be seen in it.
    """

    id: int
    job_id: int | None
    case_id: int | None
    name: str
    who: str
    facts: Mapping[str, object]
    created_at: datetime
    path: Path | None
    size: int
    sha256: str | None
    tracklets: tuple[int, ...]


@dataclass(frozen=True)
class Watched:
    """A folder whose files are indexed as they arrive; ``problem`` says why it cannot be read, if so."""

    id: int
    folder: Path
    camera: str | None
    options: Mapping[str, object]
    who: str
    added_at: datetime
    looked_at: datetime | None
    problem: str


@dataclass(frozen=True)
class Retention:
    """For how many days what was found is kept; None is for good. ``cameras`` are exceptions by name."""

    days: float | None = None
    cameras: Mapping[str, float | None] = field(default_factory=dict)

    def of(self, camera: str) -> float | None:
        """The days for a camera."""
        return self.cameras.get(camera, self.days)


@dataclass(frozen=True)
class Upload:
    """A file on its way from a browser: ``received`` of ``size`` bytes lie at ``path``."""

    id: str
    name: str
    size: int
    sha256: str | None
    who: str
    created_at: datetime
    received: int
    path: Path
    job_id: int | None


@dataclass(frozen=True)
class PersonSeen:
    """A person as the wall of shots shows them.

    Attributes:
        person: Id of the first tracklet of the chain.
        source_id: The source.
        camera: Name of its camera.
        start: Seconds from the source's start.
        end: Seconds, of the last tracklet.
        wall_start: When that was, if the source has a clock; UTC.
        best_shot: Id of the shot to show; None when there is none.
        shots: Ids of all shots, by time.
        tracklets: Ids of the chain, first to last.
        hidden: Whether it is hidden as no person.
        moment: What the wall is ordered by, with ``person``: seconds since 1970.
    """

    person: int
    source_id: int
    camera: str
    start: float
    end: float
    wall_start: datetime | None
    best_shot: int | None
    shots: tuple[int, ...]
    tracklets: tuple[int, ...]
    hidden: bool
    moment: float
