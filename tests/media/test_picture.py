"""Pictures as they are to be shown: turned, square, in true colours."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from recordings import SIZE, encode, numbered
from reseen.media import Frame, ReadSettings, open_segment, probe, survey
from reseen.media.picture import Display, bgr_of, display_of, luma_of, small_size

Record = Callable[..., Path]
ONE = 65_536


def first_frame(path: Path) -> Frame:
    with open_segment(path, survey(path).spans[0], ReadSettings(every=True)) as reader:
        return next(iter(reader))


def turned(picture: NDArray[np.uint8], degrees: int, hflip: bool, vflip: bool) -> NDArray[np.uint8]:
    """What a player shows: turned counter-clockwise, then mirrored."""
    picture = np.rot90(picture, degrees // 90)
    if hflip:
        picture = picture[:, ::-1]
    return picture[::-1] if vflip else picture


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
@pytest.mark.parametrize(("hflip", "vflip"), [(False, False), (True, False), (False, True)])
def test_pictures_are_turned_as_a_player_would(
    degrees: int, hflip: bool, vflip: bool, record: Record, tmp_path: Path
) -> None:
    path = record("a.mp4", 3, rotation=(float(degrees), hflip, vflip))
    info, frame = probe(path), first_frame(path)
    expected = turned(numbered(0), degrees, hflip, vflip)
    assert (info.height, info.width) == expected.shape[:2]
    assert info.mirrored == (hflip or vflip)
    assert np.abs(frame.bgr.astype(int) - expected).mean() < 4
    assert frame.luma.shape == expected.shape[:2]
    assert np.abs(frame.luma.astype(int) - expected.mean(axis=2)).mean() < 12
    assert frame.bgr.flags.c_contiguous


def test_rotation_is_told_clockwise(record: Record) -> None:
    assert probe(record("a.mp4", 2, rotation=(90.0, False, False))).rotation == 270
    assert probe(record("b.mp4", 2, rotation=(270.0, False, False))).rotation == 90


@given(
    st.sampled_from([(ONE, 0, 0, ONE), (0, ONE, -ONE, 0), (-ONE, 0, 0, -ONE), (0, -ONE, ONE, 0)]),
    st.booleans(),
)
def test_the_matrix_says_where_each_pixel_goes(rotation: tuple[int, int, int, int], mirror: bool) -> None:
    a, b, c, d = rotation
    if mirror:
        a, c = -a, -c
    picture = np.arange(24, dtype=np.uint8).reshape(4, 6)
    display = display_of((6, 4), None, (a, b, 0, c, d, 0, 0, 0, 1 << 30))
    shown = display.turn(picture)
    assert display.size == (shown.shape[1], shown.shape[0])
    assert display.mirrored == mirror
    places = {(x, y): ((a * x + c * y) // ONE, (b * x + d * y) // ONE) for y in range(4) for x in range(6)}
    left, top = min(x for x, _ in places.values()), min(y for _, y in places.values())
    for (x, y), (to_x, to_y) in places.items():
        assert shown[to_y - top, to_x - left] == picture[y, x]


@pytest.mark.parametrize(
    ("aspect", "shown"),
    [(Fraction(2), (384, 108)), (Fraction(1, 2), (192, 216)), (Fraction(64, 45), (273, 108)), (None, SIZE)],
)
def test_pixels_are_made_square(aspect: Fraction | None, shown: tuple[int, int], record: Record) -> None:
    path = record("a.mp4", 2, pixel_aspect=aspect)
    frame = first_frame(path)
    assert (frame.width, frame.height) == shown
    assert frame.bgr.shape == (shown[1], shown[0], 3)
    assert frame.luma.shape == small_size(shown)[::-1]


def test_an_impossible_aspect_is_ignored() -> None:
    assert display_of((100, 50), Fraction(1000), None).size == (100, 50)
    assert display_of((100, 50), Fraction(0), None).size == (100, 50)


COLOURS = [(200, 40, 40), (40, 200, 40), (40, 40, 200), (120, 120, 120), (20, 220, 230), (250, 250, 250), (5, 5, 5)]


@pytest.mark.parametrize(("matrix", "weights"), [(1, (0.2126, 0.0722)), (5, (0.299, 0.114)), (2, None), (65, None)])
@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("size", [(64, 48), (1280, 720)])
@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv444p", "yuv420p10le"])
def test_known_colours_come_out(
    matrix: int, weights: tuple[float, float] | None, full: bool, size: tuple[int, int], pix_fmt: str
) -> None:
    red, blue = weights or ((0.2126, 0.0722) if size[1] >= 720 else (0.299, 0.114))
    for colour in COLOURS:
        b, g, r = (value / 255 for value in colour)
        y = red * r + (1 - red - blue) * g + blue * b
        cb, cr = (b - y) / (2 * (1 - blue)), (r - y) / (2 * (1 - red))
        codes = (255 * y, 128 + 255 * cb, 128 + 255 * cr) if full else (16 + 219 * y, 128 + 224 * cb, 128 + 224 * cr)
        frame = av.VideoFrame(*size, pix_fmt)
        wide = pix_fmt.endswith("10le")
        for plane, code in zip(frame.planes, codes, strict=True):
            value = round(code * 4).to_bytes(2, "little") if wide else bytes([min(255, round(code))])
            plane.update(value * (plane.buffer_size // len(value)))
        frame.colorspace, frame.color_range = matrix, 2 if full else 1
        display = Display(size, size)
        assert np.abs(bgr_of(frame, display)[20, 20].astype(int) - colour).max() <= 4
        assert abs(int(luma_of(frame, display)[10, 10]) - 255 * y) <= 2


def test_a_wrong_order_of_channels_would_be_noticed(tmp_path: Path) -> None:
    red = np.zeros((108, 192, 3), np.uint8)
    red[:] = (30, 30, 220)
    path = encode(tmp_path / "a.mp4", [red] * 2, [0.0, 0.04])
    assert np.abs(first_frame(path).bgr.mean(axis=(0, 1)) - (30, 30, 220)).max() < 5


@pytest.mark.parametrize("size", [(321, 243), (33, 17)])
@pytest.mark.parametrize("pix_fmt", ["yuv444p", "yuvj444p"])
def test_odd_sizes(size: tuple[int, int], pix_fmt: str, record: Record) -> None:
    frame = first_frame(record("a.mp4", 2, size=size, pix_fmt=pix_fmt))
    assert frame.bgr.shape == (size[1], size[0], 3)
    assert np.abs(frame.bgr.astype(int) - numbered(0, size)).mean() < 12


def test_ten_bits_and_full_range_look_like_eight(record: Record) -> None:
    plain = first_frame(record("a.mp4", 2))
    deep = first_frame(
        record(
            "b.mp4",
            2,
            codec="libx265",
            pix_fmt="yuv420p10le",
            options={"x265-params": "log-level=none:pools=1:bframes=0"},
        )
    )
    full = first_frame(record("c.avi", 2, codec="mjpeg", pix_fmt="yuvj420p", clock=Fraction(1, 25)))
    for other in (deep, full):
        assert np.abs(plain.bgr.astype(int) - other.bgr).mean() < 5
        assert np.abs(plain.luma.astype(int) - other.luma).mean() < 4


@pytest.mark.parametrize("pix_fmt", ["rgb24", "gray", "nv12", "yuyv422", "gbrp", "yuv420p", "gray10le", "yuva420p"])
def test_luma_of_any_format(pix_fmt: str) -> None:
    picture = numbered(5)
    frame = av.VideoFrame.from_ndarray(picture, format="bgr24").reformat(format=pix_fmt)
    display = Display(SIZE, SIZE)
    expected = picture.astype(float) @ (0.114, 0.587, 0.299)
    assert np.abs(luma_of(frame, display) - expected).mean() < 6


def test_the_small_picture_is_never_enlarged() -> None:
    assert small_size((100, 60)) == (100, 60)
    assert small_size((1920, 1080)) == (192, 108)
    assert small_size((108, 1920)) == (11, 192)
    assert small_size((100_000, 1)) == (192, 1)
