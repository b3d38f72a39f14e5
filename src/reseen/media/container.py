"""Opening a video file and nothing else: no addresses, no lists that lead to other files or machines."""

from __future__ import annotations

from os import PathLike, fspath
from pathlib import Path

import av
import av.error
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from reseen.media.errors import MediaError
from reseen.media.kinds import HEAD

MAX_PIXELS = 120_000_000
"""Largest picture that is decoded, in pixels; a file may claim any size."""

# FFmpeg's demuxers for files that hold their pictures themselves. Left out on purpose: playlists (hls, dash,
# concat, sdp), numbered image files, text art, devices and generators.
_FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,live_flv,ogg,asf,rm,mxf,gxf,h264,hevc,"
    "vvc,m4v,ivf,obu,av1,vc1,dhav,mjpeg,mpjpeg,dv,nut,wtv,h261,h263,cavsvideo,"
    "mp3,aac,flac,wav,w64,aiff,ac3,eac3,caf,amr,ape,tta,wv,au"
)
_OPTIONS = {"protocol_whitelist": "file", "format_whitelist": _FORMATS}
_NOT_FOOTAGE = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image


def file_url(path: str | PathLike[str]) -> str:
    """The path as FFmpeg must be given it, so that no name is read as an address or an option."""
    return f"file:{Path(path).absolute()}"


def open_video(path: str | PathLike[str], threads: int = 1) -> tuple[InputContainer, VideoStream]:
    """Opens a video file for reading.

    Args:
        path: The file.
        threads: Threads of the decoder; 0 leaves the number to FFmpeg.

    Returns:
        The container, to be closed by the caller, and its stream of pictures.

    Raises:
        MediaError: If there is no such file, or no picture in it that can be decoded.
    """
    check_file(path)
    try:
        container = av.open(file_url(path), mode="r", options=dict(_OPTIONS), metadata_errors="replace")
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise MediaError(path, _why_not(path, error)) from None
    try:
        stream = _stream_of_pictures(path, container)
        context = stream.codec_context
        if context.width * context.height > MAX_PIXELS:
            raise MediaError(
                path,
                f"its pictures are {context.width}x{context.height}, over the limit of "
                f"{MAX_PIXELS // 1_000_000} million pixels",
            )
        context.options = {"max_pixels": str(MAX_PIXELS)}
        context.thread_count = threads
        if threads != 1:
            context.thread_type = "AUTO"
    except BaseException:
        container.close()
        raise
    return container, stream


def check_file(path: str | PathLike[str]) -> None:
    """Checks that a path names a plain file with something in it.

    Raises:
        MediaError: If it does not.
    """
    try:
        entry = Path(path)
        if entry.is_dir():
            raise MediaError(path, "this is a folder, not a file")
        if not entry.exists():
            raise MediaError(path, "no such file")
        if not entry.is_file():
            raise MediaError(path, "not a plain file")
        if entry.stat().st_size == 0:
            raise MediaError(path, "the file is empty (0 bytes)")
        with entry.open("rb"):
            pass
    except PermissionError:
        raise MediaError(path, "it may not be read (permission denied)") from None
    except (OSError, ValueError) as error:
        raise MediaError(path, f"it cannot be read ({_short(error)})") from None


def _stream_of_pictures(path: str | PathLike[str], container: InputContainer) -> VideoStream:
    pictures = [s for s in container.streams.video if not s.disposition & _NOT_FOOTAGE]
    if not pictures:
        if len(container.streams.video):
            raise MediaError(path, "there is only sound with a cover picture in it; a cover is not footage")
        if len(container.streams.audio):
            raise MediaError(path, "there is only sound in it, no picture")
        raise MediaError(path, "there is no picture in it")
    decodable = [s for s in pictures if s.codec_context is not None]
    if not decodable:
        raise MediaError(path, "its pictures are coded in a way for which there is no decoder here")
    default = [s for s in decodable if s.disposition & Disposition.default]
    return (default or decodable)[0]


def _why_not(path: str | PathLike[str], error: Exception) -> str:
    if isinstance(error, av.error.InvalidDataError | ValueError | av.error.LookupError):
        if _lacks_its_index(path):
            return "the recording is incomplete, its index is missing; copy it again or repair it"
        return "neither a video nor a picture that can be read here"
    return f"it cannot be opened ({_short(error)})"


def _lacks_its_index(path: str | PathLike[str]) -> bool:
    """True for an MP4 or QuickTime file without its ``moov`` box."""
    size = Path(path).stat().st_size
    with Path(path).open("rb") as file:
        if file.read(HEAD)[4:8] not in {b"ftyp", b"mdat", b"wide", b"free", b"skip"}:
            return False
        at = 0
        while at + 8 <= size:
            file.seek(at)
            head = file.read(16)
            length, name = int.from_bytes(head[:4], "big"), head[4:8]
            if name in {b"moov", b"moof"}:
                return False
            if length == 1:
                length = int.from_bytes(head[8:16], "big")
            if length < 8:
                break
            at += length
    return True


def _short(error: Exception) -> str:
    """The message of an error without the name of the file, which the line has already."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(fspath(text).split())
