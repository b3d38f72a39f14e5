from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.samples import OTHER, Gap, add_source, moment_of, result_of
from reseen.library import Store
from reseen.reports import coverage_lines, csv_text, table
from reseen.reports.table import clock
from reseen.reports.wording import by_chance, false_matches, length
from reseen.searching import SearchResult

NINE = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)


@pytest.fixture
def result(store: Store, video: Path) -> SearchResult:
    source = add_source(store, video, shown="gate3.mp4", started_at=NINE, gaps=[Gap(7.0, 7.5, "damaged")])
    return result_of(store, [moment_of(store, source)], below=(moment_of(store, source, OTHER, 0.3),), people=31)


def test_table(result: SearchResult) -> None:
    shown = table(result)
    assert shown.columns == ("source", "camera", "start", "end", "wall clock", "score", "how sure")
    local = datetime(2026, 5, 1, 9, 0, 1, tzinfo=UTC).astimezone()
    assert shown.rows[0] == (
        "gate3.mp4", "Gate 3", "0:01.0", "0:06.0", f"{local:%Y-%m-%d %H:%M:%S %Z}", "0.80", "very likely",
    )  # fmt: skip
    assert shown.rows[1][-1] == "unsure (below threshold)"
    assert shown.summary[0] == "1 moment (5 s) on 1 camera, among 31 tracks of people"
    assert "looked through: 1 source, 0:07.5 of footage" in shown.summary
    assert "not looked through: gate3.mp4 0:07.0 to 0:07.5: damaged" in shown.summary
    assert any("not identity" in line for line in shown.summary)


def test_table_without_clocks_has_no_column_for_them(result: SearchResult) -> None:
    bare = replace(result, moments=(replace(result.moments[0], wall_start=None),), below=())
    assert "wall clock" not in table(bare).columns
    assert len(table(bare).rows[0]) == 6


def test_no_moment(result: SearchResult) -> None:
    none = replace(result, moments=(), below=())
    assert table(none).summary[0].startswith("no moment found among 31 tracks of people (threshold 0.50)")


def test_many_gaps_are_counted(result: SearchResult) -> None:
    gap = result.coverage.skipped[0]
    lines = coverage_lines(replace(result.coverage, skipped=(gap,) * 25, without_clock=3))
    assert sum(line.startswith("not looked through") for line in lines) == 20
    assert any("5 more stretches" in line for line in lines)
    assert lines[-1].startswith("3 sources have no clock")


def test_csv(result: SearchResult) -> None:
    first, second = csv.DictReader(io.StringIO(csv_text(result)))
    assert first["source"] == "gate3.mp4" and first["sure"] == "very likely"
    assert [float(first[name]) for name in ("start", "end", "best_time", "score")] == [1.0, 6.0, 3.6, 0.8]
    assert [float(first[name]) for name in ("x1", "y1", "x2", "y2")] == [120.8, 130.0, 152.8, 220.0]
    assert float(first["expected_false_matches"]) == 0.004
    assert datetime.fromisoformat(first["wall_start"]) == datetime(2026, 5, 1, 9, 0, 1, tzinfo=UTC)
    assert second["sure"] == "unsure"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_csv_runs_no_formula(result: SearchResult, start: str) -> None:
    evil = f"{start}HYPERLINK(1)\n,x"
    moment = replace(result.moments[0], source=evil, camera=evil)
    (row,) = csv.DictReader(io.StringIO(csv_text(replace(result, moments=(moment,), below=())), newline=""))
    assert row["source"] == row["camera"] == f"'{evil}"


def test_csv_keeps_odd_names_whole(result: SearchResult) -> None:
    odd = 'a "quoted", name; 中文.mp4'
    moment = replace(result.moments[0], source=odd)
    (row,) = csv.DictReader(io.StringIO(csv_text(replace(result, moments=(moment,), below=()))))
    assert row["source"] == odd


@given(st.integers(0, 10_000_000))
def test_clock_can_be_read_back(tenths: int) -> None:
    parts = [float(part) for part in clock(tenths / 10).split(":")]
    seconds = sum(part * 60**power for power, part in enumerate(reversed(parts)))
    assert round(seconds * 10) == tenths
    assert all(part < 60 for part in parts[1:])


def test_lengths() -> None:
    assert [length(value) for value in (0, 11.44, 59.96, 60, 500, 3600, 45_600)] == [
        "0.0 s", "11.4 s", "1 min", "1 min", "8 min 20 s", "1 h", "12 h 40 min",
    ]  # fmt: skip


def test_chance() -> None:
    assert by_chance(1e-9, False) == by_chance(0.009, True) == "fewer than 0.01"
    assert [by_chance(value, False) for value in (0.062, 0.37, 4.84, 123.4)] == [
        "about 0.06", "about 0.4", "about 4.8", "about 123",
    ]  # fmt: skip
    assert false_matches(0.5, True, 1) == "fewer than 0.5 false matches expected among 1 person"
