from __future__ import annotations

import dataclasses
import errno
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from library.samples import (
    MODELS,
    Gap,
    Span,
    add_indexed,
    found,
    new_source,
    picture,
    spans,
    tracklet,
    unit,
)
from reseen.library import (
    FoundTracklet,
    LibraryError,
    SegmentFound,
    Store,
    UnknownRowError,
    durable,
    segments,
)
from reseen.tracking.tracklet import Tracklet


def _same(one: Tracklet, other: Tracklet) -> bool:
    names = ("times", "boxes", "scores", "observed", "overlaps", "warmup_times", "warmup_boxes")
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in names)


def test_what_is_committed_comes_out_again(store: Store, rng: np.random.Generator) -> None:
    source = store.add_source(new_source("a.mp4"))
    segment = store.plan_segments(source.id, spans(1))[0]
    given = found(rng, 2.0, tracklets=4, shots=3)
    ids = store.commit_segment(segment.id, given)
    stored = store.tracklets(reversed(ids))
    assert [one.id for one in stored] == list(reversed(ids))
    for one, before in zip(reversed(stored), given.tracklets, strict=True):
        assert _same(one.tracklet, before.tracklet)
        assert (one.source_id, one.segment_id, one.continues) == (source.id, segment.id, None)
        shots = store.shots([one.id])
        assert [shot.time for shot in shots] == [shot.time for shot in before.tracklet.shots]
        for shot, old, vector in zip(shots, before.tracklet.shots, before.vectors, strict=True):
            np.testing.assert_array_equal(shot.box, old.box)
            assert shot.score == old.score
            assert shot.quality == old.quality
            assert store.shot_pixels(shot.id).shape == old.image.shape
            assert len(store.shot_image(shot.id)) == shot.size
            nearest, _ = store.search(vector[None], 1)[1], None
            assert nearest[0, 0] == shot.id
    assert [one.id for one in store.segment_tracklets(segment.id)] == list(ids)


def test_pictures_are_kept_nearly_as_they_were(store: Store) -> None:
    ramp = np.linspace(0, 255, 64)
    image = np.stack(np.broadcast_arrays(ramp[:, None], ramp[None, :], 128.0), 2).astype(np.uint8)
    one = tracklet(np.random.default_rng(0), 0.0, shots=1)
    one = dataclasses.replace(one, shots=(dataclasses.replace(one.shots[0], image=image),))
    segment = store.plan_segments(store.add_source(new_source("a.mp4")).id, spans(1))[0]
    store.commit_segment(segment.id, SegmentFound([FoundTracklet(one, unit(np.random.default_rng(0), 1))], (), 1, 1))
    difference = np.abs(store.shot_pixels(1).astype(int) - image.astype(int))
    assert difference.mean() < 3


def test_committing_twice_changes_nothing(store: Store) -> None:
    source = add_indexed(store, new_source("a.mp4"), seed=1)
    segment = store.segments(source.id)[0]
    before, vectors = store.info(), store.vectors()
    ids = store.commit_segment(segment.id, found(np.random.default_rng(9), 0.0, tracklets=7))
    assert ids == tuple(one.id for one in store.segment_tracklets(segment.id))
    assert store.info() == before
    np.testing.assert_array_equal(store.vectors().matrix, vectors.matrix)
    assert store.verify(deep=True) == ()


def test_a_plan_is_kept_and_resumed(store: Store) -> None:
    source = store.add_source(new_source("a.mp4"))
    plan = store.plan_segments(source.id, spans(3))
    assert [(s.index, s.start, s.end, s.done) for s in plan] == [(i, 30.0 * i, 30.0 * i + 30, False) for i in range(3)]
    assert store.plan_segments(source.id, reversed(spans(3))) == plan
    assert store.source(source.id).state == "pending"
    store.commit_segment(plan[1].id, found(np.random.default_rng(0), 30.0))
    assert [s.index for s in store.pending(source.id)] == [0, 2]
    assert store.source(source.id).state == "partial"
    assert store.plan_segments(source.id, spans(3)) == store.segments(source.id)
    with pytest.raises(LibraryError, match="other segments"):
        store.plan_segments(source.id, spans(4))
    for segment in store.pending(source.id):
        store.commit_segment(segment.id, found(np.random.default_rng(segment.index), segment.start))
    assert (store.source(source.id).state, store.pending(source.id)) == ("done", ())


def test_a_plan_without_commits_may_change(store: Store) -> None:
    source = store.add_source(new_source("a.mp4"))
    store.plan_segments(source.id, spans(3))
    store.plan_segments(source.id, spans(2, 45.0))
    assert [s.end for s in store.segments(source.id)] == [45.0, 90.0]


def test_a_still_image_is_one_segment(store: Store, rng: np.random.Generator) -> None:
    source = store.add_source(dataclasses.replace(new_source("a.jpg", duration=0.0), kind="image"))
    segment = store.plan_segments(source.id, (Span(0, 0.0, 0.0),))[0]
    one = dataclasses.replace(tracklet(rng, 0.0, 1, 1))
    store.commit_segment(segment.id, SegmentFound([FoundTracklet(one, unit(rng, 1))], (), 0.0, 1))
    assert store.source(source.id).state == "done"
    assert len(store.vectors()) == 1
    assert store.coverage().skipped == ()


def test_a_segment_with_nobody_in_it_is_done(store: Store, folder: Path) -> None:
    source = store.add_source(new_source("a.mp4"))
    segment = store.plan_segments(source.id, spans(1))[0]
    assert store.commit_segment(segment.id, SegmentFound((), (), 30.0, 150)) == ()
    assert store.source(source.id).state == "done"
    assert store.commit_segment(segment.id, found(np.random.default_rng(0), 0.0)) == ()
    assert list(folder.rglob("*.jpg")) == []


def test_a_tracklet_without_shots_is_kept(store: Store, rng: np.random.Generator) -> None:
    segment = store.plan_segments(store.add_source(new_source("a.mp4")).id, spans(1))[0]
    assert len(store.commit_segment(segment.id, found(rng, 0.0, tracklets=2, shots=0))) == 2
    assert len(store.tracklet_ids()) == 2
    assert len(store.vectors()) == 0


def test_failing_and_trying_again(store: Store) -> None:
    source = store.add_source(new_source("a.mp4"))
    store.fail_source(source.id, "no picture in it")
    failed = store.source(source.id)
    assert (failed.state, failed.failure) == ("failed", "no picture in it")
    store.fail_source(source.id, None)
    assert store.source(source.id).state == "pending"
    with pytest.raises(UnknownRowError):
        store.fail_source(99, "x")


def test_an_unknown_segment_is_said(store: Store, rng: np.random.Generator) -> None:
    with pytest.raises(UnknownRowError, match="no segment with id 5"):
        store.commit_segment(5, found(rng, 0.0))


@pytest.mark.parametrize("shape", [(1, 16), (3, 16), (2, 8)])
def test_embeddings_that_do_not_fit_are_refused_whole(
    store: Store, folder: Path, rng: np.random.Generator, shape: tuple[int, int]
) -> None:
    segment = store.plan_segments(store.add_source(new_source("a.mp4")).id, spans(1))[0]
    good = found(rng, 0.0, tracklets=1).tracklets[0]
    bad = FoundTracklet(good.tracklet, unit(rng, *shape))
    with pytest.raises(ValueError, match="2 shots need embeddings"):
        store.commit_segment(segment.id, SegmentFound([good, bad], (), 30, 150))
    assert store.info().tracklets == 0
    assert list(folder.rglob("*.jpg")) == []


@pytest.mark.parametrize("image", [np.zeros((0, 5, 3), np.uint8), np.zeros((5, 5), np.uint8), np.zeros((5, 5, 3))])
def test_what_is_no_picture_is_refused(store: Store, rng: np.random.Generator, image: Any) -> None:
    one = tracklet(rng, 0.0, shots=1)
    one = dataclasses.replace(one, shots=(dataclasses.replace(one.shots[0], image=image),))
    segment = store.plan_segments(store.add_source(new_source("a.mp4")).id, spans(1))[0]
    with pytest.raises(ValueError, match="a shot is"):
        store.commit_segment(segment.id, SegmentFound([FoundTracklet(one, unit(rng, 1))], (), 30, 150))
    assert not store.pending(1)[0].done


def test_a_failure_inside_the_commit_leaves_nothing(
    store: Store, folder: Path, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = add_indexed(store, new_source("a.mp4"), seed=1)
    before = store.vectors()
    other = store.add_source(new_source("b.mp4"))
    segment = store.plan_segments(other.id, spans(1))[0]
    given = found(rng, 0.0, gaps=(Gap(1, 2, "x"),))
    calls = 0

    def breaks(*args: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise RuntimeError("the third tracklet breaks")
        return original(*args)

    original = segments._shot_values
    monkeypatch.setattr(segments, "_shot_values", breaks)
    with pytest.raises(RuntimeError, match="third tracklet"):
        store.commit_segment(segment.id, given)
    monkeypatch.undo()
    assert store.info().tracklets == 9
    assert store.coverage().skipped[0].source == "clips/b.mp4"
    assert store.source(source.id).state == "done"
    np.testing.assert_array_equal(store.vectors().matrix, before.matrix)
    store.close()
    with Store.open(folder, write=True) as again:  # cleans the pictures that had been written
        assert again.verify(deep=True) == ()
        assert len(list(folder.rglob("*.jpg"))) == 18
        assert len(again.commit_segment(segment.id, given)) == 3
        assert again.verify(deep=True) == ()


def test_a_full_disk_is_one_line_and_the_commit_can_be_repeated(
    store: Store, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mock: writing fails as it does when the disk is full."""
    segment = store.plan_segments(store.add_source(new_source("a.mp4")).id, spans(1))[0]
    given = found(rng, 0.0)

    def full(_path: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(durable, "sync_file", full)
    with pytest.raises(LibraryError, match=r"No space left on device.*free some space"):
        store.commit_segment(segment.id, given)
    monkeypatch.undo()
    assert len(store.commit_segment(segment.id, given)) == 3
    assert store.verify(deep=True) == ()


def test_chains_join_one_person_over_segments(store: Store) -> None:
    source = store.add_source(new_source("a.mp4"))
    first, second, third = store.plan_segments(source.id, spans(3))
    rng = np.random.default_rng(0)
    a = store.commit_segment(first.id, found(rng, 0.0))
    b = store.commit_segment(second.id, found(rng, 30.0, continues=(a[2], None, a[0])))
    c = store.commit_segment(third.id, found(rng, 60.0, continues=(None, b[0])))
    assert store.chain(b[0]) == store.chain(a[2]) == (a[2], b[0], c[1])
    assert store.chain(a[1]) == (a[1],)
    persons = store.persons()
    assert persons.tracklet_ids.tolist() == [*a, *b, *c]
    assert persons.person_ids.tolist() == [*a, a[2], b[1], a[0], c[0], a[2], c[2]]


def test_segments_committed_out_of_order_are_linked_afterwards(store: Store) -> None:
    source = store.add_source(new_source("a.mp4"))
    first, second = store.plan_segments(source.id, spans(2))
    rng = np.random.default_rng(0)
    later = store.commit_segment(second.id, found(rng, 30.0))
    before = store.commit_segment(first.id, found(rng, 0.0))
    store.link([(later[0], before[1]), (later[1], before[0])])
    assert store.chain(later[0]) == (before[1], later[0])
    persons = store.persons()
    assert dict(zip(persons.tracklet_ids.tolist(), persons.person_ids.tolist(), strict=True))[later[1]] == before[0]
    store.link([(later[0], before[1])])
    with pytest.raises(ValueError, match="one successor"):
        store.link([(later[2], before[1])])


def test_nobody_has_two_successors(store: Store) -> None:
    source = store.add_source(new_source("a.mp4"))
    first, second = store.plan_segments(source.id, spans(2))
    rng = np.random.default_rng(0)
    a = store.commit_segment(first.id, found(rng, 0.0))
    with pytest.raises(ValueError, match="one successor"):
        store.commit_segment(second.id, found(rng, 30.0, continues=(a[0], a[0])))
    assert not store.pending(source.id)[0].done


def test_the_same_finds_make_the_same_library(tmp_path: Path) -> None:
    made = []
    for name in ("one", "two"):
        with Store.create(tmp_path / name, MODELS) as store:
            add_indexed(store, new_source("a.mp4"), seed=3)
            files = {
                f.relative_to(tmp_path / name).as_posix(): f.read_bytes() for f in (tmp_path / name).rglob("*.jpg")
            }
            made.append((store.vectors().matrix.tobytes(), files, store.shots(store.tracklet_ids())[0].file))
    assert made[0] == made[1]


def test_ids_of_shots_are_never_used_twice(store: Store) -> None:
    source = add_indexed(store, new_source("a.mp4"), seed=1)
    last = store.vectors().shot_ids[-1]
    store.remove(store.plan_removal(sources=[source.id]))
    add_indexed(store, new_source("b.mp4"), seed=2)
    assert store.vectors().shot_ids[0] == last + 1


def test_file_names_are_fit_for_every_system(store: Store, folder: Path) -> None:
    add_indexed(store, new_source("a: b.mp4", camera="10:30"), seed=1)
    for file in folder.rglob("*"):
        assert not set(file.name) & set(':*?"<>|\\'), file
    assert picture(np.random.default_rng(0)).shape == (32, 16, 3)
