from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from library.samples import MODELS
from reseen.library import Store


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "my.reseen"


@pytest.fixture
def store(folder: Path) -> Iterator[Store]:
    """An empty library, open for writing."""
    with Store.create(folder, MODELS, '{"rate": 5.0}') as made:
        yield made


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(1)
