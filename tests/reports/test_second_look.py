from __future__ import annotations

import numpy as np

from reseen.reports.blurring import hidden_pixels, hide, hide_around
from reseen.reports.bystanders import BlurSettings, Bystanders, Glances
from reseen.reports.bystanders import Path as Way

SETTINGS = BlurSettings(margin=0.0, linger=0.3, same=0.4)


def boxes(*rows: tuple[float, float, float, float]) -> np.ndarray:
    return np.array(rows, np.float32).reshape(-1, 4)


def still(box: tuple[float, float, float, float], start: float = 0.0, end: float = 10.0) -> Way:
    return Way(np.array([start, end]), boxes(box, box))


def test_whoever_is_seen_in_one_picture_is_hidden_shortly_before_and_after_too() -> None:
    glances = Glances([1.0, 2.0, 3.0], [boxes(), boxes((10, 10, 30, 60)), boxes()], SETTINGS)
    people = Bystanders([], [], SETTINGS, glances)
    assert [len(people.boxes(time)) for time in (1.6, 1.71, 2.0, 2.29, 2.4)] == [0, 1, 1, 1, 0]
    assert people.boxes(2.0).tolist() == [[10, 10, 30, 60]]


def test_the_wanted_person_seen_again_is_not_somebody_else() -> None:
    own = (100.0, 100.0, 140.0, 200.0)
    seen = boxes((102, 98, 141, 203), (102, 100, 138, 150), (150, 100, 190, 200))
    people = Bystanders([], [still(own)], SETTINGS, Glances([1.0], [seen], SETTINGS))
    assert people.boxes(1.0).tolist() == [[150, 100, 190, 200]]


def test_a_wanted_person_who_walks_on_is_not_hidden_where_they_go() -> None:
    way = Way(np.array([0.0, 10.0]), boxes((0, 100, 40, 200), (1000, 100, 1040, 200)))
    times = [number / 10 for number in range(100)]
    seen = [boxes((100 * time, 100, 100 * time + 40, 200)) for time in times]
    people = Bystanders([], [way], SETTINGS, Glances(times, seen, SETTINGS))
    assert all(len(people.boxes(time)) == 0 for time in times)


def test_a_small_stranger_before_the_wanted_person_is_hidden() -> None:
    own, child = (100.0, 100.0, 140.0, 200.0), (110.0, 170.0, 122.0, 199.0)
    people = Bystanders([], [still(own)], SETTINGS, Glances([1.0], [boxes(child)], SETTINGS))
    assert people.boxes(1.0).tolist() == [list(child)]


def test_hidden_pixels_are_those_that_hide_changes() -> None:
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 255, (120, 200, 3), np.uint8)
    others, wanted = boxes((10, 10, 60, 100), (80, 20, 120, 90)), boxes((90, 20, 130, 110))
    changed = (hide(picture, others, wanted, SETTINGS) != picture).any(axis=2)
    mask = hidden_pixels(picture.shape, others, wanted, SETTINGS)
    assert not (changed & ~mask).any()
    # A random pixel may by chance be what it is smoothed to.
    assert (changed & mask).sum() > 0.98 * mask.sum()


def test_everything_around_the_wanted_person_can_be_hidden() -> None:
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 255, (120, 200, 3), np.uint8)
    wanted = boxes((90, 20, 130, 110))
    hidden = hide_around(picture, boxes(), wanted, SETTINGS)
    assert (hidden[20:110, 90:130] == picture[20:110, 90:130]).all()
    around = np.ones(picture.shape[:2], bool)
    around[20:110, 90:130] = False
    assert (hidden != picture).any(axis=2)[around].mean() > 0.98
    assert ((hide_around(picture, boxes(), boxes(), SETTINGS) != picture).any(axis=2)).mean() > 0.98
