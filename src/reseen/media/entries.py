"""Ways into a file near a given time, without going through all of it where that can be helped."""

from __future__ import annotations

from collections.abc import Iterator
from os import PathLike

import av.error
from av.container import InputContainer
from av.video.stream import VideoStream

from reseen.media.container import open_video
from reseen.media.passage import pass_over
from reseen.media.segments import Entry, Span

_LOOK_BACK = (0.0, 5.0)
# Formats whose time stamps belong to their frames, never jump, and can be sought by time.
_SEEKABLE = frozenset({"mp4", "matroska"})
_FARTHER = 10


def entries_before(path: str | PathLike[str], time: float, span: Span | None = None) -> Iterator[Entry]:
    """Key frames at or before a time from which a video can be decoded, nearest first.

    Args:
        path: The video.
        time: Seconds from its first frame.
        span: The segment that holds the time, if at hand; its entry comes first.

    Yields:
        Entries; the last is the beginning of the file.

    Raises:
        MediaError: If it cannot be opened.
    """
    if span is not None and span.entry is not None:
        yield span.entry
    container, stream = open_video(path)
    with container:
        origin = _origin(container, stream)
        stamps = [] if origin is None else _stamps(container, stream, origin, time)
    if origin is None:
        keys = pass_over(path).keys
        before = [entry for key, entry in keys if key <= time] or [keys[0][1]]
        yield from dict.fromkeys((before[-1], before[max(0, len(before) - _FARTHER)], before[0]))
    else:
        yield from (Entry(origin, stamp) for stamp in stamps)
        yield Entry(origin)


def _origin(container: InputContainer, stream: VideoStream) -> int | None:
    """Ticks of the first frame; ``None`` where sought times are not to be trusted."""
    if not _SEEKABLE & set(container.format.name.split(",")):
        return None
    try:
        return next(container.decode(stream)).pts
    except (av.error.FFmpegError, StopIteration):
        return None


def _stamps(container: InputContainer, stream: VideoStream, origin: int, time: float) -> list[int]:
    stamps: list[int] = []
    for back in _LOOK_BACK:
        target = origin + round(max(0.0, time - back) / (stream.time_base or 1))
        try:
            container.seek(target, stream=stream)
            packet = next(container.demux(stream))
        except (av.error.FFmpegError, StopIteration):
            continue
        if packet.pts is not None and origin < packet.pts <= target and packet.pts not in stamps:
            stamps.append(packet.pts)
    return stamps
