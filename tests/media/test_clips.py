"""Clips: the right stretch, turned as it should be, whole or not there."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from recordings import number_of, numbered, remux, x264
from reseen.media import MediaError, ReadSettings, clip_ending, cut_clip, open_segment, probe, rewrite_clip, survey

Record = Callable[..., Path]
Picture = NDArray[np.uint8]


def read(path: Path) -> list[tuple[float, Picture]]:
    frames = []
    for span in survey(path).spans:
        with open_segment(path, span, ReadSettings(every=True)) as reader:
            frames += [(frame.time, frame.bgr) for frame in reader if not frame.warmup]
    return frames


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("a.mp4", "c.mp4"),
        ("a.mp4", "c.mov"),
        ("a.mkv", "c.mkv"),
        ("a.mkv", "c.mp4"),
        ("a.ts", "c.mp4"),
        ("a.ts", "c.ts"),
    ],
)
@pytest.mark.parametrize("options", [x264(), x264(open_gop=1), x264(bframes=0)], ids=["closed", "open", "plain"])
def test_a_clip_is_copied_from_the_key_frame_before(
    source: str, target: str, options: dict[str, str], record: Record, tmp_path: Path
) -> None:
    path = record(source, 200, options=options)
    result = cut_clip(path, 3.4, 5.1, tmp_path / target)
    assert not result.reencoded
    assert result.start == pytest.approx(3.0, abs=0.002)
    assert result.end + 0.002 >= 5.1 and result.end <= 5.1 + 0.3
    frames = read(tmp_path / target)
    first = number_of(frames[0][1])
    assert first == 75
    assert [number_of(picture) for _, picture in frames] == list(range(first, first + len(frames)))
    assert probe(tmp_path / target).duration == pytest.approx(result.end - result.start, abs=0.005)
    original = read(path)[first][1]
    assert np.array_equal(frames[0][1], original)


def test_a_clip_from_the_beginning_and_over_the_end(record: Record, tmp_path: Path) -> None:
    path = record("a.mp4", 50)
    result = cut_clip(path, -3.0, 99.0, tmp_path / "c.mp4")
    assert (result.start, result.reencoded) == (0.0, False)
    assert result.end == pytest.approx(2.0)
    assert len(read(tmp_path / "c.mp4")) == 50


def test_a_clip_keeps_its_rotation(record: Record, tmp_path: Path) -> None:
    path = record("a.mp4", 100, rotation=(90.0, True, False))
    result = cut_clip(path, 1.5, 2.5, tmp_path / "c.mp4")
    assert not result.reencoded
    assert probe(tmp_path / "c.mp4").mirrored
    rewritten = cut_clip(path, 1.5, 2.5, tmp_path / "c.mkv")
    assert rewritten.reencoded
    for name, number in (("c.mp4", 25), ("c.mkv", 37)):
        picture = read(tmp_path / name)[0][1]
        assert picture.shape == (192, 108, 3)
        expected = np.rot90(numbered(number))[:, ::-1]
        assert np.abs(picture.astype(int) - expected).mean() < 6


def test_a_key_frame_too_far_back_means_encoding_anew(record: Record, tmp_path: Path) -> None:
    path = record("a.mp4", 100, options=x264(keyint=1000, min_keyint=1000))
    assert not cut_clip(path, 3.0, 3.5, tmp_path / "c.mp4").reencoded
    result = cut_clip(path, 3.0, 3.5, tmp_path / "c.mp4", most_lead=1.0)
    assert result.reencoded
    assert (result.start, result.end) == (pytest.approx(3.0), pytest.approx(3.5))
    assert [number_of(picture) for _, picture in read(tmp_path / "c.mp4")] == list(range(75, 88))


def test_what_a_container_cannot_hold_is_encoded_anew(record: Record, tmp_path: Path) -> None:
    path = record("a.avi", 50, codec="mjpeg", pix_fmt="yuvj420p", clock=Fraction(1, 25))
    assert clip_ending(path) == ".mkv"
    assert not cut_clip(path, 0.5, 1.0, tmp_path / "c.mkv").reencoded
    assert cut_clip(path, 0.5, 1.0, tmp_path / "c.mp4").reencoded
    assert number_of(read(tmp_path / "c.mp4")[0][1]) == 12


def test_the_ending_that_spares_encoding(record: Record, tmp_path: Path) -> None:
    assert clip_ending(record("a.mp4", 5)) == ".mp4"
    assert clip_ending(record("a.ts", 5)) == ".mp4"
    webm = record("a.webm", 5, codec="libvpx-vp9", clock=Fraction(1, 1000), options={"deadline": "realtime"})
    assert clip_ending(webm) == ".webm"
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    assert clip_ending(tmp_path / "a.png") == ".mp4"


def test_sources_with_odd_clocks(record: Record, tmp_path: Path) -> None:
    single = record("a.ts", 100)
    twice = tmp_path / "twice.ts"
    twice.write_bytes(single.read_bytes() * 2)
    result = cut_clip(twice, 3.2, 5.5, tmp_path / "c.mp4")
    assert result.start == pytest.approx(3.0)
    numbers = [number_of(picture) for _, picture in read(tmp_path / "c.mp4")]
    assert numbers[:26] == [*range(75, 100), 0]
    bare = remux(single, tmp_path / "a.264", "h264")
    assert cut_clip(bare, 1.0, 2.0, tmp_path / "c.mp4").reencoded
    assert number_of(read(tmp_path / "c.mp4")[0][1]) == 25


@pytest.mark.parametrize("target", ["c.mp4", "c.mkv", "c.webm", "c.mov"])
def test_every_picture_passes_through_the_function(target: str, record: Record, tmp_path: Path) -> None:
    times = [0.0, 0.04, 0.3, 0.34, 0.38, 1.0, 1.5, 1.54, 1.58, 2.0, 2.4]
    path = record("a.mp4", times)
    seen: list[float] = []

    def darken(time: float, picture: Picture) -> Picture:
        seen.append(time)
        return picture // 2

    result = rewrite_clip(path, 0.32, 1.56, tmp_path / target, darken)
    assert result.reencoded
    assert seen == pytest.approx(times[2:8], abs=1e-3)
    assert (result.start, result.end) == (pytest.approx(0.3, abs=1e-3), pytest.approx(1.56, abs=1e-3))
    frames = read(tmp_path / target)
    assert [time for time, _ in frames] == pytest.approx([time - 0.3 for time in times[2:8]], abs=2e-3)
    assert probe(tmp_path / target).duration == pytest.approx(1.26, abs=0.01)
    for (_, picture), number in zip(frames, range(2, 8), strict=True):
        assert np.abs(picture.astype(int) - numbered(number) // 2).mean() < 6


@pytest.mark.parametrize("size", [(97, 61), (192, 61)])
def test_odd_sizes_are_padded(size: tuple[int, int], record: Record, tmp_path: Path) -> None:
    path = record("a.mp4", 5, size=size, pix_fmt="yuv444p")
    rewrite_clip(path, 0.0, 0.2, tmp_path / "c.mp4", lambda _, picture: picture)
    shape = read(tmp_path / "c.mp4")[0][1].shape
    assert shape[:2] == (size[1] + size[1] % 2, size[0] + size[0] % 2)


def test_colours_survive_encoding(record: Record, tmp_path: Path) -> None:
    path = record("a.mp4", 3, size=(1280, 720))
    paint = np.zeros((720, 1280, 3), np.uint8)
    paint[:, :640], paint[:, 640:] = (30, 40, 200), (200, 180, 40)
    rewrite_clip(path, 0.0, 0.1, tmp_path / "c.mp4", lambda *_: paint)
    picture = read(tmp_path / "c.mp4")[0][1]
    assert np.abs(picture.astype(int) - paint).mean() < 4


def test_an_animated_image_becomes_a_video(tmp_path: Path) -> None:
    images = [Image.fromarray(numbered(index)[:, :, ::-1].copy()) for index in range(5)]
    images[0].save(tmp_path / "a.webp", save_all=True, append_images=images[1:], duration=200)
    result = cut_clip(tmp_path / "a.webp", 0.3, 0.7, tmp_path / "c.mp4")
    assert result.reencoded
    assert [number_of(picture) for _, picture in read(tmp_path / "c.mp4")] == [1, 2, 3]


def test_a_stretch_without_pictures_is_an_error(record: Record, tmp_path: Path) -> None:
    path = record("a.mp4", 25)
    with pytest.raises(MediaError, match=r"no picture between 5\.00 and 6\.00 s"):
        cut_clip(path, 5.0, 6.0, tmp_path / "c.mp4")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.mp4"]


def test_a_clip_that_fails_leaves_nothing_behind(record: Record, tmp_path: Path) -> None:
    path = record("a.mp4", 25)
    (tmp_path / "c.mp4").write_bytes(b"the clip from before")

    def fails(time: float, picture: Picture) -> Picture:
        if time > 0.3:
            raise RuntimeError
        return picture

    with pytest.raises(RuntimeError):
        rewrite_clip(path, 0.0, 1.0, tmp_path / "c.mp4", fails)
    assert (tmp_path / "c.mp4").read_bytes() == b"the clip from before"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.mp4", "c.mp4"]


def test_plain_words_when_it_cannot_be_written(record: Record, tmp_path: Path) -> None:
    path = record("a.mp4", 25)
    with pytest.raises(MediaError, match=r"must end in one of \.mp4"):
        cut_clip(path, 0.0, 1.0, tmp_path / "c.xyz")
    with pytest.raises(MediaError, match="no such file or directory"):
        cut_clip(path, 0.0, 1.0, tmp_path / "none" / "c.mp4")
    with pytest.raises(MediaError, match="no such file"):
        cut_clip(tmp_path / "none.mp4", 0.0, 1.0, tmp_path / "c.mp4")
