"""What ``reseen find`` keeps by itself, and how it goes again."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from cli.running import Ran, command, reseen
from cli.tiny_world import MODELS, YELLOW, Stay, write_clip, write_photo
from reseen.library import Store


def find(*arguments: object) -> Ran:
    return reseen("find", "yellow.jpg", "a.mp4", *arguments, *MODELS)


@pytest.fixture
def work(tiny: Path) -> Path:
    write_clip(tiny / "a.mp4", 2, [Stay(YELLOW, 0, 1, 0.0, 2.0)])
    write_photo(tiny / "yellow.jpg", YELLOW)
    return tiny


def test_the_cache_is_named_and_emptied(work: Path) -> None:
    assert reseen("cache", "--json").well().json["libraries"] == []
    find().well()
    told = reseen("cache", "--json").well().json
    (kept,) = told["libraries"]
    assert kept["sources"] == 1
    assert kept["bytes"] > 1000
    assert Path(kept["path"]).parent == Path(told["folder"])
    shown = reseen("cache").well().out
    assert Path(kept["path"]).name in shown
    assert told["folder"] in shown
    assert told["folder"] in reseen("doctor").out
    assert reseen("cache", "--empty", "--json").status == 2  # nobody to ask
    assert Path(kept["path"]).exists()
    reseen("cache", "--empty", "--yes").well()
    assert not Path(kept["path"]).exists()
    assert (work / "a.mp4").exists()
    assert find("--json").well().json["moments"]


def test_what_cannot_be_read_goes_too_and_is_told(work: Path) -> None:
    find().well()
    folder = Path(reseen("cache", "--json").well().json["folder"])
    broken = folder / "found-x-y-z.reseen"
    broken.mkdir()
    (broken / "library.sqlite").write_bytes(b"nothing of ours")
    ran = reseen("cache", "--empty", "--yes").well()
    assert "found-x-y-z.reseen" in ran.err
    assert not list(folder.glob("found-*"))


def test_a_search_that_waits_for_the_cache_says_so(work: Path) -> None:
    find().well()
    (kept,) = reseen("cache", "--json").well().json["libraries"]
    holder = Store.open(Path(kept["path"]), write=True)
    words = command("find", "yellow.jpg", "a.mp4", *MODELS)
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as waiting:
        assert waiting.stdout is not None and waiting.stderr is not None
        told = waiting.stderr.readline()
        holder.close()
        out = waiting.stdout.read()
    assert "found-" in told
    assert f"waiting for process {os.getpid()} on " in told
    assert "1 moment" in out
    assert waiting.returncode == 0
