"""A process killed in the middle of commits: what it leaves is whole, and resuming ends with the same."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from library.samples import MODELS, Gap, found, new_source, spans
from reseen.library import Store

SEGMENTS = 16

WRITER = """
import os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from library.test_crash import index_everything
from reseen.library import Store, durable, segments, shotfolder

def die(*_, **__):
    os._exit(9)

with Store.open(Path(sys.argv[1]), write=True) as store:
    index_everything(store, lambda: print("committed", flush=True), DYING)
"""


def _writer(folder: Path, dying: str = "lambda: None") -> subprocess.Popen[str]:
    tests = str(Path(__file__).parents[1])
    code = WRITER.replace("DYING", dying)
    return subprocess.Popen([sys.executable, "-c", code, str(folder), tests], stdout=subprocess.PIPE, text=True)


def _nothing() -> None:
    pass


def index_everything(
    store: Store, tell: Callable[[], None] = _nothing, after_three: Callable[[], None] = _nothing
) -> None:
    """Indexes what is not indexed yet, as a pure function of the footage."""
    source = store.add_source(new_source("a.mp4"))
    store.plan_segments(source.id, spans(SEGMENTS))
    for segment in store.pending(source.id):
        rng = np.random.default_rng(segment.index)
        before = store.segment_tracklets(segment.id - 1) if segment.index else ()
        continues = (before[0].id,) if before else ()
        if segment.index == 3:
            after_three()
        made = found(rng, segment.start, tracklets=4, shots=3, gaps=(Gap(1.0, 2.0, "x"),), continues=continues)
        store.commit_segment(segment.id, made)
        tell()


def _content(store: Store) -> tuple[object, ...]:
    tracklets = store.tracklets(store.tracklet_ids())
    return (
        store.vectors().matrix.tobytes(),
        [(one.tracklet.start, one.tracklet.boxes.tobytes()) for one in tracklets],
        store.persons().person_ids.tolist(),
        [store.shot_image(i) for i in store.vectors().shot_ids],
        store.coverage(),
    )


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[object, ...]:
    """What an uninterrupted library holds."""
    with Store.create(tmp_path_factory.mktemp("whole") / "my.reseen", MODELS) as store:
        index_everything(store)
        return _content(store)


def _done(folder: Path) -> int:
    """How many segments are committed; nothing but leftovers may be wrong, and nothing half there."""
    with Store.open(folder) as store:
        assert [p for p in store.verify(deep=True) if p.kind != "leftover"] == []
        done = SEGMENTS - len(store.pending(1))
        assert len(store.tracklet_ids()) == 4 * done
        assert len(store.vectors()) == 12 * done
        return done


def _resumed(folder: Path) -> tuple[object, ...]:
    with Store.open(folder, write=True) as store:
        assert store.verify(deep=True) == ()
        index_everything(store)
        assert store.verify(deep=True) == ()
        return _content(store)


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is a thing of Unix")
def test_killed_at_random_it_resumes_and_ends_with_the_same(folder: Path, whole: tuple[object, ...]) -> None:
    Store.create(folder, MODELS).close()
    chance = random.Random(3)
    before = 0
    for _ in range(4):
        writer = _writer(folder)
        assert writer.stdout is not None
        commits = chance.randint(1, 4)
        for _ in range(commits):
            assert writer.stdout.readline() == "committed\n"
        time.sleep(chance.uniform(0.0, 0.03))
        writer.kill()
        writer.wait()
        writer.stdout.close()
        done = _done(folder)
        assert done >= before + commits
        before = done
    assert _resumed(folder) == whole


@pytest.mark.parametrize(
    "where",
    [
        "shotfolder.sync_files",  # pictures written, not synced
        "shotfolder.sync_folder",  # pictures renamed
        "segments._insert",  # pictures on the disk, rows not begun
        "segments.GapRow",  # in the middle of the rows
    ],
)
def test_dying_at_the_worst_moments(folder: Path, whole: tuple[object, ...], where: str) -> None:
    Store.create(folder, MODELS).close()
    module, name = where.split(".")
    writer = _writer(folder, f"lambda: setattr({module}, {name!r}, die)")
    assert writer.communicate()[0] == "committed\n" * 3
    assert writer.returncode == 9
    assert _done(folder) == 3
    assert _resumed(folder) == whole
