"""A run that is killed or stopped, resumed: the library ends up the same as that of an uninterrupted one."""

from __future__ import annotations

import json
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from cli.made import contents
from cli.running import command, reseen
from cli.tiny_world import CYAN, MAGENTA, MODELS, YELLOW, Stay, write_clip, write_photo
from reseen.library import Store

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are a thing of Unix")

REAL = ("--detector", "yolox_nano", "--embedder", "osnet_x0_25_msmt17")
PATIENCE = 300.0


def committed(library: Path) -> int:
    """How many segments are committed, asked of the database without disturbing its writer."""
    try:
        with closing(sqlite3.connect(f"{(library / 'library.sqlite').as_uri()}?mode=ro", uri=True)) as database:
            return int(database.execute("select count(*) from segments where done_at is not null").fetchone()[0])
    except sqlite3.Error:
        return 0


def start(*arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command("index", *arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    )


def wait_for(library: Path, count: int, child: subprocess.Popen[str]) -> None:
    """Waits until so many segments are committed; fails when the run ends before."""
    until = time.monotonic() + PATIENCE
    while committed(library) < count:
        assert child.poll() is None, f"ended too early: {child.communicate()}"
        assert time.monotonic() < until
        time.sleep(0.002)


def kill(child: subprocess.Popen[str]) -> None:
    child.kill()
    child.communicate()
    assert child.returncode == -signal.SIGKILL


def whole_but_unfinished(library: Path) -> int:
    """What a killed run leaves: leftovers of a write at most, and no half segment; gives the committed segments."""
    with Store.open(library) as store:
        assert [problem for problem in store.verify(deep=True) if problem.kind != "leftover"] == []
        return store.info().segments_done


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three files, 50 seconds in all: somebody stands there over many segments, others come and go."""
    folder = tmp_path_factory.mktemp("clips")
    coming = [Stay(colour, 1 + n % 2, 1, n * 2.3, n * 2.3 + 1.7) for n, colour in enumerate([CYAN, MAGENTA] * 6)]
    write_clip(folder / "a.mp4", 25, [Stay(YELLOW, 0, 1, 0.5, 24.0), *coming])
    write_clip(folder / "b.mp4", 20, [Stay(YELLOW, 3, 1, 5.0, 20.0), *coming[:8]])
    write_clip(folder / "c.mp4", 5, [Stay(MAGENTA, 2, 1, 1.0, 4.0)])
    return folder


FILES = ("a.mp4", "b.mp4", "c.mp4")
SETTINGS = ("--segment", 1, "--camera", "Gate", "--start", "2026-05-01T08:00:00Z")


@pytest.fixture
def work(tiny: Path, clips: Path) -> Path:
    shutil.copytree(clips, tiny, dirs_exist_ok=True)
    return tiny


@pytest.fixture(scope="module")
def uninterrupted(clips: Path, tiny_models: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What an uninterrupted run comes to."""
    library = tmp_path_factory.mktemp("whole") / "my.reseen"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RESEEN_MODELS", str(tiny_models))
        patch.setenv("RESEEN_THREADS", "1")
        reseen("index", *FILES, "--library", library, *SETTINGS, *MODELS, folder=clips).well()
    found = contents(library)
    assert len(found["tracklets"]) > 50
    return found


def test_killed_five_times_it_ends_with_the_same_library(work: Path, uninterrupted: dict[str, object]) -> None:
    chance = random.Random(20260501)
    library = work / "my.reseen"
    done = 0
    for _ in range(5):
        child = start(*FILES, "--library", library, *SETTINGS, *MODELS)
        wait_for(library, done + chance.randint(1, 8), child)
        time.sleep(chance.uniform(0.0, 0.05))
        kill(child)
        now = whole_but_unfinished(library)
        assert now > done
        done = now
    ran = reseen("index", *FILES, "--library", library, *SETTINGS, *MODELS, "--json").well()
    assert ran.json["stopped"] is False
    assert contents(library) == uninterrupted


def test_killed_while_it_begins(work: Path, uninterrupted: dict[str, object]) -> None:
    chance = random.Random(5)
    library = work / "my.reseen"
    for _ in range(3):
        child = start(*FILES, "--library", library, *SETTINGS, *MODELS)
        until = time.monotonic() + PATIENCE
        while not library.exists() and time.monotonic() < until:
            time.sleep(0.001)
        time.sleep(chance.uniform(0.0, 0.1))
        kill(child)
    reseen("index", *FILES, "--library", library, *SETTINGS, *MODELS).well()
    assert contents(library) == uninterrupted


def test_ctrl_c_says_how_to_go_on(work: Path, uninterrupted: dict[str, object]) -> None:
    library = work / "my.reseen"
    child = start(*FILES, "--library", library, *SETTINGS, *MODELS)
    wait_for(library, 3, child)
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=PATIENCE)
    assert child.returncode == 130
    assert "run the same command again to go on" in err
    assert "Traceback" not in out + err
    assert whole_but_unfinished(library) >= 3
    # Stopped cleanly, it leaves not even leftovers.
    with Store.open(library) as store:
        assert store.verify(deep=True) == ()
    reseen("index", *FILES, "--library", library, *SETTINGS, *MODELS).well()
    assert contents(library) == uninterrupted


def test_ctrl_c_under_json_is_one_object(work: Path) -> None:
    photo = write_photo(work / "photo.jpg", YELLOW)
    library = work / "my.reseen"
    for words, key in ((["index"], "stopped"), (["find", photo], "error")):
        shutil.rmtree(library, ignore_errors=True)
        extra = SETTINGS if words == ["index"] else SETTINGS[2:]
        child = subprocess.Popen(
            command(*words, *FILES, "--library", library, *extra, *MODELS, "--json", "--rate", 10),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
        )  # fmt: skip
        wait_for(library, 1, child)
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=PATIENCE)
        assert child.returncode == 130, err
        assert len(out.splitlines()) == 1
        assert json.loads(out)[key]
        assert "Traceback" not in err


def test_another_writer_waits_or_is_told(work: Path) -> None:
    library = work / "my.reseen"
    reseen("index", "c.mp4", "--library", library, *MODELS).well()
    with Store.open(library, write=True):
        ran = reseen("index", "a.mp4", "--library", library)
        assert ran.status == 1
        assert len(ran.err.splitlines()) == 1
        # Reading goes on.
        assert reseen("library", "list", "--library", library).status == 0


def test_two_searches_that_begin_at_once_share_the_cache(work: Path) -> None:
    photo = write_photo(work / "photo.jpg", YELLOW)
    children = [
        subprocess.Popen(
            command("find", photo, name, *MODELS, "--json"), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        for name in ("a.mp4", "b.mp4", "a.mp4")
    ]  # fmt: skip
    said = [child.communicate(timeout=PATIENCE) for child in children]
    assert [child.returncode for child in children] == [0, 0, 0], said
    sources = [{moment["source"] for moment in json.loads(out)["moments"]} for out, _ in said]
    assert sources == [{"a.mp4"}, {"b.mp4"}, {"a.mp4"}]


def test_real_footage_killed_and_resumed(real: Path, footage: Path) -> None:
    hall = footage / "clips" / "hall.mp4"
    options = (hall, "--segment", 2, "--rate", 2, *REAL)
    reseen("index", *options, "--library", "whole.reseen").well()
    expected = contents(real / "whole.reseen")
    assert len(expected["tracklets"]) >= 7
    chance = random.Random(7)
    library = real / "killed.reseen"
    for count in (1, 2, 3):
        child = start(*options, "--library", library)
        wait_for(library, count, child)
        time.sleep(chance.uniform(0.0, 0.3))
        kill(child)
        assert whole_but_unfinished(library) >= count
    reseen("index", *options, "--library", library).well()
    assert contents(library) == expected
