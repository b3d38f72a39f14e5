from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reseen.evaluation import DetectionRules, FoundBoxes, TrueBoxes, detection_figures

MAN, WOMAN, FAR = [0, 0, 10, 30], [50, 0, 60, 30], [90, 0, 92, 5]


def truth(boxes: list[list[float]], ignored: list[list[float]] | None = None) -> TrueBoxes:
    return TrueBoxes(np.array(boxes, np.float32).reshape(-1, 4), np.array(ignored or [], np.float32).reshape(-1, 4))


def found(*boxes: tuple[list[float], float]) -> FoundBoxes:
    return FoundBoxes(
        np.array([box for box, _ in boxes], np.float32).reshape(-1, 4),
        np.array([score for _, score in boxes], np.float32),
    )


def test_all_found() -> None:
    figures = detection_figures([(truth([MAN, WOMAN]), found((MAN, 0.9), (WOMAN, 0.4)))])
    assert (figures.average_precision, figures.recall, figures.people) == (1, 1, 2)


def test_half_found_with_a_false_one_ahead_by_hand() -> None:
    figures = detection_figures([(truth([MAN, WOMAN]), found((FAR, 0.9), (MAN, 0.8)))])
    # Precision is 1/2 up to recall 0.5 (51 of the 101 points) and 0 beyond.
    assert figures.average_precision == pytest.approx(51 / 101 / 2)
    assert figures.recall == 0.5
    assert figures.right.tolist() == [False, True]


def test_a_second_detection_of_one_person_is_false() -> None:
    figures = detection_figures([(truth([MAN]), found((MAN, 0.9), (MAN, 0.8)))])
    assert figures.right.tolist() == [True, False]
    assert figures.average_precision == 1


def test_a_detection_takes_the_person_it_overlaps_best_of_those_left() -> None:
    near = [2, 0, 12, 30]
    figures = detection_figures([(truth([MAN, near]), found((near, 0.9), (near, 0.8)))])
    assert figures.right.tolist() == [True, True]


def test_a_detection_in_an_ignored_region_does_not_count() -> None:
    crowd = [80, 0, 200, 100]
    ignoring = detection_figures([(truth([MAN], [crowd]), found((FAR, 0.9), (MAN, 0.8)))])
    assert ignoring.right.tolist() == [True]
    half_out = [70, 0, 91, 30]
    counting = detection_figures([(truth([MAN], [[81, 0, 200, 100]]), found((half_out, 0.9), (MAN, 0.8)))])
    assert counting.right.tolist() == [False, True]


def test_a_person_inside_an_ignored_region_may_still_be_found() -> None:
    figures = detection_figures([(truth([MAN], [[0, 0, 200, 200]]), found((MAN, 0.8)))])
    assert (figures.recall, figures.right.tolist()) == (1, [True])


def test_people_below_the_smallest_height_are_ignored() -> None:
    settings = DetectionRules(smallest=20)
    figures = detection_figures([(truth([MAN, FAR]), found((FAR, 0.9), (MAN, 0.8)))], settings)
    assert (figures.people, figures.average_precision) == (1, 1)


def test_only_the_best_of_a_picture_count() -> None:
    settings = DetectionRules(limit=1)
    figures = detection_figures([(truth([MAN, WOMAN]), found((WOMAN, 0.4), (MAN, 0.9)))], settings)
    assert figures.recall == 0.5
    assert figures.scores.tolist() == pytest.approx([0.9])


def test_false_alarms_in_empty_pictures_count() -> None:
    pictures = [(truth([MAN]), found((MAN, 0.5))), (truth([]), found((FAR, 0.9)))]
    assert detection_figures(pictures).average_precision == pytest.approx(0.5)
    assert detection_figures(list(reversed(pictures))).average_precision == pytest.approx(0.5)


def test_nobody_to_be_found_is_no_figure() -> None:
    figures = detection_figures([(truth([]), found())])
    assert np.isnan(figures.average_precision)
    assert np.isnan(figures.recall)


@given(st.integers(0, 2**31), st.integers(0, 12))
def test_never_more_right_than_people(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)

    def boxes(number: int) -> np.ndarray:
        corner = rng.integers(0, 20, (number, 2))
        return np.concatenate([corner, corner + rng.integers(1, 20, (number, 2))], axis=1).astype(np.float32)

    true = TrueBoxes(boxes(4), boxes(2))
    figures = detection_figures([(true, FoundBoxes(boxes(count), rng.random(count).astype(np.float32)))])
    assert figures.right.sum() <= 4
    assert len(figures.right) <= count
    assert 0 <= figures.average_precision <= 1
    assert figures.recall == figures.right.sum() / 4
