"""Column types: moments in UTC, and text that came from file names."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import DateTime, Dialect, String
from sqlalchemy.types import TypeDecorator


def aware(moment: datetime) -> datetime:
    """The same moment in UTC.

    Raises:
        ValueError: The datetime is naive: it does not say in which zone it was read.
    """
    if moment.tzinfo is None or moment.utcoffset() is None:
        raise ValueError(f"a wall-clock time needs a zone: {moment!r} has none")
    return moment.astimezone(UTC)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment, stored in UTC to the microsecond; naive datetimes are refused (``ValueError``)."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC, as SQLite stores no zone."""
        return None if value is None else aware(value).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Back to an aware datetime in UTC."""
        return None if value is None else value.replace(tzinfo=UTC)


# A file name on Linux is bytes. Those that are no UTF-8 reach Python as lone surrogates, which SQLite cannot
# store as text; each travels as a private-use character of the last plane, and back.
_OUT = {0xDC80 + i: 0x10FF00 + i for i in range(0x80)}
_BACK = {private: surrogate for surrogate, private in _OUT.items()}


class FileText(TypeDecorator[str]):
    """Text that may come from a file name, undecodable bytes included."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Lone surrogates out of the way."""
        return None if value is None else value.translate(_OUT)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """Lone surrogates back in their place."""
        return None if value is None else value.translate(_BACK)
