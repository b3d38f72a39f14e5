from __future__ import annotations

import numpy as np
import pytest

from reseen.evaluation import JUNK, Embedded, merge_apart, top_matches


def embedded(persons: list[int], cameras: list[int], width: int = 2) -> Embedded:
    count = len(persons)
    features = np.arange(count * width, dtype=np.float32).reshape(count, width)
    return Embedded(features, np.array(persons, dtype=np.int64), np.array(cameras, dtype=np.int64))


def test_merged_sets_share_neither_people_nor_cameras() -> None:
    one, two = embedded([1, JUNK, 5], [1, 2, 3]), embedded([1, 5, JUNK], [1, 1, 2])
    merged = merge_apart((one, two, one))
    assert merged.persons[:3].tolist() == [1, JUNK, 5]
    assert merged.cameras[:3].tolist() == [1, 2, 3]
    parts = [set(merged.persons[start : start + 3].tolist()) - {JUNK} for start in (0, 3, 6)]
    assert not parts[0] & parts[1]
    assert not parts[1] & parts[2]
    assert not parts[0] & parts[2]
    assert np.count_nonzero(merged.persons == JUNK) == 3
    assert not set(merged.cameras[:3].tolist()) & set(merged.cameras[3:6].tolist())


def test_nothing_to_merge_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing"):
        merge_apart(())


@pytest.mark.parametrize(
    ("features", "persons"),
    [(np.zeros(3), [1, 2, 3]), (np.zeros((3, 2)), [1]), (np.full((1, 2), np.nan), [1])],
)
def test_features_that_do_not_fit_are_refused(features: np.ndarray, persons: list[int]) -> None:
    with pytest.raises(ValueError):
        Embedded(features.astype(np.float32), np.array(persons), np.array(persons))


def test_top_matches_leave_out_junk_and_the_own_camera() -> None:
    def at(angle: float) -> list[float]:
        return [np.cos(angle), np.sin(angle)]

    query = Embedded(np.array([at(0)], np.float32), np.array([1]), np.array([1]))
    gallery = Embedded(
        np.array([at(0.4), at(0.01), at(0.02), at(0.3), at(0.5)], np.float32),
        np.array([1, 1, JUNK, 2, 1]),
        np.array([2, 1, 2, 2, 3]),
    )
    top = top_matches(query, gallery, count=4)
    assert top.images.tolist() == [[3, 0, 4, -1]]
    assert top.right.tolist() == [[False, True, True, False]]
    np.testing.assert_allclose(top.distances[0, :3], 1 - np.cos([0.3, 0.4, 0.5]), atol=1e-6)
    assert top.distances[0, 3] == np.inf
    assert top_matches(query, gallery, count=1, drop_same_camera=False).images.tolist() == [[1]]
