"""The same settings give the same pictures, and what is said about them agrees with the pictures."""

from __future__ import annotations

import hashlib
from itertools import pairwise

import cv2
import numpy as np
import pytest

from reseen.errors import UsageError
from reseen.synthetic import Scene, SceneSettings
from reseen.synthetic.drawing import draw
from reseen.synthetic.figures import Figure, Spot
from reseen.synthetic.gait import Stance
from reseen.synthetic.places import place
from reseen.synthetic.staging import Actor, Stage
from reseen.synthetic.wardrobe import dress

SMALL = SceneSettings(seed=4, people=5, cameras=2, seconds=6.0, width=480, height=272, fps=5)


@pytest.fixture(scope="module")
def stage() -> Stage:
    """An open place of which the middle is free."""
    return Stage(place(1, 1, 480, 272), 1)


def actor(person: int, x: float, y: float, heading: float = 1.0) -> Actor:
    return Actor(person, dress(1, 4)[person], Spot(x, y, heading), Stance(0.6, 1.0), track=person + 1)


def digest(settings: SceneSettings, camera: int) -> str:
    frames = hashlib.sha256()
    for frame in Scene(settings).render(camera):
        frames.update(frame.bgr.tobytes())
        frames.update(frame.truth.boxes.tobytes() + frame.truth.visible.tobytes())
    return frames.hexdigest()


def test_the_same_settings_give_the_same_bytes() -> None:
    assert digest(SMALL, 1) == digest(SMALL, 1)


def test_another_seed_is_another_world() -> None:
    first, second = (next(Scene(SceneSettings(seed=s, width=160, height=96)).render(0)).bgr for s in (1, 2))
    assert np.abs(first.astype(int) - second).mean() > 5


def test_a_camera_does_not_depend_on_how_far_others_were_rendered() -> None:
    scene = Scene(SMALL)
    once = [frame.bgr for frame in scene.render(0)]
    next(scene.render(1))
    assert all(np.array_equal(a, b.bgr) for a, b in zip(once, scene.render(0), strict=True))


@pytest.mark.parametrize("camera", [0, 1])
def test_frames_and_boxes_are_well_formed(camera: int) -> None:
    frames = list(Scene(SMALL).render(camera))
    assert len(frames) == SMALL.frames == 30
    assert [frame.time for frame in frames] == pytest.approx([k / 5 for k in range(30)])
    assert sum(len(frame.truth) for frame in frames) > 10
    for frame in frames:
        assert frame.bgr.shape == (272, 480, 3)
        assert frame.bgr.dtype == np.uint8
        left, top, right, bottom = frame.truth.boxes.T
        assert (left >= 0).all()
        assert (top >= 0).all()
        assert (right <= 480).all()
        assert (bottom <= 272).all()
        assert (right > left).all()
        assert (bottom > top).all()
        assert (frame.truth.visible > 0).all()
        assert (frame.truth.visible <= 1.001).all()
        assert len(set(frame.truth.people.tolist())) == len(frame.truth)


def test_a_person_is_drawn_where_the_box_is(stage: Stage) -> None:
    empty, nobody = stage.shoot([], 0)
    picture, truth = stage.shoot([actor(0, 9.0, 0.0)], 0)
    assert len(nobody) == 0
    assert truth.people.tolist() == [0]
    assert truth.tracks.tolist() == [1]
    changed = np.abs(picture.astype(int) - empty).max(-1)
    left, top, right, bottom = truth.boxes[0].astype(int)
    inside = changed[top:bottom, left:right] > 12
    assert inside.mean() > 0.25
    assert changed[: max(top - 4, 1)].max() == 0  # nothing above the head; shadows lie lower
    assert np.flatnonzero(inside.any(1))[0] <= 2  # the figure touches the upper and the side edges of its box
    assert np.flatnonzero(inside.any(0))[0] <= 2


def test_nearer_people_hide_those_behind_them(stage: Stage) -> None:
    _, alone = stage.shoot([actor(0, 11.0, 0.0)], 0)
    _, both = stage.shoot([actor(0, 11.0, 0.0), actor(1, 8.0, 0.0)], 0)
    assert alone.visible[0] > 0.9
    assert both.visible[0] < alone.visible[0] - 0.3
    assert both.visible[1] > 0.95
    assert np.array_equal(both.boxes[0], alone.boxes[0])  # boxes cover the hidden part too


def test_visible_shares_are_those_of_the_masks(stage: Stage) -> None:
    """Recomputed from the outlines of each figure alone, laid over one another from near to far."""
    crowd = [actor(k, 8.0 + k, 0.15 * k) for k in range(4)]
    _, together = stage.shoot(crowd, 0)
    camera, depth = stage.place.camera, stage.place.scenery.seen_by(stage.place.camera).depth
    left_over = np.ones(depth.shape)
    for number, one in enumerate(crowd):
        wanted = 2.1 / (camera.focal / np.hypot(one.spot.x, camera.height - 1) * 2.0)
        spacing = min((0.005, 0.007, 0.010, 0.014, 0.020), key=lambda s: abs(np.log(s / wanted)))
        posed = Figure(one.look, spacing).posed(one.stance, one.spot, camera)
        drawn = draw(posed, camera, stage.place.scenery.light)
        assert drawn is not None
        mask = np.zeros(depth.shape)
        rows, columns = drawn.cover.shape
        mask[drawn.top : drawn.top + rows, drawn.left : drawn.left + columns] = drawn.cover
        there = np.zeros(depth.shape)
        there[drawn.top : drawn.top + rows, drawn.left : drawn.left + columns] = drawn.depth
        shown = mask * (there < depth)
        assert together.visible[number] == pytest.approx((shown * left_over).sum() / mask.sum(), abs=0.02)
        left_over *= 1 - shown
    assert together.visible[0] > 0.9
    assert together.visible[1:].max() < 0.8


def test_a_person_half_outside_is_half_visible(stage: Stage) -> None:
    edge = stage.place.half_view(9.0)
    picture, truth = stage.shoot([actor(2, 9.0, edge - 0.02)], 0)
    assert 0.2 < truth.visible[0] < 0.8
    assert truth.boxes[0, 0] == 0.0
    assert picture.shape == (272, 480, 3)


def test_nobody_is_in_two_places_at_once_and_people_come_back() -> None:
    scene = Scene(SceneSettings(seed=2, people=4, cameras=2, seconds=60, width=160, height=96))
    for person in range(4):
        walks = [visit.walk for visit in scene.visits if visit.person == person]
        assert len(walks) >= 2
        assert all(first.end < second.start for first, second in pairwise(walks))
    assert {visit.camera for visit in scene.visits} == {0, 1}


def test_walks_keep_clear_of_what_stands_there() -> None:
    scene = Scene(SceneSettings(seed=3, people=8, cameras=2, seconds=40, width=160, height=96))
    for visit in scene.visits:
        x, y = visit.walk.track[:, 0], visit.walk.track[:, 1]
        assert scene.places[visit.camera].scenery.free(x, y, margin=0.05).mean() > 0.97


def test_people_move_smoothly() -> None:
    scene = Scene(SceneSettings(seed=5, people=3, cameras=1, seconds=20, width=160, height=96))
    for visit in scene.visits:
        steps = np.hypot(*np.diff(visit.walk.track[:, :2], axis=0).T) / 0.05
        assert steps.max() < 2.0  # metres a second
        assert visit.walk.at(visit.walk.start - 0.1) is None
        assert visit.walk.at(visit.walk.end + 0.1) is None


def test_a_photo_shows_the_person_alone_before_the_footage() -> None:
    scene = Scene(SMALL)
    photo = scene.photo(3, 1)
    again = scene.photo(3, 1)
    assert photo.time < 0
    assert photo.truth.people.tolist() == [3]
    assert photo.truth.visible[0] > 0.6
    assert np.array_equal(photo.bgr, again.bgr)
    assert not np.array_equal(photo.bgr, scene.photo(3, 1, number=1).bgr)


def test_looks_of_fewer_people_are_those_of_more() -> None:
    assert dress(9, 3) == dress(9, 7)[:3]
    assert len({look.upper for look in dress(9, 12)}) > 6


def test_cameras_see_the_same_person_differently_but_alike(stage: Stage) -> None:
    """The colour of one coat differs between cameras by their response, and less than between people."""
    other = Stage(place(1, 2, 480, 272), 2)

    def colour(where: Stage, person: int) -> np.ndarray:
        picture, truth = where.shoot([actor(person, 9.0, 0.0, np.pi)], 0)
        left, top, right, bottom = truth.boxes[0]
        chest = picture[int(top + 0.25 * (bottom - top)) : int(top + 0.45 * (bottom - top))]
        middle = chest[:, int(0.6 * left + 0.4 * right) : int(0.4 * left + 0.6 * right)]
        return cv2.cvtColor(middle, cv2.COLOR_BGR2LAB).reshape(-1, 3).mean(0)[1:]

    same = [np.linalg.norm(colour(stage, k) - colour(other, k)) for k in range(3)]
    assert max(same) > 0.5
    assert np.mean(same) < 25


@pytest.mark.parametrize(
    "wrong",
    [{"people": 0}, {"seconds": 0.0}, {"width": 31}, {"height": 99}, {"seed": -1}, {"clips": 0}, {"absent": -1}],
)
def test_settings_that_cannot_be_rendered_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        SceneSettings(**wrong)  # type: ignore[arg-type]
