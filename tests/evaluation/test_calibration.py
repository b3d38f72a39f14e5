from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from reseen.evaluation import (
    Embedded,
    labelled_scores,
    mean_cosine,
    normalised,
    pairwise,
    seen_together,
    sightings,
    unlabelled_pairs,
)


def unit(count: int, seed: int, width: int = 6) -> np.ndarray:
    return normalised(np.random.default_rng(seed).standard_normal((count, width)).astype(np.float32))


def test_the_mean_is_over_all_photos_and_shots() -> None:
    queries, people = [unit(2, 0), unit(1, 1)], [unit(4, 2), unit(3, 3), unit(1, 4)]
    scores = mean_cosine(queries, people)
    assert scores.shape == (2, 3)
    for i, photos in enumerate(queries):
        for j, shots in enumerate(people):
            np.testing.assert_allclose(scores[i, j], (photos @ shots.T).mean(), atol=1e-6)


def test_a_rule_of_each_pair_by_itself() -> None:
    queries, people = [unit(2, 0), unit(1, 1)], [unit(4, 2), unit(3, 3), unit(1, 4)]
    by_mean = pairwise(lambda likeness: float(likeness.mean()))(queries, people)
    np.testing.assert_allclose(by_mean, mean_cosine(queries, people), atol=1e-6)
    assert pairwise(lambda likeness: likeness.shape[1])(queries, people).tolist() == [[4, 3, 1], [4, 3, 1]]
    assert pairwise(lambda likeness: likeness.shape[0])(queries, []).shape == (2, 0)


def test_shots_are_spread_over_the_images_of_one_person_in_one_camera() -> None:
    persons = np.array([1] * 7 + [2] + [1] * 2 + [-1])
    cameras = np.array([0] * 7 + [0] + [1] * 2 + [0])
    found = sightings(Embedded(unit(11, 0), persons, cameras), shots=4)
    assert list(zip(found.persons, found.cameras, strict=True)) == [(1, 0), (1, 1), (2, 0)]
    assert [rows.tolist() for rows in found.shots] == [[0, 2, 4, 6], [8, 9], [7]]


def test_labelled_scores_leave_out_the_own_camera() -> None:
    query = Embedded(unit(2, 0), np.array([1, 2]), np.array([0, 0]))
    gallery = Embedded(unit(5, 1), np.array([1, 1, 1, 2, 3]), np.array([0, 1, 1, 0, 1]))
    pairs = labelled_scores(query, gallery, shots=2).pairs
    expected_same = (query.features[0] @ gallery.features[1:3].T).mean()
    np.testing.assert_allclose(pairs.same, [expected_same], atol=1e-6)
    # Query 1 meets persons 2 and 3; query 2 meets person 1 twice (two cameras) and person 3.
    assert len(pairs.different) == 2 + 3


def test_the_rule_sees_the_whole_crowd() -> None:
    query = Embedded(unit(2, 0), np.array([1, 2]), np.array([0, 0]))
    gallery = Embedded(unit(3, 1), np.array([1, 2, 3]), np.array([1, 1, 1]))
    asked: list[tuple[int, int]] = []

    def rule(queries: list[np.ndarray], people: list[np.ndarray]) -> np.ndarray:
        asked.append((len(queries), len(people)))
        return mean_cosine(queries, people) * 2

    doubled = labelled_scores(query, gallery, rule).pairs
    assert asked == [(2, 3)]
    np.testing.assert_allclose(doubled.same, 2 * labelled_scores(query, gallery).pairs.same)


@given(st.lists(st.tuples(st.integers(0, 2), st.floats(0, 20, width=16), st.floats(0, 5, width=16)), max_size=25))
def test_together_means_overlapping_in_one_source(tracklets: list[tuple[int, float, float]]) -> None:
    sources = np.array([one[0] for one in tracklets], dtype=np.int64)
    starts = np.array([one[1] for one in tracklets], dtype=np.float64)
    ends = starts + np.array([one[2] for one in tracklets], dtype=np.float64)
    expected = [
        [i, j]
        for i in range(len(tracklets))
        for j in range(i + 1, len(tracklets))
        if sources[i] == sources[j] and starts[i] <= ends[j] and starts[j] <= ends[i]
    ]
    assert seen_together(sources, starts, ends).tolist() == expected


def test_unlabelled_pairs() -> None:
    tracklets = [unit(4, 0), unit(1, 1), unit(3, 2)]
    pairs = unlabelled_pairs(tracklets, np.array([[0, 1], [1, 2]]))
    a, b, c = tracklets
    np.testing.assert_allclose(
        pairs.different,
        [(a[0] @ b.T).mean(), (b[0] @ c.T).mean(), (b[0] @ a.T).mean(), (c[0] @ b.T).mean()],
        atol=1e-6,
    )
    np.testing.assert_allclose(pairs.same, [(a[0] @ a[2:].T).mean(), c[0] @ c[2]], atol=1e-6)


def test_tracklets_of_one_shot_say_nothing_about_the_same_person() -> None:
    pairs = unlabelled_pairs([unit(1, 0), unit(1, 1)], np.array([[0, 1]]))
    assert len(pairs.same) == 0
    assert len(pairs.different) == 2
