from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from coloured_people import MODELS, colour_detector, linear_embedder
from reseen.detection import Detector
from reseen.embedding import Embedder
from reseen.library import Store


@pytest.fixture(scope="session")
def detector(tmp_path_factory: pytest.TempPathFactory) -> Detector:
    return colour_detector(tmp_path_factory.mktemp("detector"))


@pytest.fixture(scope="session")
def embedder(tmp_path_factory: pytest.TempPathFactory) -> Embedder:
    return linear_embedder(tmp_path_factory.mktemp("embedder"))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty library, open for writing."""
    with Store.create(tmp_path / "my.reseen", MODELS) as made:
        yield made
