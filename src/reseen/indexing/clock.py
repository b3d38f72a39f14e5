"""Wall-clock starts of footage: given, read from the file name, or from the file's own metadata."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
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
    return _to_utc(moment, zone)


def start_from_name(name: str, pattern: str, zone: str | None = None) -> datetime | None:
    """Find a time in a file's name by a ``strptime`` pattern; None where the name does not match.

    The pattern may describe a part of the name: ``%Y%m%d_%H%M%S`` finds ``20260501_080000`` in
    ``cam1_20260501_080000.mp4``.

    Raises:
        UsageError: The pattern has an unknown field or no year.
    """
    expression, plain = _compile(pattern)
    found = expression.search(name)
    if found is None:
        return None
    try:
        moment = datetime.strptime(found.group(0), plain)  # noqa: DTZ007 - a zone is given below
    except ValueError:
        return None
    return _to_utc(moment, zone)


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


def _compile(pattern: str) -> tuple[re.Pattern[str], str]:
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
        seen.add(code)
        parts.append(f"(?:{_FIELDS[code]})")
        position += 2
    if not seen & {"Y", "y"}:
        raise UsageError(
            f"the pattern '{pattern}' has no year (%Y); without a date a start time means nothing"
        )
    return re.compile("".join(parts)), pattern


def _to_utc(moment: datetime, zone: str | None) -> datetime:
    if moment.tzinfo is None:
        if zone is None:
            moment = moment.astimezone()
        else:
            try:
                moment = moment.replace(tzinfo=ZoneInfo(zone))
            except (ZoneInfoNotFoundError, ValueError) as error:
                raise UsageError(f"'{zone}' is not a known time zone; write it like Europe/Berlin") from error
    return moment.astimezone(UTC)
