"""Images as footage: a picture without duration, or the pictures of an animated one at their times."""

from __future__ import annotations

from collections.abc import Iterator
from os import PathLike
from typing import Any

from PIL import Image

from reseen.media.errors import MediaError
from reseen.media.photos import (
    animation_frames,
    as_bgr,
    damaged_image,
    image_display,
    opened_image,
    photo_time,
)
from reseen.media.picture import Display, Pixels
from reseen.media.segments import Span
from reseen.media.source import SourceInfo, Survey

_UNSTATED_DURATION = 0.1
"""Seconds that browsers show a picture that states less than a hundredth of a second."""


def survey_image(path: str | PathLike[str]) -> Survey:
    """Decodes an image once; it is one segment.

    Raises:
        MediaError: If not one picture of it can be read.
    """
    with opened_image(path) as image:
        frames, duration = 0, 0.0
        display: Display | None = None
        notes = []
        try:
            for frame in animation_frames(image):
                display = display or image_display(frame)
                frames += 1
                duration += _shown_for(frame)
        except Exception as error:  # decoders of hostile files raise anything
            if display is None:
                raise damaged_image(path, error) from None
            notes.append(f"it is damaged: only {frames} of its pictures can be read")
        if display is None:
            raise MediaError(path, "there is no picture in it")
        duration = duration if frames > 1 else 0.0
        info = SourceInfo(
            "animation" if frames > 1 else "image",
            *display.size,
            duration=duration,
            frame_rate=frames / duration if duration else None,
            codec=(image.format or "image").lower(),
            rotation=display.rotation,
            mirrored=display.mirrored,
            recorded_at=photo_time(image),
            promised_duration=duration,
            frames=frames,
            warnings=tuple(notes),
        )
        return Survey(info, (Span(0, 0.0, duration),))


def image_pictures(path: str | PathLike[str]) -> Iterator[tuple[float, Pixels]]:
    """The pictures of an image with their times in seconds, as shown, BGR; a still image has one at 0.

    Raises:
        MediaError: If not one picture of it can be read.
    """
    with opened_image(path) as image:
        time = 0.0
        display: Display | None = None
        try:
            for frame in animation_frames(image):
                display = display or image_display(frame)
                yield time, display.turn(as_bgr(frame))
                time += _shown_for(frame)
        except Exception as error:  # decoders of hostile files raise anything
            if display is None:
                raise damaged_image(path, error) from None


def _shown_for(image: Image.Image) -> float:
    duration: Any = image.info.get("duration", 0)
    stated = float(duration) / 1000 if isinstance(duration, int | float) else 0.0
    return stated if stated >= 0.0101 else _UNSTATED_DURATION
