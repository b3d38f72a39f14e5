"""A process killed in the middle of commits: what it leaves is whole, and resuming ends with the same."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from library.samples import MODELS, found, new_source, spans
from reseen.library import Store

SEGMENTS = 24

WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from library.test_crash import index_everything
from reseen.library import Store
with Store.open(Path(sys.argv[1]), write=True) as store:
    print("ready", flush=True)
    index_everything(store)
"""


def index_everything(store: Store) -> None:
    """Indexes what is not indexed yet, as a pure function of the footage."""
    source = store.add_source(new_source("a.mp4"))
    store.plan_segments(source.id, spans(SEGMENTS))
    for segment in store.pending(source.id):
        rng = np.random.default_rng(segment.index)
        before = store.segment_tracklets(segment.id - 1) if segment.index else ()
        continues = (before[0].id,) if before else ()
        store.commit_segment(segment.id, found(rng, segment.start, tracklets=4, shots=3, continues=continues))


def _content(store: Store) -> tuple[object, ...]:
    tracklets = store.tracklets(store.tracklet_ids())
    return (
        store.vectors().matrix.tobytes(),
        [(one.tracklet.start, one.tracklet.boxes.tobytes()) for one in tracklets],
        store.persons().person_ids.tolist(),
        [store.shot_image(i) for i in store.vectors().shot_ids],
        store.coverage(),
    )


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is a thing of Unix")
def test_killed_at_random_it_resumes_and_ends_with_the_same(folder: Path, tmp_path: Path) -> None:
    with Store.create(tmp_path / "whole.reseen", MODELS) as whole:
        index_everything(whole)
        expected = _content(whole)

    Store.create(folder, MODELS).close()
    chance = random.Random(3)
    tests = str(Path(__file__).parents[1])
    progress = []
    for _ in range(4):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(folder), tests], stdout=subprocess.PIPE, text=True)
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
        time.sleep(chance.uniform(0.0, 0.5))
        writer.kill()
        writer.wait()
        writer.stdout.close()
        with Store.open(folder) as store:
            assert [p for p in store.verify(deep=True) if p.kind != "leftover"] == []
            done = SEGMENTS - len(store.pending(1)) if store.sources() else 0
            assert len(store.tracklet_ids()) == 4 * done
            assert len(store.vectors()) == 12 * done
            progress.append(done)
    assert progress == sorted(progress)

    with Store.open(folder, write=True) as store:
        assert store.verify(deep=True) == ()
        index_everything(store)
        assert _content(store) == expected
        assert store.verify(deep=True) == ()
