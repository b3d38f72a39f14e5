"""When something was recorded, by its own word."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image

from reseen.media import probe, read_photo
from reseen.media.recorded import parsed, recorded_by_container

Record = Callable[..., Path]
NOON = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)


def test_a_container_states_its_start(record: Record) -> None:
    path = record("a.mp4", 3, metadata={"creation_time": "2024-05-01T12:00:00Z"})
    assert probe(path).recorded_at == NOON
    assert probe(record("b.mp4", 3)).recorded_at is None


def test_the_start_with_its_zone_comes_first() -> None:
    both = {
        "creation_time": "2024-05-01T13:30:00.000000Z",
        "com.apple.quicktime.creationdate": "2024-05-01T14:00:00+0200",
    }
    assert recorded_by_container(both) == NOON
    assert recorded_by_container({}, {"creation_time": "2024-05-01T12:00:00.000000Z"}) == NOON
    assert recorded_by_container({"DATE": "2024-05-01T14:00:00+02:00"}) == NOON


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2024-05-01T12:00:00",
        "1904-01-01T00:00:00Z",
        "1970-01-01T00:00:00Z",
        "2000-01-01T00:03:12Z",
        "9999-12-31T23:59:59-23:00",
        (datetime.now(UTC) + timedelta(days=3)).isoformat(),
    ],
)
def test_no_zone_and_no_sense_mean_no_time(text: str) -> None:
    assert parsed(text) is None


def save(path: Path, **tags: object) -> Path:
    exif = Image.Exif()
    details, place = exif.get_ifd(0x8769), exif.get_ifd(0x8825)
    numbers = {
        "original": (details, 0x9003),
        "offset": (details, 0x9011),
        "gps_date": (place, 29),
        "gps_time": (place, 7),
    }
    for name, value in tags.items():
        ifd, tag = numbers[name]
        ifd[tag] = value
    Image.new("RGB", (8, 8)).save(path, exif=exif)
    return path


def test_a_photo_states_its_time_with_its_zone(tmp_path: Path) -> None:
    path = save(tmp_path / "a.jpg", original="2024:05:01 14:00:00", offset="+02:00")
    assert read_photo(path).recorded_at == NOON
    assert probe(path).recorded_at == NOON


def test_a_photo_without_a_zone_states_nothing(tmp_path: Path) -> None:
    assert read_photo(save(tmp_path / "a.jpg", original="2024:05:01 14:00:00")).recorded_at is None


def test_satellites_know_the_time(tmp_path: Path) -> None:
    path = save(tmp_path / "a.jpg", gps_date="2024:05:01", gps_time=(12.0, 0.0, 0.0))
    assert read_photo(path).recorded_at == NOON
