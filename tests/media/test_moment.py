"""One frame at a time."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest
from PIL import Image

from recordings import number_of, remux, x264
from reseen.media import MediaError, read_frame, survey

Record = Callable[..., Path]


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts", "a.flv"])
@pytest.mark.parametrize(
    "options", [x264(), x264(open_gop=1), x264(intra_refresh=1)], ids=["closed", "open", "gradual"]
)
def test_the_frame_shown_at_a_time(name: str, options: dict[str, str], record: Record) -> None:
    path = record(name, 150, options=options)
    for time, number in ((0.0, 0), (0.039, 0), (0.0405, 1), (1.0, 25), (2.5, 62), (3.99, 99), (-5.0, 0), (99.0, 149)):
        frame = read_frame(path, time)
        assert number_of(frame.bgr) == number
        assert frame.time == pytest.approx(number / 25, abs=1e-3)


def test_between_frames_far_apart(record: Record) -> None:
    path = record("a.mp4", [10.0 * index for index in range(8)])
    assert number_of(read_frame(path, 39.9).bgr) == 3
    assert number_of(read_frame(path, 40.0).bgr) == 4


def test_with_the_segment_at_hand(record: Record) -> None:
    path = record("a.ts", 250)
    span = survey(path, length=4.0).spans[1]
    assert number_of(read_frame(path, 5.0, span).bgr) == 125


def test_odd_clocks(record: Record, tmp_path: Path) -> None:
    avi = record("a.avi", 100, clock=Fraction(1, 25))
    assert number_of(read_frame(avi, 3.0).bgr) == 75
    bare = remux(record("a.ts", 100), tmp_path / "a.264", "h264")
    assert number_of(read_frame(bare, 3.0).bgr) == 75


def test_images(tmp_path: Path) -> None:
    colours = [(255, 0, 0), (0, 255, 0), (0, 0, 255)]
    images = [Image.new("RGB", (8, 8), colour) for colour in colours]
    images[0].save(tmp_path / "a.gif", save_all=True, append_images=images[1:], duration=1000)
    assert read_frame(tmp_path / "a.gif", 1.5).bgr[0, 0].tolist() == [0, 255, 0]
    images[2].save(tmp_path / "a.png")
    assert read_frame(tmp_path / "a.png", 7.0).bgr[0, 0].tolist() == [255, 0, 0]


def test_no_such_source(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="no such file"):
        read_frame(tmp_path / "a.mp4", 0.0)
