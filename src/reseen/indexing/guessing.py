"""What a file's name and metadata say about its camera and clock: guesses, to be confirmed by whoever adds it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from reseen.errors import ReseenError
from reseen.indexing.clock import StartedFrom, start_of
from reseen.indexing.settings import Clock
from reseen.media import kind_of, probe

_TIME = re.compile(
    r"(?<!\d)(?:19|20)\d{2}[-_.]?\d{2}[-_.]?\d{2}(?:[-_. T]{0,3}\d{2}[-_.:h]?\d{2}(?:[-_.:m]?\d{2})?)?(?!\d)"
)
_EDGES = " _-.,()[]"


@dataclass(frozen=True)
class Guess:
    """What a file seems to be.

    Attributes:
        path: The file.
        camera: Name of its camera.
        started_at: Wall-clock start, UTC; None when nothing tells.
        started_from: Where that was read.
        note: More about it, in words.
        duration: Seconds.
        width: Displayed width in pixels.
        height: Displayed height in pixels.
        problem: Why it cannot be used, in words; None when it can.
    """

    path: Path
    camera: str
    started_at: datetime | None = None
    started_from: StartedFrom | None = None
    note: str = ""
    duration: float = 0.0
    width: int = 0
    height: int = 0
    problem: str | None = None


def guess(path: Path, clock: Clock) -> Guess:
    """What a file seems to be; nothing of it is decoded.

    Args:
        path: The file.
        clock: Where its start may be read from.

    Raises:
        UsageError: What is said about the clock cannot be used for any file.
    """
    camera = camera_in(path.stem)
    try:
        if kind_of(path) == "unknown":
            return Guess(path, camera, problem="neither a video nor a picture")
        info = probe(path)
    except ReseenError as error:
        return Guess(path, camera, problem=str(error).removeprefix(f"{path}: "))
    except OSError as error:
        return Guess(path, camera, problem=f"it cannot be read ({(error.strerror or str(error)).lower()})")
    start = start_of(path.name, info.recorded_at, clock)
    words = {"given": "as given", "name": "as its name says", "metadata": "as the file itself says"}
    note = "nothing tells when it was recorded" if start is None else words[start.origin]
    if start is not None and start.at > datetime.now(UTC):
        note += ", which is still to come: is that clock right?"
    return Guess(
        path=path,
        camera=camera,
        started_at=None if start is None else start.at,
        started_from=None if start is None else start.origin,
        note=note,
        duration=info.duration,
        width=info.width,
        height=info.height,
    )


def camera_in(stem: str) -> str:
    """The camera that a file's name without its ending speaks of: what is left of it without a time."""
    rest = _TIME.sub(" ", stem)
    words = re.sub(r"[ _]{2,}|(?<=[-_]) | (?=[-_])", " ", rest).strip(_EDGES)
    return words or stem
