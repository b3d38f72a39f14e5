from __future__ import annotations

import dataclasses
import shutil
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from coloured_people import BLUE, DIM, GREEN, MODELS, RED, SIZE, WIDTH, Walk, film, person, picture
from reseen.detection import Areas, Detections, Detector
from reseen.embedding import Embedder
from reseen.indexing import Indexer, IndexReport, IndexSettings, Intake, Progress, Refused, Workers, take_in
from reseen.indexing.segment import SegmentTracker, TrackedSegment
from reseen.library import LibraryError, Store
from reseen.media import FootageFile, Span, expand_footage

OUT = float(WIDTH)
SETTINGS = IndexSettings(segment_seconds=3.0)
A = (Walk(BLUE, 1, 10), Walk(RED, 2, 11, OUT, -SIZE[0], y=20))
B = (Walk(GREEN, 0.5, 4, x1=120), Walk(GREEN, 4, 8, 120, 120), Walk(GREEN, 8, 11.5, 120, OUT))


class Watched:
    """A detector that does something when it is shown its n-th picture."""

    def __init__(self, detector: Detector, at: int, act: Callable[[], None]) -> None:
        self._detector, self._at, self._act = detector, at, act
        self.high = detector.high
        self.seen = 0

    def with_areas(self, areas: Areas) -> Watched:
        assert not areas
        return self

    def detect(self, bgr: np.ndarray) -> Detections:
        self.seen += 1
        if self.seen == self._at:
            self._act()
        return self._detector.detect(bgr)


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("originals")
    film(folder / "a.mp4", 12, A)
    film(folder / "b.mp4", 12, B)
    cv2.imwrite(str(folder / "photo.png"), picture(5.0, A))
    return folder


@pytest.fixture
def clips(tmp_path: Path, originals: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "clips"
    shutil.copytree(originals, folder)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def run(detector: Detector, embedder: Embedder) -> Callable[..., IndexReport]:
    """Indexes files into a library; ``on_progress`` may be a function of the indexer and its progress."""

    def index(
        store: Store,
        names: Sequence[str],
        *,
        settings: IndexSettings = SETTINGS,
        on_progress: Callable[[Indexer, Progress], None] | None = None,
        using: Detector | Watched | None = None,
    ) -> IndexReport:
        taken, refused = take_in(store, expand_footage(names).files, Intake(), settings)
        indexer = Indexer(store, using or detector, embedder, settings, Workers(threads=1))  # type: ignore[arg-type]
        told = None if on_progress is None else lambda progress: on_progress(indexer, progress)
        try:
            return indexer.run(taken, refused, told)
        finally:
            assert [thread.name for thread in threading.enumerate() if thread.name in ("track", "decode")] == []

    return index


Run = Callable[..., IndexReport]


def contents(store: Store) -> list[object]:
    """All that a library knows of its footage, to the bit; without ids and dates."""
    numbers: dict[int, tuple[int, int]] = {}
    told: list[object] = []
    vectors = store.vectors()
    for source in store.sources():
        told.append((source.shown, source.sha256, source.state, source.failure))
        for segment in store.segments(source.id):
            told.append((segment.index, segment.start, segment.end, segment.done))
            for place, row in enumerate(store.segment_tracklets(segment.id)):
                numbers[row.id] = segment.index, place
                told.append(None if row.continues is None else numbers[row.continues])
                told += [
                    getattr(row.tracklet, field.name).tobytes()
                    for field in dataclasses.fields(row.tracklet)
                    if field.name != "shots"
                ]
                for shot in store.shots([row.id]):
                    vector = vectors.matrix[np.searchsorted(vectors.shot_ids, shot.id)]
                    told.append((shot.time, shot.box.tobytes(), shot.score, shot.quality, vector.tobytes()))
                    told.append(store.shot_image(shot.id))
    return told


@pytest.fixture(scope="module")
def uninterrupted(
    tmp_path_factory: pytest.TempPathFactory, originals: Path, detector: Detector, embedder: Embedder
) -> list[object]:
    """What a library holds of ``a.mp4`` and ``b.mp4`` when nothing comes in between."""
    folder = tmp_path_factory.mktemp("uninterrupted")
    with Store.create(folder / "other.reseen", MODELS) as store:
        files = [FootageFile(originals / name, name) for name in ("a.mp4", "b.mp4")]
        taken, refused = take_in(store, files, Intake(), SETTINGS)
        Indexer(store, detector, embedder, SETTINGS).run(taken, refused)
        return contents(store)


def chains(store: Store) -> list[tuple[np.ndarray, np.ndarray]]:
    """Times and boxes of each person, tracklets joined."""
    persons = store.persons()
    joined = []
    for person_id in np.unique(persons.person_ids):
        rows = store.tracklets(persons.tracklet_ids[persons.person_ids == person_id])
        parts = sorted((row.tracklet for row in rows), key=lambda tracklet: tracklet.start)
        joined.append((np.concatenate([p.times for p in parts]), np.concatenate([p.boxes for p in parts])))
    return joined


def test_footage_becomes_rows_shots_and_vectors(store: Store, clips: Path, run: Run, embedder: Embedder) -> None:
    report = run(store, ["a.mp4", "b.mp4", "photo.png"])
    assert (report.indexed, report.known, report.refused) == (("a.mp4", "b.mp4", "photo.png"), (), ())
    assert (report.seconds, report.stopped) == (24.0, False)
    assert report.people == len(store.tracklet_ids())
    assert {source.state for source in store.sources()} == {"done"}
    assert len(chains(store)) == 2 + 1 + 2
    vectors = store.vectors()
    assert vectors.matrix.shape[1] == DIM
    # Whose shot it is can be seen in its vector.
    people = embedder.embed([person(colour) for colour in (BLUE, GREEN, RED)])
    for number, shot in zip(vectors.shot_ids, store.shots_by_id(vectors.shot_ids), strict=True):
        pixels = store.shot_pixels(int(number))
        who = int(pixels.reshape(-1, 3).mean(axis=0).argmax())
        assert int((people @ vectors.matrix[vectors.shot_ids == number][0]).argmax()) == who
        assert abs(pixels.shape[0] - (shot.box[3] - shot.box[1])) <= 1


def test_everybody_in_a_photo_is_a_person_of_its_own(store: Store, clips: Path, run: Run) -> None:
    report = run(store, ["photo.png"])
    assert (report.people, report.seconds) == (2, 0.0)
    rows = store.tracklets(store.tracklet_ids())
    assert [row.tracklet.times.tolist() for row in rows] == [[0.0], [0.0]]
    boxes = sorted(row.tracklet.boxes[0].tolist() for row in rows)
    np.testing.assert_allclose(boxes, sorted(walk.box(5.0) for walk in A), atol=2)


def test_short_segments_joined_cover_the_same_as_one_whole(tmp_path: Path, clips: Path, run: Run) -> None:
    with Store.create(tmp_path / "short.reseen", MODELS) as short:
        run(short, ["a.mp4", "b.mp4"], settings=IndexSettings(segment_seconds=2.0))
        assert len(short.segments(1)) == 6
        parts = chains(short)
        links = [row.continues for row in short.tracklets(short.tracklet_ids()) if row.continues is not None]
    with Store.create(tmp_path / "whole.reseen", MODELS) as whole:
        run(whole, ["a.mp4", "b.mp4"], settings=IndexSettings(segment_seconds=60.0))
        assert len(whole.segments(1)) == 1
        wholes = chains(whole)
    assert len(links) == len(set(links)) == 13  # blue and red over four borders each, green over five
    assert len(parts) == len(wholes) == 3
    for (times, boxes), (all_times, all_boxes) in zip(parts, wholes, strict=True):
        np.testing.assert_allclose(times, all_times)
        assert np.abs(boxes - all_boxes).max() <= 3


def test_twice_is_the_same_library(store: Store, clips: Path, run: Run, uninterrupted: list[object]) -> None:
    run(store, ["a.mp4", "b.mp4"])
    assert contents(store) == uninterrupted


def test_what_is_known_is_no_work(store: Store, clips: Path, run: Run) -> None:
    run(store, ["a.mp4"])
    before = contents(store)
    shutil.copy("a.mp4", "copy.mp4")
    told: list[Progress] = []
    report = run(store, ["a.mp4", "copy.mp4"], on_progress=lambda _, progress: told.append(progress))
    assert (report.indexed, report.known, report.seconds, report.people) == ((), ("a.mp4", "copy.mp4"), 0.0, 0)
    assert told == []
    assert contents(store) == before


def test_a_copy_beside_it_is_looked_through_once(store: Store, clips: Path, run: Run) -> None:
    shutil.copy("a.mp4", "copy.mp4")
    report = run(store, ["a.mp4", "copy.mp4"])
    assert (report.indexed, report.known, report.seconds) == (("a.mp4",), ("copy.mp4",), 12.0)


def test_nothing_named_is_nothing_done(store: Store, run: Run) -> None:
    report = run(store, [])
    assert (report.indexed, report.known, report.refused, report.stopped) == ((), (), (), False)
    assert (report.seconds, report.people) == (0.0, 0)


def test_progress_rises_to_the_total(store: Store, clips: Path, run: Run) -> None:
    told: list[Progress] = []
    report = run(store, ["a.mp4", "photo.png", "b.mp4"], on_progress=lambda _, progress: told.append(progress))
    assert [item.source for item in told] == ["a.mp4"] * 4 + ["photo.png"] + ["b.mp4"] * 4
    assert [item.source_number for item in told] == [1] * 4 + [2] + [3] * 4
    assert {(item.sources, item.total_seconds) for item in told} == {(3, 24.0)}
    assert [item.done_seconds for item in told] == [3, 6, 9, 12, 12, 15, 18, 21, 24]
    people = [item.people for item in told]
    assert people == sorted(people)
    assert people[-1] == report.people
    elapsed = [item.elapsed for item in told]
    assert elapsed == sorted(elapsed)
    assert elapsed[0] > 0
    assert told[-1].eta == 0.0
    assert {"decode", "detect", "track", "embed", "commit"} <= set(report.stages.cpu)


@pytest.mark.parametrize("after", [1, 3, 5])
def test_stopped_by_the_keyboard_it_goes_on_to_the_same_library(
    store: Store, clips: Path, run: Run, uninterrupted: list[object], after: int
) -> None:
    told: list[Progress] = []

    def press(_: Indexer, progress: Progress) -> None:
        told.append(progress)
        if len(told) == after:
            raise KeyboardInterrupt

    report = run(store, ["a.mp4", "b.mp4"], on_progress=press)
    assert report.stopped
    assert report.seconds == 3.0 * after
    assert report.indexed == (("a.mp4",) if after <= 4 else ("a.mp4", "b.mp4"))
    assert sum(segment.done for number in (1, 2) for segment in store.segments(number)) == after
    again = run(store, ["a.mp4", "b.mp4"])
    assert not again.stopped
    assert again.seconds == 24.0 - 3.0 * after
    assert again.known == (() if after < 4 else ("a.mp4",))
    assert again.people + report.people == len(store.tracklet_ids())
    assert contents(store) == uninterrupted


def test_stopped_in_the_middle_of_a_segment_it_goes_on(
    store: Store, clips: Path, run: Run, detector: Detector, uninterrupted: list[object]
) -> None:
    def press() -> None:
        raise KeyboardInterrupt

    report = run(store, ["a.mp4", "b.mp4"], using=Watched(detector, 50, press))
    assert report.stopped
    assert 0 < report.seconds < 12
    run(store, ["a.mp4", "b.mp4"])
    assert contents(store) == uninterrupted


def test_another_thread_may_stop_it(store: Store, clips: Path, run: Run, uninterrupted: list[object]) -> None:
    report = run(store, ["a.mp4", "b.mp4"], on_progress=lambda indexer, _: indexer.stop())
    assert report.stopped
    assert 3.0 <= report.seconds < 24.0
    run(store, ["a.mp4", "b.mp4"])
    assert contents(store) == uninterrupted


def test_stopping_what_has_ended_is_no_stop(store: Store, clips: Path, run: Run) -> None:
    def stop(indexer: Indexer, progress: Progress) -> None:
        if progress.done_seconds == progress.total_seconds:
            indexer.stop()

    assert not run(store, ["a.mp4"], on_progress=stop).stopped
    assert store.source(1).state == "done"


def test_an_indexer_that_was_stopped_can_run_again(
    store: Store, clips: Path, detector: Detector, embedder: Embedder
) -> None:
    taken, _ = take_in(store, expand_footage(["a.mp4"]).files, Intake(), SETTINGS)
    indexer = Indexer(store, detector, embedder, SETTINGS)
    assert indexer.run(taken, on_progress=lambda _: indexer.stop()).stopped
    report = indexer.run(taken)
    assert not report.stopped
    assert store.source(1).state == "done"


def test_a_file_that_vanishes_fails_alone_and_may_come_back(
    store: Store, clips: Path, run: Run, detector: Detector, uninterrupted: list[object]
) -> None:
    names = ["a.mp4", "b.mp4"]
    told: list[Progress] = []
    # A segment of three seconds has at most 25 pictures; by the 30th the second segment has been opened.
    vanish = Watched(detector, 30, lambda: shutil.move("a.mp4", "elsewhere"))
    report = run(store, names, using=vanish, on_progress=lambda _, progress: told.append(progress))
    assert report.refused == (Refused("a.mp4", "no such file"),)
    assert (report.indexed, report.stopped) == (("b.mp4",), False)
    assert (told[-1].done_seconds, told[-1].total_seconds) == (24.0, 24.0)
    done = [item.done_seconds for item in told]
    assert done == sorted(done)
    source = store.source(1)
    assert (source.state, source.failure) == ("failed", "no such file")
    assert 1 <= source.segments_done <= 3
    (gap,) = store.coverage().skipped
    assert (gap.source, gap.start, gap.end) == ("a.mp4", 3.0 * source.segments_done, 12.0)
    assert gap.reason == "no such file"
    assert report.seconds == 12.0 + 3.0 * source.segments_done

    shutil.move("elsewhere", "a.mp4")
    again = run(store, names)
    assert (again.indexed, again.refused) == (("a.mp4",), ())
    assert store.source(1).state == "done"
    assert store.coverage().skipped == ()
    assert contents(store) == uninterrupted


def test_what_fails_for_good_is_refused_each_time(
    store: Store, clips: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from reseen.indexing import segment
    from reseen.media import MediaError

    opened = segment.open_segment

    def refuse(path: Path, span: object, settings: object) -> object:
        if Path(path).name == "a.mp4":
            raise MediaError(path, "its pictures are coded in a way for which there is no decoder here")
        return opened(path, span, settings)  # type: ignore[arg-type]

    monkeypatch.setattr(segment, "open_segment", refuse)
    for indexed, known in ((("b.mp4",), ()), ((), ("b.mp4",))):
        report = run(store, ["a.mp4", "b.mp4"])
        (no,) = report.refused
        assert no == Refused("a.mp4", "its pictures are coded in a way for which there is no decoder here")
        assert (report.indexed, report.known) == (indexed, known)
        assert store.source(1).state == "failed"


def test_refused_files_are_passed_on(store: Store, clips: Path, run: Run) -> None:
    Path("empty.mp4").write_bytes(b"")
    report = run(store, ["empty.mp4", "a.mp4"])
    assert report.refused == (Refused("empty.mp4", "the file is empty (0 bytes)"),)
    assert report.indexed == ("a.mp4",)


def test_warnings_name_their_file(store: Store, clips: Path, run: Run) -> None:
    whole = film(clips / "whole.mkv", 12, A)
    Path("cut.mkv").write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    report = run(store, ["cut.mkv"])
    assert len(report.warnings) == 1
    assert report.warnings[0].startswith("cut.mkv: it is cut off: it promises 12.0 s and has ")
    assert 0 < report.seconds < 12


def test_areas_count_in_their_own_camera(store: Store, clips: Path, run: Run) -> None:
    shutil.copy("a.mp4", "again.mp4")
    with Path("again.mp4").open("ab") as file:
        file.write(b"\0\0\0\x08free")  # other bytes, the same pictures
    left = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
    store.set_areas("again", Areas(exclude=(left,)).to_json())
    run(store, ["a.mp4", "again.mp4"], settings=IndexSettings(segment_seconds=60))
    everywhere, right = (
        np.concatenate([row.tracklet.boxes for row in store.segment_tracklets(store.segments(number)[0].id)])
        for number in (1, 2)
    )
    feet = (everywhere[:, 0] + everywhere[:, 2]) / 2
    assert feet.min() < 20
    assert feet.max() > 300
    assert ((right[:, 0] + right[:, 2]) / 2).min() >= 155
    assert len(right) == pytest.approx(int((feet > 160).sum()), abs=2)


def test_an_error_in_a_worker_comes_out_and_what_was_done_stays(
    store: Store, clips: Path, run: Run, detector: Detector, uninterrupted: list[object]
) -> None:
    def fail() -> None:
        raise MemoryError("no room for this picture")

    with pytest.raises(MemoryError, match="no room for this picture"):
        run(store, ["a.mp4", "b.mp4"], using=Watched(detector, 60, fail))
    done = sum(segment.done for number in (1, 2) for segment in store.segments(number))
    assert 1 <= done < 8
    assert store.source(1).failure is None
    run(store, ["a.mp4", "b.mp4"])
    assert contents(store) == uninterrupted


def test_an_error_of_the_library_comes_out(
    store: Store, clips: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise LibraryError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(store, "commit_segment", full)
        with pytest.raises(LibraryError, match="the disk is full"):
            run(store, ["a.mp4", "b.mp4"])
    assert len(store.tracklet_ids()) == 0
    assert run(store, ["a.mp4"]).indexed == ("a.mp4",)


def test_a_tracklet_is_continued_by_one_only(
    store: Store, clips: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two tracklets that were both the same one in the warm-up: the first takes it over, the other begins."""
    tracked = SegmentTracker.run

    def doubled(self: SegmentTracker, path: Path, span: Span) -> TrackedSegment:
        found = tracked(self, path, span)
        return dataclasses.replace(found, tracklets=found.tracklets[:1] * 2) if span.index == 1 else found

    monkeypatch.setattr(SegmentTracker, "run", doubled)
    run(store, ["b.mp4"], settings=IndexSettings(segment_seconds=6.0))
    first, second = (store.segment_tracklets(segment.id) for segment in store.segments(1))
    assert [row.continues for row in second] == [first[0].id, None]
