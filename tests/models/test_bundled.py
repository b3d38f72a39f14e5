"""The re-identification model that ships: its card tells the truth about it, and it tells rendered people apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from reseen.embedding import Embedder, load_embedder
from reseen.models import Catalogue, LocatedModel
from reseen.models.checksums import digest_file
from reseen.runtime import SessionSettings
from reseen.synthetic import PeopleCrops, SceneSettings, people_crops

NAME = "person-reid"


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    """The catalogue of a machine on which nothing was downloaded."""
    folder = tmp_path_factory.mktemp("user")
    return Catalogue.load(environment={}, user_folder=folder / "models", cache_folder=folder / "cache")


@pytest.fixture(scope="module")
def bundled(alone: Catalogue) -> LocatedModel:
    return alone.locate(NAME)


@pytest.fixture(scope="module")
def embedder(bundled: LocatedModel) -> Embedder:
    return load_embedder(bundled, session_settings=SessionSettings(threads=1))


@pytest.fixture(scope="module")
def crops() -> PeopleCrops:
    return people_crops(SceneSettings(seed=5, people=12, cameras=2), each=2)


def test_it_is_used_when_nothing_else_is_here(alone: Catalogue, bundled: LocatedModel) -> None:
    assert alone.bundled(NAME)
    assert alone.best("reid") == NAME
    assert bundled.path.parent.name == "bundled"


def test_the_file_is_that_of_the_card_and_small(bundled: LocatedModel) -> None:
    (file,) = bundled.card.versions[0].files
    assert digest_file(bundled.path).sha256 == file.sha256
    assert bundled.path.stat().st_size == file.size
    assert file.size <= 10_000_000


def test_the_card_says_what_must_be_known(bundled: LocatedModel) -> None:
    card = bundled.card
    assert all(word in card.data for word in ("Market-1501", "CUHK03", "research"))
    assert any("a product should train on its own" in note for note in card.notes)
    assert "recipes/person_reid/make.py" in card.source
    assert card.curve is not None
    assert card.requires is None
    for split, goal in {"market_fold5": 0.87, "cuhk03_val": 0.63}.items():
        reached = float(card.measured[f"mAP, {split}, decoded at its size"])
        assert float(card.measured[f"the same short of the goal of {goal}"]) == pytest.approx(goal - reached)
    assert 0 < float(card.measured["the same over person-reidentification-retail-0277's"]) <= 0.6


def test_it_gives_unit_vectors(embedder: Embedder, crops: PeopleCrops) -> None:
    rows = embedder.embed(list(crops.images[:5]))
    assert rows.shape == (5, 256)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    assert embedder.embed([]).shape == (0, 256)


def test_one_crop_and_many_give_the_same(embedder: Embedder, crops: PeopleCrops) -> None:
    together = embedder.embed(list(crops.images[:4]))
    np.testing.assert_allclose(embedder.embed([crops.images[2]])[0], together[2], atol=2e-5)


def test_the_threshold_parts_most_rendered_people(
    bundled: LocatedModel, embedder: Embedder, crops: PeopleCrops
) -> None:
    rows = embedder.embed(list(crops.images))
    score = rows @ rows.T
    elsewhere = crops.cameras[:, None] != crops.cameras
    same = crops.people[:, None] == crops.people
    threshold = bundled.card.threshold
    assert np.mean(score[same & elsewhere] >= threshold) > 0.5
    assert np.mean(score[~same & elsewhere] < threshold) > 0.8
    best = np.where(elsewhere, score, -1).argmax(1)
    assert np.mean(crops.people[best] == crops.people) > 0.6, "chance is 1 in 12"


def test_the_wheel_holds_it(bundled: LocatedModel) -> None:
    import reseen

    assert bundled.path.is_relative_to(Path(reseen.__file__).parent)
