"""An axis of time on which long stretches without footage are cut out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from reseen.searching import merge_intervals

_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)
_MOST_PIECES = 8
_BREAK = 2.0  # width of a cut in percent
_LEAST = 3.0  # width of a piece in percent
_TICK_EVERY = 14.0  # percent between two labels, about
_LABEL = 9.0  # percent that a label takes


@dataclass(frozen=True)
class Piece:
    """A stretch of time: ``start`` to ``end`` in seconds, drawn from ``left`` to ``right`` in percent."""

    start: float
    end: float
    left: float
    right: float


@dataclass(frozen=True)
class Tick:
    """A label on the axis: at ``x`` percent; ``day`` where another day begins; ``minor`` may be left out."""

    x: float
    label: str
    day: str
    minor: bool


@dataclass(frozen=True)
class Axis:
    """A map from seconds to percent of the width, straight within each piece.

    Attributes:
        pieces: In order of time.
    """

    pieces: tuple[Piece, ...]

    @staticmethod
    def over(stretches: Sequence[tuple[float, float]]) -> Axis:
        """The axis on which all stretches (seconds) have a place, and what lies between them little."""
        shortest = sum(end - start for start, end in merge_intervals(stretches, 0.0)) * 0.08
        gap = max(shortest, 60.0)
        kept = merge_intervals(stretches, gap)
        while len(kept) > _MOST_PIECES:
            gap *= 2
            kept = merge_intervals(stretches, gap)
        room = 100.0 - _BREAK * (len(kept) - 1) - _LEAST * len(kept)
        total = sum(max(end - start, 1.0) for start, end in kept)
        pieces: list[Piece] = []
        left = 0.0
        for start, end in kept:
            right = left + _LEAST + room * max(end - start, 1.0) / total
            pieces.append(Piece(start, max(end, start + 1.0), left, right))
            left = right + _BREAK
        return Axis(tuple(pieces))

    def x(self, time: float) -> float:
        """The place of a time in percent; what lies in no piece is put on the nearest edge."""
        piece = min(self.pieces, key=lambda p: max(p.start - time, time - p.end, 0.0))
        share = (min(max(time, piece.start), piece.end) - piece.start) / (piece.end - piece.start)
        return piece.left + share * (piece.right - piece.left)

    @property
    def breaks(self) -> tuple[float, ...]:
        """The middles of the cuts, in percent."""
        return tuple(piece.right + _BREAK / 2 for piece in self.pieces[:-1])

    def ticks(self, *, wall: bool) -> tuple[Tick, ...]:
        """Labels at round times: of this machine's clock, or seconds since the start of the footage."""
        ticks: list[Tick] = []
        day = ""
        for x, time in self._places(wall):
            moment = datetime.fromtimestamp(time, UTC).astimezone() if wall else None
            today = f"{moment:%Y-%m-%d}" if moment else ""
            ticks.append(Tick(x, _label(time, moment), today if today != day else "", len(ticks) % 2 == 1))
            day = today
        return tuple(ticks)

    def _places(self, wall: bool) -> list[tuple[float, float]]:
        """Percent and time of the labels; where two are too near, the start of a piece goes before others."""
        kept: list[tuple[float, float, bool]] = []
        for piece in self.pieces:
            for time in _round_times(piece, wall):
                x, first = self.x(time), time == piece.start
                if first and kept and x - kept[-1][0] < _LABEL and not kept[-1][2]:
                    kept.pop()
                if not kept or x - kept[-1][0] >= _LABEL:
                    kept.append((x, time, first))
        return [(x, time) for x, time, _ in kept]


def _round_times(piece: Piece, wall: bool) -> list[float]:
    """The start of a piece and the round times in it."""
    wanted = (piece.end - piece.start) * _TICK_EVERY / (piece.right - piece.left)
    step = next((step for step in _STEPS if step >= wanted), 0) or math.ceil(wanted / 86400) * 86400
    offset = 0.0
    if wall:
        zone = datetime.fromtimestamp(piece.start, UTC).astimezone().utcoffset()
        offset = 0.0 if zone is None else zone.total_seconds()
    first = math.ceil((piece.start + offset) / step) * step - offset
    number = max(int((piece.end - first) // step) + 1, 0)
    times = [first + step * index for index in range(number)]
    near = times and times[0] - piece.start < step * 0.2
    return [piece.start, *times[1:]] if near else [piece.start, *times]


def _label(time: float, moment: datetime | None) -> str:
    if moment is not None:
        return f"{moment:%H:%M:%S}" if moment.second else f"{moment:%H:%M}"
    whole = round(time)
    hours, minutes, seconds = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"
