"""Hard cuts: found between scenes and in one scene, and not seen in light, noise and movement."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from reseen.media import Frame, ReadSettings, open_segment, plan_segments
from reseen.media.cuts import mark_cuts

Gray = NDArray[np.uint8]


def scene(seed: int) -> Gray:
    noise = np.random.default_rng(seed).integers(30, 220, (14, 24)).astype(np.uint8)
    return cv2.resize(noise, (192, 108), interpolation=cv2.INTER_CUBIC)


def with_person(background: Gray, x: float, y: float = 60, width: int = 14) -> Gray:
    picture = background.copy()
    cv2.ellipse(picture, (round(x), round(y)), (width // 2, width), 0, 0, 360, 250, -1)
    return picture


def frames(pictures: list[Gray], rate: float = 5.0) -> list[Frame]:
    def nothing() -> Gray:
        raise AssertionError

    return [Frame(index / rate, 192, 108, luma, nothing) for index, luma in enumerate(pictures)]


def cuts(pictures: list[Gray], rate: float = 5.0) -> list[int]:
    marked = list(mark_cuts(frames(pictures, rate)))
    assert [frame.time for frame in marked] == [index / rate for index in range(len(pictures))]
    return [index for index, frame in enumerate(marked) if frame.cut]


def walk(background: Gray, count: int, start: float = 20, step: float = 5) -> list[Gray]:
    return [with_person(background, start + step * index) for index in range(count)]


def test_a_change_of_scene_is_a_cut() -> None:
    assert cuts([*walk(scene(1), 10), *walk(scene(2), 10)]) == [10]


def test_a_person_who_appears_in_the_middle_is_a_cut() -> None:
    background = scene(1)
    empty = [background] * 8
    assert cuts([*empty, *walk(background, 10, 60, 3)]) == [8]


def test_a_person_who_walks_on_is_none() -> None:
    assert cuts(walk(scene(1), 30)) == []


def test_a_person_who_comes_in_from_the_side_is_none() -> None:
    background = scene(1)
    assert cuts([*[background] * 6, *walk(background, 20, -8, 4)]) == []


def test_several_cuts_are_all_found() -> None:
    pictures = [picture for seed in range(5) for picture in walk(scene(seed), 7)]
    assert cuts(pictures) == [7, 14, 21, 28]


def test_a_flash_is_none() -> None:
    pictures = walk(scene(1), 20)
    pictures[9] = np.clip(pictures[9].astype(int) + 120, 0, 255).astype(np.uint8)
    assert cuts(pictures) == []


@pytest.mark.parametrize("change", [lambda p: p * 0.6, lambda p: p * 1.3, lambda p: p + 30])
def test_a_lamp_switched_on_or_off_is_none(change: object) -> None:
    pictures = walk(scene(1), 20)
    light = [np.clip(change(p.astype(float)), 0, 255).astype(np.uint8) for p in pictures[10:]]  # type: ignore[operator]
    assert cuts([*pictures[:10], *light]) == []


def test_noise_is_none() -> None:
    chance = np.random.default_rng(0)
    pictures = [np.clip(p + chance.normal(0, 15, p.shape), 0, 255).astype(np.uint8) for p in walk(scene(1), 40, 20, 3)]
    assert cuts(pictures) == []


def test_a_key_frame_of_few_bits_is_none() -> None:
    background = scene(1)
    blurred = cv2.GaussianBlur(background, (0, 0), 1.0)
    coarse = (background // 6 * 6).astype(np.uint8)
    assert cuts([*[blurred] * 8, *[coarse] * 8]) == []


def test_fast_movement_of_everything_is_none() -> None:
    wide = np.hstack([scene(1), scene(2)])
    assert cuts([wide[:, 6 * index : 6 * index + 192].copy() for index in range(30)]) == []


def test_at_full_rate_the_cut_is_where_it_is() -> None:
    pictures = [*walk(scene(1), 33, 20, 1), *walk(scene(1), 30, 120, 1)]
    assert cuts(pictures, 25.0) == [33]


def test_a_change_of_size_is_a_cut() -> None:
    pictures = walk(scene(1), 20)
    assert cuts([*pictures[:10], *[p[:54, :96].copy() for p in pictures[10:]]]) == [10]


def test_frames_far_apart_are_not_torn() -> None:
    assert cuts([with_person(scene(1), 20 + 37 * index % 150) for index in range(20)], 0.5) == []


def test_no_frames_no_cuts() -> None:
    assert cuts([]) == []
    assert cuts([scene(1)]) == []


def test_the_mark_of_a_frame_does_not_depend_on_what_is_far_away() -> None:
    pictures = [picture for seed in range(4) for picture in walk(scene(seed), 11, step=4)]
    whole = {frame.time: frame.cut for frame in mark_cuts(frames(pictures))}
    for start in range(0, len(pictures) - 12, 3):
        part = [replace(frame) for frame in frames(pictures)[start:]]
        for frame in list(mark_cuts(part))[12:]:
            assert frame.cut == whole[frame.time]


def test_the_cuts_of_real_footage_and_no_others(footage: Path) -> None:
    truth = json.loads((footage / "truth.json").read_text("utf-8"))
    for clip in truth["clips"]:
        path = footage / clip["file"] if "/" in clip["file"] else footage / "clips" / clip["file"]
        for settings, tolerance in ((ReadSettings(), 0.2), (ReadSettings(every=True), 0.01)):
            found = []
            for span in plan_segments(path):
                with open_segment(path, span, settings) as reader:
                    found += [frame.time for frame in reader if frame.cut and not frame.warmup]
            assert len(found) == len(clip["cuts_s"]), clip["source"]
            assert np.all(np.array(found) - clip["cuts_s"] > -0.01)
            assert np.all(np.array(found) - clip["cuts_s"] < tolerance)
