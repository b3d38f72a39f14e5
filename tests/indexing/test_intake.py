from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import pytest

from coloured_people import BLUE, GREEN, RED, Walk, film, picture
from reseen.errors import UsageError
from reseen.indexing import Clock, IndexSettings, Intake, Refused, Taken, take_in
from reseen.library import NewSource, SegmentFound, Store
from reseen.media import content_hash, expand_footage

NOON = "2026-05-01T12:00:00Z"
SETTINGS = IndexSettings(segment_seconds=2.0)


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Clips of 2, 3 and 4 seconds, one with a clock of its own, and a photo."""
    folder = tmp_path_factory.mktemp("originals")
    for name, seconds, colour in (("a", 2, BLUE), ("b", 3, GREEN), ("c", 4, RED)):
        film(folder / f"{name}.mp4", seconds, [Walk(colour, 0, seconds)])
    film(folder / "dated.mp4", 2, [Walk(RED, 0, 2, y=20)], created="2026-05-01T07:30:00Z")
    cv2.imwrite(str(folder / "photo.png"), picture(0, [Walk(BLUE, 0, 1)]))
    return folder


@pytest.fixture
def clips(tmp_path: Path, originals: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of them in a folder that is the current one."""
    folder = tmp_path / "clips"
    shutil.copytree(originals, folder)
    monkeypatch.chdir(folder)
    return folder


def take(store: Store, names: Sequence[str], intake: Intake | None = None) -> tuple[list[Taken], list[Refused]]:
    return take_in(store, expand_footage(names).files, intake or Intake(), SETTINGS)


def finish(store: Store, source_id: int, count: int | None = None) -> None:
    """Commit segments as empty, as if nobody had been in them."""
    for segment in store.pending(source_id)[:count]:
        store.commit_segment(segment.id, SegmentFound([], [], segment.end - segment.start, 5))


def at(seconds: float) -> datetime:
    return datetime(2026, 5, 1, 12, tzinfo=UTC) + timedelta(seconds=seconds)


def test_a_file_becomes_a_source_with_a_plan(store: Store, clips: Path) -> None:
    (item,), refused = take(store, ["c.mp4"])
    assert refused == []
    assert not item.known
    source = item.source
    assert source == store.source(source.id)
    assert (source.shown, source.path) == ("c.mp4", (clips / "c.mp4").resolve())
    assert (source.camera, source.kind, source.codec, source.state) == ("c", "video", "h264", "pending")
    assert (source.width, source.height, source.duration, source.frame_rate) == (320, 192, 4.0, 10.0)
    assert source.sha256 == content_hash("c.mp4")
    assert source.size == (clips / "c.mp4").stat().st_size
    assert source.started_at is None
    assert [(span.index, span.start, span.end) for span in item.spans] == [(0, 0.0, 2.0), (1, 2.0, 4.0)]
    assert [(row.index, row.start, row.end) for row in store.segments(source.id)] == [(0, 0.0, 2.0), (1, 2.0, 4.0)]


def test_a_photo_is_one_segment_without_length(store: Store, clips: Path) -> None:
    (item,), _ = take(store, ["photo.png"])
    assert (item.source.kind, item.source.duration, item.source.frame_rate) == ("image", 0.0, None)
    assert [(span.start, span.end) for span in item.spans] == [(0.0, 0.0)]


def test_the_camera_is_the_one_named_else_the_files_name(store: Store, clips: Path) -> None:
    taken, _ = take(store, ["a.mp4", "photo.png"])
    assert [item.source.camera for item in taken] == ["a", "photo"]
    taken, _ = take(store, ["b.mp4", "c.mp4"], Intake(camera="Gate 3"))
    assert [item.source.camera for item in taken] == ["Gate 3", "Gate 3"]


def test_consecutive_files_follow_on_without_a_break(store: Store, clips: Path) -> None:
    taken, _ = take(store, ["a.mp4", "b.mp4", "photo.png", "c.mp4"], Intake("Gate", Clock(start=NOON)))
    assert [item.source.started_at for item in taken] == [at(0), at(2), at(5), at(5)]
    assert {item.source.started_from for item in taken} == {"given"}


def test_known_files_take_their_place_in_the_row(store: Store, clips: Path) -> None:
    take(store, ["b.mp4"], Intake("Gate", Clock(start="2020-01-01T00:00:00Z")))
    taken, _ = take(store, ["a.mp4", "b.mp4", "c.mp4"], Intake("Gate", Clock(start=NOON)))
    assert [item.known for item in taken] == [False, True, False]
    assert [store.source(item.source.id).started_at for item in taken] == [at(0), at(2), at(5)]


def test_the_clock_comes_from_the_name_or_the_file(store: Store, clips: Path) -> None:
    shutil.copy("a.mp4", "cam_20260501_140000.mp4")
    intake = Intake(clock=Clock(name_pattern="_%Y%m%d_%H%M%S", zone="Europe/Berlin"))
    taken, _ = take(store, ["cam_20260501_140000.mp4", "dated.mp4", "b.mp4"], intake)
    assert [item.source.started_at for item in taken] == [at(0), datetime(2026, 5, 1, 7, 30, tzinfo=UTC), None]
    assert [item.source.started_from for item in taken] == ["name", "metadata", None]


def test_the_files_own_clock_need_not_be_believed(store: Store, clips: Path) -> None:
    (item,), _ = take(store, ["dated.mp4"], Intake(clock=Clock(metadata=False)))
    assert item.source.started_at is None


@pytest.mark.parametrize("clock", [Clock(start="noon"), Clock(name_pattern="%H"), Clock(zone="Mars")])
def test_a_clock_that_cannot_be_is_wrong_usage_not_a_bad_file(store: Store, clips: Path, clock: Clock) -> None:
    with pytest.raises(UsageError):
        take(store, ["a.mp4"], Intake(clock=clock))
    assert store.sources() == ()


def test_the_same_footage_again_is_no_work(store: Store, clips: Path) -> None:
    (first,), _ = take(store, ["c.mp4"])
    finish(store, first.source.id)
    (again,), refused = take(store, ["c.mp4"])
    assert refused == []
    assert again.known
    assert again.source.id == first.source.id
    assert again.spans == ()
    assert len(store.sources()) == 1


def test_what_was_begun_keeps_its_plan(store: Store, clips: Path) -> None:
    (first,), _ = take(store, ["c.mp4"])
    finish(store, first.source.id, 1)
    (again,), _ = take(store, ["c.mp4"])
    assert again.known
    assert again.spans == first.spans
    assert [segment.index for segment in store.pending(first.source.id)] == [1]


def test_killed_before_the_plan_was_made_it_is_made_later(store: Store, clips: Path) -> None:
    path = clips / "c.mp4"
    bare = NewSource(path, "c.mp4", "c", content_hash(path), path.stat().st_size, "video", 320, 192, 4.0)
    source = store.add_source(bare)
    assert store.segments(source.id) == ()
    (item,), _ = take(store, ["c.mp4"])
    assert item.source.id == source.id
    assert [span.end for span in item.spans] == [2.0, 4.0]
    assert [segment.end for segment in store.pending(source.id)] == [2.0, 4.0]


def test_begun_with_other_segments_it_is_not_mixed(store: Store, clips: Path) -> None:
    (first,), _ = take(store, ["c.mp4"])
    finish(store, first.source.id, 1)
    taken, refused = take_in(store, expand_footage(["c.mp4"]).files, Intake(), IndexSettings(segment_seconds=1.0))
    assert taken == []
    (no,) = refused
    assert no.shown == "c.mp4"
    assert no.reason.startswith("was indexed in part with other segments: remove it")


def test_a_copy_under_another_name_is_the_same_source(store: Store, clips: Path) -> None:
    (first,), _ = take(store, ["a.mp4"])
    finish(store, first.source.id)
    shutil.copy("a.mp4", "copy.mp4")
    (again,), _ = take(store, ["copy.mp4"])
    assert again.known
    assert again.file.shown == "copy.mp4"
    assert again.source.id == first.source.id
    assert len(store.sources()) == 1
    assert (again.source.path, again.source.camera) == ((clips / "a.mp4").resolve(), "a")


def test_what_moved_is_found_again(store: Store, clips: Path) -> None:
    (first,), _ = take(store, ["a.mp4"])
    Path("a.mp4").rename("moved.mp4")
    assert not store.source(first.source.id).footage_present
    (again,), _ = take(store, ["moved.mp4"])
    assert again.source.id == first.source.id
    assert (again.source.path, again.source.shown) == ((clips / "moved.mp4").resolve(), "moved.mp4")
    assert again.source.camera == "a"  # what is known of it stays
    assert again.source.footage_present


def test_the_same_content_twice_in_one_call_changes_nothing(store: Store, clips: Path) -> None:
    shutil.copy("a.mp4", "a-copy.mp4")
    taken, refused = take(store, ["a.mp4", "a-copy.mp4", "b.mp4"], Intake(clock=Clock(start=NOON), refresh=True))
    assert refused == []
    assert [item.known for item in taken] == [False, True, False]
    assert len(store.sources()) == 2
    source = store.source(taken[0].source.id)
    assert taken[1].source.id == source.id
    assert (source.started_at, source.camera, source.shown) == (at(0), "a", "a.mp4")
    assert store.source(taken[2].source.id).started_at == at(2)  # not 4: the copy is no footage of its own


def test_what_is_said_later_replaces_what_was_said(store: Store, clips: Path) -> None:
    (item,), _ = take(store, ["dated.mp4"], Intake("Gate 1"))
    number = item.source.id
    take(store, ["dated.mp4"])
    assert store.source(number).camera == "Gate 1"
    take(store, ["dated.mp4"], Intake("Gate 2", Clock(start=NOON)))
    source = store.source(number)
    assert (source.camera, source.started_at, source.started_from) == ("Gate 2", at(0), "given")
    take(store, ["dated.mp4"])  # nothing said, nothing changed
    assert store.source(number).started_at == at(0)


def test_refresh_forgets_what_is_not_said_again(store: Store, clips: Path) -> None:
    (item,), _ = take(store, ["dated.mp4"], Intake("Gate 2", Clock(start=NOON)))
    take(store, ["dated.mp4"], Intake(refresh=True))
    source = store.source(item.source.id)
    assert (source.camera, source.started_from) == ("dated", "metadata")
    assert source.started_at == datetime(2026, 5, 1, 7, 30, tzinfo=UTC)
    take(store, ["dated.mp4"], Intake(clock=Clock(metadata=False), refresh=True))
    assert store.source(item.source.id).started_at is None


def test_what_cannot_be_used_is_refused_and_the_rest_taken(store: Store, clips: Path) -> None:
    Path("empty.mp4").write_bytes(b"")
    Path("letter.mp4").write_text("Dear reader, this is no film. " * 50)
    taken, refused = take(store, ["empty.mp4", "a.mp4", "letter.mp4", "b.mp4"])
    assert [item.file.shown for item in taken] == ["a.mp4", "b.mp4"]
    assert refused == [
        Refused("empty.mp4", "the file is empty (0 bytes)"),
        Refused("letter.mp4", "neither a video nor a picture that can be read here"),
    ]
    assert len(store.sources()) == 2


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="this user may read everything")
def test_what_may_not_be_read_is_refused(store: Store, clips: Path) -> None:
    Path("a.mp4").chmod(0)
    assert take(store, ["a.mp4"]) == ([], [Refused("a.mp4", "it cannot be read (permission denied)")])


def test_what_vanishes_between_listing_and_reading_is_refused(store: Store, clips: Path) -> None:
    listing = expand_footage(["a.mp4", "b.mp4"])
    Path("a.mp4").unlink()
    taken, refused = take_in(store, listing.files, Intake(), SETTINGS)
    assert [item.file.shown for item in taken] == ["b.mp4"]
    assert refused == [Refused("a.mp4", "it cannot be read (no such file or directory)")]


def test_a_source_that_failed_is_tried_again(store: Store, clips: Path) -> None:
    (item,), _ = take(store, ["c.mp4"])
    finish(store, item.source.id, 1)
    store.fail_source(item.source.id, "no such file")
    (again,), refused = take(store, ["c.mp4"])
    assert refused == []
    assert again.spans == item.spans
    assert (again.source.state, again.source.failure) == ("partial", None)


def test_being_named_counts_as_use(store: Store, clips: Path) -> None:
    (first, second), _ = take(store, ["a.mp4", "b.mp4"])
    before = store.source(first.source.id).last_used
    untouched = store.source(second.source.id).last_used
    take(store, ["a.mp4"])
    assert store.source(first.source.id).last_used > before
    assert store.source(second.source.id).last_used == untouched
