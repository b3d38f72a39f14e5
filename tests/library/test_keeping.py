from __future__ import annotations

import json
from pathlib import Path

import pytest

from reseen.library import LibraryError, Retention, Store, UnknownRowError


def test_settings_come_out_as_they_went_in(store: Store, folder: Path) -> None:
    assert store.setting("language") is None
    assert store.setting("language", "en") == "en"
    with Store.open(folder) as reader:
        reader.set_setting("language", "zh", "Ann")
        reader.set_setting("language", "zh", "Ann")
    assert store.setting("language", "en") == "zh"
    [entry] = store.audit()
    assert (entry.action, entry.who) == ("setting", "Ann")
    assert json.loads(entry.detail) == {"setting": "language", "from": None, "to": "zh"}


def test_retention_is_for_all_cameras_but_the_exceptions(store: Store) -> None:
    assert store.retention() == Retention()
    store.set_retention(Retention(30, {"Gate": 7, "Vault": None}))
    held = store.retention()
    assert [held.of(camera) for camera in ("Gate", "Vault", "Yard")] == [7, None, 30]
    for wrong in (Retention(0), Retention(None, {"Gate": -1}), Retention(float("inf")), Retention(float("nan"))):
        with pytest.raises(LibraryError, match="number of days above 0"):
            store.set_retention(wrong)
    assert store.retention() == held


def test_watched_folders(store: Store, tmp_path: Path) -> None:
    one = store.add_watched(tmp_path / "in", "Gate", "Ann", {"zone": "Europe/Berlin"})
    assert (one.folder, one.camera, one.options, one.looked_at) == (
        tmp_path / "in", "Gate", {"zone": "Europe/Berlin"}, None,
    )  # fmt: skip
    assert store.add_watched(tmp_path / "in", None, "Bob").id == one.id
    store.watched_looked(one.id, "cannot be read")
    [held] = store.watched()
    assert (held.camera, held.problem) == (None, "cannot be read")
    assert held.looked_at is not None
    store.take_watched_files(one.id, [(tmp_path / "in" / "a.mp4", 10, 5), (tmp_path / "in" / "b.mp4", 20, 6)])
    store.take_watched_files(one.id, [(tmp_path / "in" / "a.mp4", 11, 7)])
    assert store.watched_files(one.id) == {
        tmp_path / "in" / "a.mp4": (11, 7), tmp_path / "in" / "b.mp4": (20, 6),
    }  # fmt: skip
    store.delete_watched(one.id, "Ann")
    assert store.watched() == ()
    assert store.watched_files(one.id) == {}
    with pytest.raises(UnknownRowError):
        store.delete_watched(one.id, "Ann")
