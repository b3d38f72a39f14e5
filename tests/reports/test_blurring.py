from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from reports.samples import noise
from reseen.reports.blurring import hide
from reseen.reports.bystanders import BlurSettings, Bystanders, Path, bridges

PICTURE = noise(5, 240, 320)
NOBODY = np.zeros((0, 4), np.float32)


def boxes(*rows: tuple[float, float, float, float]) -> NDArray[np.float32]:
    return np.array(rows, np.float32).reshape(-1, 4)


def path(start: float, end: float, left: float, speed: float = 0.0, rate: float = 5.0) -> Path:
    times = np.arange(round((end - start) * rate) + 1) / rate + start
    x = left + speed * (times - start)
    rows = np.stack([x, np.full_like(x, 50), x + 40, np.full_like(x, 150)], axis=1)
    return Path(times, rows.astype(np.float32))


def detail(picture: NDArray[np.uint8]) -> float:
    """How much neighbouring pixels differ."""
    values = picture.astype(np.float64)
    return float(np.abs(np.diff(values, axis=0)).mean() + np.abs(np.diff(values, axis=1)).mean())


def test_hides_inside_and_leaves_the_rest() -> None:
    hidden = hide(PICTURE, boxes((100, 50, 140, 150)), NOBODY)
    outside = np.ones((240, 320), np.bool_)
    outside[50:150, 100:140] = False
    assert (hidden[outside] == PICTURE[outside]).all()
    assert detail(hidden[50:150, 100:140]) < 0.15 * detail(PICTURE[50:150, 100:140])
    assert (noise(5, 240, 320) == PICTURE).all(), "the picture given must not change"


def test_a_face_is_about_one_patch() -> None:
    """What is left of a head, a seventh of a person, is its mean colour."""
    hidden = hide(PICTURE, boxes((100, 10, 160, 220)), NOBODY)
    head = hidden[20:50, 115:145].astype(np.float64)
    assert head.std(axis=(0, 1)).max() < 0.25 * PICTURE[20:50, 115:145].std(axis=(0, 1)).max()


def test_boxes_beyond_the_picture_are_cut() -> None:
    hidden = hide(PICTURE, boxes((-30, -20, 20, 60), (310, 200, 400, 300), (400, 0, 500, 90), (9, 9, 9, 9)), NOBODY)
    assert detail(hidden[:60, :20]) < 0.15 * detail(PICTURE[:60, :20])
    assert (hidden[60:200, 20:310] == PICTURE[60:200, 20:310]).all()


def test_the_core_of_a_nearer_wanted_person_stays() -> None:
    wanted = boxes((110, 60, 150, 160))
    hidden = hide(PICTURE, boxes((100, 50, 160, 150)), wanted)
    assert (hidden[100:120, 125:135] == PICTURE[100:120, 125:135]).all()
    corner = hidden[62:70, 111:117], PICTURE[62:70, 111:117]
    assert (corner[0] != corner[1]).mean() > 0.9


def test_whoever_stands_in_front_of_the_wanted_person_is_hidden() -> None:
    wanted = boxes((110, 60, 150, 160))
    hidden = hide(PICTURE, boxes((100, 80, 160, 230)), wanted)
    middle = hidden[100:150, 115:145], PICTURE[100:150, 115:145]
    assert (middle[0] != middle[1]).mean() > 0.9


def test_a_nearer_person_stays_hidden_behind_whom_others_stand() -> None:
    """The core is spared from those behind, but nothing brings back what those in front hid."""
    wanted = boxes((110, 60, 150, 160))
    behind, front = (100.0, 50.0, 160.0, 140.0), (100.0, 80.0, 160.0, 230.0)
    for order in (boxes(behind, front), boxes(front, behind)):
        hidden = hide(PICTURE, order, wanted)
        assert (hidden[100:135, 115:145] != PICTURE[100:135, 115:145]).mean() > 0.9


def test_between_two_frames_the_box_is_in_between() -> None:
    people = Bystanders([path(1.0, 3.0, 100, speed=20)], [], BlurSettings(margin=0.0))
    assert people.boxes(1.1) == pytest.approx(boxes((102, 50, 142, 150)))
    assert people.boxes(2.55)[0, 0] == pytest.approx(131.0)


def test_boxes_are_widened() -> None:
    people = Bystanders([path(1.0, 3.0, 100)], [], BlurSettings(margin=0.1))
    assert people.boxes(2.0) == pytest.approx(boxes((96, 40, 144, 160)))


def test_people_are_hidden_before_they_are_found_and_after_they_are_lost() -> None:
    people = Bystanders([path(2.0, 4.0, 100, speed=20)], [], BlurSettings(margin=0.0, hold=1.0))
    after = people.boxes(4.5)
    # Lost at x = 140 while walking 20 pixels a second: where they stood and where they would be.
    assert after == pytest.approx(boxes((140, 50, 190, 150)))
    assert people.boxes(1.5) == pytest.approx(boxes((90, 50, 140, 150)))
    assert len(people.boxes(0.9)) == len(people.boxes(5.1)) == 0


def test_lost_and_found_again_is_hidden_in_between() -> None:
    one, again = path(0.0, 1.0, 100), path(5.0, 6.0, 120)
    elsewhere = path(5.0, 6.0, 280)
    (bridge,) = bridges([one, again, elsewhere], 5.0)
    assert bridge.times.tolist() == [1.0, 5.0]
    people = Bystanders([one, again], [], BlurSettings(margin=0.0, hold=0.0))
    assert people.boxes(3.0) == pytest.approx(boxes((110, 50, 150, 150)))
    assert bridges([one, again], 3.9) == []


def test_wanted_is_where_they_were_seen_alone() -> None:
    people = Bystanders([], [path(1.0, 2.0, 10)])
    assert people.wanted(1.5) == pytest.approx(boxes((10, 50, 50, 150)))
    assert len(people.wanted(2.3)) == 0 and len(people.boxes(1.5)) == 0


def test_a_person_seen_once_has_no_speed() -> None:
    people = Bystanders([path(1.0, 1.0, 10)], [], BlurSettings(margin=0.0))
    assert people.boxes(1.4) == pytest.approx(boxes((10, 50, 50, 150)))
