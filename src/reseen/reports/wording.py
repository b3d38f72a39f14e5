"""Times, numbers and certainty in plain words, the same in every report."""

from __future__ import annotations

from datetime import datetime


def length(seconds: float) -> str:
    """How long: ``11.4 s``, ``8 min 20 s``, ``12 h 40 min``."""
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min" + (f" {whole % 60} s" if whole % 60 else "")
    minutes = round(seconds / 60)
    return f"{minutes // 60:,} h" + (f" {minutes % 60} min" if minutes % 60 else "")


def count(number: int, one: str, many: str | None = None) -> str:
    """A number of things: ``1 camera``, ``3,100 people``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def wall(moment: datetime) -> str:
    """A wall-clock time of this machine's zone, with the zone: ``2026-05-01 10:34:05 CEST``."""
    local = moment.astimezone()
    return f"{local:%Y-%m-%d %H:%M:%S} {local.tzname() or local.strftime('%z')}"


def by_chance(value: float, at_most: bool) -> str:
    """How many matches chance would give: ``about 0.4``, ``fewer than 0.01``."""
    if value < 0.01:
        return "fewer than 0.01"
    number = f"{value:,.0f}" if value >= 9.95 else f"{value:.1f}" if value >= 0.095 else f"{value:.2f}"
    return f"{'fewer than' if at_most else 'about'} {number}"


def false_matches(value: float, at_most: bool, people: int) -> str:
    """The same in a sentence: ``about 0.4 false matches expected among 3,100 people``."""
    return f"{by_chance(value, at_most)} false matches expected among {count(people, 'person', 'people')}"
