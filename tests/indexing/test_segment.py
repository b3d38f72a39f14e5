from __future__ import annotations

import dataclasses
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coloured_people import BLUE, DIM, GREEN, ONE_THREAD, RED, SIZE, WIDTH, Walk, film, person
from reseen.detection import Detections, Detector
from reseen.embedding import Embedder
from reseen.indexing import IndexSettings, SplitSettings, Stopwatch, Workers
from reseen.indexing.segment import SegmentTracker, Stopped, TrackedSegment, embed_segment, seen_seconds
from reseen.media import Gap, MediaError, Span, plan_segments, survey
from reseen.models import Catalogue
from reseen.tracking import Tracklet
from reseen.tracking.boxes import iou

OUT = float(WIDTH)  # just beyond the right edge
WALKS = (
    Walk(BLUE, 1, 9),
    Walk(RED, 2, 11, OUT, -SIZE[0], y=20),
    Walk(GREEN, 5, 8, OUT, 150, y=100),
    Walk(GREEN, 8, 12, 150, 150, y=100),
)


class Counting:
    """A detector that counts the pictures it is shown."""

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self.high = detector.high
        self.seen = 0

    def detect(self, bgr: np.ndarray) -> Detections:
        self.seen += 1
        return self._detector.detect(bgr)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return film(tmp_path_factory.mktemp("clip") / "walks.mp4", 12, WALKS)


def look(
    path: Path,
    detector: Detector | Counting,
    span: Span | None = None,
    settings: IndexSettings | None = None,
    workers: Workers | None = None,
) -> TrackedSegment:
    tracker = SegmentTracker(
        detector,  # type: ignore[arg-type]
        settings or IndexSettings(),
        workers or Workers(),
        threading.Event(),
        Stopwatch(),
    )
    return tracker.run(path, span or plan_segments(path, 600)[0])


def contents(tracklets: Sequence[Tracklet]) -> list[object]:
    """Everything in them, to the bit."""
    names = ("times", "boxes", "scores", "observed", "overlaps", "warmup_times", "warmup_boxes")
    told: list[object] = []
    for tracklet in tracklets:
        told += [getattr(tracklet, name).tobytes() for name in names]
        for shot in tracklet.shots:
            told += [shot.time, shot.score, shot.quality, shot.box.tobytes(), shot.image.tobytes()]
    return told


def workers_alive() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name in ("decode", "track")]


def truth(colour: int, time: float) -> tuple[int, int, int, int]:
    return next(walk for walk in WALKS if walk.colour == colour and walk.seen(time)).box(time)


def test_everybody_is_found_for_as_long_as_they_are_seen(clip: Path, detector: Detector) -> None:
    found = look(clip, detector)
    assert [(round(t.start, 3), round(t.end, 3)) for t in found.tracklets] == [(1.2, 8.8), (2.2, 10.8), (5.2, 11.8)]
    for tracklet, colour in zip(found.tracklets, (BLUE, RED, GREEN), strict=True):
        np.testing.assert_allclose(np.diff(tracklet.times), 0.2, atol=1e-9)  # no hole
        apart = tracklet.overlaps < 0.05
        expected = np.array([truth(colour, time) for time in tracklet.times])
        assert np.abs(tracklet.boxes - expected)[apart].max() <= 3
        assert len(tracklet.shots) == 4
        for shot in tracklet.shots:
            assert int(shot.image.reshape(-1, 3).mean(axis=0).argmax()) == colour
    assert (found.seconds, found.frames, found.gaps) == (12.0, 60, ())


def test_the_same_span_twice_is_the_same_to_the_bit(clip: Path, detector: Detector) -> None:
    for span in plan_segments(clip, 4):
        once, again = look(clip, detector, span), look(clip, detector, span)
        assert contents(once.tracklets) == contents(again.tracklets)
        assert (once.gaps, once.seconds, once.frames) == (again.gaps, again.seconds, again.frames)


@pytest.mark.parametrize("workers", [Workers(queue_frames=1), Workers(queue_frames=64, decode_threads=2)])
def test_how_the_machine_is_used_has_no_influence(clip: Path, detector: Detector, workers: Workers) -> None:
    span = plan_segments(clip, 4)[1]
    usual = contents(look(clip, detector, span).tracklets)
    assert len(usual) > 3 * 7
    assert contents(look(clip, detector, span, workers=workers).tracklets) == usual


def test_a_span_found_without_its_plan_is_the_same(clip: Path, detector: Detector) -> None:
    span = plan_segments(clip, 4)[1]
    bare = Span(span.index, span.start, span.end)
    assert contents(look(clip, detector, bare).tracklets) == contents(look(clip, detector, span).tracklets)


def test_the_warm_up_belongs_to_the_segment_before(clip: Path, detector: Detector) -> None:
    span = plan_segments(clip, 4)[1]
    assert (span.start, span.end) == (4.0, 8.0)
    found = look(clip, detector, span)
    assert found.frames == 20
    for tracklet in found.tracklets:
        assert 4.0 <= tracklet.start <= tracklet.end < 8.0
        assert all(4.0 <= shot.time < 8.0 for shot in tracklet.shots)
        assert np.all(tracklet.warmup_times < 4.0)
        assert np.all(tracklet.warmup_times >= 2.0)
    assert [len(tracklet.warmup_times) for tracklet in found.tracklets] == [10, 9, 0]


def test_the_gate_spares_the_detector_and_loses_nobody(tmp_path: Path, detector: Detector) -> None:
    # Blue comes in, stands still for eight seconds and leaves.
    x = 120.0
    walks = [Walk(BLUE, 0, 4, x1=x), Walk(BLUE, 4, 12, x, x), Walk(BLUE, 12, 15, x, OUT)]
    path = film(tmp_path / "stands.mp4", 15, walks)
    shut, wide = Counting(detector), Counting(detector)
    gated = look(path, shut, settings=IndexSettings(gate=True))
    every = look(path, wide, settings=IndexSettings(gate=False))
    assert wide.seen == every.frames == gated.frames == 75
    assert shut.seen <= 75 - 25
    (one,), (other,) = gated.tracklets, every.tracklets
    np.testing.assert_array_equal(one.times, other.times)
    assert np.abs(one.boxes - other.boxes).max() <= 2
    assert other.observed.all()
    still = (one.times > 4.2) & (one.times < 11.8)
    assert 0 < one.observed[still].sum() <= 6  # looked at every two seconds
    assert one.observed[~still].sum() >= len(one.times[~still]) - 3


def test_frames_skipped_before_a_segment_are_not_part_of_it(tmp_path: Path, detector: Detector) -> None:
    walks = [Walk(BLUE, 0, 3, x1=120.0), Walk(BLUE, 3, 12, 120.0, 120.0)]
    path = film(tmp_path / "stands.mp4", 12, walks)
    span = plan_segments(path, 6)[1]
    (tracklet,) = look(path, detector, span).tracklets
    assert (span.start, tracklet.start, round(tracklet.end, 3)) == (6.0, 6.0, 11.8)
    assert len(tracklet.times) == 30
    assert tracklet.observed.sum() < 8  # the gate was at work
    np.testing.assert_allclose(tracklet.warmup_times, np.arange(4.0, 5.9, 0.2))
    assert len(tracklet.shots) >= 1


def test_nobody_there_is_no_tracklet(tmp_path: Path, detector: Detector, embedder: Embedder) -> None:
    found = look(film(tmp_path / "empty.mp4", 2, []), detector)
    assert found.tracklets == ()
    assert found.seconds == 2.0
    assert embed_segment(found, embedder, SplitSettings(), Stopwatch()) == ()


def test_how_many_shots_is_a_setting(clip: Path, detector: Detector) -> None:
    one = look(clip, detector, settings=IndexSettings(shots=1))
    assert [len(tracklet.shots) for tracklet in one.tracklets] == [1, 1, 1]
    every = look(clip, detector, settings=IndexSettings(shots="all", gate=False))
    assert [len(tracklet.shots) for tracklet in every.tracklets] == [39, 44, 34]


def test_the_rate_is_a_setting(clip: Path, detector: Detector) -> None:
    slow = look(clip, detector, settings=IndexSettings(rate=2.0))
    assert slow.frames == 24
    np.testing.assert_allclose(slow.tracklets[0].times, np.arange(1.5, 9, 0.5))


def test_shots_are_embedded_in_their_order(clip: Path, detector: Detector, embedder: Embedder) -> None:
    found = look(clip, detector)
    watch = Stopwatch()
    items = embed_segment(found, embedder, SplitSettings(), watch)
    assert [item.tracklet for item in items] == list(found.tracklets)
    expected = embedder.embed([person(colour) for colour in (BLUE, RED, GREEN)])
    for item, own in zip(items, expected, strict=True):
        assert item.vectors.shape == (len(item.tracklet.shots), DIM)
        np.testing.assert_allclose(np.linalg.norm(item.vectors, axis=1), 1, atol=1e-5)
        assert np.all(item.vectors @ own > 0.9)
        alone = np.concatenate([embedder.embed([shot.image]) for shot in item.tracklet.shots])
        np.testing.assert_allclose(item.vectors, alone, atol=1e-5)
    assert list(watch.cpu) == ["embed"]


def test_whom_a_crossing_melted_together_are_parted(clip: Path, detector: Detector, embedder: Embedder) -> None:
    """With a strict setting the tracklets that crossed another are cut, and each part keeps its own vectors."""
    found = look(clip, detector)
    assert max(float(tracklet.overlaps.max()) for tracklet in found.tracklets) > 0.5
    assert len(embed_segment(found, embedder, SplitSettings(), Stopwatch())) == 3  # nobody was mistaken
    items = embed_segment(found, embedder, SplitSettings(cosine=1.01), Stopwatch())
    assert len(items) > 3
    assert sum(len(item.vectors) for item in items) == sum(len(tracklet.shots) for tracklet in found.tracklets)
    for item in items:
        alone = embedder.embed([shot.image for shot in item.tracklet.shots])
        np.testing.assert_allclose(item.vectors, alone, atol=1e-5)


def test_a_file_that_is_cut_off_counts_for_what_was_seen(tmp_path: Path, detector: Detector) -> None:
    whole = film(tmp_path / "whole.mkv", 20, [Walk(BLUE, 0, 20)])
    path = tmp_path / "cut.mkv"
    path.write_bytes(whole.read_bytes()[: whole.stat().st_size // 3])
    plan = survey(path, 600)
    assert plan.info.promised_duration == pytest.approx(20, abs=0.2)
    assert 3 < plan.info.duration < 10
    found = look(path, detector)
    assert found.seconds == pytest.approx(plan.info.duration, abs=0.5)
    assert found.gaps[-1].end == pytest.approx(20, abs=0.2)
    assert found.tracklets[0].end == pytest.approx(plan.info.duration, abs=0.5)


def test_asked_to_stop_it_ends_and_leaves_no_thread(clip: Path, detector: Detector) -> None:
    stop = threading.Event()
    stop.set()
    tracker = SegmentTracker(detector, IndexSettings(), Workers(), stop, Stopwatch())
    with pytest.raises(Stopped):
        tracker.run(clip, plan_segments(clip, 600)[0])
    assert workers_alive() == []


def test_what_goes_wrong_in_the_decoder_is_told_and_leaves_no_thread(
    clip: Path, detector: Detector, tmp_path: Path
) -> None:
    with pytest.raises(MediaError, match=r"gone\.mp4: no such file"):
        look(tmp_path / "gone.mp4", detector, plan_segments(clip, 600)[0])
    assert workers_alive() == []


def test_what_goes_wrong_in_the_detector_is_told_and_leaves_no_thread(clip: Path, detector: Detector) -> None:
    class Broken(Counting):
        def detect(self, bgr: np.ndarray) -> Detections:
            if self.seen == 7:
                raise MemoryError("no room")
            return super().detect(bgr)

    with pytest.raises(MemoryError, match="no room"):
        look(clip, Broken(detector), workers=Workers(queue_frames=2))
    assert workers_alive() == []


def test_every_stage_is_timed(clip: Path, detector: Detector) -> None:
    watch = Stopwatch()
    SegmentTracker(detector, IndexSettings(), Workers(), threading.Event(), watch).run(
        clip, plan_segments(clip, 600)[0]
    )
    assert set(watch.cpu) == set(watch.wall) == {"decode", "gate", "colour", "detect", "track"}
    assert all(seconds > 0 for seconds in watch.wall.values())


@given(
    st.integers(0, 20),
    st.integers(0, 20),
    st.lists(st.tuples(st.integers(-5, 45), st.integers(0, 15)), max_size=6),
)
def test_seen_is_what_lies_in_no_gap(start: int, length: int, gaps: list[tuple[int, int]]) -> None:
    span = Span(0, float(start), float(start + length))
    lost = {second for first, count in gaps for second in range(first, first + count)}
    seen = seen_seconds(span, [Gap(float(first), float(first + count), "damaged") for first, count in gaps])
    assert seen == len(set(range(start, start + length)) - lost)


def test_real_people_in_a_busy_street(footage: Path, model_files: Path, tmp_path: Path) -> None:
    """Three seconds of ``stadtmitte``: twice the same to the bit, and the people of the published boxes are found."""
    catalogue = Catalogue.load(
        [model_files], environment={}, user_folder=tmp_path / "user", cache_folder=tmp_path / "cache"
    )
    detector = Detector(catalogue.locate("yolox_nano"), None, ONE_THREAD)
    clip = footage / "clips" / "stadtmitte.mp4"
    span = dataclasses.replace(plan_segments(clip, 600)[0], end=3.0)
    found = look(clip, detector, span)
    assert contents(found.tracklets) == contents(look(clip, detector, span).tracklets)
    rows = np.loadtxt(footage / "tracks" / "stadtmitte.gt.txt", delimiter=",")
    tall = rows[(rows[:, 0] <= 75) & (rows[:, 5] >= 120)]
    times, lefts, tops, rights, bottoms = (
        (tall[:, 0] - 1) / 25, tall[:, 2], tall[:, 3], tall[:, 2] + tall[:, 4], tall[:, 3] + tall[:, 5]
    )  # fmt: skip
    hits = total = 0
    for time, *box in zip(times, lefts, tops, rights, bottoms, strict=True):
        if round(time * 25) % 5:
            continue
        total += 1
        here = [t.boxes[np.abs(t.times - time) < 0.01] for t in found.tracklets]
        hits += any(iou(np.array([box]), boxes.astype(np.float64))[0] > 0.5 for boxes in here if len(boxes))
    assert total > 50
    assert hits / total > 0.7
