"""Files that are whole or absent: H.264 in MP4, and anything else."""

from __future__ import annotations

import os
from datetime import datetime
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from reseen.synthetic.settings import SceneSettings

_KEY_FRAMES = 4.0  # seconds between them at most


class Encoder:
    """Writes H.264 into an MP4 file that has its name only once it is whole."""

    def __init__(self, target: Path, settings: SceneSettings, begin: datetime) -> None:
        self._target = target
        self._part = target.with_suffix(".part")
        self._container = av.open(
            str(self._part), "w", format="mp4", options={"movflags": "faststart", "fflags": "+bitexact"}
        )
        self._container.metadata["creation_time"] = begin.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        stream = self._container.add_stream("libx264", rate=settings.fps)
        stream.width, stream.height, stream.pix_fmt = settings.width, settings.height, "yuv420p"
        stream.time_base = stream.codec_context.time_base = Fraction(1, settings.fps)
        stream.options = {
            "preset": "veryfast",
            "crf": str(settings.quality),
            "threads": "1",
            "g": str(max(round(_KEY_FRAMES * settings.fps), 1)),
        }
        self._stream = stream
        self._count = 0

    def __enter__(self) -> Encoder:
        return self

    def add(self, bgr: NDArray[np.uint8]) -> None:
        """Write the next frame, ``(h, w, 3)`` uint8 in BGR order."""
        frame = av.VideoFrame.from_ndarray(bgr, format="bgr24")
        frame.pts = self._count
        frame.time_base = Fraction(1, self._stream.codec_context.rate)
        self._container.mux(self._stream.encode(frame))
        self._count += 1

    def __exit__(self, failed: object, *_: object) -> None:
        try:
            if failed is None:
                self._container.mux(self._stream.encode(None))
        finally:
            self._container.close()
        if failed is None:
            with self._part.open("rb+") as file:
                os.fsync(file.fileno())
            self._part.replace(self._target)
        else:
            self._part.unlink(missing_ok=True)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file under another name first, so that it is never seen half written."""
    part = path.with_suffix(path.suffix + ".part")
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
