"""Decoded pictures from which nothing was computed yet, of videos and of images alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from os import PathLike

from reseen.media.clock import seconds
from reseen.media.decoding import FrameDecoder
from reseen.media.frame import Frame
from reseen.media.picture import Display, Pixels, bgr_of, display_matrix, display_of, luma_of, small_luma
from reseen.media.stills import image_pictures


@dataclass(frozen=True)
class Picture:
    """A decoded picture.

    Attributes:
        time: Seconds from the first frame of the source.
        size: Width and height as shown.
        luma: Makes the small gray picture.
        bgr: Makes the colour picture.
    """

    time: float
    size: tuple[int, int]
    luma: Callable[[], Pixels]
    bgr: Callable[[], Pixels]

    def frame(self) -> Frame:
        """The frame, with its small gray picture; the colour picture follows on first use."""
        return Frame(self.time, *self.size, self.luma(), self.bgr)


def video_pictures(decoder: FrameDecoder, origin: int) -> Iterator[Picture]:
    """The pictures of a video from the decoder's entry on.

    Args:
        decoder: Newly opened.
        origin: Ticks of the first frame of the source.
    """
    display: Display | None = None
    for ticks, frame in decoder.frames():
        # A source is shown as it begins; pictures that change their size midway are scaled to that.
        if display is None:
            display = display_of(decoder.stored, decoder.pixel_aspect, display_matrix(frame))
        time = seconds(ticks - origin, decoder.time_base)
        yield Picture(time, display.size, partial(luma_of, frame, display), partial(bgr_of, frame, display))


def still_pictures(path: str | PathLike[str]) -> Iterator[Picture]:
    """The picture of an image, or the pictures of an animated one."""
    for time, bgr in image_pictures(path):
        size = (bgr.shape[1], bgr.shape[0])
        yield Picture(time, size, partial(small_luma, bgr), partial(_itself, bgr))


def _itself(bgr: Pixels) -> Pixels:
    return bgr
