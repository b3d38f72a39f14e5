"""Crops of invented people: labelled, repeatable, alike within a person."""

from __future__ import annotations

import cv2
import numpy as np

from reseen.synthetic import SceneSettings, people_crops


def test_crops_come_with_every_label_equally_often() -> None:
    crops = people_crops(SceneSettings(seed=1, people=3, cameras=2), each=2)
    assert crops.images.shape == (12, 128, 64, 3)
    assert crops.images.dtype == np.uint8
    assert crops.people.tolist() == [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]
    assert crops.cameras.tolist() == [0, 0, 1, 1] * 3


def test_crops_are_repeatable_and_the_first_people_stay() -> None:
    few = people_crops(SceneSettings(seed=2, people=2, cameras=2), each=1)
    more = people_crops(SceneSettings(seed=2, people=3, cameras=2), each=1)
    assert np.array_equal(few.images, more.images[:4])


def test_colours_tell_people_apart_across_cameras() -> None:
    """A plain colour histogram of upper and lower half finds most people again: the labels mean something."""
    crops = people_crops(SceneSettings(seed=3, people=10, cameras=2), each=3)
    features = np.stack([_histogram(image) for image in crops.images])
    first, second = crops.cameras == 0, crops.cameras == 1
    nearest = (features[first] @ features[second].T).argmax(1)
    found = crops.people[second][nearest] == crops.people[first]
    assert found.mean() > 0.5  # chance is 0.1


def _histogram(image: np.ndarray) -> np.ndarray:
    lab = cv2.cvtColor(image[:, 12:52], cv2.COLOR_BGR2LAB)
    halves = [cv2.calcHist([half], [0, 1, 2], None, [4, 16, 16], [0, 256] * 3).ravel() for half in (lab[20:66], lab[66:120])]  # fmt: skip  # noqa: E501
    feature = np.sqrt(np.concatenate(halves))
    return feature / np.linalg.norm(feature)
