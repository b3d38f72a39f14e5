from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reseen.errors import UsageError
from reseen.indexing import Clock, Start, parse_time, start_from_name
from reseen.indexing.clock import check_clock, start_of

NEW_YORK, BERLIN = "America/New_York", "Europe/Berlin"


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc]


@pytest.fixture
def kathmandu(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine whose own zone is UTC+05:45 all year."""
    if not hasattr(time, "tzset"):
        pytest.skip("this system cannot change its zone")
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("2026-05-01T08:00:00+02:00", None, utc(2026, 5, 1, 6)),
        ("2026-05-01T08:00:00Z", NEW_YORK, utc(2026, 5, 1, 8)),  # its own zone wins
        ("2026-05-01 08:00", BERLIN, utc(2026, 5, 1, 6)),
        ("2026-01-15 08:00", BERLIN, utc(2026, 1, 15, 7)),  # winter
        ("20260501T080000.250-0330", None, utc(2026, 5, 1, 11, 30, 0, 250_000)),
        ("2026-05-01", BERLIN, utc(2026, 4, 30, 22)),  # midnight there
    ],
)
def test_iso_times_become_utc(text: str, zone: str | None, expected: datetime) -> None:
    moment = parse_time(text, zone)
    assert moment == expected
    assert moment.tzinfo is UTC


def test_daylight_saving_is_that_of_the_day() -> None:
    # Berlin's clocks went back from 3:00 to 2:00 on 2026-10-25: 2:30 comes twice, and the first one is meant.
    assert parse_time("2026-10-25 02:30", BERLIN) == utc(2026, 10, 25, 0, 30)
    assert parse_time("2026-10-25 03:30", BERLIN) == utc(2026, 10, 25, 2, 30)
    # They went forward from 2:00 to 3:00 on 2026-03-29: 2:30 never was; it is what a clock not put forward shows.
    assert parse_time("2026-03-29 01:30", BERLIN) == utc(2026, 3, 29, 0, 30)
    assert parse_time("2026-03-29 02:30", BERLIN) == utc(2026, 3, 29, 1, 30)


def test_without_a_zone_the_machines_own_counts(kathmandu: None) -> None:
    assert parse_time("2026-05-01T08:00:00") == utc(2026, 5, 1, 2, 15)
    assert start_from_name("cam_20260501_080000.mp4", "%Y%m%d_%H%M%S") == utc(2026, 5, 1, 2, 15)


@given(
    st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1)),
    st.integers(-12 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)
def test_every_time_with_a_zone_is_read_as_written(naive: datetime, zone: timezone) -> None:
    assert parse_time(naive.replace(tzinfo=zone).isoformat()) == naive.replace(tzinfo=zone)


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "2026-05-01T25:00", "", "08:00"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not a time; write it like 2026-05-01T08:00:00"):
        parse_time(text)


@pytest.mark.parametrize(
    "text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:00-10:00", "9999-12-31T23:59:59.999-00:01"]
)
def test_a_time_beyond_all_years_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(UsageError, match="outside the years"):
        parse_time(text)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "Europe", "../etc/passwd", "/etc/passwd", "a" * 300, "UT\0C"])
def test_an_unknown_zone_is_refused(zone: str) -> None:
    with pytest.raises(UsageError, match="is not a known time zone; write it like Europe/Berlin"):
        parse_time("2026-05-01T08:00", zone)


@pytest.mark.parametrize(
    ("name", "pattern", "expected"),
    [
        ("cam1_20260501_080000.mp4", "cam1_%Y%m%d_%H%M%S", utc(2026, 5, 1, 8)),
        ("cam1_20260501_080000.mp4", "%Y%m%d_%H%M%S", utc(2026, 5, 1, 8)),  # any part of the name
        ("Gate 3 2026-05-01 08.30.15.mkv", "%Y-%m-%d %H.%M.%S", utc(2026, 5, 1, 8, 30, 15)),
        ("a(1)26-5.mp4", "(%j)%y", None),
        ("a(121)26.mp4", "(%j)%y", utc(2026, 5, 1)),
        ("01May2026-0830PM.avi", "%d%b%Y-%I%M%p", utc(2026, 5, 1, 20, 30)),
        ("x_20260501T080000+0200.mp4", "%Y%m%dT%H%M%S%z", utc(2026, 5, 1, 6)),
        ("x_20260501T080000Z.mp4", "%Y%m%dT%H%M%S%z", utc(2026, 5, 1, 8)),
        ("100%_20260501.mp4", "100%%_%Y%m%d", utc(2026, 5, 1)),
        ("20260501_080000_250.mp4", "%Y%m%d_%H%M%S_%f", utc(2026, 5, 1, 8, 0, 0, 250_000)),
        ("clip.mp4", "%Y%m%d", None),
        ("cam1_20261301.mp4", "%Y%m%d", None),  # there is no 13th month
        ("a.20260501", "a.%Y%m%d", utc(2026, 5, 1)),
        ("ab20260501", "a.%Y%m%d", None),  # a dot in a pattern is a dot
    ],
)
def test_times_in_names(name: str, pattern: str, expected: datetime | None) -> None:
    assert start_from_name(name, pattern, "UTC") == expected


def test_numbers_before_the_time_do_not_hide_it() -> None:
    # 12345678_202605 has the form of a time, but there is no month 56.
    assert start_from_name("12345678_20260501_080000.mp4", "%Y%m%d_%H%M%S", "UTC") == utc(2026, 5, 1, 8)
    assert start_from_name("99999999-20260501.mp4", "%Y%m%d", "UTC") == utc(2026, 5, 1)


def test_a_name_is_read_in_the_zone_of_the_recorder() -> None:
    assert start_from_name("20260501_080000.mp4", "%Y%m%d_%H%M%S", BERLIN) == utc(2026, 5, 1, 6)
    assert start_from_name("20260101_080000.mp4", "%Y%m%d_%H%M%S", NEW_YORK) == utc(2026, 1, 1, 13)


@given(st.datetimes(datetime(1971, 1, 1), datetime(9998, 1, 1)).map(lambda moment: moment.replace(microsecond=0)))
def test_a_recorders_own_names_are_read_back(moment: datetime) -> None:
    name = f"NVR2_ch07_{moment:%Y%m%d%H%M%S}_main.mp4"
    assert start_from_name(name, "_%Y%m%d%H%M%S_", "UTC") == moment.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("%Y%m%d_%Q", "unknown field %Q"),
        ("%Y%m%d%", "unknown field %;"),
        ("cam_%H%M%S", "no year"),
        ("cam", "no year"),
        ("%Y_%H%M%S", "no day"),
        ("%Y%m", "no day"),
        ("%Y%d", "no day"),
        ("%Y%m%d_%Y", "%Y twice"),
    ],
)
def test_patterns_that_give_no_date_are_refused(pattern: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        start_from_name("cam_20260501.mp4", pattern)
    with pytest.raises(UsageError, match=words):
        check_clock(Clock(name_pattern=pattern))


def test_the_clock_is_read_from_the_first_that_knows() -> None:
    recorded = datetime(2026, 5, 1, 9, tzinfo=timezone(timedelta(hours=2)))
    name, pattern = "20260501_080000.mp4", "%Y%m%d_%H%M%S"
    every = Clock("2026-05-01T06:00:00Z", pattern, "UTC")
    assert start_of(name, recorded, every) == Start(utc(2026, 5, 1, 6), "given")
    assert start_of(name, recorded, Clock(None, pattern, "UTC")) == Start(utc(2026, 5, 1, 8), "name")
    assert start_of("clip.mp4", recorded, Clock(None, pattern, "UTC")) == Start(utc(2026, 5, 1, 7), "metadata")
    assert start_of("clip.mp4", None, Clock(None, pattern, "UTC")) is None
    assert start_of("clip.mp4", recorded, Clock(metadata=False)) is None


def test_a_clock_that_can_be_used_passes() -> None:
    check_clock(Clock())
    check_clock(Clock("2026-05-01T08:00", "%Y%m%d", BERLIN))
    with pytest.raises(UsageError, match="not a time"):
        check_clock(Clock(start="soon"))
    with pytest.raises(UsageError, match="not a known time zone"):
        check_clock(Clock(zone="Nowhere"))
