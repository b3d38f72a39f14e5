from __future__ import annotations

import numpy as np
import pytest

from reseen.detection import GateSettings, MotionGate
from reseen.errors import UsageError
from reseen.media.frame import Frame

WIDTH, HEIGHT = 192, 108
RNG = np.random.default_rng(3)
SCENE = np.clip(np.linspace(40, 200, WIDTH)[None, :] + 25 * np.sin(np.arange(HEIGHT) / 5)[:, None], 0, 255)


def frame(time: float, luma: np.ndarray, *, cut: bool = False) -> Frame:
    picture = np.clip(np.rint(luma), 0, 255).astype(np.uint8)
    return Frame(time, WIDTH * 10, HEIGHT * 10, picture, lambda: np.zeros((1, 1, 3), np.uint8), cut=cut)


def person(x: int, y: int = 40, height: int = 20, contrast: float = 60.0) -> np.ndarray:
    scene = SCENE.copy()
    scene[y : y + height, x : x + height // 3] += contrast
    return scene


def noisy(scene: np.ndarray, sigma: float, seed: int) -> np.ndarray:
    return scene + np.random.default_rng(seed).normal(0, sigma, scene.shape)


def decisions(lumas: list[np.ndarray], rate: float = 5.0, settings: GateSettings | None = None) -> list[bool]:
    gate = MotionGate(settings or GateSettings(longest=1e9))
    return [gate.moved(frame(index / rate, luma)) for index, luma in enumerate(lumas)]


def test_the_first_frame_is_analysed_and_a_still_scene_is_not() -> None:
    assert decisions([SCENE] * 6) == [True] + [False] * 5


@pytest.mark.parametrize("sigma", [0.5, 1, 3, 7])
def test_noise_is_no_motion(sigma: float) -> None:
    assert decisions([noisy(SCENE, sigma, seed) for seed in range(40)])[1:] == [False] * 39


def test_slow_light_is_no_motion() -> None:
    lumas = [noisy(SCENE * (1 + 0.004 * index) + 0.3 * index, 2, index) for index in range(30)]
    assert sum(decisions(lumas)) <= 2


def test_flicker_of_the_whole_picture_is_no_motion() -> None:
    lumas = [noisy(SCENE + (4 if index % 2 else -4), 2, index) for index in range(20)]
    assert decisions(lumas)[1:] == [False] * 19


@pytest.mark.parametrize("sigma", [0, 3, 8])
@pytest.mark.parametrize("height", [8, 20, 60])
def test_a_person_who_walks_is_motion_in_every_frame(sigma: float, height: int) -> None:
    lumas = [noisy(person(20 + 3 * index, height=height, y=30), sigma, index) for index in range(15)]
    assert decisions(lumas) == [True] * 15


@pytest.mark.parametrize("sigma", [0, 3])
def test_arriving_and_leaving_are_motion_standing_is_not(sigma: float) -> None:
    scenes = [SCENE] * 3 + [person(60)] * 4 + [SCENE] * 3
    lumas = [noisy(scene, sigma, index) for index, scene in enumerate(scenes)]
    assert decisions(lumas) == [True, False, False, True, False, False, False, True, False, False]


def test_slow_motion_adds_up() -> None:
    scenes = [person(60 + index // 4) for index in range(24)]
    found = decisions(scenes)
    assert sum(found) >= 4


def test_a_person_against_the_light_is_seen() -> None:
    dark = [SCENE * 0.15, person(60, contrast=60) * 0.15]
    assert decisions(dark) == [True, True]


def test_a_frame_is_analysed_at_least_every_so_often() -> None:
    found = decisions([SCENE] * 21, rate=5.0, settings=GateSettings(longest=2.0))
    assert [index for index, moved in enumerate(found) if moved] == [0, 10, 20]


def test_when_in_doubt_a_frame_is_analysed() -> None:
    gate = MotionGate(GateSettings(longest=1e9))
    assert gate.moved(frame(1.0, SCENE))
    assert not gate.moved(frame(1.2, SCENE))
    assert gate.moved(frame(1.4, SCENE, cut=True))
    assert gate.moved(frame(1.0, SCENE)), "time went back"
    assert gate.moved(frame(1.2, SCENE[:50])), "another size"
    gate.reset()
    assert gate.moved(frame(1.4, SCENE[:50]))


def test_a_storm_of_noise_is_doubt() -> None:
    lumas = [noisy(SCENE, 60, seed) for seed in range(5)]
    assert decisions(lumas) == [True] * 5


def test_the_same_frames_give_the_same_answers() -> None:
    lumas = [noisy(person(20 + index // 3), 4, index) for index in range(30)]
    assert decisions(lumas) == decisions(lumas)


def test_flat_pictures_do_no_harm() -> None:
    black, gray = np.zeros((HEIGHT, WIDTH)), np.full((HEIGHT, WIDTH), 9)
    assert decisions([black, black, gray])[:2] == [True, False]
    tiny = MotionGate()
    assert tiny.moved(frame(0.0, SCENE[:1, :1]))
    assert not tiny.moved(frame(0.1, SCENE[:1, :1]))


@pytest.mark.parametrize("values", [{"longest": 0}, {"area": 0}, {"area": 10}, {"contrast": -1}])
def test_wrong_settings_are_refused(values: dict) -> None:
    with pytest.raises(UsageError):
        GateSettings(**values)
