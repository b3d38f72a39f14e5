"""Posters and mannequins: the same place, the same look; nobody who walks past."""

from __future__ import annotations

import json

import numpy as np
import pytest
from numpy.typing import NDArray

from library.samples import DIM, MODELS, new_source, picture, spans, unit
from reseen.library import FoundTracklet, LibraryError, ModelsUsed, SegmentFound, Store, UnknownRowError
from reseen.tracking.tracklet import Shot, Tracklet

PLACE = np.array([100, 100, 150, 220], np.float32)


def _seen(
    rng: np.random.Generator, start: float, box: NDArray[np.float32], look: NDArray[np.float32], noise: float = 0.02
) -> FoundTracklet:
    times = start + 0.25 * np.arange(4)
    shots = tuple(
        Shot(float(time), (box + rng.normal(0, 2, 4)).astype(np.float32), 0.9, 0.5, picture(rng)) for time in times[:2]
    )
    made = Tracklet(
        times=times,
        boxes=np.repeat(box[None], 4, 0),
        scores=np.ones(4, np.float32),
        observed=np.ones(4, np.bool_),
        overlaps=np.zeros(4, np.float32),
        shots=shots,
        warmup_times=np.zeros(0),
        warmup_boxes=np.zeros((0, 4), np.float32),
    )
    rows = look + rng.normal(0, noise, (2, len(look)))
    return FoundTracklet(made, (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32))


def _commit(store: Store, name: str, camera: str, seen: list[list[FoundTracklet]]) -> list[list[int]]:
    source = store.add_source(new_source(name, camera=camera))
    planned = store.plan_segments(source.id, spans(len(seen)))
    return [
        list(store.commit_segment(segment.id, SegmentFound(found, (), 30.0, 150)))
        for segment, found in zip(planned, seen, strict=True)
    ]


@pytest.fixture
def poster(rng: np.random.Generator) -> NDArray[np.float32]:
    return unit(rng, 1)[0]


def test_hiding_one_hides_the_same_at_the_same_place_of_the_camera_also_later(
    store: Store, rng: np.random.Generator, poster: NDArray[np.float32]
) -> None:
    somebody = unit(rng, 1)[0]
    moved = PLACE + np.float32(60)
    [[first, again, elsewhere, passer]] = _commit(store, "a.mp4", "Gate", [[
        _seen(rng, 0.0, PLACE, poster), _seen(rng, 5.0, PLACE + np.float32(5), poster),
        _seen(rng, 6.0, moved, poster), _seen(rng, 7.0, PLACE, somebody),
    ]])  # fmt: skip
    [[other_camera]] = _commit(store, "b.mp4", "Yard", [[_seen(rng, 0.0, PLACE, poster)]])
    assert store.hide_person(first, True, "Ann").tolist() == [first, again]
    assert store.hidden_tracklets().tolist() == [first, again]
    [[later, walker]] = _commit(store, "c.mp4", "Gate", [[
        _seen(rng, 0.0, PLACE, poster), _seen(rng, 7.0, PLACE, somebody),
    ]])  # fmt: skip
    assert store.hidden_tracklets().tolist() == [first, again, later]
    assert {elsewhere, passer, other_camera, walker}.isdisjoint(store.hidden_tracklets().tolist())
    told = [(entry.action, entry.who, json.loads(entry.detail)["tracklets"]) for entry in store.audit()]
    assert told == [("hide", "Ann", 2)]
    assert store.hide_person(again, False, "Ann").tolist() == [first, again, later]
    assert store.hidden_tracklets().tolist() == []
    _commit(store, "d.mp4", "Gate", [[_seen(rng, 0.0, PLACE, poster)]])
    assert store.hidden_tracklets().tolist() == []


def test_marks_follow_the_camera_of_a_source(
    store: Store, rng: np.random.Generator, poster: NDArray[np.float32]
) -> None:
    [[one]] = _commit(store, "a.mp4", "Gate", [[_seen(rng, 0.0, PLACE, poster)]])
    [[two]] = _commit(store, "b.mp4", "Yard", [[_seen(rng, 0.0, PLACE, poster)]])
    store.hide_person(one, True, "me")
    store.set_camera(2, "Gate")
    assert store.hidden_tracklets().tolist() == [one, two]
    store.set_camera(2, "Yard")
    assert store.hidden_tracklets().tolist() == [one]


def test_a_mark_lives_on_in_what_is_left_and_goes_with_the_last(
    store: Store, rng: np.random.Generator, poster: NDArray[np.float32]
) -> None:
    [[one]] = _commit(store, "a.mp4", "Gate", [[_seen(rng, 0.0, PLACE, poster)]])
    [[two]] = _commit(store, "b.mp4", "Gate", [[_seen(rng, 0.0, PLACE, poster)]])
    store.hide_person(one, True, "me")
    store.remove(store.plan_removal(sources=[1]))
    assert store.hidden_tracklets().tolist() == [two]
    [[three]] = _commit(store, "c.mp4", "Gate", [[_seen(rng, 0.0, PLACE, poster)]])
    assert store.hidden_tracklets().tolist() == [two, three]
    store.remove(store.plan_removal(sources=[2, 3]))
    with store._db.read() as session:
        assert session.connection().exec_driver_sql("SELECT count(*) FROM hidden").scalar() == 0


def test_marks_are_made_anew_for_another_embedder(
    store: Store, rng: np.random.Generator, poster: NDArray[np.float32]
) -> None:
    [[one, two]] = _commit(store, "a.mp4", "Gate", [[_seen(rng, 0.0, PLACE, poster), _seen(rng, 3.0, PLACE, poster)]])
    store.hide_person(one, True, "me")
    other = ModelsUsed(MODELS.detector_name, MODELS.detector_sha256, "embedder-b", "cd" * 32, 2 * DIM)
    look = unit(rng, 1, 2 * DIM)[0]
    ids = store.vectors().shot_ids
    store.replace_embedder(other, [(ids, np.repeat(look[None], len(ids), 0))])
    [[later]] = _commit(store, "b.mp4", "Gate", [[_seen(rng, 0.0, PLACE, look, noise=0.01)]])
    assert store.hidden_tracklets().tolist() == [one, two, later]


def test_what_cannot_be_hidden(store: Store, rng: np.random.Generator, poster: NDArray[np.float32]) -> None:
    with pytest.raises(UnknownRowError):
        store.hide_person(7, True, "me")
    seen = _seen(rng, 0.0, PLACE, poster)
    from dataclasses import replace

    bare = FoundTracklet(replace(seen.tracklet, shots=()), seen.vectors[:0])
    [[one]] = _commit(store, "a.mp4", "Gate", [[bare]])
    with pytest.raises(LibraryError, match="no shots to recognise it by"):
        store.hide_person(one, True, "me")
