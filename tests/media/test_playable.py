from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from reseen.media import MediaError, make_playable, media_type, playing_way


def film(path: Path, codec: str, times: list[float], pixels: str = "yuv420p", **options: str) -> Path:
    """A video whose pictures grow brighter, shown at these times."""
    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, pixels
        stream.codec_context.time_base = Fraction(1, 1000)
        for number, time in enumerate(times):
            picture = np.full((48, 64, 3), 20 + 10 * number, np.uint8)
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts, frame.time_base = round(time * 1000), Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def shown(path: Path) -> list[tuple[float, int]]:
    with av.open(str(path)) as container:
        return [(round(frame.time, 3), int(frame.to_ndarray(format="gray").mean() / 2)) for frame in
                container.decode(video=0)]  # fmt: skip


EVEN = [number / 25 for number in range(12)]
UNEVEN = [0.0, 0.04, 0.3, 0.31, 0.9, 1.0, 1.5]


def test_what_browsers_play_is_served_as_it_is(tmp_path: Path) -> None:
    assert playing_way(film(tmp_path / "a.mp4", "libx264", EVEN)) == "as it is"
    assert playing_way(film(tmp_path / "a.webm", "libvpx-vp9", EVEN)) == "as it is"
    assert playing_way(film(tmp_path / "a.mp4", "libsvtav1", EVEN)) == "as it is"
    assert (media_type("a.webm"), media_type("a.mp4"), media_type("a.mov")) == ("video/webm", "video/mp4", "video/mp4")


def test_what_browsers_do_not_play_is_copied_or_encoded(tmp_path: Path) -> None:
    assert playing_way(film(tmp_path / "a.mkv", "libx264", EVEN)) == "copied"
    fragments = {"movflags": "frag_keyframe+empty_moov"}
    assert playing_way(film(tmp_path / "f.mp4", "libx264", EVEN, **fragments)) == "copied"
    assert playing_way(film(tmp_path / "deep.mp4", "libx264", EVEN, "yuv444p")) == "encoded"
    assert playing_way(film(tmp_path / "old.avi", "mpeg4", EVEN)) == "encoded"


@pytest.mark.parametrize(("name", "codec", "way"), [("a.mkv", "libx264", "copied"), ("a.avi", "mjpeg", "encoded")])
def test_a_copy_has_the_pictures_and_times_of_its_source(tmp_path: Path, name: str, codec: str, way: str) -> None:
    pixels = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    source = film(tmp_path / name, codec, EVEN, pixels)
    target = tmp_path / "copy.mp4"
    assert make_playable(source, target) == way
    assert playing_way(target) == "as it is"
    before, after = shown(source), shown(target)
    assert [time for time, _ in after] == pytest.approx([time for time, _ in before], abs=0.002)
    assert [light for _, light in after] == pytest.approx([light for _, light in before], abs=4)


def test_uneven_times_stay_uneven(tmp_path: Path) -> None:
    source = film(tmp_path / "a.mkv", "libx264", UNEVEN, "yuv444p")
    target = tmp_path / "copy.mp4"
    assert make_playable(source, target) == "encoded"
    assert [time for time, _ in shown(target)] == pytest.approx(UNEVEN, abs=0.002)


def test_what_is_no_video_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    other = tmp_path / "a.mp4"
    other.write_bytes(b"this is no video at all, whatever it is called")
    with pytest.raises(MediaError):
        make_playable(other, tmp_path / "copy.mp4")
    assert [file.name for file in tmp_path.iterdir()] == ["a.mp4"]
