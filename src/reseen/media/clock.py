"""Time: the container's time stamps made to run on, and the choice of frames by time."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from av.packet import Packet
from av.video.stream import VideoStream

JUMP_SECONDS = 10.0
"""A clock that goes forward by more between two packets has jumped (in formats in which clocks do that)."""

BACKWARD_SECONDS = 0.5
"""A clock that goes back by more has started again; by less it is a slip of the muxer and left alone."""

_GRID_TOLERANCE = 1e-6
"""Share of a grid step by which a frame may come early and still be on the grid (rounded time stamps)."""


@dataclass(frozen=True)
class ClockJump:
    """A place at which the recording's own clock jumped and was closed.

    Attributes:
        at: Closed ticks of the first packet after the jump.
        size: Seconds by which the clock jumped; negative when it went back.
    """

    at: int
    size: float


class ClosedClock:
    """Turns a container's time stamps into ticks that run on where its clock jumps.

    MPEG-TS and its like may change their clock in the middle of a file. The step over such a place is
    replaced by the duration of the packet before it, so that the footage after it follows at once. Everywhere
    else (MP4, Matroska) a step forward is time that really passed, and only steps back are closed. Packets
    without any time stamp are counted.

    The rule looks at neighbouring packets alone: a reader that starts in the middle with the right ``offset``
    gets the same ticks as one that starts at the beginning.

    Attributes:
        offset: Ticks added to the container's time stamps now.
        jumps: The places closed so far.
    """

    def __init__(self, time_base: Fraction, step: int, may_jump: bool, offset: int = 0) -> None:
        """Starts a clock.

        Args:
            time_base: Seconds of a tick.
            step: Ticks a frame lasts where its packet does not say.
            may_jump: Whether large steps forward are jumps of the clock, not time that passed.
            offset: Ticks to add at the start.
        """
        self.offset = offset
        self.jumps: list[ClockJump] = []
        self._step = max(1, step)
        self._forward = math.ceil(JUMP_SECONDS / time_base) if may_jump else None
        self._backward = math.ceil(BACKWARD_SECONDS / time_base)
        self._time_base = time_base
        self._last: int | None = None
        self._duration = self._step

    def close(self, packet: Packet[VideoStream]) -> None:
        """Rewrites the packet's time stamps, so that it has a ``pts`` and a duration afterwards."""
        duration = packet.duration = packet.duration or self._step
        stamp = packet.dts
        if stamp is None and packet.pts is not None:
            # The first packets of some files have no decoding time; they say nothing about jumps.
            packet.pts += self.offset
            return
        if stamp is None:
            if self._last is None:
                # No clock at all: the next tick after what was counted so far.
                packet.pts = packet.dts = self.offset
                self.offset += duration
                return
            stamp = self._last + self._duration
        if self._last is not None:
            delta = stamp - self._last
            if delta < -self._backward or (self._forward is not None and delta > self._forward):
                self.offset -= delta - self._duration
                at = (packet.pts if packet.pts is not None else stamp) + self.offset
                self.jumps.append(ClockJump(at, float(delta * self._time_base)))
        self._last, self._duration = stamp, duration
        packet.pts = (packet.pts if packet.pts is not None else stamp) + self.offset
        packet.dts = stamp + self.offset

    def closed(self, packets: Iterable[Packet[VideoStream]]) -> Iterator[Packet[VideoStream]]:
        """The packets with their time stamps closed; empty ones (the demuxer's last) are left out."""
        for packet in packets:
            if packet.size:
                self.close(packet)
                yield packet


class FramePicker:
    """Chooses frames at a rate: for every ``k / rate`` the first at or after it, each frame at most once.

    The grid is that of the whole source, so the choice does not depend on where reading starts, as long as
    the frame before is known.
    """

    def __init__(self, rate: float, every: bool = False) -> None:
        """Starts with no frame seen.

        Args:
            rate: Frames a second, greater than 0.
            every: Choose all frames.
        """
        self._rate = rate
        self._every = every
        self._cell: int | None = None

    def wants(self, time: float) -> bool:
        """Whether the frame at ``time`` seconds is chosen; times must rise from call to call."""
        cell = grid_cell(time, self._rate)
        chosen = self._every or self._cell is None or cell > self._cell
        self._cell = cell
        return chosen


def grid_cell(time: float, rate: float) -> int:
    """The number of the last grid point ``k / rate`` at or before ``time``."""
    return math.floor(time * rate + _GRID_TOLERANCE)


def seconds(ticks: int, time_base: Fraction) -> float:
    """Ticks as seconds, rounded once."""
    return (ticks * time_base.numerator) / time_base.denominator
