"""What a browser plays as it is, and a copy that it plays of what it does not."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Literal

from reseen.media.clips import cut_clip, rewrite_clip, unchanged
from reseen.media.container import open_video
from reseen.media.errors import MediaError
from reseen.media.kinds import kind_of

Way = Literal["as it is", "copied", "encoded"]
"""How a browser comes to play a source: the file itself, its pictures in another container, or encoded anew."""

_PIXELS = frozenset({"yuv420p", "yuvj420p"})
_MP4 = frozenset({"mp4", "mov"})
_MP4_CODINGS = frozenset({"h264", "av1"})
_WEBM_CODINGS = frozenset({"vp8", "vp9", "av1"})
_ON_TIME = 0.0005
_END = 1e9


def playing_way(source: str | PathLike[str]) -> Way:
    """How a browser can play a source with its times true.

    Browsers show H.264 (8 bits, 4:2:0) and AV1 in MP4, VP8, VP9 and AV1 in WebM. A file that begins later than at
    zero, or was written in fragments, is copied: browsers do not agree on what its times are.

    Raises:
        MediaError: It cannot be opened, or is no video.
    """
    if kind_of(source) == "image":
        return "encoded"
    container, stream = open_video(source)
    with container:
        names = set(container.format.name.split(","))
        context = stream.codec_context
        plain = context.pix_fmt in _PIXELS
        begins = float((stream.start_time or 0) * (stream.time_base or 0))
        on_time = abs(begins) < _ON_TIME
        coding = context.codec.canonical_name  # whichever library decodes it
    if not plain:
        return "encoded"
    if coding in _MP4_CODINGS and names & _MP4 and on_time and not _in_fragments(source):
        return "as it is"
    if coding == "h264":
        return "copied"
    webm = "webm" in names and Path(source).suffix.lower() == ".webm"
    return "as it is" if webm and coding in _WEBM_CODINGS and on_time else "encoded"


def make_playable(source: str | PathLike[str], target: str | PathLike[str]) -> Way:
    """Write a copy that browsers play: MP4 with H.264, without sound, its times those of the source.

    Args:
        source: A video or an animated image.
        target: An ``.mp4`` file; it appears when it is complete.

    Returns:
        Whether the pictures were copied or encoded.

    Raises:
        MediaError: The source cannot be read or the target not be written.
    """
    if playing_way(source) != "encoded":
        try:
            done = cut_clip(source, 0.0, _END, target, most_lead=0.0)
            if not done.reencoded and done.start <= _ON_TIME:
                return "copied"
            if done.reencoded:
                return "encoded"
        except MediaError as error:
            if error.path == str(target):
                raise
    rewrite_clip(source, 0.0, _END, target, unchanged)
    return "encoded"


def media_type(path: str | PathLike[str]) -> str:
    """The type that a browser is told of a file it plays."""
    return "video/webm" if Path(path).suffix.lower() == ".webm" else "video/mp4"


def _in_fragments(source: str | PathLike[str]) -> bool:
    """Whether an MP4 file was written in fragments: its first big box tells."""
    size = Path(source).stat().st_size
    at = 0
    with Path(source).open("rb") as file:
        while at + 8 <= size:
            file.seek(at)
            head = file.read(16)
            length, name = int.from_bytes(head[:4], "big"), head[4:8]
            if name in {b"moof", b"mdat"}:
                return name == b"moof"
            if length == 1:
                length = int.from_bytes(head[8:16], "big")
            if length < 8:
                return False
            at += length
    return False
