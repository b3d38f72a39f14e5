from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from reseen.library import Filter, Store
from reseen.searching.scoring import (
    ScoringSettings,
    aggregate,
    most_alike,
    normalise,
    raw_scores,
    score_persons,
    strangers,
    strangers_level,
)
from searching.crowd import DIM, WANTED, Seen, add, fill, vector

RAW = ScoringSettings(normalise=False)
SETTINGS = ScoringSettings()

cosines = st.floats(-1, 1, width=16)


def rows(count: st.SearchStrategy[int]) -> st.SearchStrategy[NDArray[np.float32]]:
    return count.flatmap(lambda n: hnp.arrays(np.float32, n, elements=cosines))


def brute_force(
    store: Store, query: NDArray[np.float32], wanted: Filter, settings: ScoringSettings, usual: float | None
) -> dict[int, tuple[float, int]]:
    """Person to score and best shot, one person after the other, as the words have it."""
    vectors, persons = store.vectors(wanted), store.persons(wanted)
    owner = dict(zip(persons.tracklet_ids.tolist(), persons.person_ids.tolist(), strict=True))
    shots: dict[int, list[int]] = {}
    for place, tracklet in enumerate(vectors.tracklet_ids.tolist()):
        shots.setdefault(owner[tracklet], []).append(place)
    raw, best, camera = {}, {}, {}
    sources = {source.id: source.camera for source in store.sources()}
    for person, places in shots.items():
        likeness = query @ vectors.matrix[places].T
        raw[person] = np.mean([np.sort(row)[-settings.best :].mean() for row in likeness])
        best[person] = int(vectors.shot_ids[places[int(likeness.mean(axis=0).argmax())]])
        camera[person] = sources[int(vectors.source_ids[places[0]])]
    if usual is not None:
        everybody = sorted(raw.values())[: int(len(raw) * 0.7)]
        level = (sum(everybody) + 20 * usual) / (len(everybody) + 20)
        shown = {}
        for person, value in raw.items():
            here = sorted(raw[other] for other in raw if camera[other] == camera[person])
            here = here[: int(len(here) * 0.7)]
            shown[person] = value - ((sum(here) + 5 * level) / (len(here) + 5) - usual)
        raw = shown
    return {person: (float(raw[person]), best[person]) for person in raw}


def check(store: Store, query: NDArray[np.float32], wanted: Filter, usual: float | None) -> int:
    found = score_persons(store, query, wanted, SETTINGS, usual)
    expected = brute_force(store, query, wanted, SETTINGS, usual)
    assert found.person_ids.tolist() == sorted(expected)
    assert found.values.dtype == np.float32
    np.testing.assert_allclose(found.values, [expected[p][0] for p in found.person_ids.tolist()], atol=2e-6)
    assert found.best_shots.tolist() == [expected[p][1] for p in found.person_ids.tolist()]
    return len(expected)


def test_a_score_is_the_mean_of_the_most_alike_shots() -> None:
    one = np.array([[0.2, 0.8, 0.6, 0.4]], np.float32)
    assert aggregate(one, SETTINGS) == pytest.approx(0.7)
    assert aggregate(one, ScoringSettings(best=1)) == pytest.approx(0.8)
    assert aggregate(one, ScoringSettings(best=9)) == pytest.approx(0.5)
    assert aggregate(one[:, :1], SETTINGS) == pytest.approx(0.2)
    # Each photo picks shots of its own: the side of one photo, the front of the other.
    two = np.array([[0.9, 0.1, 0.1], [0.1, 0.1, 0.7]], np.float32)
    assert aggregate(two, SETTINGS) == pytest.approx((0.5 + 0.4) / 2)


@given(st.data(), st.integers(1, 3), st.integers(1, 6))
def test_all_persons_at_once_are_as_each_alone(data: st.DataObject, photos: int, best: int) -> None:
    counts = data.draw(st.lists(st.integers(1, 7), max_size=8))
    total = sum(counts)
    likeness = data.draw(hnp.arrays(np.float32, (photos, total), elements=cosines))
    starts = np.cumsum([0, *counts])[:-1]
    settings = ScoringSettings(best=best)
    parts = [likeness[:, start : start + count] for start, count in zip(starts, counts, strict=True)]
    before = likeness.copy()
    np.testing.assert_allclose(
        raw_scores(likeness, starts, settings), [aggregate(part, settings) for part in parts], atol=1e-6
    )
    np.testing.assert_array_equal(likeness, before)  # given arrays are left alone
    places = most_alike(likeness, starts)
    assert places.shape == (photos, len(counts))
    for column, (start, part) in enumerate(zip(starts, parts, strict=True)):
        np.testing.assert_array_equal(places[:, column], start + part.argmax(axis=1))


def test_nobody_has_no_score() -> None:
    none = np.zeros(0, np.float32)
    assert normalise(none, np.zeros(0, np.int64), 0.3, SETTINGS).shape == (0,)
    assert raw_scores(np.zeros((2, 0), np.float32), np.zeros(0, np.intp), SETTINGS).shape == (0,)


@given(cosines, st.floats(-0.5, 0.5))
def test_a_person_alone_keeps_the_raw_score(value: float, usual: float) -> None:
    # One is nobody's stranger: nothing is known of the crowd.
    shown = normalise(np.array([value], np.float32), np.zeros(1, np.int64), usual, SETTINGS)
    assert shown[0] == pytest.approx(value, abs=1e-6)


@given(rows(st.integers(1, 40)))
def test_strangers_are_all_but_the_most_alike(values: NDArray[np.float32]) -> None:
    kept = strangers(values, 0.3)
    assert len(kept) == int(len(values) * 0.7)
    np.testing.assert_array_equal(kept, np.sort(values)[: len(kept)])
    assert strangers(values, 0.0).shape == values.shape


def test_a_camera_in_which_everybody_scores_high_is_taken_down_to_the_usual() -> None:
    settings = ScoringSettings(camera_weight=0.0, library_weight=0.0)
    crowd = np.linspace(0.2, 0.4, 100, dtype=np.float32)
    values = np.concatenate([crowd, crowd + 0.3])
    cameras = np.repeat([7, 3], 100)
    shown = normalise(values, cameras, 0.25, settings)
    for camera in (7, 3):
        assert strangers_level(shown[cameras == camera], settings) == pytest.approx(0.25, abs=1e-6)
    np.testing.assert_allclose(shown[:100], shown[100:], atol=1e-6)


def test_the_usual_level_changes_nothing() -> None:
    values = np.full(200, 0.31, np.float32)
    np.testing.assert_allclose(normalise(values, np.arange(200) % 4, 0.31, SETTINGS), values, atol=1e-6)


def test_a_camera_with_few_people_is_believed_less() -> None:
    values = np.concatenate([np.full(400, 0.2), np.full(10, 0.6)]).astype(np.float32)
    cameras = np.repeat([0, 1], [400, 10])
    shown = normalise(values, cameras, 0.2, ScoringSettings(library_weight=0.0))
    library = 0.2  # of 410 people 287 are strangers, all of them in the first camera
    level = (7 * 0.6 + 5 * library) / 12
    np.testing.assert_allclose(shown[400:], 0.6 - (level - 0.2), atol=1e-6)
    np.testing.assert_allclose(shown[:400], 0.2, atol=1e-6)


@given(st.data(), st.floats(-0.3, 0.3), st.floats(-0.2, 0.5))
def test_shifting_the_strangers_of_a_camera_shifts_its_level(data: st.DataObject, shift: float, usual: float) -> None:
    """All scores of a camera with many people raised alike come out nearly where they were."""
    here = data.draw(hnp.arrays(np.float32, 200, elements=st.floats(-0.5, 0.5, width=16)))
    there = data.draw(rows(st.integers(1, 30)))
    cameras = np.repeat([0, 1], [200, len(there)])
    plain = ScoringSettings(camera_weight=0.0)
    before = normalise(np.concatenate([here, there]), cameras, usual, plain)
    after = normalise(np.concatenate([here + np.float32(shift), there]), cameras, usual, plain)
    np.testing.assert_allclose(before[:200], after[:200], atol=1e-5)
    # With a prior the camera is still believed by 140 strangers to 5.
    before = normalise(np.concatenate([here, there]), cameras, usual, SETTINGS)
    after = normalise(np.concatenate([here + np.float32(shift), there]), cameras, usual, SETTINGS)
    assert np.abs(after[:200] - before[:200]).max() <= abs(shift) * 5 / 145 + 1e-5


@given(rows(st.integers(1, 60)), st.data())
def test_normalising_keeps_the_order_within_a_camera(values: NDArray[np.float32], data: st.DataObject) -> None:
    cameras = data.draw(hnp.arrays(np.int64, len(values), elements=st.integers(0, 3)))
    shown = normalise(values, cameras, 0.3, SETTINGS)
    for camera in np.unique(cameras):
        moved = shown[cameras == camera].astype(np.float64) - values[cameras == camera]
        assert np.ptp(moved) <= 1e-6


@given(rows(st.integers(1, 40)), st.data())
def test_normalising_does_not_depend_on_order_or_names(values: NDArray[np.float32], data: st.DataObject) -> None:
    cameras = data.draw(hnp.arrays(np.int64, len(values), elements=st.integers(0, 3)))
    order = np.array(data.draw(st.permutations(range(len(values)))))
    shown = normalise(values, cameras, 0.3, SETTINGS)
    np.testing.assert_allclose(
        normalise(values[order], cameras[order] * -5 + 2, 0.3, SETTINGS), shown[order], atol=1e-6
    )


@given(rows(st.integers(1, 40)))
def test_normalising_can_be_left_out(values: NDArray[np.float32]) -> None:
    assume(len(values) > 0)
    assert normalise(values, np.zeros(len(values), np.int64), 0.3, RAW) is values


def test_persons_are_scored_over_their_segments(store: Store) -> None:
    # Tracklets 1 and 3 are one person, 2 another, 4 has no shot.
    add(
        store,
        "a.mp4",
        [Seen(50, 60, (0.5, 0.1)), Seen(10, 20, (0.3,))],
        [Seen(60, 70, (0.7, 0.2), continues=1), Seen(80, 90, ())],
    )
    found = score_persons(store, WANTED[None], Filter(), RAW, None)
    assert found.person_ids.tolist() == [1, 2]
    np.testing.assert_allclose(found.values, [0.6, 0.3], atol=1e-3)
    assert found.best_shots.tolist() == [4, 3]
    assert found.tracklets_of(0) == (1, 3)
    assert found.tracklets_of(1) == (2,)


def test_a_filter_leaves_the_rest_out(store: Store) -> None:
    for name, alike in (("a.mp4", 0.5), ("b.mp4", 0.6)):
        add(store, name, [Seen(0, 5, (alike,)), Seen(10, 15, (alike - 0.3,))])
    found = score_persons(store, WANTED[None], Filter(cameras=("b",)), RAW, None)
    assert found.person_ids.tolist() == [3, 4]
    np.testing.assert_allclose(found.values, [0.6, 0.3], atol=1e-3)
    nothing = score_persons(store, WANTED[None], Filter(cameras=("z",)), SETTINGS, 0.3)
    assert [len(part) for part in (nothing.values, nothing.best_shots, nothing.person_ids)] == [0, 0, 0]


def test_an_empty_library_has_nobody(store: Store) -> None:
    found = score_persons(store, WANTED[None], Filter(), SETTINGS, 0.3)
    assert len(found.values) == 0
    assert found.values.dtype == np.float32


def test_several_photos_count_alike(store: Store) -> None:
    add(store, "a.mp4", [Seen(0, 5, (0.9, 0.9)), Seen(10, 15, (0.6, 0.6))])
    other = vector(0.0, turn=2)  # the second person leaves WANTED in this direction
    found = score_persons(store, np.stack([WANTED, other]), Filter(), RAW, None)
    np.testing.assert_allclose(found.values, [0.45, (0.6 + 0.8) / 2], atol=1e-3)


def test_a_crowd_is_scored_as_by_brute_force(store: Store) -> None:
    rng = np.random.default_rng(2)
    fill(store, people=5000, shots=4, cameras=7)
    assert len(store.vectors()) == 20_000
    query = rng.normal(size=(2, DIM)).astype(np.float32)
    query /= np.linalg.norm(query, axis=1, keepdims=True)
    assert check(store, query, Filter(), 0.1) == 5000
    assert check(store, query[:1], Filter(cameras=("camera-[12]",)), None) == 1429


def test_persons_of_any_number_of_shots_are_scored_as_by_brute_force(store: Store) -> None:
    rng = np.random.default_rng(4)
    first, second = (
        [
            Seen(60 * part + 3 * n, 60 * part + 3 * n + 2, tuple(rng.uniform(0, 0.9, int(rng.integers(0, 6)))))
            for n in range(15)
        ]
        for part in range(2)
    )
    second = [
        Seen(seen.start, seen.end, seen.alike, continues=n + 1 if n % 2 else None) for n, seen in enumerate(second)
    ]
    add(store, "a.mp4", first, second)
    add(store, "b.mp4", [Seen(n, n + 1, tuple(rng.uniform(0, 0.9, 3))) for n in range(9)])
    for usual in (None, 0.4):
        assert check(store, np.stack([WANTED, vector(0.2, 5)]), Filter(), usual) > 20
