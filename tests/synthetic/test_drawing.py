"""The geometry of camera and figure, and the means of drawing."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reseen.synthetic.curves import cloud, hermite, periodic_table, smoothstep
from reseen.synthetic.drawing import Light, draw
from reseen.synthetic.figures import Figure, Spot
from reseen.synthetic.gait import GaitStyle, Stance, cycle_length, pose
from reseen.synthetic.materials import MATERIALS, Material, Spots, bands, paint
from reseen.synthetic.pinhole import Pinhole
from reseen.synthetic.response import Response
from reseen.synthetic.solids import FAR, Solid
from reseen.synthetic.tailor import Tailor
from reseen.synthetic.wardrobe import dress

CAMERA = Pinhole(0.0, 0.0, 3.0, 0.0, 0.25, 500.0, 640, 360)
UP = np.array([0.0, 0.0, 1.0], np.float32)
LIGHT = Light(UP, np.ones(3, np.float32), np.ones(3, np.float32), np.ones(3, np.float32), 0.5)


@given(st.floats(5, 20), st.floats(-2, 2))
def test_ground_and_pixels_agree(x: float, y: float) -> None:
    """What a pixel of the ground is said to show appears at that pixel."""
    right, down, depth = CAMERA.rotation @ (np.array([x, y, 0], np.float32) - CAMERA.position)
    column, row = CAMERA.pixels(*(np.array([value], np.float32) for value in (right, down, depth)))
    found = CAMERA.ground_at(float(column[0]), float(row[0]))
    assert found is not None
    assert found == pytest.approx((x, y), rel=2e-3, abs=2e-3)


def test_rays_meet_what_pixels_show() -> None:
    ray = CAMERA.rays(np.array([400.0], np.float32), np.array([300.0], np.float32))[0]
    reach = -CAMERA.height / ray[2]
    assert CAMERA.ground_at(400.0, 300.0) == pytest.approx(tuple(reach * ray[:2]), rel=1e-5)
    assert CAMERA.ground_at(320.0, 0.0) is None


@cache
def figure_of(person: int) -> Figure:
    return Figure(dress(1, 4)[person], 0.02)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 3), st.floats(0, 6.28), st.floats(0, 1), st.floats(-3, 3))
def test_figures_stand_on_the_ground_and_are_as_tall_as_they_are(
    person: int, phase: float, stride: float, heading: float
) -> None:
    look = figure_of(person).look
    posed = figure_of(person).posed(Stance(phase, stride), Spot(7.0, 0.5, heading), CAMERA)
    height = CAMERA.rotation[:, 2] @ posed.points + CAMERA.height
    assert -0.04 < height.min() < 0.05
    assert 0.93 * look.height < height.max() < 1.06 * look.height
    lengths = np.linalg.norm(posed.normals, axis=0)
    assert lengths.max() < 1.001
    assert lengths.mean() > 0.95  # blends at bent joints are shorter


def test_arms_swing_against_the_legs() -> None:
    joints = Tailor(dress(1, 1)[0], 0.02).joints
    matrices = pose(joints, GaitStyle(arm_swing=1.0), Stance(0.0, 1.0))
    hand_l, hand_r = (matrices[b, :, :3] @ (joints[b] - [0, 0, 0.25]) + matrices[b, :, 3] for b in (4, 6))
    foot_l, foot_r = (matrices[b, :, :3] @ joints[b] + matrices[b, :, 3] for b in (9, 12))
    assert foot_l[0] > foot_r[0] + 0.3  # the left heel strikes at phase 0
    assert hand_r[0] > hand_l[0] + 0.1


def test_faster_walks_have_longer_steps() -> None:
    assert cycle_length(1.8, 1.6, GaitStyle()) > cycle_length(1.8, 1.0, GaitStyle()) > 1.0


def test_a_figure_behind_the_camera_or_outside_is_not_drawn() -> None:
    figure = figure_of(0)
    for spot in (Spot(-5.0, 0.0, 0.0), Spot(6.0, 30.0, 0.0)):
        assert draw(figure.posed(Stance(0.0, 1.0), spot, CAMERA), CAMERA, LIGHT) is None
    drawn = draw(figure.posed(Stance(0.0, 1.0), Spot(8.0, 0.0, 0.0), CAMERA), CAMERA, LIGHT)
    assert drawn is not None
    assert drawn.cover.max() == pytest.approx(1.0)
    assert 7.0 < float(np.median(drawn.depth[drawn.cover > 0.9])) < 9.0


def test_figures_have_no_holes() -> None:
    """Inside the outline of the trunk every pixel is covered, at every fineness."""
    for spacing in (0.005, 0.01, 0.02):
        figure = Figure(dress(2, 1)[0], spacing)
        drawn = draw(figure.posed(Stance(0.3, 0.0), Spot(7.5, 0.0, 0.4), CAMERA), CAMERA, LIGHT)
        assert drawn is not None
        rows = np.flatnonzero(drawn.cover.max(1) > 0.5)
        chest = drawn.cover[rows[0] + int(0.25 * len(rows)) : rows[0] + int(0.45 * len(rows))]
        middle = [row[np.flatnonzero(row > 0.5)[1] : np.flatnonzero(row > 0.5)[-1]] for row in chest]
        assert np.concatenate(middle).mean() > 0.9


@pytest.mark.parametrize("name", sorted(MATERIALS))
def test_materials_give_colours(name: str) -> None:
    rng = np.random.default_rng(1)
    spots = Spots(*rng.uniform(-9, 9, (2, 500)).astype(np.float32), np.full(500, 0.02, np.float32), cloud(rng, 64, 3))
    colours = paint(Material(name, (0.3, 0.2, 0.1)), spots)
    assert colours.shape == (500, 3)
    assert np.isfinite(colours).all()
    assert colours.min() >= 0
    assert colours.max() < 2


@given(st.floats(0.1, 3), st.floats(0.05, 0.95))
def test_bands_keep_their_share_however_blurred(period: float, share: float) -> None:
    at = np.linspace(0, 40 * period, 4001, dtype=np.float32)
    for blur in (0.01, 0.5 * period, 7.3 * period):
        covered = bands(at, period, share * period, np.full(4001, blur, np.float32))
        assert covered.min() > -0.01
        assert covered.max() < 1.01
        assert covered.mean() == pytest.approx(share, abs=0.03)


def test_a_box_is_hit_where_it_begins() -> None:
    box = Solid("box", 5.0, 0.0, 0.0, 2.0, 1.0, 1.0, Material("paint", (0.5, 0.5, 0.5)))
    rays = np.array([[1, 0, 0], [0, 1, 0], [-1, 0, 0]], np.float32)
    assert box.hit(np.array([0, 0, 1], np.float32), rays).tolist() == [4.0, FAR, FAR]
    ball = Solid("leaves", 5.0, 0.0, 0.0, 2.0, 1.0, 1.0, box.material)
    assert ball.hit(np.array([0, 0, 1], np.float32), rays)[0] == pytest.approx(4.0)
    pole = Solid("cylinder", 5.0, 0.0, 0.0, 2.0, 0.5, 0.5, box.material)
    assert pole.hit(np.array([0, 0, 1], np.float32), rays)[0] == pytest.approx(4.5)
    assert box.blocks(np.array([5.9, 6.5]), np.array([0.0, 0.0]), 0.2).tolist() == [True, False]


@given(st.integers(0, 1000))
def test_responses_keep_the_order_of_light(seed: int) -> None:
    response = Response.random(np.random.default_rng(seed))
    ramp = np.repeat(np.linspace(0, 1.6, 64, dtype=np.float32)[None, :, None], 3, 2)
    developed = response.develop(ramp).astype(int)
    assert (np.diff(developed, axis=1) >= 0).all()
    assert developed[0, -1].min() > 150


def test_curves() -> None:
    knots, values = np.array([0.0, 1.0, 2.0, 4.0]), np.array([0.0, 1.0, 1.0, 3.0])
    assert hermite(knots, knots, values).tolist() == values.tolist()
    between = hermite(np.linspace(0, 4, 99), knots, values)
    assert between.min() >= 0
    assert between.max() <= 3
    table = periodic_table([(0, 1.0), (50, -1.0)])
    assert table(0.0) == pytest.approx(table(2 * np.pi)) == pytest.approx(1.0)
    assert smoothstep(1.0, 0.0, np.array([-1, 0.5, 2], np.float32)).tolist() == [1.0, 0.5, 0.0]
    tile = cloud(np.random.default_rng(0), 128, 4)
    seam = np.abs(tile[:, 0] - tile[:, -1]).mean()
    assert seam < 2 * np.abs(np.diff(tile, axis=1)).mean()
