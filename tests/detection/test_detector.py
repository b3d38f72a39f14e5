from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from reseen.detection import Areas, DetectionSettings, Detector, check_detector, load_detector
from reseen.errors import InputError, UsageError
from reseen.models import InputSpec
from reseen.runtime import SessionSettings
from tiny_networks import bright_card, bright_network, linear_network, located, reid_card

ONE = SessionSettings(threads=1)


@pytest.fixture(scope="session")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bright_network(tmp_path_factory.mktemp("net") / "net.onnx")


def detector(network: Path, **settings: object) -> Detector:
    return load_detector(located(bright_card(), network), DetectionSettings(**settings), ONE)  # type: ignore[arg-type]


def scene(width: int, height: int, *lights: tuple[int, int, int, int, int]) -> np.ndarray:
    picture = np.zeros((height, width, 3), np.uint8)
    for x, y, w, h, value in lights:
        picture[y : y + h, x : x + w] = value
    return picture


def test_a_light_is_found_where_it_is(network: Path) -> None:
    found = detector(network, low=0.3).detect(scene(128, 64, (32, 16, 16, 16, 200)))
    assert found.boxes.tolist() == [[32, 16, 48, 32]]
    np.testing.assert_allclose(found.scores, [200 / 255], rtol=1e-5)


def test_low_scores_are_kept_and_high_is_the_cards(network: Path) -> None:
    picture = scene(64, 64, (0, 0, 8, 8, 200), (32, 32, 8, 8, 51), (48, 0, 8, 8, 13))
    whole = detector(network)
    found = whole.detect(picture)
    np.testing.assert_allclose(found.scores, [200 / 255, 51 / 255, 50 / 255], atol=0.01)
    assert (whole.high, whole.low) == (0.5, 0.1)
    assert len(found.keep(found.scores >= whole.high)) == 1
    assert detector(network, score_threshold=0.3).high == 0.3
    assert detector(network, score_threshold=0.05).low == 0.05


def test_a_picture_does_not_depend_on_its_batch(network: Path) -> None:
    rng = np.random.default_rng(0)
    sizes = rng.integers(20, 90, (7, 2))
    pictures = [rng.integers(0, 256, (*size, 3)).astype(np.uint8) for size in sizes]
    whole = detector(network, batch=3)
    together = whole.detect_batch(pictures)
    for picture, found in zip(pictures, together, strict=True):
        alone = whole.detect(picture)
        np.testing.assert_array_equal(found.boxes, alone.boxes)
        np.testing.assert_array_equal(found.scores, alone.scores)


def test_boxes_are_clipped_and_sorted(network: Path) -> None:
    picture = np.full((50, 70, 3), 255, np.uint8)
    found = detector(network).detect(picture)
    assert len(found) > 5
    assert found.boxes.min() >= 0
    assert found.boxes[:, 2].max() <= 70
    assert found.boxes[:, 3].max() <= 50
    assert (np.diff(found.scores) <= 0).all()
    assert (found.boxes[:, 2:] > found.boxes[:, :2]).all()


def test_nothing_and_no_pictures(network: Path) -> None:
    assert len(detector(network).detect(scene(64, 64))) == 0
    assert detector(network).detect_batch([]) == []


def test_areas_and_height(network: Path) -> None:
    picture = scene(64, 64, (0, 0, 8, 8, 255), (32, 32, 16, 16, 250))
    lower = ((0.0, 0.5), (1.0, 0.5), (1.0, 1.0), (0.0, 1.0))
    inside = detector(network, areas=Areas(include=(lower,)), score_threshold=0.5).detect(picture)
    assert (inside.boxes[:, 3] > 32).all()
    tall = detector(network, min_height=12).detect(picture)
    assert (tall.boxes[:, 3] - tall.boxes[:, 1] >= 12).all()
    assert len(tall) >= 1


def test_tiles_see_smaller_people(network: Path) -> None:
    # 8 px in 512: a single pixel of the whole, but a fair cell of a tile.
    picture = scene(512, 256, (200, 96, 16, 16, 255))
    assert len(detector(network, low=0.3).detect(picture)) == 0
    found = detector(network, low=0.3, tiles=8).detect(picture)
    assert len(found) >= 1
    box = found.boxes[0]
    assert box[0] < 208 < box[2]
    assert box[1] < 104 < box[3]


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((0, 5, 3), np.uint8),
        np.zeros((5, 5), np.uint8),
        np.zeros((5, 5, 4), np.uint8),
        np.zeros((5, 5, 3)),
    ],
)
def test_what_is_no_picture_is_refused(network: Path, picture: np.ndarray) -> None:
    with pytest.raises(ValueError, match="a picture is"):
        detector(network).detect(picture)


@pytest.mark.parametrize(
    "values",
    [
        {"low": -0.1},
        {"score_threshold": 1.5},
        {"tiles": 0},
        {"tiles": 99},
        {"tiles": "many"},
        {"batch": 0},
        {"min_height": -1},
    ],
)
def test_wrong_settings_are_refused(values: dict) -> None:
    with pytest.raises(UsageError):
        DetectionSettings(**values)


def test_what_does_not_fit_its_card_is_refused(network: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no detector"):
        load_detector(located(reid_card(), network))
    card = bright_card()
    larger = dataclasses.replace(card, input=InputSpec(width=128, height=128, colour="BGR"))
    with pytest.raises(InputError, match="its card says"):
        load_detector(located(larger, network))
    assert card.detector is not None
    classes = dataclasses.replace(card, detector=dataclasses.replace(card.detector, classes=80))
    with pytest.raises(InputError, match="outputs are not those"):
        load_detector(located(classes, network))
    other = linear_network(tmp_path / "linear.onnx", 1, 64, 64)
    with pytest.raises(InputError, match="outputs are not those"):
        check_detector(located(card, other))


def test_check_accepts_what_runs(network: Path) -> None:
    check_detector(located(bright_card(), network))


def test_openvino_sees_the_same(network: Path) -> None:
    pytest.importorskip("openvino")
    picture = np.random.default_rng(1).integers(0, 256, (60, 80, 3)).astype(np.uint8)
    other = load_detector(located(bright_card(), network), None, SessionSettings(threads=1, provider="openvino"))
    a, b = other.detect(picture), detector(network).detect(picture)
    np.testing.assert_allclose(a.scores, b.scores, atol=1e-5)
