"""What is true of rendered footage, in the form of ``truth.json``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

import numpy as np
from numpy.typing import NDArray

from reseen.synthetic.staging import TruthBoxes

TOLERANCE = 0.3
"""Seconds that a moment may miss an interval by."""

_SEEN = 0.5  # share of a person that has to be visible in an appearance
_TALL = 80.0  # pixels that a person has to be high in an appearance
_JOINED = 2.0  # seconds; shorter gaps are closed
_SHORTEST = 0.9  # seconds; shorter appearances are left out


@dataclass(frozen=True)
class Interval:
    """A stretch of one source, in seconds from its first frame."""

    source: str
    start_s: float
    end_s: float


@dataclass(frozen=True)
class ClipTruth:
    """One file of footage.

    Attributes:
        source: Its name everywhere.
        file: Where it lies, relative to the folder.
        camera: The camera's name.
        width: Pixels.
        height: Pixels.
        fps: Frames a second as a fraction.
        frames: How many.
        duration_s: Seconds.
        recorded_at: When it begins, UTC.
        tracks: Where its boxes lie, relative to the folder.
        note: What the place is.
        cuts_s: Hard cuts; there are none.
        search: That queries are meant for it.
    """

    source: str
    file: str
    camera: str
    width: int
    height: int
    fps: str
    frames: int
    duration_s: float
    recorded_at: str
    tracks: str
    note: str
    cuts_s: tuple[float, ...] = ()
    search: bool = True


@dataclass(frozen=True)
class PersonTruth:
    """When a person is seen.

    Attributes:
        person: Name.
        appearances: Where at least half of the person is visible and at least 80 pixels high.
        also_in_view: Where anything of the person is visible; covers the appearances.
    """

    person: str
    appearances: tuple[Interval, ...]
    also_in_view: tuple[Interval, ...]


@dataclass(frozen=True)
class QueryTruth:
    """A photo, or several, of one person, and where that person is seen.

    Attributes:
        query: Name.
        photos: Files, relative to the folder.
        person: Name of the person.
        kind: ``cross-camera``, ``same-camera-other-time`` or ``absent``.
        difficulty: ``easy`` or ``middle``.
        note: What the photo is.
        appearances: As of the person.
        also_in_view: As of the person.
    """

    query: str
    photos: tuple[str, ...]
    person: str
    kind: str
    difficulty: str
    note: str
    appearances: tuple[Interval, ...]
    also_in_view: tuple[Interval, ...]


@dataclass(frozen=True)
class FootageTruth:
    """Everything that is true of a folder of rendered footage.

    Attributes:
        clips: The files.
        people: Everybody.
        queries: The photos.
        track_ids: For each person the numbers in the files of boxes; everyone who comes back gets a new one.
        tolerance_s: Seconds that a moment may miss an interval by.
        version: Of the form.
    """

    clips: tuple[ClipTruth, ...]
    people: tuple[PersonTruth, ...]
    queries: tuple[QueryTruth, ...]
    track_ids: dict[str, tuple[int, ...]]
    tolerance_s: float = TOLERANCE
    version: int = 1

    def as_json(self) -> dict[str, object]:
        """The same as plain lists, dictionaries, numbers and strings."""
        return asdict(self)


@dataclass(eq=False)
class ClipRecord:
    """Collects the truth of one clip while it is rendered.

    Attributes:
        source: Name of the clip.
        fps: Frames a second.
        frames: Frames so far.
    """

    source: str
    fps: int
    frames: int = 0
    _rows: list[str] = field(default_factory=list, repr=False)
    _seen: dict[int, list[int]] = field(default_factory=dict, repr=False)
    _clear: dict[int, list[int]] = field(default_factory=dict, repr=False)
    _tracks: dict[int, set[int]] = field(default_factory=dict, repr=False)

    def add(self, truth: TruthBoxes) -> None:
        """Take down who is in the next frame."""
        self.frames += 1
        rows = zip(
            truth.people.tolist(),
            truth.boxes.tolist(),
            truth.visible.tolist(),
            truth.tracks.tolist(),
            strict=True,
        )
        for person, (left, top, right, bottom), visible, track in rows:
            box = f"{left:g},{top:g},{right - left:g},{bottom - top:g}"
            self._rows.append(f"{self.frames},{track},{box},1,1,{visible:.3f}\n")
            self._seen.setdefault(person, []).append(self.frames - 1)
            self._tracks.setdefault(person, set()).add(track)
            if visible >= _SEEN and bottom - top >= _TALL:
                self._clear.setdefault(person, []).append(self.frames - 1)

    @property
    def boxes(self) -> str:
        """The boxes in the form of the MOT challenge; the last column is the visible share."""
        return "".join(self._rows)

    def appearances(self, person: int) -> tuple[Interval, ...]:
        """Where a person is well visible."""
        return self._intervals(self._clear.get(person, []), _SHORTEST)

    def in_view(self, person: int) -> tuple[Interval, ...]:
        """Where anything of a person is visible."""
        return self._intervals(self._seen.get(person, []), 0.0)

    def track_ids(self, person: int) -> tuple[int, ...]:
        """The numbers of a person in the boxes."""
        return tuple(sorted(self._tracks.get(person, ())))

    def _intervals(self, frames: Sequence[int], shortest: float) -> tuple[Interval, ...]:
        times = np.array(frames, np.float64) / self.fps
        return tuple(
            Interval(self.source, round(start, 3), round(end, 3)) for start, end in stretches(times, _JOINED, shortest)
        )


def stretches(times: NDArray[np.float64], joined: float, shortest: float) -> list[tuple[float, float]]:
    """Join moments to stretches.

    Args:
        times: ``(N,)`` seconds, ascending.
        joined: Gaps of fewer seconds than this are closed.
        shortest: Stretches of fewer seconds are left out.

    Returns:
        First and last moment of each stretch.
    """
    if len(times) == 0:
        return []
    breaks = np.flatnonzero(np.diff(times) >= joined)
    starts = times[np.concatenate([[0], breaks + 1])]
    ends = times[np.concatenate([breaks, [len(times) - 1]])]
    return [(float(a), float(b)) for a, b in zip(starts, ends, strict=True) if b - a >= shortest]
