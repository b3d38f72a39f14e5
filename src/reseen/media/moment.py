"""One frame of a source, at a given time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from os import PathLike

import av.error

from reseen.media.container import check_file, open_video
from reseen.media.decoding import FrameDecoder
from reseen.media.errors import MediaError
from reseen.media.frame import Frame
from reseen.media.kinds import kind_of
from reseen.media.pictures import Picture, still_pictures, video_pictures
from reseen.media.segments import Entry, Span
from reseen.media.survey import survey

_TOLERANCE = 1e-6
_LOOK_BACK = (0.0, 5.0)
# Formats whose time stamps belong to their frames, never jump, and can be sought by time.
_SEEKABLE = frozenset({"mp4", "matroska"})


def read_frame(path: str | PathLike[str], time: float, span: Span | None = None) -> Frame:
    """Reads the frame that is shown at a time: the last one at or before it.

    Args:
        path: A video or an image.
        time: Seconds from the first frame; before it means the first, after the end the last.
        span: The segment that holds the time, if at hand; spares looking for a way into the file.

    Raises:
        MediaError: If the source cannot be used or has no frame there.
    """
    check_file(path)
    is_image = kind_of(path) == "image"
    found = _last_until(still_pictures(path), time) if is_image else _from_video(path, time, span)
    if found is None:
        raise MediaError(path, f"there is no frame at {time:.2f} s that can be decoded")
    return found.frame()


def _from_video(path: str | PathLike[str], time: float, span: Span | None) -> Picture | None:
    for entry in _entries(path, time, span):
        with closing(FrameDecoder(path, entry)) as decoder:
            found = _last_until(video_pictures(decoder, entry.origin), time)
        if found is not None and (found.time <= time + _TOLERANCE or entry.stamp is None):
            return found
    return None


def _last_until(pictures: Iterable[Picture], time: float) -> Picture | None:
    """The last picture at or before a time, or the first after it where there is none."""
    last: Picture | None = None
    for picture in pictures:
        if last is not None and picture.time > time + _TOLERANCE:
            break
        last = picture
        if picture.time > time + _TOLERANCE:
            break
    return last


def _entries(path: str | PathLike[str], time: float, span: Span | None) -> Iterator[Entry]:
    """Ways into the file before a time, nearest first; the last is the beginning of the file."""
    if span is not None and span.entry is not None:
        yield span.entry
    container, stream = open_video(path)
    with container:
        names = set(container.format.name.split(","))
        origin: int | None = None
        if names & _SEEKABLE and stream.time_base:
            try:
                origin = next(container.decode(stream)).pts
            except (av.error.FFmpegError, StopIteration):
                origin = None
        stamps = []
        if origin is not None and stream.time_base:
            for back in _LOOK_BACK:
                target = origin + round(max(0.0, time - back) / stream.time_base)
                try:
                    container.seek(target, stream=stream)
                    packet = next(container.demux(stream))
                except (av.error.FFmpegError, StopIteration):
                    continue
                if packet.pts is not None and origin < packet.pts <= target and packet.pts not in stamps:
                    stamps.append(packet.pts)
    if origin is None:
        spans = [s for s in survey(path).spans if s.entry is not None]
        before = [s for s in spans if s.start <= max(time, 0.0)]
        yield from (s.entry for s in [before[-1] if before else spans[0], spans[0]] if s.entry)
    else:
        yield from (Entry(origin, stamp) for stamp in stamps)
        yield Entry(origin)
