"""One passage over all packets of a video, without decoding more than its first frames."""

from __future__ import annotations

import itertools
import re
import statistics
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from fractions import Fraction
from os import PathLike

import av.error
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from reseen.media.clock import ClockJump, seconds
from reseen.media.container import open_video
from reseen.media.errors import MediaError
from reseen.media.packets import clock_may_jump, clock_of, readable_packets
from reseen.media.picture import Display, display_matrix, display_of
from reseen.media.segments import Entry

_KEY_DISTANCE = 0.5
_FIRST_FRAMES = 12
_STEPS = 500
_CLOCK_TIME = re.compile(r"(\d+):(\d\d):(\d\d(?:\.\d+)?)")


@dataclass(frozen=True)
class Passage:
    """What the packets of a video tell.

    Attributes:
        codec: Name of the coding of its pictures.
        display: How they are shown.
        origin: Ticks of the first frame.
        time_base: Seconds of a tick.
        duration: Seconds from the first frame to the end of the last.
        late: Seconds before the first frame that cannot be decoded.
        frames: Packets from the first frame on.
        stamped: Whether packets have time stamps at all.
        keys: Times in seconds of the key frames and how to enter there, at least half a second apart; the
            first is the beginning.
        jumps: Where its clock jumped.
        promised: Seconds that its header states, if it has reason to be believed.
        metadata: That of the container and that of the stream.
    """

    codec: str
    display: Display
    origin: int
    time_base: Fraction
    duration: float
    late: float
    frames: int
    stamped: bool
    keys: tuple[tuple[float, Entry], ...]
    jumps: tuple[ClockJump, ...]
    promised: float | None
    metadata: tuple[dict[str, str], dict[str, str]]


def pass_over(path: str | PathLike[str]) -> Passage:
    """Reads a video's packets from end to end.

    Raises:
        MediaError: If it cannot be opened, or not one picture of it be decoded.
    """
    container, stream = open_video(path)
    with closing(container):
        return _Watcher(container, stream).passage(path)


class _Watcher:
    """What has been seen so far, in ticks of the closed clock."""

    def __init__(self, container: InputContainer, stream: VideoStream) -> None:
        self.container = container
        self.stream = stream
        self.time_base = stream.time_base or Fraction(1, 1000)
        self.clock = clock_of(container, stream)
        self.count = 0
        self.early: list[int] = []
        self.stamped = False
        self.first: int | None = None
        self.last: tuple[int, int] | None = None  # ticks and duration of the last whole packet
        self.last_torn: tuple[int, int] | None = None
        self.keys: list[tuple[int, Entry]] = []
        self.steps: list[int] = []

    def passage(self, path: str | PathLike[str]) -> Passage:
        stored = (self.stream.codec_context.width, self.stream.codec_context.height)
        packets = self._watched()
        frames = self._first_frames(packets)
        if not frames:
            raise MediaError(path, "not one picture in it could be decoded")
        for _ in packets:
            pass
        stamps = [frame.pts for frame in frames if frame.pts is not None]
        in_order = self.stamped and bool(stamps) and stamps == sorted(stamps)
        origin = stamps[0] if in_order else self.keys[0][0] if self.keys else min(stamps, default=0)
        entries = [(0.0, Entry(origin, in_order=in_order))]
        entries += [
            (self._seconds(ticks - origin), replace(entry, origin=origin, in_order=in_order))
            for ticks, entry in self.keys
            if ticks > origin
        ]
        return Passage(
            codec=self.stream.codec_context.name,
            display=display_of(stored, self.stream.sample_aspect_ratio, display_matrix(frames[0])),
            origin=origin,
            time_base=self.time_base,
            duration=max(0.0, self._seconds(self._end() - origin)),
            late=self._seconds(origin - (origin if self.first is None else self.first)),
            frames=self.count - sum(ticks < origin for ticks in self.early),
            stamped=self.stamped,
            keys=tuple(entries),
            jumps=tuple(self.clock.jumps),
            promised=self._promised(origin),
            metadata=(self.container.metadata, self.stream.metadata),
        )

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
            ticks = packet.pts or 0
            self.count += 1
            self.stamped |= stamp is not None
            if len(self.early) < _STEPS:
                self.early.append(ticks)
                if before is not None and packet.dts is not None:
                    self.steps.append(packet.dts - before)
            before = packet.dts
            if packet.is_keyframe and (not self.keys or ticks >= self.keys[-1][0] + near):
                position = packet.pos if by_position or stamp is None else None
                offset = ticks if stamp is None else self.clock.offset
                self.keys.append((ticks, Entry(0, stamp, position, offset)))
            if not packet.is_discard:
                self._note_end(ticks, packet.duration or 0, packet.is_corrupt)
            yield packet

    def _note_end(self, ticks: int, duration: int, torn: bool) -> None:
        end = (ticks, duration)
        self.first = ticks if self.first is None else min(self.first, ticks)
        if torn:
            self.last_torn = max(self.last_torn or end, end)
        else:
            self.last = max(self.last or end, end)

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
        usual = max(1, round(statistics.median(steps)) if steps else duration)
        return ticks + (duration if 0 < duration <= 10 * usual else usual)

    def _promised(self, origin: int) -> float | None:
        if self.stream.frames and self.stream.duration:
            # MP4, AVI: the index counts the frames; only where some are missing is the file cut off.
            return self._seconds(self.stream.duration) if self.count < self.stream.frames else None
        if "matroska" in self.container.format.name:
            stated = _CLOCK_TIME.fullmatch(self.stream.metadata.get("DURATION", ""))
            if stated:
                last = int(stated[1]) * 3600 + int(stated[2]) * 60 + float(stated[3])
                return last - self._seconds(origin)
        return None

    def _seconds(self, ticks: int) -> float:
        return seconds(ticks, self.time_base)
