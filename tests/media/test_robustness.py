"""Every odd file of the shared footage: what must come out of it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reseen.media import (
    Gap,
    MediaError,
    ReadSettings,
    Survey,
    expand_footage,
    open_segment,
    plan_segments,
    probe,
    read_photo,
    survey,
)
from reseen.media.photos import MAX_PHOTO_FRAMES

_SHARED = Path(os.environ.get("RESEEN_SHARED", Path(__file__).resolve().parents[2].parent / "shared"))
_FOLDER = _SHARED / "footage" / "robustness"
_LIST: dict[str, Any] = (
    json.loads((_FOLDER / "robustness.json").read_text("utf-8"))
    if (_FOLDER / "robustness.json").exists()
    else {"video": [], "images": []}
)
VIDEOS = {item["file"]: item["expect"] for item in _LIST["video"]}
IMAGES = {item["file"]: item["expect"] for item in _LIST["images"]}
GOOD_VIDEOS = [name for name, expect in VIDEOS.items() if expect["exit"] == 0]
BAD_VIDEOS = [name for name, expect in VIDEOS.items() if expect["exit"] != 0]


def read(path: Path) -> tuple[Survey, list[Any], list[Gap]]:
    found = survey(path)
    frames, gaps = [], []
    for span in found.spans:
        with open_segment(path, span, ReadSettings(every=True)) as reader:
            frames += [frame for frame in reader if not frame.warmup]
        gaps += reader.gaps
    return found, frames, gaps


@pytest.mark.parametrize("name", GOOD_VIDEOS)
def test_what_can_be_decoded_is(name: str) -> None:
    expect = VIDEOS[name]
    found, frames, gaps = read(_FOLDER / name)
    info = found.info
    assert [info.width, info.height] == expect["shown"]
    assert {frame.bgr.shape for frame in frames} == {(*expect["shown"][::-1], 3)}
    assert len(frames) == expect["frames"]
    assert info.duration == pytest.approx(expect["duration_s"], abs=0.05)
    assert bool(info.warnings or gaps) == expect["warn"]
    times = [frame.time for frame in frames]
    assert times[0] == 0.0
    assert times == sorted(set(times))
    assert times[-1] < info.duration
    assert not any(frame.cut for frame in frames)


@pytest.mark.parametrize("name", [n for n in GOOD_VIDEOS if VIDEOS[n]["times_as_plain"] and VIDEOS[n]["frames"] == 48])
def test_times_are_those_of_the_plain_clip(name: str) -> None:
    _, frames, _ = read(_FOLDER / name)
    assert np.allclose([frame.time for frame in frames], np.arange(48) / 12, atol=1e-3)


@pytest.mark.parametrize(
    ("name", "most"),
    [
        ("rotated-90.mp4", 3),
        ("rotated-180.mp4", 3),
        ("rotated-270.mp4", 3),
        ("anamorphic-sar2.mp4", 4),
        ("hevc-10bit.mp4", 3),
        ("vp9.webm", 3),
        ("mjpeg.avi", 4),
        ("mpeg4.avi", 4),
        ("start-offset.mkv", 0),
        ("interlaced.mp4", 5),
    ],
)
def test_pictures_look_like_those_of_the_plain_clip(name: str, most: float) -> None:
    plain, other = read(_FOLDER / "plain.mp4")[1], read(_FOLDER / name)[1]
    for at in (5, 20, 40):
        difference = np.abs(plain[at].bgr.astype(int) - other[at].bgr)
        assert difference.mean() <= most
        assert np.abs(plain[at].luma.astype(int) - other[at].luma).mean() <= most


@pytest.mark.parametrize("name", BAD_VIDEOS)
def test_what_holds_no_picture_is_refused_in_one_line(name: str) -> None:
    with pytest.raises(MediaError) as caught:
        survey(_FOLDER / name)
    line = str(caught.value)
    assert "\n" not in line
    assert line == f"{_FOLDER / name}: {caught.value.reason}"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("no-moov.mp4", "incomplete"),
        ("empty.mp4", "empty"),
        ("text.mp4", "neither a video nor a picture"),
        ("audio-only.mp4", "only sound"),
        ("audio-with-cover.mp3", "a cover is not footage"),
    ],
)
def test_the_line_says_what_is_wrong(name: str, words: str, footage: Path) -> None:
    with pytest.raises(MediaError, match=words):
        probe(footage / "robustness" / name)


def test_what_is_missing_of_a_truncated_file_is_a_gap(footage: Path) -> None:
    found, _, gaps = read(footage / "robustness" / "truncated.mp4")
    assert found.info.promised_duration == pytest.approx(4.0)
    assert [(gap.start, gap.end) for gap in gaps] == [pytest.approx((2.0, 4.0))]


def test_what_is_missing_of_a_damaged_file_is_a_gap(footage: Path) -> None:
    _, _, gaps = read(footage / "robustness" / "damaged-middle.mp4")
    assert sum(gap.end - gap.start for gap in gaps) == pytest.approx(7 / 12, abs=0.01)
    assert all(1.3 < gap.start < gap.end < 2.2 for gap in gaps)


@pytest.mark.parametrize("name", ["ts-jump-forward.ts", "ts-clock-restart.ts"])
def test_a_clock_that_jumps_is_closed(name: str, footage: Path) -> None:
    _, frames, gaps = read(footage / "robustness" / name)
    assert [(gap.start, gap.end) for gap in gaps] == [pytest.approx((2.0, 2.0))]
    assert np.allclose(np.diff([frame.time for frame in frames]), 1 / 12, atol=1e-6)


@pytest.mark.parametrize("name", IMAGES)
def test_images_as_photos(name: str) -> None:
    expect = IMAGES[name]
    usable = "shown" in expect
    if not usable:
        with pytest.raises(MediaError) as caught:
            read_photo(_FOLDER / name)
        assert "\n" not in str(caught.value)
        return
    photo = read_photo(_FOLDER / name)
    assert photo.bgr.shape == (*expect["shown"][::-1], 3)
    assert photo.bgr.dtype == np.uint8
    assert 40 < photo.bgr.mean() < 200
    assert 1 <= len(photo.frames) <= MAX_PHOTO_FRAMES


@pytest.mark.parametrize("name", [n for n, e in IMAGES.items() if e.get("same_as")])
def test_images_that_show_the_same_look_the_same(name: str) -> None:
    plain = read_photo(_FOLDER / "images" / IMAGES[name]["same_as"]).bgr.astype(int)
    assert np.abs(plain - read_photo(_FOLDER / name).bgr).mean() < 6


def test_images_as_footage(footage: Path) -> None:
    images = footage / "robustness" / "images"
    assert probe(images / "animated.gif").kind == "animation"
    assert probe(images / "animated.gif").duration == pytest.approx(1.98)
    assert probe(images / "video-named.jpg").kind == "video"
    assert probe(images / "plain.jpg").duration == 0.0
    (span,) = plan_segments(images / "exif-6.jpg")
    with open_segment(images / "exif-6.jpg", span) as reader:
        (frame,) = list(reader)
    assert (frame.width, frame.height, frame.time) == (172, 324, 0.0)
    assert reader.decoded == 1


def test_a_folder_lists_all_that_is_footage(footage: Path) -> None:
    listing = expand_footage([footage / "robustness"])
    shown = {Path(file.shown).relative_to(footage / "robustness").as_posix() for file in listing.files}
    assert "names/-leading-dash.mp4" in shown
    assert "names/no-extension" in shown
    assert "names/.hidden.mp4" not in shown
    assert {Path(item.shown).name for item in listing.left_out} == {
        ".hidden.mp4",
        "robustness.json",
        "audio-with-cover.mp3",
    }
    assert listing.unusable == ()
    assert [f.shown for f in listing.files] == sorted(f.shown for f in listing.files)
