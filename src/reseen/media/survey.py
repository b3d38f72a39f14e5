"""What a source is and how it is divided, without decoding it."""

from __future__ import annotations

from contextlib import closing
from os import PathLike

from reseen.media.clock import seconds
from reseen.media.container import check_file
from reseen.media.cuts import CONTEXT
from reseen.media.decoding import FrameDecoder
from reseen.media.kinds import kind_of
from reseen.media.passage import Passage, pass_over
from reseen.media.recorded import recorded_by_container
from reseen.media.segments import Gap, Span, divide
from reseen.media.source import SourceInfo, Survey
from reseen.media.stills import survey_image

WARMUP = CONTEXT + 0.25
"""Least distance in seconds between an entry and the span it serves; cuts are judged on nearly as much."""

_LATE_START = 1.0
_MISSING = 0.5
_MOST_JUMPS = 5
# Codings in which a "key frame" may be the place from which the picture is refreshed little by little.
_GRADUAL = frozenset({"h264", "hevc"})


def survey(path: str | PathLike[str], length: float = 30.0, warmup: float = WARMUP) -> Survey:
    """Goes through a source once.

    A video is demuxed from end to end, but only its first frames are decoded.

    Args:
        path: A video, an image or an animated image.
        length: Seconds a segment should last at least.
        warmup: Seconds before a segment from which it must be possible to decode, at least ``WARMUP``.

    Returns:
        What it is and its segments, which begin at key frames and cover it without holes.

    Raises:
        MediaError: If it cannot be used as footage.
    """
    check_file(path)
    if kind_of(path) == "image":
        return survey_image(path)
    passage = pass_over(path)
    stretches = divide([time for time, _ in passage.keys], passage.duration, length)
    warmup = max(WARMUP, warmup) + (_recovery(path, passage) if len(stretches) > 1 else 0.0)
    return Survey(_info(passage), _spans(passage, stretches, warmup))


def probe(path: str | PathLike[str]) -> SourceInfo:
    """Says what a source is; see ``survey``, which it calls."""
    return survey(path).info


def plan_segments(path: str | PathLike[str], length: float = 30.0, warmup: float = WARMUP) -> tuple[Span, ...]:
    """Says into which segments a source is divided; see ``survey``, which it calls."""
    return survey(path, length, warmup).spans


def _info(passage: Passage) -> SourceInfo:
    duration, missing = passage.duration, _missing(passage)
    rate = passage.frames / duration if duration else None
    warnings = []
    if not passage.stamped:
        warnings.append(f"it has no time stamps; its frames are counted, {rate or 0:.5g} a second")
    if passage.late > _LATE_START:
        warnings.append(f"its first {passage.late:.1f} s cannot be decoded")
    warnings += [
        f"the clock of the recording jumps by {jump.size:+.1f} s; the jump is closed"
        for jump in passage.jumps[:_MOST_JUMPS]
    ]
    if missing:
        warnings.append(f"it is cut off: it promises {duration + missing:.1f} s and has {duration:.1f} s")
    return SourceInfo(
        "video",
        *passage.display.size,
        duration=duration,
        frame_rate=rate,
        codec=passage.codec,
        rotation=passage.display.rotation,
        mirrored=passage.display.mirrored,
        recorded_at=recorded_by_container(*passage.metadata),
        promised_duration=duration + missing,
        frames=passage.frames,
        warnings=tuple(warnings),
    )


def _spans(passage: Passage, stretches: list[tuple[float, float]], warmup: float) -> tuple[Span, ...]:
    """Gives each stretch the last entry that lies at least the warm-up before it, and its gaps."""
    gaps = _gaps(passage)
    spans, early = [], 0
    for index, (start, end) in enumerate(stretches):
        while early + 1 < len(passage.keys) and passage.keys[early + 1][0] <= start - warmup:
            early += 1
        last = index == len(stretches) - 1
        own = tuple(gap for gap in gaps if start <= gap.start and (gap.start < end or last))
        spans.append(Span(index, start, end, passage.keys[early][1], own))
    return tuple(spans)


def _gaps(passage: Passage) -> list[Gap]:
    gaps = []
    for jump in passage.jumps:
        at = max(0.0, seconds(jump.at - passage.origin, passage.time_base))
        gaps.append(Gap(at, at, f"the clock of the recording jumps by {jump.size:+.1f} s here"))
    if missing := _missing(passage):
        end = passage.duration
        gaps.append(Gap(end, end + missing, "cut off: the file ends here"))
    return gaps


def _missing(passage: Passage) -> float:
    """Seconds that the file promises beyond those it has; 0 where it is complete."""
    missing = (passage.promised or 0.0) - passage.duration
    return missing if missing > _MISSING else 0.0


def _recovery(path: str | PathLike[str], passage: Passage) -> float:
    """Seconds from entering at a key frame to the first picture: more than 0 with gradual refresh."""
    if passage.codec not in _GRADUAL:
        return 0.0
    time, entry = passage.keys[len(passage.keys) // 2]
    with closing(FrameDecoder(path, entry)) as decoder:
        ticks = next((ticks for ticks, _ in decoder.frames()), entry.origin)
    return max(0.0, seconds(ticks - entry.origin, passage.time_base) - time)
