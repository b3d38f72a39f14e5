from __future__ import annotations

import dataclasses
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reseen.embedding import Embedder, EmbeddingSettings, check_embedder, load_embedder
from reseen.errors import InputError, UsageError
from reseen.models import EmbedderSpec, InputSpec
from reseen.runtime import SessionSettings
from tiny_networks import bright_card, linear_network, linear_weights, located, reid_card

ONE = SessionSettings(threads=1)


@pytest.fixture(scope="session", params=["batch", 1])
def network(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return linear_network(tmp_path_factory.mktemp("net") / "net.onnx", request.param)


def embedder(network: Path, **values: object) -> Embedder:
    return load_embedder(located(reid_card(), network), EmbeddingSettings(**values), ONE)  # type: ignore[arg-type]


def crops(count: int, seed: int = 0) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.integers(0, 256, (*rng.integers(1, 80, 2), 3)).astype(np.uint8) for _ in range(count)]


def by_hand(crop: np.ndarray, *, flip: bool = False) -> np.ndarray:
    pixels = cv2.resize(crop, (16, 32), interpolation=cv2.INTER_LINEAR).astype(np.float64)
    vector = pixels.transpose(2, 0, 1).reshape(-1) @ linear_weights()
    if flip:
        vector = vector + pixels[:, ::-1].transpose(2, 0, 1).reshape(-1) @ linear_weights()
    return vector / np.linalg.norm(vector)


def test_the_vector_is_that_of_the_card(network: Path) -> None:
    out = embedder(network).embed(crops(5))
    assert out.shape == (5, 6)
    assert out.dtype == np.float32
    for row, crop in zip(out, crops(5), strict=True):
        np.testing.assert_allclose(row, by_hand(crop), atol=1e-4)


def test_flip_averages_with_the_mirror_image(network: Path) -> None:
    (crop,) = crops(1)
    flipped = np.ascontiguousarray(crop[:, ::-1])
    mirror = embedder(network, flip=True)
    np.testing.assert_allclose(mirror.embed([crop])[0], by_hand(crop, flip=True), atol=1e-4)
    sized = cv2.resize(crop, (16, 32))
    np.testing.assert_allclose(mirror.embed([sized]), mirror.embed([np.ascontiguousarray(sized[:, ::-1])]), atol=1e-5)
    assert not np.allclose(embedder(network).embed([crop]), embedder(network).embed([flipped]), atol=1e-3)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(count=st.integers(1, 9), batch=st.integers(1, 5), seed=st.integers(0, 3))
def test_rows_are_unit_and_independent_of_the_batch(network: Path, count: int, batch: int, seed: int) -> None:
    given_crops = crops(count, seed)
    out = embedder(network, batch=batch).embed(given_crops)
    np.testing.assert_allclose(np.linalg.norm(out, axis=1), 1.0, atol=1e-5)
    alone = embedder(network, batch=1).embed(given_crops)
    np.testing.assert_allclose(out, alone, atol=1e-5)


def test_channel_order_matters_and_is_the_cards(network: Path) -> None:
    swapped = dataclasses.replace(reid_card(), input=InputSpec(width=16, height=32, colour="RGB"))
    (crop,) = crops(1)
    other = load_embedder(located(swapped, network), None, ONE)
    turned = np.ascontiguousarray(crop[:, :, ::-1])
    np.testing.assert_allclose(other.embed([turned]), embedder(network).embed([crop]), atol=1e-5)
    assert not np.allclose(other.embed([crop]), embedder(network).embed([crop]), atol=1e-3)


def test_no_crops(network: Path) -> None:
    assert embedder(network).embed([]).shape == (0, 6)


@pytest.mark.parametrize(
    "crop",
    [
        np.zeros((0, 4, 3), np.uint8),
        np.zeros((4, 0, 3), np.uint8),
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 3)),
    ],
)
def test_what_is_no_crop_is_refused(network: Path, crop: np.ndarray) -> None:
    with pytest.raises(ValueError, match="a crop is"):
        embedder(network).embed([crops(1)[0], crop])


def test_a_vector_of_nothing_is_an_error(network: Path) -> None:
    with pytest.raises(InputError, match="not a vector of 6 finite numbers"):
        embedder(network).embed([np.zeros((9, 9, 3), np.uint8)])


def test_what_does_not_fit_its_card_is_refused(network: Path) -> None:
    card = reid_card()
    with pytest.raises(InputError, match="is no re-identification model"):
        load_embedder(located(bright_card(), network))
    with pytest.raises(InputError, match="its card says 7 numbers"):
        check_embedder(located(dataclasses.replace(card, embedder=EmbedderSpec(dim=7)), network))
    wrong = dataclasses.replace(card, input=InputSpec(width=32, height=16, colour="BGR"))
    with pytest.raises(InputError, match="its card says"):
        check_embedder(located(wrong, network))
    with pytest.raises(UsageError):
        EmbeddingSettings(batch=0)


def test_check_accepts_what_runs(network: Path) -> None:
    check_embedder(located(reid_card(), network))


def test_attributes(network: Path) -> None:
    loaded = embedder(network)
    assert (loaded.name, loaded.dim, loaded.sha256, loaded.provider) == ("tiny-reid", 6, "0" * 64, "CPU")
