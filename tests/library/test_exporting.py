from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from library.samples import add_indexed, found, new_source, spans
from reseen.library import Filter, LibraryError, Store, exporting

NOON = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


def test_what_is_exported_is_what_is_there(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "_TRACKLETS_AT_ONCE", 4)  # several parts in a file
    source = add_indexed(store, new_source("a.mp4", started_at=NOON), seed=1)
    other = store.add_source(new_source("b.mp4", camera="Yard"))
    first, second = store.plan_segments(other.id, spans(2))
    rng = np.random.default_rng(0)
    a = store.commit_segment(first.id, found(rng, 0.0))
    b = store.commit_segment(second.id, found(rng, 30.0, continues=(a[1],)))
    files = store.export(tmp_path / "out")
    assert [file.name for file in files] == ["tracklets.parquet", "boxes.parquet", "vectors.parquet"]

    tracklets = pq.read_table(files[0]).to_pylist()
    stored = store.tracklets(store.tracklet_ids())
    assert [row["tracklet_id"] for row in tracklets] == [one.id for one in stored]
    assert [(row["start"], row["end"]) for row in tracklets] == [(t.tracklet.start, t.tracklet.end) for t in stored]
    assert tracklets[0]["wall_start"] == NOON + timedelta(seconds=stored[0].tracklet.start)
    assert tracklets[0]["source_sha256"] == source.sha256
    assert tracklets[-1]["wall_end"] is None
    assert (tracklets[-1]["camera"], tracklets[-1]["source"]) == ("Yard", "clips/b.mp4")
    assert next(row["person_id"] for row in tracklets if row["tracklet_id"] == b[0]) == a[1]

    boxes = pq.read_table(files[1])
    for one in stored:
        mine = boxes.filter(np.asarray(boxes["tracklet_id"]) == one.id)
        np.testing.assert_array_equal(np.asarray(mine["time"]), one.tracklet.times)
        np.testing.assert_array_equal(np.asarray(mine["y2"]), one.tracklet.boxes[:, 3])
        np.testing.assert_array_equal(np.asarray(mine["observed"]), one.tracklet.observed)

    vectors = pq.read_table(files[2])
    held = store.vectors()
    np.testing.assert_array_equal(np.asarray(vectors["shot_id"]), held.shot_ids)
    np.testing.assert_array_equal(np.array(vectors["vector"].to_pylist(), np.float32), held.matrix)
    assert (store.folder / "shots" / vectors["file"][0].as_py()).exists()
    assert vectors.schema.metadata[b"reseen.embedder"].startswith(b"embedder-a ")

    [entry] = store.audit()
    assert (entry.action, entry.results) == ("export", len(stored))


def test_an_export_may_be_filtered(store: Store, tmp_path: Path) -> None:
    add_indexed(store, new_source("a.mp4"), seed=1)
    add_indexed(store, new_source("b.mp4", camera="Yard"), seed=2)
    files = store.export(tmp_path, Filter(cameras=("Yard",)), who="me")
    assert set(pq.read_table(files[0])["camera"].to_pylist()) == {"Yard"}
    assert set(pq.read_table(files[2])["source_id"].to_pylist()) == {2}
    assert json.loads(store.audit()[0].filters or "")["cameras"] == ["Yard"]


def test_an_empty_library_exports_empty_tables(store: Store, tmp_path: Path) -> None:
    for file in store.export(tmp_path):
        table = pq.read_table(file)
        assert table.num_rows == 0
        assert "tracklet_id" in table.column_names


def test_an_export_replaces_the_one_before(store: Store, tmp_path: Path) -> None:
    store.export(tmp_path / "out")
    add_indexed(store, new_source("a.mp4"), seed=1)
    files = store.export(tmp_path / "out")
    assert pq.read_table(files[0]).num_rows == 9
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == sorted(file.name for file in files)


def test_a_place_that_cannot_be_written_is_one_line(store: Store, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(LibraryError, match="choose another folder"):
        store.export(tmp_path / "out")


def test_an_export_that_fails_leaves_no_half_a_file(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_indexed(store, new_source("a.mp4"), seed=1)
    monkeypatch.setattr(type(store), "_box_columns", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        store.export(tmp_path / "out")
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["tracklets.parquet"]


def test_undecodable_names_do_not_stop_an_export(store: Store, tmp_path: Path) -> None:
    add_indexed(store, new_source("a.mp4", camera="\udcfcber"), seed=1, segments=1)
    files = store.export(tmp_path)
    assert pq.read_table(files[0])["camera"][0].as_py() == "\\udcfcber"
