"""``reseen calibrate`` on a library: what it says is what later searches use."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.running import reseen
from cli.tiny_world import EMBEDDER, MODELS, OTHER_EMBEDDER, Stay, write_clip, write_photo

COLOURS = [(0, 255, 255), (255, 255, 0), (255, 0, 255), (255, 255, 255)]


@pytest.fixture
def library(tiny: Path) -> Path:
    """Always four people side by side, other ones every two seconds."""
    stays = []
    for second in range(38):
        for column, (blue, green, red) in enumerate(COLOURS):
            fade = 1 - 0.01 * second
            colour = (round(blue * fade), round(green * fade), round(red * fade))
            stays.append(Stay(colour, column, second % 2 * 2, 2.0 * second, 2.0 * second + 0.6))
    write_clip(tiny / "crowd.mp4", 76.0, stays)
    reseen("index", "crowd.mp4", "--library", "my.reseen", *MODELS).well()
    return tiny / "my.reseen"


def test_a_library_is_calibrated_and_searched_with_it(library: Path, tiny: Path) -> None:
    found = reseen("calibrate", EMBEDDER, library, "--rate", "0.05", "--json").well().json
    assert found["threshold_before"] == 0.8
    assert found["pairs"] >= 300
    assert found["missed"] is None or 0 <= found["missed"] <= 1
    assert not (library / "calibration.toml").exists()  # not without --write
    said = reseen("calibrate", EMBEDDER, library, "--rate", "0.05", "--write").well().out
    assert f"threshold {found['threshold']:.3f} (before: 0.800)" in said
    assert f"{found['pairs']} pairs" in said
    photo = write_photo(tiny / "photo.jpg", COLOURS[0])
    searched = reseen("search", photo, "--library", library, "--json").well().json
    assert searched["threshold"] == pytest.approx(found["threshold"])
    assert reseen("calibrate", EMBEDDER, library, "--json").well().json["threshold_before"] == found["threshold"]


def test_another_model_than_the_librarys(library: Path) -> None:
    ran = reseen("calibrate", OTHER_EMBEDDER, library)
    assert ran.status == 2
    assert len(ran.err.splitlines()) == 1
    assert f"holds embeddings of {EMBEDDER}, not of {OTHER_EMBEDDER}" in ran.err


def test_too_few_people(tiny: Path) -> None:
    write_clip(tiny / "two.mp4", 2.0, [Stay(COLOURS[0], 0, 1, 0.0, 2.0), Stay(COLOURS[1], 2, 1, 0.0, 2.0)])
    reseen("index", "two.mp4", "--library", "few.reseen", *MODELS).well()
    ran = reseen("calibrate", EMBEDDER, "few.reseen", "--write")
    assert ran.status == 1
    assert len(ran.err.splitlines()) == 1
    assert "2 pairs of people are seen together" in ran.err
    assert not (tiny / "few.reseen" / "calibration.toml").exists()
