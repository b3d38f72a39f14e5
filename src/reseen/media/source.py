"""What a source is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from reseen.media.segments import Span


@dataclass(frozen=True)
class SourceInfo:
    """What a source is.

    Attributes:
        kind: ``"video"``, ``"image"`` or ``"animation"`` (GIF, WebP and the like with several pictures).
        width: Width as shown, in pixels.
        height: Height as shown, in pixels.
        duration: Seconds from the first frame to the end of the last; 0 for an image.
        frame_rate: Frames a second on average, or ``None``.
        codec: Name of the coding of its pictures.
        rotation: Degrees, clockwise, by which stored pictures are turned to be shown (0, 90, 180, 270).
        mirrored: Whether they are mirrored beside that.
        recorded_at: Start of the recording in UTC by the file itself, where it states one with its zone.
        promised_duration: Seconds the file says it has, where it has less; else ``duration``.
        frames: Number of coded pictures.
        warnings: What somebody should know, a plain line each, without the name of the file.
    """

    kind: Literal["video", "image", "animation"]
    width: int
    height: int
    duration: float
    frame_rate: float | None
    codec: str
    rotation: int = 0
    mirrored: bool = False
    recorded_at: datetime | None = None
    promised_duration: float = 0.0
    frames: int = 1
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Survey:
    """A source and the segments it is divided into.

    Attributes:
        info: What it is.
        spans: Its segments, in order; together they cover it from 0 to its duration.
    """

    info: SourceInfo
    spans: tuple[Span, ...]
