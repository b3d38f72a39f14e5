"""Wall-clock starts of footage: given, read from the file name, or from the file's own metadata."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from reseen.errors import UsageError
from reseen.indexing.settings import Clock

StartedFrom = Literal["given", "name", "metadata"]

_FIELDS = {
    "Y": r"\d{4}", "y": r"\d{2}", "m": r"\d{2}", "d": r"\d{2}", "H": r"\d{2}", "I": r"\d{2}", "M": r"\d{2}",
    "S": r"\d{2}", "f": r"\d{1,6}", "j": r"\d{3}", "p": r"[AaPp][Mm]", "b": r"[A-Za-z]{3}", "B": r"[A-Za-z]+",
    "z": r"[+-]\d{2}:?\d{2}|Z", "%": "%",
}  # fmt: skip


AUTO = "auto"
"""A pattern that stands for the usual ways of writing a time into a file's name."""

_USUAL = (
    *(
        f"%Y{day}%m{day}%d{between}%H{time}%M{time}%S"
        for day in ("-", "_", ".", "")
        for between in ("_", "-", " ", "T", "")
        for time in ("-", "_", ".", ":", "")
        # All digits in one is the last resort, below.
        if day or between or time
    ),
    "%Y%m%d%H%M%S",
)
_EARLIEST = 1990
_DIGITS = 14


@dataclass(frozen=True)
class Start:
    """A wall-clock start in UTC and where it was read."""

    at: datetime
    origin: StartedFrom


def parse_time(text: str, zone: str | None = None) -> datetime:
    """Read an ISO 8601 time; one without a zone is taken in ``zone``, else in the machine's own.

    Raises:
        UsageError: The text is no time, or the zone is unknown.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"'{text}' is not a time; write it like 2026-05-01T08:00:00+02:00") from error
    try:
        return _to_utc(moment, _zone(zone))
    except (OverflowError, ValueError) as error:
        raise UsageError(f"'{text}' lies outside the years that a clock can show") from error


def start_from_name(name: str, pattern: str, zone: str | None = None) -> datetime | None:
    """Find a time in a file's name by a ``strptime`` pattern; None where the name does not match.

    The pattern may describe a part of the name: ``%Y%m%d_%H%M%S`` finds ``20260501_080000`` in
    ``cam1_20260501_080000.mp4``. The first place that is a time counts; digits that are none are passed over. The
    pattern ``auto`` stands for the usual ways of writing date and time, to the second.

    Raises:
        UsageError: The pattern has an unknown field or no date, or the zone is unknown.
    """
    if pattern == AUTO:
        return _usual_start(name, zone)
    expression, known_zone = _compile(pattern), _zone(zone)
    at = 0
    while (found := expression.search(name, at)) is not None:
        moment = _read(found.group(0), pattern, known_zone)
        if moment is not None:
            return moment
        at = found.start() + 1
    return None


def check_clock(clock: Clock) -> None:
    """Refuse a clock that cannot be used for any file.

    Raises:
        UsageError: The start is no time, the pattern has an unknown field or no date, or the zone is unknown.
    """
    _zone(clock.zone)
    if clock.start is not None:
        parse_time(clock.start, clock.zone)
    if clock.name_pattern is not None and clock.name_pattern != AUTO:
        _compile(clock.name_pattern)


def start_of(name: str, recorded_at: datetime | None, clock: Clock) -> Start | None:
    """The wall-clock start of one file by the first of: given, name, metadata.

    Args:
        name: The file's name with its ending.
        recorded_at: The file's own time (aware), if it has one.
        clock: What may be used.
    """
    if clock.start is not None:
        return Start(parse_time(clock.start, clock.zone), "given")
    if clock.name_pattern is not None:
        moment = start_from_name(name, clock.name_pattern, clock.zone)
        if moment is not None:
            return Start(moment, "name")
    if clock.metadata and recorded_at is not None:
        return Start(recorded_at.astimezone(UTC), "metadata")
    return None


def _usual_start(name: str, zone: str | None) -> datetime | None:
    """A time written in one of the usual ways, if it is one at which somebody may have recorded something."""
    if len(re.findall(r"\d", name)) < _DIGITS:
        return None
    latest = datetime.now(UTC) + timedelta(days=1)
    for pattern in _USUAL:
        moment = start_from_name(name, pattern, zone)
        if moment is not None and moment.year >= _EARLIEST and moment <= latest:
            return moment
    return None


def _read(text: str, pattern: str, zone: ZoneInfo | None) -> datetime | None:
    try:
        return _to_utc(datetime.strptime(text, pattern), zone)
    except (OverflowError, ValueError):
        return None


def _compile(pattern: str) -> re.Pattern[str]:
    parts: list[str] = []
    seen: set[str] = set()
    position = 0
    while position < len(pattern):
        character = pattern[position]
        if character != "%":
            parts.append(re.escape(character))
            position += 1
            continue
        code = pattern[position + 1 : position + 2]
        if code not in _FIELDS:
            raise UsageError(f"the pattern '{pattern}' has an unknown field %{code}; use %Y %m %d %H %M %S")
        if code in seen and code != "%":
            raise UsageError(
                f"the pattern '{pattern}' has the field %{code} twice; write the second in plain characters"
            )
        seen.add(code)
        parts.append(f"(?:{_FIELDS[code]})")
        position += 2
    if not seen & {"Y", "y"}:
        raise UsageError(f"the pattern '{pattern}' has no year (%Y); without a date a start time means nothing")
    if "j" not in seen and not ("d" in seen and seen & {"m", "b", "B"}):
        raise UsageError(f"the pattern '{pattern}' has no day (%m%d); without a date a start time means nothing")
    return re.compile("".join(parts))


def _zone(name: str | None) -> ZoneInfo | None:
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError, ValueError) as error:
        raise UsageError(f"'{name}' is not a known time zone; write it like Europe/Berlin") from error


def _to_utc(moment: datetime, zone: ZoneInfo | None) -> datetime:
    """The moment in UTC; without a zone of its own it is taken in ``zone``, else in the machine's."""
    if moment.tzinfo is None and zone is not None:
        moment = moment.replace(tzinfo=zone)
    return moment.astimezone(UTC)
