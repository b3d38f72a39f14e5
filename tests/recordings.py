"""Footage made on the spot: every frame carries its own number, so that a decoded one can be recognised."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

BITS = 9
SIZE = (192, 108)
CLOCK = Fraction(1, 90_000)


def numbered(index: int, size: tuple[int, int] = SIZE) -> NDArray[np.uint8]:
    """A picture with a moving disc and its number as black and white blocks along the top."""
    width, height = size
    ramp = np.linspace(60, 180, width, dtype=np.uint8)[None, :, None]
    picture = np.repeat(np.repeat(ramp, height, axis=0), 3, axis=2).copy()
    cv2.circle(picture, (20 + 2 * index % (width - 40), height * 2 // 3), height // 6, (40, 90, 220), -1)
    side = width // (BITS + 1)
    for bit in range(BITS):
        value = 235 if index >> bit & 1 else 20
        picture[:side, bit * side : (bit + 1) * side] = value
    return picture


def number_of(picture: NDArray[np.uint8]) -> int:
    """The number that a decoded picture carries."""
    side = picture.shape[1] // (BITS + 1)
    blocks = [
        picture[side // 4 : side * 3 // 4, bit * side + side // 4 : bit * side + side * 3 // 4] for bit in range(BITS)
    ]
    return sum(1 << bit for bit, block in enumerate(blocks) if block.mean() > 128)


def encode(
    path: Path,
    pictures: Iterable[NDArray[np.uint8]],
    times: Sequence[float],
    *,
    codec: str = "libx264",
    options: dict[str, str] | None = None,
    pix_fmt: str = "yuv420p",
    clock: Fraction = CLOCK,
    container_format: str | None = None,
    rotation: tuple[float, bool, bool] | None = None,
    pixel_aspect: Fraction | None = None,
    metadata: dict[str, str] | None = None,
    matrix: int | None = None,
    full_range: bool = False,
) -> Path:
    """Encodes pictures (BGR) with their times in seconds."""
    with av.open(str(path), "w", format=container_format) as container:
        stream: Any = None
        for picture, time in zip(pictures, times, strict=False):
            if stream is None:
                stream = container.add_stream(codec, rate=25, options=options or {})
                stream.width, stream.height = picture.shape[1], picture.shape[0]
                stream.pix_fmt = pix_fmt
                stream.codec_context.time_base = clock
                stream.codec_context.thread_count = 1
                stream.time_base = clock
                if pixel_aspect is not None:
                    stream.codec_context.sample_aspect_ratio = pixel_aspect
                if rotation is not None:
                    stream.set_display_rotation(rotation[0], hflip=rotation[1], vflip=rotation[2])
                if matrix is not None:
                    stream.codec_context.colorspace = matrix
                if full_range:
                    stream.codec_context.color_range = 2
                container.metadata.update(metadata or {})
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24").reformat(
                format=pix_fmt,
                dst_colorspace=matrix,
                dst_color_range="JPEG" if full_range else None,
            )
            frame.time_base, frame.pts = clock, round(time / clock)
            for packet in stream.encode(frame):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return path


def remux(source: Path, target: Path, container_format: str | None = None, skip: int = 0) -> Path:
    """Copies packets into another container, from the packet number ``skip`` on."""
    with av.open(str(source)) as reader, av.open(str(target), "w", format=container_format) as writer:
        stream = reader.streams.video[0]
        copy = writer.add_stream_from_template(stream)
        for number, packet in enumerate(p for p in reader.demux(stream) if p.size):
            if number >= skip:
                packet.stream = copy
                writer.mux(packet)
    return target


def x264(**settings: object) -> dict[str, str]:
    """Options for an encoder that is quick and has a key frame a second at 25 frames a second."""
    defaults: dict[str, object] = {"keyint": 25, "min-keyint": 25, "scenecut": 0, "bframes": 3, "threads": 1}
    given = {name.replace("_", "-"): value for name, value in settings.items()}
    text = ":".join(f"{name}={value}" for name, value in (defaults | given).items())
    return {"preset": "superfast", "crf": "20", "x264-params": text}
