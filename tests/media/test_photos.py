"""Photos: any orientation, depth, colour and transparency; no bombs."""

from __future__ import annotations

import resource
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from recordings import numbered
from reseen.media import MediaError, open_segment, probe, read_photo, survey
from reseen.media.photos import MAX_PHOTO_FRAMES

PICTURE = numbered(5, (120, 80))
RGB = PICTURE[:, :, ::-1].copy()


def save(path: Path, image: Image.Image | NDArray[np.uint8] | None = None, **options: object) -> Path:
    image = Image.fromarray(RGB) if image is None else image
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(path, **options)  # type: ignore[arg-type]
    return path


def png(width: int, height: int, *chunks: tuple[bytes, bytes]) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*c) for c in ((b"IHDR", header), *chunks, (b"IEND", b"")))


@pytest.mark.parametrize("ending", ["png", "bmp", "tiff", "webp", "gif", "ppm", "jp2"])
def test_formats(ending: str, tmp_path: Path) -> None:
    options = {"lossless": True} if ending == "webp" else {}
    photo = read_photo(save(tmp_path / f"a.{ending}", **options))
    assert photo.bgr.shape == PICTURE.shape
    assert np.abs(photo.bgr.astype(int) - PICTURE).mean() < 5
    assert photo.bgr.flags.c_contiguous


def test_content_decides_not_the_name(tmp_path: Path) -> None:
    save(tmp_path / "a.png").rename(tmp_path / "a.mp4")
    assert np.array_equal(read_photo(tmp_path / "a.mp4").bgr, PICTURE)
    assert probe(tmp_path / "a.mp4").kind == "image"


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("ending", ["jpg", "png", "webp", "tiff"])
def test_orientation(orientation: int, ending: str, tmp_path: Path) -> None:
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    image = Image.fromarray(RGB)
    stored = image.transpose(undo[orientation]) if orientation > 1 else image
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = save(tmp_path / f"a.{ending}", stored, exif=exif)
    photo = read_photo(path)
    assert photo.bgr.shape == PICTURE.shape
    assert np.abs(photo.bgr.astype(int) - PICTURE).mean() < 8
    info = probe(path)
    assert (info.width, info.height) == (120, 80)


def test_sixteen_bits_are_scaled_not_clipped(tmp_path: Path) -> None:
    deep = np.linspace(0, 65_535, 256 * 4).astype(np.uint16).reshape(4, 256)
    path = tmp_path / "a.png"
    Image.fromarray(deep).save(path)
    expected = np.round(deep / 257)
    assert np.abs(read_photo(path).bgr[:, :, 1] - expected).max() <= 1


def test_floating_point_is_scaled(tmp_path: Path) -> None:
    path = tmp_path / "a.tiff"
    Image.fromarray(np.linspace(0, 1, 256, dtype=np.float32).reshape(4, 64)).save(path)
    photo = read_photo(path)
    assert photo.bgr[0, 0, 0] == 0
    assert photo.bgr[-1, -1, 0] == 255


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparency_lies_on_mid_gray(mode: str, tmp_path: Path) -> None:
    rgba = np.dstack([RGB, np.full(RGB.shape[:2], 255, np.uint8)])
    rgba[:, :60, 3] = 0
    image = Image.fromarray(rgba)
    shown = read_photo(save(tmp_path / "a.png", image.quantize() if mode == "P" else image.convert(mode))).bgr
    assert np.all(np.abs(shown[:, :60].astype(int) - 128) <= 1)
    expected, got = PICTURE[:, 60:].astype(int), shown[:, 60:].astype(int)
    if mode == "LA":
        expected, got = expected @ (0.114, 0.587, 0.299), got.mean(axis=2)
    assert np.abs(got - expected).mean() < 12


def test_half_transparent_is_half_gray(tmp_path: Path) -> None:
    rgba = np.dstack([RGB, np.full(RGB.shape[:2], 128, np.uint8)])
    shown = read_photo(save(tmp_path / "a.png", Image.fromarray(rgba))).bgr
    assert np.abs(shown - (PICTURE.astype(int) + 128) / 2).max() <= 2


@pytest.mark.parametrize("mode", ["L", "1", "CMYK", "YCbCr"])
def test_other_colours(mode: str, tmp_path: Path) -> None:
    path = tmp_path / ("a.jpg" if mode in {"CMYK", "YCbCr"} else "a.png")
    Image.fromarray(RGB).convert(mode).save(path, **({"quality": 95} if path.suffix == ".jpg" else {}))
    photo = read_photo(path)
    assert photo.bgr.shape == PICTURE.shape
    if mode in {"CMYK", "YCbCr"}:
        assert np.abs(photo.bgr.astype(int) - PICTURE).mean() < 8
    else:
        assert np.array_equal(photo.bgr[:, :, 0], photo.bgr[:, :, 2])


def animated(path: Path, count: int = 5, **options: object) -> Path:
    images = [Image.fromarray(numbered(index, (120, 80))[:, :, ::-1].copy()) for index in range(count)]
    images[0].save(path, save_all=True, append_images=images[1:], duration=200, **options)  # type: ignore[arg-type]
    return path


@pytest.mark.parametrize("ending", ["gif", "webp", "png"])
def test_animated_images_are_short_footage(ending: str, tmp_path: Path) -> None:
    path = animated(tmp_path / f"a.{ending}")
    photo = read_photo(path)
    assert len(photo.frames) == 5
    found = survey(path)
    assert (found.info.kind, found.info.frames) == ("animation", 5)
    assert found.info.duration == pytest.approx(1.0)
    with open_segment(path, found.spans[0]) as reader:
        frames = list(reader)
    assert [frame.time for frame in frames] == pytest.approx([0.0, 0.2, 0.4, 0.6, 0.8])
    assert np.abs(frames[3].bgr.astype(int) - numbered(3, (120, 80))).mean() < 8


def test_pictures_that_state_no_time_last_a_tenth(tmp_path: Path) -> None:
    images = [Image.fromarray(RGB), Image.fromarray(255 - RGB)]
    images[0].save(tmp_path / "a.gif", save_all=True, append_images=images[1:], duration=0)
    assert probe(tmp_path / "a.gif").duration == pytest.approx(0.2)


def test_an_animated_photo_is_looked_at_in_part(tmp_path: Path) -> None:
    assert len(read_photo(animated(tmp_path / "a.gif", 40)).frames) == MAX_PHOTO_FRAMES


def test_an_image_is_a_segment_without_duration(tmp_path: Path) -> None:
    found = survey(save(tmp_path / "a.png"))
    assert found.info.duration == 0.0
    (span,) = found.spans
    assert (span.start, span.end) == (0.0, 0.0)
    with open_segment(tmp_path / "a.png", span) as reader:
        (frame,) = list(reader)
    assert frame.time == 0.0
    assert not frame.warmup
    assert np.array_equal(frame.bgr, PICTURE)
    assert reader.decoded == 1
    assert reader.gaps == ()


def test_too_many_pixels_are_refused_before_decoding(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(png(200_000, 200_000, (b"IDAT", zlib.compress(b"\0" * 100))))
    with pytest.raises(MediaError, match="larger than the limit of 120 million pixels"):
        read_photo(path)
    with pytest.raises(MediaError, match=r"limit of 0\.005 million pixels: 120x80"):
        read_photo(save(tmp_path / "b.png"), max_pixels=5000)


def test_a_bomb_takes_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    packer = zlib.compressobj(9)
    rows = b"\0" * (1 + 3 * 20_000)
    data = b"".join(packer.compress(rows) for _ in range(2000)) + packer.flush()
    path.write_bytes(png(20_000, 20_000, (b"IDAT", data)))
    script = (
        "import sys, resource\n"
        "from reseen.media import MediaError, probe, read_photo\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "for use in (read_photo, probe):\n"
        "    try:\n        use(sys.argv[1])\n        sys.exit(3)\n    except MediaError:\n        pass\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 50_000
    assert done.stderr == ""
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss > 0


@pytest.mark.parametrize("ending", ["jpg", "png", "webp", "gif", "tiff"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_photo_that_is_cut_off_is_refused_or_told(ending: str, share: float, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (80, 120, 3)).astype(np.uint8)
    path = save(tmp_path / f"a.{ending}", Image.fromarray(noise))
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    for use in (read_photo, probe):
        with pytest.raises(MediaError) as caught:
            use(path)
        assert "\n" not in str(caught.value)


def test_text_is_no_photo(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_text("hello")
    with pytest.raises(MediaError, match="not a picture"):
        read_photo(path)


def test_programs_are_no_photos(tmp_path: Path) -> None:
    # Pillow would hand a PostScript file to an interpreter.
    path = tmp_path / "a.eps"
    path.write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\n")
    with pytest.raises(MediaError, match="not a picture"):
        read_photo(path)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_damage_is_an_error_of_one_line_at_worst(tmp_path: Path, data: st.DataObject) -> None:
    ending = data.draw(st.sampled_from(["jpg", "png", "gif", "webp", "bmp"]))
    path = save(tmp_path / f"good.{ending}")
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 20))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    (tmp_path / "bad").write_bytes(content)
    try:
        assert read_photo(tmp_path / "bad").bgr.ndim == 3
    except MediaError as error:
        assert "\n" not in str(error)
