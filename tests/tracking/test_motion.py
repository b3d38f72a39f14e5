from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reseen.tracking import MotionSettings
from reseen.tracking.boxes import centre_size
from reseen.tracking.motion import Motion
from tracking.scenes import box

STEPS = st.floats(0.0, 5.0)
SETTINGS = MotionSettings()


def moving(seed: int, updates: int = 5) -> Motion:
    rng = np.random.default_rng(seed)
    motion = Motion.start(box(100.0, height=rng.uniform(20, 400)), SETTINGS)
    for _ in range(updates):
        motion = motion.predict(rng.uniform(0.03, 1.0))
        motion = motion.update(motion.box + rng.normal(0, 0.1 * motion.height, 4))
    return motion


@given(st.integers(0, 1000), STEPS, STEPS)
def test_two_steps_are_one(seed: int, first: float, second: float) -> None:
    motion = moving(seed)
    twice, once = motion.predict(first).predict(second), motion.predict(first + second)
    np.testing.assert_allclose(twice.mean, once.mean, rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(twice.covariance, once.covariance, rtol=1e-8, atol=1e-5)


@given(st.integers(0, 1000))
def test_no_time_changes_nothing(seed: int) -> None:
    motion = moving(seed)
    np.testing.assert_allclose(motion.predict(0.0).mean, motion.mean)
    np.testing.assert_allclose(motion.predict(0.0).covariance, motion.covariance, atol=1e-12)


@given(st.integers(0, 1000), STEPS)
def test_covariance_stays_one(seed: int, seconds: float) -> None:
    for motion in (moving(seed), moving(seed).predict(seconds)):
        np.testing.assert_allclose(motion.covariance, motion.covariance.transpose(0, 2, 1), rtol=1e-9)
        assert (np.linalg.eigvalsh(motion.covariance) > -1e-9).all()


@given(st.integers(0, 1000), st.floats(0.01, 5.0), st.floats(0.01, 5.0))
def test_doubt_grows_with_time_and_shrinks_by_a_sight(seed: int, first: float, second: float) -> None:
    early = moving(seed).predict(first)
    late = early.predict(second)
    assert (late.spread > early.spread).all()
    assert (late.update(late.box).covariance[:, 0, 0] < late.covariance[:, 0, 0]).all()


@given(st.integers(0, 200), st.floats(0.1, 10.0))
def test_the_same_person_twice_as_large_moves_alike(seed: int, factor: float) -> None:
    rng = np.random.default_rng(seed)
    boxes = [box(100 + 30 * step, height=80) + rng.normal(0, 2, 4) for step in range(5)]
    small, large = (Motion.start(scale * boxes[0], SETTINGS) for scale in (1.0, factor))
    for where in boxes[1:]:
        small, large = small.predict(0.2).update(where), large.predict(0.2).update(factor * where)
    np.testing.assert_allclose(large.mean, factor * small.mean, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(large.covariance, factor**2 * small.covariance, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("rate", [25.0, 5.0, 2.5])
def test_speed_is_learnt_in_pixels_a_second_at_any_rate(rate: float) -> None:
    motion = Motion.start(box(0.0), SETTINGS)
    for index in range(1, int(3 * rate)):
        motion = motion.predict(1 / rate).update(box(60.0 * index / rate))
    assert motion.mean[0, 1] == pytest.approx(60.0, rel=0.1)
    ahead = centre_size(motion.predict(1.0).box)[0] - motion.mean[0, 0]
    assert 40.0 < ahead < 60.0  # slows down while nothing is seen


def test_a_lost_person_does_not_run_away() -> None:
    motion = moving(3)
    far, farther = motion.predict(30.0), motion.predict(3000.0)
    np.testing.assert_allclose(far.mean[:, 0], farther.mean[:, 0], atol=1e-2)
    np.testing.assert_allclose(farther.mean[:, 1], 0.0, atol=1e-6)


def test_a_doubtful_sight_moves_the_belief_less() -> None:
    motion = Motion.start(box(0.0), SETTINGS).predict(0.2)
    sure, doubtful = (motion.update(box(20.0), noise).mean[0, 0] for noise in (1.0, 3.0))
    assert 0 < doubtful < sure < 20


def test_a_box_never_turns_inside_out() -> None:
    motion = Motion.start(box(0.0, height=50), SETTINGS)
    for height in (40, 20, 6, 3):
        motion = motion.predict(0.2).update(box(0.0, height=height))
    shrunk = motion.predict(2.0).box
    assert (shrunk[2:] > shrunk[:2]).all()
