"""Reading segments: true times, the same frames however a source is divided, and gaps told."""

from __future__ import annotations

import gc
import random
import weakref
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from recordings import CLOCK, encode, number_of, numbered, remux, x264
from reseen.media import Frame, Gap, MediaError, ReadSettings, Span, open_segment, survey
from reseen.media.clock import grid_cell
from reseen.media.decoding import FrameDecoder

Record = Callable[..., Path]
EVERY = ReadSettings(every=True)


def frames_of(path: Path, settings: ReadSettings = EVERY, length: float = 1e9) -> list[Frame]:
    frames: list[Frame] = []
    for span in survey(path, length=length).spans:
        with open_segment(path, span, settings) as reader:
            frames += [frame for frame in reader if not frame.warmup]
    return frames


def look_of(frame: Frame) -> tuple[float, bool, bytes, bytes]:
    return frame.time, frame.cut, frame.luma.tobytes(), frame.bgr.tobytes()


def uneven(count: int) -> list[float]:
    chance = random.Random(3)
    times = [0.0]
    for _ in range(count - 1):
        times.append(times[-1] + chance.choice([1 / 60, 1 / 25, 1 / 12, 0.3]))
    return times


SOURCES: dict[str, Callable[[Record, Path], Path]] = {
    "H.264 with B-frames": lambda record, _: record("a.mp4", 250, options=x264(b_pyramid="normal")),
    "open groups of pictures": lambda record, _: record("a.mp4", 250, options=x264(open_gop=1)),
    "open groups in Matroska": lambda record, _: record("a.mkv", 250, options=x264(open_gop=1)),
    "long groups": lambda record, _: record("a.mp4", 300, options=x264(keyint=100, min_keyint=100)),
    "MPEG-TS": lambda record, _: record("a.ts", 250),
    "uneven times": lambda record, _: record("a.mp4", uneven(120)),
    "refreshed little by little": lambda record, _: record("a.mp4", 250, options=x264(intra_refresh=1)),
    "interlaced": lambda record, _: record("a.mp4", 250, options=x264(tff=1) | {"flags": "+ilme+ildct"}),
    "HEVC": lambda record, _: record(
        "a.mp4", 200, codec="libx265", options={"x265-params": "keyint=25:log-level=none:pools=1"}
    ),
    "VP9": lambda record, _: record(
        "a.webm", 200, codec="libvpx-vp9", clock=Fraction(1, 1000), options={"g": "25", "deadline": "realtime"}
    ),
    "key frames only": lambda record, _: record("a.avi", 200, codec="mjpeg", pix_fmt="yuvj420p", clock=Fraction(1, 25)),
    "AVI with stamps out of order": lambda record, _: record("a.avi", 200, clock=Fraction(1, 25)),
    "no stamps at all": lambda record, folder: remux(record("a.ts", 250), folder / "a.264", "h264"),
    "a clock that starts again": lambda record, folder: joined(record("a.ts", 100), folder / "b.ts"),
}


def joined(source: Path, target: Path) -> Path:
    target.write_bytes(source.read_bytes() * 2)
    return target


@pytest.mark.parametrize("kind", SOURCES)
def test_segments_together_are_the_whole(kind: str, record: Record, tmp_path: Path) -> None:
    path = SOURCES[kind](record, tmp_path)
    assert len(survey(path, length=2.0).spans) > 2
    for settings in (ReadSettings(), EVERY, ReadSettings(rate=1.5, warmup=0.0)):
        whole = [look_of(frame) for frame in frames_of(path, settings)]
        parts = [look_of(frame) for frame in frames_of(path, settings, length=2.0)]
        assert parts == whole


@pytest.mark.parametrize("kind", ["H.264 with B-frames", "MPEG-TS", "VP9", "interlaced", "HEVC", "key frames only"])
def test_every_frame_comes_once_at_its_time(kind: str, record: Record, tmp_path: Path) -> None:
    frames = frames_of(SOURCES[kind](record, tmp_path), length=2.0)
    assert [number_of(frame.bgr) for frame in frames] == list(range(len(frames)))
    assert len(frames) in {200, 250}
    assert np.allclose([frame.time for frame in frames], np.arange(len(frames)) / 25, atol=1e-3)


def test_uneven_times_are_kept(record: Record) -> None:
    times = uneven(60)
    frames = frames_of(record("a.mp4", times))
    assert np.allclose([frame.time for frame in frames], times, atol=1e-4)
    assert [number_of(frame.bgr) for frame in frames] == list(range(60))


@pytest.mark.parametrize("name", ["a.mkv", "a.ts", "a.mp4", "a.flv"])
def test_time_counts_from_the_first_frame(name: str, record: Record) -> None:
    path = record(name, [100.0 + index / 25 for index in range(40)])
    found = survey(path)
    assert found.info.duration == pytest.approx(1.6, abs=0.005)
    assert found.spans[0].start == 0.0
    frames = frames_of(path)
    assert frames[0].time == 0.0
    assert frames[-1].time == pytest.approx(39 / 25, abs=0.002)


def test_frames_are_chosen_on_the_grid(record: Record) -> None:
    path = record("a.mp4", 100)
    assert [round(frame.time, 2) for frame in frames_of(path, ReadSettings(rate=5))] == [k / 5 for k in range(20)]
    picked = [frame.time for frame in frames_of(path, ReadSettings(rate=8))]
    assert [round(time * 25) for time in picked] == [-(-k * 25 // 8) for k in range(32)]


@pytest.mark.parametrize(
    "options",
    [
        x264(b_pyramid="normal"),
        x264(b_pyramid="strict", bframes=5),
        x264(open_gop=1),
        x264(weightp=2, ref=4),
        x264(bframes=0),
    ],
    ids=["pyramid", "strict", "open", "weighted", "plain"],
)
@pytest.mark.parametrize("name", ["a.mp4", "a.ts"])
@pytest.mark.parametrize("rate", [2.0, 5.0, 13.0])
def test_what_nothing_depends_on_can_be_left_out(
    options: dict[str, str], name: str, rate: float, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = record(name, 80, options=options)
    lean = [look_of(frame) for frame in frames_of(path, ReadSettings(rate=rate))]
    monkeypatch.setattr(FrameDecoder, "_sieve_for", lambda *_: None)
    assert lean == [look_of(frame) for frame in frames_of(path, ReadSettings(rate=rate))]


def test_fewer_frames_are_decoded_where_that_is_allowed(record: Record) -> None:
    path = record("a.mp4", 100)
    (span,) = survey(path).spans
    counts = {}
    for settings in (ReadSettings(), EVERY):
        with open_segment(path, span, settings) as reader:
            assert len(list(reader)) in {20, 100}
            counts[settings.every] = reader.decoded
            assert reader.last_time is not None and reader.last_time <= 99 / 25
    assert counts[True] == 100
    assert counts[False] <= 80


def test_warm_up_frames_come_first_and_are_marked(record: Record) -> None:
    path = record("a.mp4", 250)
    span = survey(path, length=4.0).spans[1]
    assert span.start == 4.0
    with open_segment(path, span, ReadSettings(warmup=1.0)) as reader:
        frames = list(reader)
    assert [frame.time for frame in frames if frame.warmup] == pytest.approx([3.0, 3.2, 3.4, 3.6, 3.8])
    assert frames[5].time == pytest.approx(4.0)
    assert all(frame.warmup == (frame.time < 4.0) for frame in frames)
    with open_segment(path, span, ReadSettings(warmup=0.0)) as reader:
        assert next(iter(reader)).time == pytest.approx(4.0)


def test_the_first_segment_has_no_warm_up(record: Record) -> None:
    path = record("a.mp4", 50)
    with open_segment(path, survey(path).spans[0]) as reader:
        assert not any(frame.warmup for frame in reader)


def test_a_span_without_entry_is_found(record: Record) -> None:
    path = record("a.mp4", 250)
    span = survey(path, length=4.0).spans[1]
    bare = Span(span.index, span.start, span.end)
    with open_segment(path, span) as known, open_segment(path, bare) as unknown:
        assert [look_of(f) for f in known if not f.warmup] == [look_of(f) for f in unknown if not f.warmup]


def test_threads_change_nothing(record: Record) -> None:
    path = record("a.mp4", 100)
    one = [look_of(frame) for frame in frames_of(path, ReadSettings(threads=1))]
    assert one == [look_of(frame) for frame in frames_of(path, ReadSettings(threads=3))]


def test_a_colour_picture_is_made_on_first_use_and_kept(record: Record) -> None:
    frame = frames_of(record("a.mp4", 3))[0]
    assert "bgr" not in frame.__dict__
    assert frame.bgr is frame.bgr
    assert frame.bgr.shape == (frame.height, frame.width, 3)


def test_a_pause_in_the_recording_is_a_gap(record: Record) -> None:
    times = [index / 25 for index in range(50)]
    path = record("a.mkv", [*times, *(time + 100 for time in times)], clock=Fraction(1, 1000))
    gaps: list[Gap] = []
    for span in survey(path).spans:
        with open_segment(path, span) as reader:
            list(reader)
            gaps += reader.gaps
    assert sum(gap.end - gap.start for gap in gaps) == pytest.approx(98.0, abs=0.1)
    assert {gap.reason for gap in gaps} == {"no pictures were recorded"}
    assert survey(path).info.duration == pytest.approx(102.0, abs=0.01)


def test_a_slow_recording_has_no_gaps(record: Record) -> None:
    path = record("a.mp4", [30.0 * index for index in range(12)])
    for span in survey(path).spans:
        with open_segment(path, span) as reader:
            list(reader)
        assert reader.gaps == ()


def test_damaged_packets_are_skipped_and_told(record: Record) -> None:
    path = record("a.mp4", 100, options=x264(bframes=0))
    data = bytearray(path.read_bytes())
    start = data.index(b"mdat")
    middle = start + (len(data) - start) // 2
    noise = random.Random(1).randbytes(len(data) // 10)
    data[middle : middle + len(noise)] = noise
    path.write_bytes(data)
    (span,) = survey(path).spans
    with open_segment(path, span, EVERY) as reader:
        frames = list(reader)
    assert 60 < len(frames) < 100
    assert all(gap.reason.startswith("damaged") for gap in reader.gaps)
    missing = sum(gap.end - gap.start for gap in reader.gaps)
    assert missing == pytest.approx((100 - len(frames)) / 25, abs=0.1)


def test_a_file_that_was_cut_off_says_so(record: Record) -> None:
    path = record("a.mp4", 100, options=x264(bframes=0))
    remux(path, path.with_name("b.mp4"))
    # The index must come first for anything to be left when the end is cut off.
    with (
        av.open(str(path)) as reader,
        av.open(str(path.with_name("c.mp4")), "w", options={"movflags": "+faststart"}) as writer,
    ):
        stream = reader.streams.video[0]
        copy = writer.add_stream_from_template(stream)
        for packet in (p for p in reader.demux(stream) if p.size):
            packet.stream = copy
            writer.mux(packet)
    data = path.with_name("c.mp4").read_bytes()
    path.write_bytes(data[: len(data) // 2])
    found = survey(path)
    assert found.info.promised_duration == pytest.approx(4.0)
    assert 0.5 < found.info.duration < 3.5
    assert "cut off" in found.info.warnings[0]
    with open_segment(path, found.spans[-1]) as reader_:
        list(reader_)
    assert reader_.gaps[-1].start == pytest.approx(found.info.duration)
    assert reader_.gaps[-1].end == pytest.approx(4.0)


def test_a_stream_cut_in_the_middle_begins_with_its_first_decodable_frame(record: Record, tmp_path: Path) -> None:
    path = remux(record("a.ts", 100, options=x264(bframes=0)), tmp_path / "b.ts", skip=10)
    frames = frames_of(path)
    assert frames[0].time == 0.0
    assert number_of(frames[0].bgr) == 25
    assert len(frames) == 75
    assert survey(path).info.duration == pytest.approx(3.0, abs=0.01)


def test_a_clock_that_starts_again_is_closed_and_told(record: Record, tmp_path: Path) -> None:
    path = joined(record("a.ts", 50), tmp_path / "b.ts")
    found = survey(path)
    assert found.info.duration == pytest.approx(4.0, abs=0.01)
    assert "clock" in found.info.warnings[0]
    with open_segment(path, found.spans[0], EVERY) as reader:
        frames = list(reader)
    assert len(frames) == 100
    assert np.allclose(np.diff([frame.time for frame in frames]), 0.04, atol=1e-6)
    assert reader.gaps == (Gap(2.0, 2.0, reader.gaps[0].reason),)


def test_a_picture_that_changes_its_size_is_scaled_to_the_first(tmp_path: Path) -> None:
    parts = []
    for name, size in (("a.ts", (192, 108)), ("b.ts", (96, 54))):
        pictures = (numbered(index, size) for index in range(25))
        parts.append(encode(tmp_path / name, pictures, [index / 25 for index in range(25)], options=x264()))
    path = tmp_path / "both.ts"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    frames = frames_of(path)
    assert len(frames) == 50
    assert {frame.bgr.shape for frame in frames} == {(108, 192, 3)}
    assert {(frame.width, frame.height) for frame in frames} == {(192, 108)}


def test_grid_cells_of_chosen_frames_differ(record: Record) -> None:
    frames = frames_of(record("a.mp4", uneven(80)), ReadSettings(rate=5))
    cells = [grid_cell(frame.time, 5) for frame in frames]
    assert len(set(cells)) == len(cells)


def test_a_reader_that_is_done_leaves_nothing_in_memory(record: Record) -> None:
    path = record("a.mp4", 50, rotation=(90.0, False, False))
    (span,) = survey(path).spans
    gc.collect()
    gc.disable()
    try:
        with open_segment(path, span) as reader:
            frames = [weakref.ref(frame) for frame in reader]
        held = weakref.ref(reader), weakref.ref(reader._decoder)
        del reader
        assert [ref() for ref in (*frames, *held)] == [None] * 12
        pictures = [o for o in gc.get_objects() if isinstance(o, av.VideoFrame)]
        assert all(picture.width <= 16 for picture in pictures)
    finally:
        gc.enable()


def test_a_file_that_vanished_is_an_error_of_one_line(record: Record) -> None:
    path = record("a.mp4", 10)
    (span,) = survey(path).spans
    path.unlink()
    with pytest.raises(MediaError, match="no such file"):
        open_segment(path, span)


def test_an_entry_that_is_not_there_falls_back_to_the_beginning(record: Record) -> None:
    path = record("a.mp4", 100)
    span = survey(path, length=2.0).spans[1]
    assert span.entry is not None
    lost = replace(span, entry=replace(span.entry, stamp=12_345_678, offset=0))
    with open_segment(path, lost, EVERY) as reader:
        frames = [frame for frame in reader if not frame.warmup]
    assert [number_of(frame.bgr) for frame in frames] == list(range(50, 100))
    assert Fraction(1, 90_000) == CLOCK
