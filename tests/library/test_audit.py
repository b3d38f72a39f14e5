from __future__ import annotations

import getpass
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from library.samples import MODELS
from reseen.library import Store, UnknownRowError


def test_entries_come_out_as_they_went_in(store: Store) -> None:
    before = datetime.now(UTC)
    number = store.record(
        "search",
        {"threshold": 0.5, "name": "Tür"},
        photos=["a" * 64, "b" * 64],
        filters={"cameras": ["Gate*"]},
        results=3,
    )
    [entry] = store.audit()
    assert entry.id == number
    assert before <= entry.at <= datetime.now(UTC)
    assert entry.who == getpass.getuser()
    assert entry.action == "search"
    assert json.loads(entry.detail) == {"threshold": 0.5, "name": "Tür"}
    assert entry.photos == ("a" * 64, "b" * 64)
    assert json.loads(entry.filters or "") == {"cameras": ["Gate*"]}
    assert entry.results == 3


def test_entries_can_be_chosen(store: Store) -> None:
    for i in range(5):
        store.record("search" if i % 2 else "export", {"i": i}, who="token x")
    assert [json.loads(entry.detail)["i"] for entry in store.audit()] == [0, 1, 2, 3, 4]
    assert [json.loads(entry.detail)["i"] for entry in store.audit(limit=2)] == [3, 4]
    assert len(store.audit(action="search")) == 2
    assert store.audit(since=datetime.now(UTC) + timedelta(seconds=1)) == ()
    assert len(store.audit(since=store.audit()[2].at)) == 3
    assert {entry.who for entry in store.audit()} == {"token x"}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET who = 'nobody'",
        "DELETE FROM audit",
        "INSERT OR REPLACE INTO audit (id, at, who, action, detail, photos) VALUES (1, '', '', '', '', '')",
    ],
)
def test_the_log_can_only_grow(store: Store, statement: str) -> None:
    store.record("search", {})
    before = store.audit()
    with pytest.raises(IntegrityError, match="the audit log can only grow"), store._db.write() as session:
        session.connection().exec_driver_sql(statement)
    assert store.audit() == before


def test_a_search_is_recorded_while_another_process_writes(store: Store, folder: Path) -> None:
    with Store.open(folder) as reader:
        assert reader.record("search", {}) == 1
    assert len(store.audit()) == 1


def test_a_user_without_a_name_is_recorded_all_the_same(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def nameless() -> str:
        raise OSError("no username set in the environment")

    monkeypatch.setattr(getpass, "getuser", nameless)
    store.record("search", {})
    assert store.audit()[0].who == "unknown"


def test_the_log_outlives_what_it_tells_of(folder: Path) -> None:
    with Store.create(folder, MODELS) as store:
        store.record("search", {}, photos=["c" * 64])
        store.remove(store.plan_removal(cameras=["*"]), vacuum=True)
    with Store.open(folder) as store:
        assert [entry.action for entry in store.audit()] == ["search", "remove"]


def test_a_page_of_the_log_is_newest_first(store: Store) -> None:
    for i in range(6):
        store.record("search" if i % 2 else "export", {}, who="Ann" if i < 3 else "Bob")
    assert [entry.id for entry in store.audit_page(limit=2)] == [6, 5]
    assert [entry.id for entry in store.audit_page(before=5, limit=2)] == [4, 3]
    assert [entry.id for entry in store.audit_page(action="search", who="Bob")] == [6, 4]
    assert [entry.id for entry in store.audit_page(since=store.audit_entry(5).at)] == [6, 5]
    with pytest.raises(UnknownRowError):
        store.audit_entry(7)


def test_a_thumbnail_lies_beside_its_entry(store: Store) -> None:
    with_one = store.record("search", {}, thumbnail=b"\xff\xd8small")
    without = store.record("search", {})
    assert store.audit_thumbnail(with_one) == b"\xff\xd8small"
    assert store.audit_thumbnails([with_one, without]) == {with_one: True}
    with pytest.raises(UnknownRowError):
        store.audit_thumbnail(without)
