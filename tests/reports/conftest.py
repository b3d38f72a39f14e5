from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from reports.samples import ANALYSIS, MODELS, write_video
from reseen.library import Store


@pytest.fixture(scope="session")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight seconds in which two people pass each other."""
    return write_video(tmp_path_factory.mktemp("footage") / "gate3.mp4")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty library, open for writing."""
    with Store.create(tmp_path / "my.reseen", MODELS, ANALYSIS) as made:
        yield made
