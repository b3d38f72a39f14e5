"""Writing a video file, whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from os import PathLike
from pathlib import Path

import av
import av.error
import numpy as np
from av.codec import codecs_available
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace
from av.video.stream import VideoStream

from reseen.media.container import file_url
from reseen.media.errors import MediaError
from reseen.media.picture import Pixels

FORMATS = {
    ".mp4": "mp4",
    ".m4v": "mp4",
    ".mov": "mov",
    ".mkv": "matroska",
    ".webm": "webm",
    ".ts": "mpegts",
}
"""FFmpeg's name of the container for each ending a clip may have."""

CLOCK = Fraction(1, 90_000)
"""Seconds of a tick in a written clip."""

_H264 = ("libx264", "libopenh264", "h264_videotoolbox", "h264_mf", "mpeg4")
_WEBM = ("libvpx-vp9", "libvpx")
_KEY_FRAME_EVERY = 50
_BT709, _BT601 = 1, 6
_OPTIONS = {
    "libx264": {"preset": "veryfast", "crf": "20"},
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "6", "crf": "30", "b": "0"},
}


@contextmanager
def written(target: str | PathLike[str]) -> Iterator[OutputContainer]:
    """Opens a container that appears under its name when it is complete, and not at all if that fails.

    Raises:
        MediaError: If its ending is not one of ``FORMATS``, or it cannot be written.
    """
    path = Path(target)
    name = FORMATS.get(path.suffix.lower())
    if name is None:
        raise MediaError(target, f"a clip must end in one of {', '.join(FORMATS)}")
    part = path.with_name(f".clip-{secrets.token_hex(8)}.part")
    try:
        part.open("xb").close()
    except OSError as error:
        raise MediaError(target, f"it cannot be written ({(error.strerror or '').lower()})") from None
    options = {"movflags": "+faststart"} if name in {"mp4", "mov"} else {}
    try:
        with av.open(file_url(part), mode="w", format=name, options=options) as container:
            yield container
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        if isinstance(error, av.error.FFmpegError):
            raise
        raise MediaError(target, f"it cannot be written ({(error.strerror or str(error)).lower()})") from None
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


class ClipEncoder:
    """Encodes pictures with times of their own, however uneven, into one stream of a container."""

    def __init__(self, container: OutputContainer, size: tuple[int, int]) -> None:
        """Adds the stream.

        Args:
            container: Opened by ``written``.
            size: Width and height of the pictures; an odd one is padded by a row or column.
        """
        self._container = container
        names = _WEBM if container.format.name == "webm" else _H264
        name = next((n for n in names if n in codecs_available), names[-1])
        stream = container.add_stream(name, rate=30, options=dict(_OPTIONS.get(name, {})))
        assert isinstance(stream, VideoStream)
        self._stream = stream
        self._size = (size[0] + size[0] % 2, size[1] + size[1] % 2)
        self._wide = size[1] >= 720 or size[0] >= 1280
        context = stream.codec_context
        context.width, context.height = self._size
        context.pix_fmt = "yuv420p"
        # MPEG-4 part 2 cannot count in ticks as fine as this.
        self._clock = CLOCK if name != "mpeg4" else Fraction(1, 1000)
        context.time_base = self._clock
        context.gop_size = _KEY_FRAME_EVERY
        context.color_range = ColorRange.MPEG
        context.colorspace = _BT709 if self._wide else _BT601
        self._durations: dict[int, int] = {}

    def add(self, picture: Pixels, time: float, duration: float) -> None:
        """Encodes one picture.

        Args:
            picture: ``(H, W, 3)`` uint8 BGR.
            time: Seconds from the beginning of the clip; must rise from call to call.
            duration: Seconds that it is shown.
        """
        height, width = picture.shape[:2]
        if (width, height) != self._size:
            edges = ((0, self._size[1] - height), (0, self._size[0] - width), (0, 0))
            picture = np.pad(picture, edges, mode="edge")
        matrix = Colorspace.ITU709 if self._wide else Colorspace.ITU601
        frame = VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="bgr24").reformat(
            format="yuv420p", dst_colorspace=matrix, dst_color_range=ColorRange.MPEG, threads=1
        )
        frame.time_base = self._clock
        frame.pts = round(time / self._clock)
        self._durations[frame.pts] = round(duration / self._clock)
        self._mux(frame)

    def finish(self) -> None:
        """Encodes what is still waiting."""
        self._mux(None)

    def _mux(self, frame: VideoFrame | None) -> None:
        for packet in self._stream.encode(frame):
            # Without this the last picture would last as long as the one before it.
            packet.duration = self._durations.pop(packet.pts or 0, 0)
            self._container.mux(packet)
