"""``reseen library purge``: said first, by age and camera, for good."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cli.made import index
from cli.running import Ran, reseen
from cli.tiny_world import CYAN, YELLOW, Stay, write_clip
from reseen.library import Store


def purge(*arguments: object) -> Ran:
    return reseen("library", "purge", *arguments, "--library", "my.reseen")


@pytest.fixture
def aged(tiny: Path) -> Path:
    """Two clips of 40 days ago at two cameras, one of now."""
    old = (datetime.now(UTC) - timedelta(days=40)).isoformat()
    for name, colour, camera, start in (
        ("a.mp4", YELLOW, "Gate", old), ("b.mp4", CYAN, "Yard", old), ("c.mp4", YELLOW, "Gate", None),
    ):  # fmt: skip
        length = 1.5 if start else 2.0  # the same content would be the same source
        write_clip(tiny / name, length, [Stay(colour, 1, 1, 0.0, length)])
        index(name, "--camera", camera, *(() if start is None else ("--start", start))).well()
    return tiny


def names(folder: Path) -> list[str]:
    with Store.open(folder / "my.reseen") as store:
        assert store.verify(deep=True) == ()
        return [source.shown for source in store.sources()]


def test_what_is_old_goes_and_is_said_first(aged: Path) -> None:
    asked = purge("--older-than", "30d", "--json")
    assert asked.status == 2
    assert "2 sources" in asked.err
    assert "a.mp4, b.mp4" in asked.err
    assert "the footage itself is not touched" in asked.err
    assert names(aged) == ["a.mp4", "b.mp4", "c.mp4"]
    done = purge("--older-than", "30d", "--camera", "Y*", "--yes", "--json").well().json
    assert (done["sources"], done["tracklets"]) == (["b.mp4"], 1)
    assert names(aged) == ["a.mp4", "c.mp4"]
    assert "removed: 1 sources" in purge("--older-than", "4w", "--yes").well().out
    assert names(aged) == ["c.mp4"]
    assert (aged / "a.mp4").exists()
    assert purge("--older-than", "720h", "--yes", "--json").well().json["sources"] == []
    with Store.open(aged / "my.reseen") as store:
        assert [entry.action for entry in store.audit()] == ["remove", "remove"]


def test_what_is_no_age_is_refused(aged: Path) -> None:
    for age in ("30", "d", "-3d", "0d", "3y", "1e9d", "nand", ""):
        ran = purge("--older-than", age, "--yes")
        assert (ran.status, "is no age" in ran.err) == (2, True), age
    assert names(aged) == ["a.mp4", "b.mp4", "c.mp4"]
