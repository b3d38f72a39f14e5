"""What a source is divided into, and where in the file each part can be read from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Gap:
    """A stretch that could not be looked at.

    Attributes:
        start: Seconds from the first frame of the source.
        end: The same; equal to ``start`` for a place without length, such as a jump of the clock.
        reason: Why, in plain words.
    """

    start: float
    end: float
    reason: str


@dataclass(frozen=True)
class Entry:
    """A key frame from which decoding can begin, and what a reader must know to begin there.

    Attributes:
        origin: Ticks of the first frame of the source, on the clock with its jumps closed.
        stamp: The container's own time stamp of the key frame; ``None`` for the beginning of the file.
        position: Byte position of its packet, in formats that can only be entered by it; ``None`` in others.
        offset: Ticks by which the container's clock is corrected there.
        in_order: False where packets carry time stamps in the order in which they are decoded, not shown.
    """

    origin: int
    stamp: int | None = None
    position: int | None = None
    offset: int = 0
    in_order: bool = True


@dataclass(frozen=True)
class Span:
    """A segment of a source: the frames with ``start <= time < end``.

    Attributes:
        index: Number of the segment in its source, from 0.
        start: Seconds from the first frame of the source; the time of a key frame.
        end: Seconds; the start of the next segment, or the end of the source.
        entry: Where to begin decoding, early enough for the warm-up; ``None`` lets the reader look for it,
            which means going through the whole file once.
        gaps: What is known to be missing in this span without decoding it.
    """

    index: int
    start: float
    end: float
    entry: Entry | None = None
    gaps: tuple[Gap, ...] = ()


def divide(keys: list[float], duration: float, length: float) -> list[tuple[float, float]]:
    """Divides a source into stretches of about ``length`` seconds that begin at key frames.

    Args:
        keys: Times of the key frames in seconds, rising.
        duration: Seconds of the source.
        length: Seconds a stretch should last at least; a last one under a third of it joins the one before.

    Returns:
        Start and end of each stretch; together they cover ``0`` to ``duration``.
    """
    starts = [0.0]
    for key in keys:
        if key >= starts[-1] + length and duration - key >= length / 3:
            starts.append(key)
    return list(zip(starts, [*starts[1:], duration], strict=True))
