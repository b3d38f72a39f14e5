"""Where the shared data lies, and how a test says that it is missing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# Before anybody loads torch: in networks as tiny as those of the tests, threads only wait for each other, and where the
# processor is shared they do so many times longer than they compute.
os.environ.setdefault("OMP_NUM_THREADS", "1")


def _folder(path: Path, what: str) -> Path:
    if not path.exists():
        pytest.skip(f"{what} is not here ({path.name} missing)")
    return path


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of shared data beside the checkout (``RESEEN_SHARED`` names another)."""
    return _folder(Path(os.environ.get("RESEEN_SHARED", ROOT.parent / "shared")), "the shared data folder")


@pytest.fixture(scope="session")
def footage(shared: Path) -> Path:
    return _folder(shared / "footage", "the footage with known truth")


@pytest.fixture(scope="session")
def model_files(shared: Path) -> Path:
    return _folder(shared / "models" / "files", "the folder of downloadable models")


@pytest.fixture(scope="session")
def model_golden(shared: Path) -> Path:
    return _folder(shared / "models" / "golden", "the models' golden outputs")


@pytest.fixture(scope="session")
def reid_data(shared: Path) -> Path:
    return _folder(shared / "reid", "the re-identification images")


@pytest.fixture(scope="session")
def golden() -> Path:
    """Golden files of the reference implementation of CLIP-ReID (``RESEEN_GOLDEN`` names another set)."""
    default = Path(os.environ.get("RESEEN_SHARED", ROOT.parent / "shared")) / "golden"
    return _folder(Path(os.environ.get("RESEEN_GOLDEN", default)), "the set of golden files")
