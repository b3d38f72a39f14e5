"""How footage is analysed: the one record of settings that a library keeps."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, field
from typing import Literal

from reseen.errors import UsageError


@dataclass(frozen=True)
class IndexSettings:
    """Settings of analysis; the same footage, models and settings give the same library.

    Attributes:
        rate: Frames analysed a second.
        segment_seconds: About how long a segment is; it starts at a key frame.
        warmup_seconds: How much is decoded before a segment to warm up tracker and motion gate.
        shots: Best shots embedded per tracklet; 1 is a capture camera, ``"all"`` embeds every detection.
        gate: Skip frames in which nothing moved since the last analysed one.
        tiles: ``None`` for whole pictures only, ``"auto"`` or a count for small people in large pictures.
        min_height: Least height of a person in pixels; smaller ones are not looked at.
        flip: Average each embedding with that of the mirrored shot.
    """

    rate: float = 5.0
    segment_seconds: float = 30.0
    warmup_seconds: float = 2.0
    shots: int | Literal["all"] = 4
    gate: bool = True
    tiles: int | Literal["auto"] | None = None
    min_height: int = 0
    flip: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot work.

        Raises:
            UsageError: A value is out of its range.
        """
        if not 0.1 <= self.rate <= 60:
            raise UsageError(f"the analysis rate must lie between 0.1 and 60 frames a second, not {self.rate:g}")
        if not 1 <= self.segment_seconds < math.inf:
            raise UsageError(f"a segment must last at least 1 second, not {self.segment_seconds:g}")
        if not 0 <= self.warmup_seconds <= 60:
            raise UsageError(f"the warm-up must last between 0 and 60 seconds, not {self.warmup_seconds:g}")
        if self.shots != "all" and self.shots < 1:
            raise UsageError(f"at least one shot per tracklet is needed, not {self.shots}")
        if self.min_height < 0:
            raise UsageError(f"the least height of a person must be 0 or more pixels, not {self.min_height}")

    def to_json(self) -> str:
        """The settings as the JSON text that a library stores."""
        return json.dumps(asdict(self), sort_keys=True)

    def in_words(self) -> str:
        """The settings for people, those that are off left out."""
        shots = "every detection" if self.shots == "all" else f"{self.shots} best shots of each stretch of a person"
        words = [f"{self.rate:g} frames a second", f"{shots} embedded", f"segments of {self.segment_seconds:g} s"]
        if self.gate:
            words.append("frames without motion skipped")
        if self.tiles is not None:
            words.append("tiles" if self.tiles == "auto" else f"{self.tiles} tiles")
        if self.min_height:
            words.append(f"people from {self.min_height} pixels on")
        if self.flip:
            words.append("mirrored shots averaged in")
        return ", ".join(words)

    @staticmethod
    def from_json(text: str) -> IndexSettings:
        """The settings that a library was made with; names of a later version are left out."""
        values = json.loads(text)
        known = {name: values[name] for name in IndexSettings.__dataclass_fields__ if name in values}
        return IndexSettings(**known)


@dataclass(frozen=True)
class Workers:
    """How the machine is used; has no influence on results.

    Attributes:
        threads: Threads of one network; 0 chooses by the number of cores.
        queue_frames: Decoded frames that may wait for the detector.
        decode_threads: Threads of the decoder; 0 lets it choose.
    """

    threads: int = 0
    queue_frames: int = 8
    decode_threads: int = 1


@dataclass(frozen=True)
class Clock:
    """Where the wall-clock start of footage is read from.

    Attributes:
        start: An ISO 8601 time with zone, for the first file; None when not given.
        name_pattern: A ``strptime`` pattern found anywhere in a file's name; ``auto`` is any of the usual ones.
        zone: Name of the zone of times without one (file names); None is the machine's own.
        metadata: Whether the container's or photo's own time may be used.
    """

    start: str | None = None
    name_pattern: str | None = None
    zone: str | None = None
    metadata: bool = True


@dataclass(frozen=True)
class Intake:
    """What is said about footage that is added.

    Attributes:
        camera: Name of the camera; None takes the name of each file without its ending.
        clock: Where start times come from.
        refresh: What is said now replaces what was said when the same footage was added before.
    """

    camera: str | None = None
    clock: Clock = field(default_factory=Clock)
    refresh: bool = False
