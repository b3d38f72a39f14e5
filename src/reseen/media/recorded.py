"""When something was recorded, by its own word, and only with a zone and within reason."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

# Clocks that were never set start at their epoch (1904, 1970, 1980, 2000 with some recorders): believe none.
_EARLIEST = datetime(2000, 1, 2, tzinfo=UTC)
_TOLERANCE = timedelta(days=1)

_EXIF_IFD, _GPS_IFD = 0x8769, 0x8825
_DATE_TIME, _ORIGINAL, _OFFSET_TIME, _OFFSET_ORIGINAL = 0x0132, 0x9003, 0x9010, 0x9011
_GPS_TIME, _GPS_DATE = 7, 29


def recorded_by_container(*metadata: Mapping[str, str]) -> datetime | None:
    """The start of a recording by a container's metadata.

    Args:
        metadata: Of the container, then of the stream, as PyAV gives it.

    Returns:
        UTC, or ``None`` where nothing (credible) is stated or the zone is unknown.
    """
    # Apple's own entry first: it is the start with its zone, where creation_time may be the end.
    for key in ("com.apple.quicktime.creationdate", "creation_time", "date"):
        for entries in metadata:
            when = parsed(next((v for k, v in entries.items() if k.lower() == key), ""))
            if when is not None:
                return when
    return None


def recorded_by_exif(exif: Any) -> datetime | None:
    """When a photo was taken by its EXIF, where that states the zone (or the time of satellites).

    Args:
        exif: A ``PIL.Image.Exif``.
    """
    details, place = exif.get_ifd(_EXIF_IFD), exif.get_ifd(_GPS_IFD)
    for clock, offset in (
        (details.get(_ORIGINAL), details.get(_OFFSET_ORIGINAL)),
        (exif.get(_DATE_TIME), details.get(_OFFSET_TIME)),
    ):
        if isinstance(clock, str) and isinstance(offset, str):
            date, _, time = clock.strip("\0 ").partition(" ")
            when = parsed(f"{date.replace(':', '-')}T{time}{offset.strip(chr(0) + ' ')}")
            if when is not None:
                return when
    with contextlib.suppress(TypeError, ValueError, KeyError):
        hours, minutes, rest = (float(part) for part in place[_GPS_TIME])
        date = str(place[_GPS_DATE]).strip("\0 ").replace(":", "-")
        return parsed(f"{date}T{int(hours):02}:{int(minutes):02}:{int(rest):02}Z")
    return None


def parsed(text: str) -> datetime | None:
    """A date and time with its zone in ISO 8601, as UTC; ``None`` without a zone or beyond belief."""
    try:
        when = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    if when.tzinfo is None:
        return None
    try:
        when = when.astimezone(UTC)
    except (OverflowError, ValueError):
        return None
    return when if _EARLIEST <= when <= datetime.now(UTC) + _TOLERANCE else None
