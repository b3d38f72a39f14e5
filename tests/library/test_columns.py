from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert
from sqlalchemy.exc import StatementError

from library.samples import new_source
from reseen.library import Filter, Store
from reseen.library.columns import FileText, UtcDateTime, aware
from reseen.library.tables import AuditRow


@given(st.datetimes(timezones=st.timezones() | st.just(UTC), min_value=datetime(1950, 1, 1)))
def test_a_moment_stays_the_same_moment(moment: datetime) -> None:
    column = UtcDateTime()
    back = column.process_result_value(column.process_bind_param(moment, None), None)  # type: ignore[arg-type]
    assert back == moment.astimezone(UTC)
    assert back is not None
    assert back.utcoffset() == timedelta(0)


def test_naive_times_are_refused_everywhere(store: Store) -> None:
    naive = datetime(2026, 5, 1, 8, 0)
    with pytest.raises(ValueError, match="needs a zone"):
        aware(naive)
    with pytest.raises(ValueError, match="needs a zone"):
        new_source("a.mp4", started_at=naive)
    with pytest.raises(ValueError, match="needs a zone"):
        Filter(start=naive)
    source = store.add_source(new_source("a.mp4"))
    with pytest.raises(ValueError, match="needs a zone"):
        store.set_start(source.id, naive)
    with pytest.raises(StatementError, match="needs a zone"), store._db.write() as session:
        session.execute(insert(AuditRow).values(at=naive, who="", action="", detail="", photos=""))


def test_wall_clock_is_stored_in_utc(store: Store) -> None:
    berlin = datetime(2026, 5, 1, 8, 0, tzinfo=timezone(timedelta(hours=2)))
    source = store.add_source(new_source("a.mp4", started_at=berlin))
    assert source.started_at == berlin
    assert source.started_at.isoformat() == "2026-05-01T06:00:00+00:00"
    with store._db.read() as session:
        stored = session.connection().exec_driver_sql("SELECT started_at FROM sources").scalar()
    assert stored == "2026-05-01 06:00:00.000000"


@given(st.text(st.characters(exclude_categories=["Cs"]) | st.characters(min_codepoint=0xDC80, max_codepoint=0xDCFF)))
def test_any_file_name_survives(name: str) -> None:
    # The characters that stand in for bytes are themselves no part of any name.
    if any(0x10FF00 <= ord(c) < 0x10FF80 for c in name):
        return
    column = FileText()
    stored = column.process_bind_param(name, None)  # type: ignore[arg-type]
    assert stored is not None
    stored.encode("utf-8")
    assert column.process_result_value(stored, None) == name  # type: ignore[arg-type]


def test_a_source_with_an_undecodable_name_is_kept(store: Store) -> None:
    name = os.fsdecode(b"\xfcberwachung.avi") if os.name != "nt" else "überwachung.avi"
    source = store.add_source(new_source("x.mp4", camera=name))
    store.relink(source.id, Path("/footage") / name, source.sha256, shown=name)
    kept = store.source(source.id)
    assert kept.path == Path("/footage") / name
    assert (kept.shown, kept.camera) == (name, name)
    assert store.source_by_path(Path("/footage") / name) == kept
    assert store.find_sources(name) == (kept,)


def test_stored_text_is_plain_utf8(store: Store) -> None:
    store.set_areas("Tür 東", "{}")
    with store._db.read() as session:
        assert session.connection().exec_driver_sql("SELECT name FROM cameras").scalar() == "Tür 東"
