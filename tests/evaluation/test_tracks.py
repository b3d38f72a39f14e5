from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reseen.evaluation import Trails, compare_tracks


def trail(first: int, last: int, x: float = 0.0, speed: float = 5.0) -> dict[int, np.ndarray]:
    return {frame: np.array([x + speed * frame, 0, x + speed * frame + 40, 100]) for frame in range(first, last)}


def test_the_truth_itself_is_perfect() -> None:
    truth = {1: trail(0, 20), 2: trail(5, 30, 200)}
    figures = compare_tracks(truth, {8: truth[1], 9: truth[2]})
    assert (figures.idf1, figures.recall, figures.precision) == (1.0, 1.0, 1.0)
    assert (figures.switches, figures.fragments, figures.mixed) == (0, 0, 0)
    assert (figures.truths, figures.tracklets) == (2, 2)


def test_nothing_found_and_nothing_to_find() -> None:
    assert compare_tracks({1: trail(0, 10)}, {}).idf1 == 0.0
    assert compare_tracks({1: trail(0, 10)}, {}).recall == 0.0
    assert compare_tracks({}, {1: trail(0, 10)}).precision == 0.0
    assert compare_tracks({}, {}).idf1 == 1.0


def test_torn_in_two() -> None:
    figures = compare_tracks({1: trail(0, 20)}, {1: trail(0, 10), 2: trail(10, 20)})
    assert (figures.switches, figures.fragments, figures.mixed) == (1, 0, 0)
    assert figures.idf1 == pytest.approx(0.5)


def test_lost_for_a_while() -> None:
    figures = compare_tracks({1: trail(0, 20)}, {1: trail(0, 8) | trail(12, 20)})
    assert (figures.switches, figures.fragments) == (0, 1)
    assert figures.recall == pytest.approx(0.8)
    assert figures.idf1 == pytest.approx(2 * 16 / 36)


def test_not_there_is_not_lost() -> None:
    away = trail(0, 8) | trail(12, 20)
    assert compare_tracks({1: away}, {1: away}).fragments == 0


def test_melted_together() -> None:
    truth = {1: trail(0, 10), 2: trail(10, 20)}
    figures = compare_tracks(truth, {1: trail(0, 20)})
    assert (figures.mixed, figures.switches) == (1, 0)
    assert figures.idf1 == pytest.approx(0.5)


def test_two_exchanged() -> None:
    first, second = trail(0, 20), trail(0, 20, 300)
    swapped = {
        1: {frame: (first if frame < 10 else second)[frame] for frame in range(20)},
        2: {frame: (second if frame < 10 else first)[frame] for frame in range(20)},
    }
    figures = compare_tracks({1: first, 2: second}, swapped)
    assert (figures.switches, figures.mixed) == (2, 2)


def disturbed(seed: int, people: int = 6, frames: int = 60) -> tuple[Trails, Trails]:
    """People on straight ways; tracklets with noise, gaps, exchanges and false ones."""
    rng = np.random.default_rng(seed)
    truth: dict[int, dict[int, np.ndarray]] = {}
    found: dict[int, dict[int, np.ndarray]] = {}
    for number in range(people):
        first, last = sorted(rng.integers(0, frames, 2))
        truth[number] = trail(int(first), int(last) + 2, rng.uniform(0, 300), rng.uniform(-6, 6))
    for number, way in truth.items():
        for frame, where in way.items():
            if rng.uniform() < 0.85:
                tracklet = number if rng.uniform() < 0.9 else (number + 1) % people
                found.setdefault(tracklet, {}).setdefault(frame, where + rng.normal(0, 6, 4))
    found[99] = trail(0, frames, 900)
    return truth, found


@pytest.mark.parametrize(
    ("seed", "expected"),
    [
        (0, (0.6802721, 0.8492063, 0.6369048, 12, 15)),
        (1, (0.6406250, 0.8055556, 0.5878378, 6, 12)),
        (2, (0.6700252, 0.7860963, 0.7000000, 22, 29)),
        (3, (0.6307054, 0.8181818, 0.5704225, 10, 13)),
        (4, (0.6739130, 0.8058824, 0.6919192, 24, 24)),
    ],
)
def test_the_figures_are_those_of_trackeval(seed: int, expected: tuple[float, float, float, int, int]) -> None:
    """IDF1, recall, precision, switches, fragmentations by TrackEval 1.3.0 (Identity and CLEAR at IoU 0.5)."""
    figures = compare_tracks(*disturbed(seed))
    assert (figures.idf1, figures.recall, figures.precision) == pytest.approx(expected[:3], abs=1e-6)
    assert (figures.switches, figures.fragments) == expected[3:]


@given(st.integers(0, 500))
def test_ratios_lie_between_0_and_1(seed: int) -> None:
    figures = compare_tracks(*disturbed(seed, people=4, frames=25))
    assert 0 <= figures.idf1 <= 1
    assert 0 <= figures.recall <= 1
    assert 0 <= figures.precision <= 1
    assert figures.mixed <= figures.tracklets
