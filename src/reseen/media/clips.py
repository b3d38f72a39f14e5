"""Clips for people: a stretch of a source as a file of its own. Sound is left out."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import av.error
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from reseen.media.clock import seconds
from reseen.media.container import check_file, open_video
from reseen.media.decoding import FrameDecoder
from reseen.media.encoding import FORMATS, ClipEncoder, written
from reseen.media.entries import entries_before
from reseen.media.errors import MediaError
from reseen.media.kinds import kind_of
from reseen.media.packets import PacketReader
from reseen.media.picture import Pixels
from reseen.media.pictures import Picture, still_pictures, video_pictures
from reseen.media.segments import Entry

MOST_LEAD = 10.0
"""Seconds that a clip may begin before what was asked for, to spare encoding it anew."""

_TOLERANCE = 1e-6
_USUAL_STEP = 0.04
# What a container can hold of a source's coding ...
_HELD = {
    "mp4": frozenset({"h264", "hevc", "av1", "mpeg4"}),
    "mov": frozenset({"h264", "hevc", "mpeg4", "mjpeg", "prores"}),
    "matroska": frozenset({"h264", "hevc", "av1", "mpeg4", "mjpeg", "vp8", "vp9", "mpeg2video"}),
    "webm": frozenset({"vp8", "vp9", "av1"}),
    "mpegts": frozenset({"h264", "hevc", "mpeg2video"}),
}
# ... and the sources from which it loses nothing by that: MP4 alone knows mirroring, MPEG-TS no rotation.
_LOSSLESS = {"mp4": frozenset({"mp4", "mov"}), "mpegts": frozenset({"mpegts", "mp4", "mov", "matroska"})}
_ELSE_LOSSLESS = frozenset({"mp4", "mov", "matroska", "webm"})


@dataclass(frozen=True)
class ClipResult:
    """What a clip holds.

    Attributes:
        start: Seconds, in the source, of its first picture.
        end: Seconds, in the source, at which its last picture ends.
        reencoded: False when it holds the source's own pictures, bit by bit.
    """

    start: float
    end: float
    reencoded: bool


def clip_ending(source: str | PathLike[str]) -> str:
    """The ending that a clip of a source should have so that it can be cut without encoding it anew.

    Raises:
        MediaError: If the source cannot be opened.
    """
    if kind_of(source) == "image":
        return ".mp4"
    container, stream = open_video(source)
    with container:
        for ending in (".webm", ".mp4", ".mkv"):
            if _can_be_copied(container, stream, FORMATS[ending]):
                return ending
    return ".mp4"


def cut_clip(
    source: str | PathLike[str],
    start: float,
    end: float,
    target: str | PathLike[str],
    most_lead: float = MOST_LEAD,
) -> ClipResult:
    """Cuts a stretch out of a source, without encoding it anew where the container allows that.

    A clip that is copied begins at a key frame at or before ``start``. It is encoded anew (H.264, in WebM
    VP9) if the target's container cannot hold the source's coding, or the key frame lies too far back.

    Args:
        source: A video or an animated image.
        start: Seconds from the first frame of the source.
        end: Seconds, greater than ``start``.
        target: The file to write; its ending names the container (``FORMATS``). It appears when complete.
        most_lead: Seconds that the clip may begin early to be copied.

    Raises:
        MediaError: If the source cannot be read there or the target not be written.
    """
    check_file(source)
    if kind_of(source) != "image":
        name = FORMATS.get(Path(target).suffix.lower(), "")
        entry = next(iter(entries_before(source, start)))
        with closing(PacketReader(source, entry)) as packets:
            if entry.in_order and _can_be_copied(packets.container, packets.stream, name):
                copied = _copied(packets, entry, (start, end), target, most_lead)
                if copied is not None:
                    return copied
    return rewrite_clip(source, start, end, target, unchanged)


def rewrite_clip(
    source: str | PathLike[str],
    start: float,
    end: float,
    target: str | PathLike[str],
    edit: Callable[[float, Pixels], Pixels],
) -> ClipResult:
    """Encodes a stretch of a source anew, each of its pictures passed through a function.

    Args:
        source: A video or an animated image.
        start: Seconds from the first frame of the source; the picture shown then is the clip's first.
        end: Seconds, greater than ``start``.
        target: The file to write; its ending names the container. It appears when complete.
        edit: Gets the time in the source and the picture as shown, ``(H, W, 3)`` uint8 BGR, and returns one
            of the same shape.

    Raises:
        MediaError: If the source cannot be read there or the target not be written.
    """
    check_file(source)
    with written(target) as container:
        encoder: ClipEncoder | None = None
        first = last = start
        try:
            for picture, until in _shown_between(source, start, end):
                if encoder is None:
                    encoder, first = ClipEncoder(container, picture.size), picture.time
                encoder.add(edit(picture.time, picture.bgr()), picture.time - first, until - picture.time)
                last = until
            if encoder is None:
                raise MediaError(source, f"there is no picture between {start:.2f} and {end:.2f} s")
            encoder.finish()
        except av.error.FFmpegError as error:
            raise MediaError(target, f"the clip cannot be encoded ({error.strerror})") from None
    return ClipResult(first, last, True)


def pictures_between(source: str | PathLike[str], start: float, end: float) -> Iterator[tuple[float, Pixels]]:
    """Every picture of a stretch, as ``rewrite_clip`` passes them through its function.

    Args:
        source: A video or an animated image.
        start: Seconds from the first frame of the source.
        end: Seconds, greater than ``start``.

    Yields:
        The time in the source, and the picture as shown, ``(H, W, 3)`` uint8 BGR.

    Raises:
        MediaError: If the source cannot be read there.
    """
    check_file(source)
    for picture, _ in _shown_between(source, start, end):
        yield picture.time, picture.bgr()


def _shown_between(source: str | PathLike[str], start: float, end: float) -> Iterator[tuple[Picture, float]]:
    """The picture shown at the start and those after it before the end, each with the time it is shown until."""
    held: Picture | None = None
    step = _USUAL_STEP
    with closing(_pictures_from(source, start)) as pictures:
        for picture in pictures:
            if held is not None:
                step = picture.time - held.time
                if picture.time > start + _TOLERANCE:
                    yield held, min(picture.time, max(end, held.time + _TOLERANCE))
            if picture.time >= end:
                return
            held = picture
    if held is not None and held.time + step > start:
        yield held, held.time + step


def _pictures_from(source: str | PathLike[str], start: float) -> Generator[Picture]:
    if kind_of(source) == "image":
        yield from still_pictures(source)
        return
    for entry in entries_before(source, start):
        with closing(FrameDecoder(source, entry)) as decoder:
            pictures = video_pictures(decoder, entry.origin)
            first = next(pictures, None)
            beginning = entry.stamp is None and entry.position is None
            if first is not None and (first.time <= start + _TOLERANCE or beginning):
                yield first
                yield from pictures
                return


def _copied(
    packets: PacketReader,
    entry: Entry,
    stretch: tuple[float, float],
    target: str | PathLike[str],
    most_lead: float,
) -> ClipResult | None:
    """Copies packets; ``None`` if it cannot be done well."""
    time_base, (start, end) = packets.time_base, stretch
    rest = iter(packets)
    first = next((packet for packet in rest if packet.is_keyframe), None)
    if first is None or first.pts is None:
        return None
    base = first.pts
    began = seconds(base - entry.origin, time_base)
    if start - began > most_lead or began >= end:
        return None
    ended, latest = began, base
    try:
        with written(target) as container:
            stream = container.add_stream_from_template(packets.stream)
            for packet in _decodable(first, rest):
                # Pictures are stored out of order: go on until none is missing before the last.
                over = seconds((packet.dts or 0) - entry.origin, time_base) >= end
                if over and (packet.pts or 0) > latest:
                    break
                latest = max(latest, packet.pts or 0)
                until = (packet.pts or 0) + (packet.duration or 0)
                ended = max(ended, seconds(until - entry.origin, time_base))
                packet.pts, packet.dts = (packet.pts or 0) - base, (packet.dts or 0) - base
                packet.stream = stream
                container.mux(packet)
            if ended <= start:
                raise _NothingThereError
    except (av.error.FFmpegError, ValueError, _NothingThereError):
        return None
    return ClipResult(began, ended, False)


class _NothingThereError(Exception):
    """Inside ``written`` an error is what keeps the file from appearing."""


def _decodable(first: Packet[VideoStream], rest: Iterator[Packet[VideoStream]]) -> Iterator[Packet[VideoStream]]:
    """The packets from a key frame on that can be decoded from there, all with a decoding time."""
    base = first.pts or 0
    waiting: list[Packet[VideoStream]] = []
    for packet in itertools.chain([first], rest):
        # Pictures shown before the key frame are built on ones that are not in the clip.
        if packet.pts is None or packet.pts < base:
            continue
        waiting.append(packet)
        if packet.dts is None:
            continue
        for back, early in enumerate(reversed(waiting[:-1]), start=1):
            early.dts = packet.dts - back * max(1, packet.duration or 1)
        yield from waiting
        waiting.clear()
    for packet in waiting:
        packet.dts = packet.pts
        yield packet


def _can_be_copied(container: InputContainer, stream: VideoStream, target: str) -> bool:
    names = set(container.format.name.split(","))
    family = next((name for name in _LOSSLESS if name in names), None)
    lossless = _LOSSLESS[family] if family else _ELSE_LOSSLESS
    held = stream.codec_context.name in _HELD.get(target, ())
    return held and target in lossless and (target != "webm" or "webm" in names)


def unchanged(_: float, picture: Pixels) -> Pixels:
    """A picture as it is, for ``rewrite_clip``."""
    return picture
