from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli.tiny_world import write_clip, write_photo
from reseen.indexing import AUTO, Clock, camera_in, guess, start_from_name

EIGHT = datetime(2026, 5, 1, 8, 15, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "name",
    [
        "gate_20260501_081530.mp4", "20260501-081530.mkv", "cam 2026-05-01 08-15-30.avi", "2026-05-01T08:15:30.mp4",
        "NVR_ch1_main_20260501081530_20260501091530.dav", "VID_20260501_081530_HDR.mp4", "2026.05.01_08.15.30.ts",
        "hall-2026-05-01_08-15-30 (2).mov", "IMG_2026_05_01_08_15_30.jpg", "7_20260501T081530.mp4",
    ],
)  # fmt: skip
def test_the_usual_ways_of_writing_a_time_are_read(name: str) -> None:
    assert start_from_name(name, AUTO, "UTC") == EIGHT


@pytest.mark.parametrize(
    "name",
    ["gate.mp4", "clip 12.mp4", "2026-05-01.mp4", "20269901_081530.mp4", "99990501_081530.mp4", "18500501_081530.mp4",
     "5f3a20260501.mp4", "20260501_251530.mp4"],
)  # fmt: skip
def test_what_is_no_time_is_not_read(name: str) -> None:
    assert start_from_name(name, AUTO, "UTC") is None


@pytest.mark.parametrize(
    ("stem", "camera"),
    [
        ("gate_20260501_081530", "gate"), ("Gate 3 2026-05-01 08-15-30", "Gate 3"),
        ("20260501_081530", "20260501_081530"),
        ("hall-2026-05-01_08-15-30", "hall"), ("cam 12", "cam 12"), ("2026-05-01 yard", "yard"), ("a.b.c", "a.b.c"),
        ("clip_0001", "clip_0001"), ("门口_20260501081530", "门口"),
    ],
)  # fmt: skip
def test_a_camera_is_what_is_left_without_the_time(stem: str, camera: str) -> None:
    assert camera_in(stem) == camera


def test_a_guess_says_what_a_file_seems_to_be(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "gate_20260501_081530.mp4", 2.0)
    found = guess(clip, Clock(name_pattern=AUTO, zone="Europe/Berlin"))
    assert (found.camera, found.started_at, found.started_from, found.note) == (
        "gate", datetime(2026, 5, 1, 6, 15, 30, tzinfo=UTC), "name", "as its name says",
    )  # fmt: skip
    assert (found.width, found.height, found.duration) == (128, 128, pytest.approx(2.0, abs=0.1))
    plain = guess(write_photo(tmp_path / "photo.png"), Clock(name_pattern=AUTO))
    assert (plain.camera, plain.started_at, plain.problem) == ("photo", None, None)
    assert plain.note == "nothing tells when it was recorded"


def test_a_clock_that_is_ahead_is_doubted(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.mp4", 1.0)
    found = guess(clip, Clock(start="2999-01-01T00:00:00Z"))
    assert found.note == "as given, which is still to come: is that clock right?"


def test_what_cannot_be_used_is_said(tmp_path: Path) -> None:
    text, broken = tmp_path / "a.txt", tmp_path / "b.mp4"
    text.write_text("no footage")
    broken.write_bytes(b"\x00\x00\x00\x18ftypisom" + bytes(100))
    assert guess(text, Clock()).problem == "neither a video nor a picture"
    assert guess(broken, Clock()).problem
    assert str(tmp_path) not in (guess(broken, Clock()).problem or "")
    assert guess(tmp_path / "gone.mp4", Clock()).problem == "it cannot be read (no such file or directory)"
