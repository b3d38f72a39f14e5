"""Going through a source once without decoding it: how long, how large, where it can be entered."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from os import PathLike

import av.error
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from reseen.media.clock import ClosedClock, seconds
from reseen.media.container import check_file, open_video
from reseen.media.decoding import FrameDecoder, clock_may_jump, clock_of, readable_packets
from reseen.media.errors import MediaError
from reseen.media.kinds import kind_of
from reseen.media.picture import display_matrix, display_of
from reseen.media.recorded import recorded_by_container
from reseen.media.segments import Entry, Gap, Span, divide
from reseen.media.source import SourceInfo, Survey
from reseen.media.stills import survey_image

WARMUP = 2.0
"""Least distance in seconds between an entry and the span it serves; cuts are judged on that much before."""

_KEY_DISTANCE = 0.5
_FIRST_FRAMES = 12
_STEPS = 500
_LATE_START = 1.0
_MISSING = 0.5
_MOST_JUMPS = 5
# Codings in which a "key frame" may be the place from which the picture is refreshed little by little.
_GRADUAL = frozenset({"h264", "hevc"})


def survey(path: str | PathLike[str], length: float = 30.0, warmup: float = WARMUP) -> Survey:
    """Goes through a source once.

    A video is demuxed from end to end, but only its first frames are decoded.

    Args:
        path: A video, an image or an animated image.
        length: Seconds a segment should last at least.
        warmup: Seconds before a segment from which it must be possible to decode, at least ``WARMUP``.

    Returns:
        What it is and its segments, which begin at key frames and cover it without holes.

    Raises:
        MediaError: If it cannot be used as footage.
    """
    check_file(path)
    if kind_of(path) == "image":
        return survey_image(path)
    container, stream = open_video(path)
    with container:
        return _Passage(path, container, stream).survey(length, max(WARMUP, warmup))


def probe(path: str | PathLike[str]) -> SourceInfo:
    """Says what a source is; see ``survey``, which it calls."""
    return survey(path).info


def plan_segments(path: str | PathLike[str], length: float = 30.0, warmup: float = WARMUP) -> tuple[Span, ...]:
    """Says into which segments a source is divided; see ``survey``, which it calls."""
    return survey(path, length, warmup).spans


class _Passage:
    """One passage over the packets of a video and what it has seen, in ticks of the closed clock."""

    def __init__(self, path: str | PathLike[str], container: InputContainer, stream: VideoStream) -> None:
        self.path = path
        self.container = container
        self.stream = stream
        self.time_base = stream.time_base or Fraction(1, 1000)
        self.codec = stream.codec_context.name
        self.stored = (stream.codec_context.width, stream.codec_context.height)
        self.clock: ClosedClock = clock_of(container, stream)
        self.packets = 0
        self.early: list[int] = []
        self.stamped = False
        self.first: int | None = None
        self.last: tuple[int, int] | None = None  # ticks and duration of the last whole packet
        self.last_torn: tuple[int, int] | None = None
        self.keys: list[tuple[int, Entry]] = []
        self.steps: list[int] = []

    def survey(self, length: float, warmup: float) -> Survey:
        packets = self._watched()
        frames = self._first_frames(packets)
        if not frames:
            raise MediaError(self.path, "not one picture in it could be decoded")
        for _ in packets:
            pass
        stamps = [frame.pts for frame in frames if frame.pts is not None]
        in_order = self.stamped and bool(stamps) and stamps == sorted(stamps)
        origin = stamps[0] if in_order else self.keys[0][0] if self.keys else min(stamps, default=0)
        duration = max(0.0, self._seconds(self._end() - origin))
        promised = self._promised(origin)
        info = self._info(frames[0], origin, duration, promised)
        gaps = self._gaps(origin, duration, promised)
        beginning = Entry(origin, in_order=in_order)
        keys = [
            (self._seconds(ticks - origin), replace(entry, origin=origin, in_order=in_order))
            for ticks, entry in self.keys
            if ticks > origin
        ]
        stretches = divide([time for time, _ in keys], duration, length)
        if len(stretches) > 1:
            warmup += self._recovery(keys)
        return Survey(info, _spans(beginning, keys, stretches, warmup, gaps))

    def _watched(self) -> Iterator[Packet[VideoStream]]:
        """The packets, closed, each noted as it passes."""
        by_position = clock_may_jump(self.container)
        near = round(_KEY_DISTANCE / self.time_base)
        before: int | None = None
        for packet in readable_packets(self.container, self.stream):
            if not packet.size:
                continue
            stamp = packet.pts if packet.pts is not None else packet.dts
            self.clock.close(packet)
            ticks, duration = packet.pts or 0, packet.duration or 0
            self.packets += 1
            if len(self.early) < _STEPS:
                self.early.append(ticks)
            self.stamped |= stamp is not None
            if before is not None and packet.dts is not None and len(self.steps) < _STEPS:
                self.steps.append(packet.dts - before)
            before = packet.dts
            if packet.is_keyframe and (not self.keys or ticks >= self.keys[-1][0] + near):
                position = packet.pos if by_position or stamp is None else None
                self.keys.append((ticks, Entry(0, stamp, position, ticks if stamp is None else self.clock.offset)))
            if not packet.is_discard:
                self.first = ticks if self.first is None else min(self.first, ticks)
                if packet.is_corrupt:
                    self.last_torn = max(self.last_torn or (ticks, duration), (ticks, duration))
                else:
                    self.last = max(self.last or (ticks, duration), (ticks, duration))
            yield packet

    def _first_frames(self, packets: Iterator[Packet[VideoStream]]) -> list[VideoFrame]:
        """A dozen frames: they tell where time begins and whether stamps come in the order of display."""
        frames: list[VideoFrame] = []
        context = self.stream.codec_context
        for packet in itertools.chain(packets, (None,)):
            try:
                frames += context.decode(packet)
            except av.error.FFmpegError:
                continue
            if len(frames) >= _FIRST_FRAMES:
                break
        return frames

    def _end(self) -> int:
        """The end of the last frame; where its packet states no sound duration, the usual one counts."""
        ticks, duration = self.last or self.last_torn or (0, 0)
        steps = [step for step in self.steps if step > 0]
        usual = round(statistics.median(steps)) if steps else duration
        return ticks + (duration if 0 < duration <= 10 * max(usual, 1) else max(usual, 1))

    def _seconds(self, ticks: int) -> float:
        return seconds(ticks, self.time_base)

    def _promised(self, origin: int) -> float | None:
        """Seconds from the first frame on that the file's header states, if it has reason to be believed."""
        if self.stream.frames and self.stream.duration:
            # MP4, AVI: the index counts the frames; only where some are missing is the file cut off.
            return self._seconds(self.stream.duration) if self.packets < self.stream.frames else None
        stated = self.stream.metadata.get("DURATION", "").split(":")
        if "matroska" in self.container.format.name and len(stated) == 3:
            last = int(stated[0]) * 3600 + int(stated[1]) * 60 + float(stated[2])
            return last - self._seconds(origin)
        return None

    def _info(self, first: VideoFrame, origin: int, duration: float, promised: float | None) -> SourceInfo:
        display = display_of(self.stored, self.stream.sample_aspect_ratio, display_matrix(first))
        frames = self.packets - sum(ticks < origin for ticks in self.early)
        rate = frames / duration if duration else None
        late = self._seconds(origin - (self.first if self.first is not None else origin))
        warnings = []
        if not self.stamped:
            warnings.append(f"it has no time stamps; its frames are counted, {rate or 0:.5g} a second")
        if late > _LATE_START:
            warnings.append(f"its first {late:.1f} s cannot be decoded")
        warnings += [
            f"the clock of the recording jumps by {jump.size:+.1f} s; the jump is closed"
            for jump in self.clock.jumps[:_MOST_JUMPS]
        ]
        if _cut_off(promised, duration):
            warnings.append(f"it is cut off: it promises {promised:.1f} s and has {duration:.1f} s")
        return SourceInfo(
            "video",
            *display.size,
            duration=duration,
            frame_rate=rate,
            codec=self.codec,
            rotation=display.rotation,
            mirrored=display.mirrored,
            recorded_at=recorded_by_container(self.container.metadata, self.stream.metadata),
            promised_duration=promised if promised is not None and _cut_off(promised, duration) else duration,
            frames=frames,
            warnings=tuple(warnings),
        )

    def _gaps(self, origin: int, duration: float, promised: float | None) -> list[Gap]:
        gaps = []
        for jump in self.clock.jumps:
            at = max(0.0, self._seconds(jump.at - origin))
            gaps.append(Gap(at, at, f"the clock of the recording jumps by {jump.size:+.1f} s here"))
        if promised is not None and _cut_off(promised, duration):
            gaps.append(Gap(duration, promised, "cut off: the file ends here"))
        return gaps

    def _recovery(self, keys: list[tuple[float, Entry]]) -> float:
        """Seconds from entering at a key frame to the first picture: more than 0 with gradual refresh."""
        if self.codec not in _GRADUAL:
            return 0.0
        time, entry = keys[len(keys) // 2]
        decoder = FrameDecoder(self.path, entry)
        try:
            ticks = next((ticks for ticks, _ in decoder.frames()), entry.origin)
        finally:
            decoder.close()
        return max(0.0, self._seconds(ticks - entry.origin) - time)


def _spans(
    beginning: Entry,
    keys: list[tuple[float, Entry]],
    stretches: list[tuple[float, float]],
    warmup: float,
    gaps: list[Gap],
) -> tuple[Span, ...]:
    """Gives each stretch the last entry that lies at least the warm-up before it, and its gaps."""
    spans, early = [], 0
    for index, (start, end) in enumerate(stretches):
        while early < len(keys) and keys[early][0] <= start - warmup:
            early += 1
        entry = keys[early - 1][1] if early else beginning
        last = index == len(stretches) - 1
        own = tuple(gap for gap in gaps if start <= gap.start and (gap.start < end or last))
        spans.append(Span(index, start, end, entry, own))
    return tuple(spans)


def _cut_off(promised: float | None, duration: float) -> bool:
    return promised is not None and promised - duration > _MISSING
