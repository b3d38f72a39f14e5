"""One frame of a source, at a given time."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from os import PathLike

from reseen.media.container import check_file
from reseen.media.decoding import FrameDecoder
from reseen.media.entries import entries_before
from reseen.media.errors import MediaError
from reseen.media.frame import Frame
from reseen.media.kinds import kind_of
from reseen.media.pictures import Picture, still_pictures, video_pictures
from reseen.media.segments import Span

_TOLERANCE = 1e-6


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
    found = last_until(still_pictures(path), time) if is_image else _from_video(path, time, span)
    if found is None:
        raise MediaError(path, f"there is no frame at {time:.2f} s that can be decoded")
    return found.frame()


def last_until(pictures: Iterable[Picture], time: float) -> Picture | None:
    """The last picture at or before a time, or the first after it where there is none."""
    last: Picture | None = None
    for picture in pictures:
        if last is not None and picture.time > time + _TOLERANCE:
            break
        last = picture
        if picture.time > time + _TOLERANCE:
            break
    return last


def _from_video(path: str | PathLike[str], time: float, span: Span | None) -> Picture | None:
    for entry in entries_before(path, time, span):
        with closing(FrameDecoder(path, entry)) as decoder:
            found = last_until(video_pictures(decoder, entry.origin), time)
        is_beginning = entry.stamp is None and entry.position is None
        if found is not None and (found.time <= time + _TOLERANCE or is_beginning):
            return found
    return None
