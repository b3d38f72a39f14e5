from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from reseen.library import Store
from searching.crowd import MODELS


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty library, open for writing."""
    with Store.create(tmp_path / "my.reseen", MODELS) as made:
        yield made
