"""What a result was made with: versions, models, settings."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from reseen.library import Store

# ONNX Runtime comes under several names, one for each kind of hardware.
_PACKAGES = (
    "onnxruntime",
    "onnxruntime-gpu",
    "onnxruntime-directml",
    "onnxruntime-openvino",
    "openvino",
    "av",
    "faiss-cpu",
    "opencv-python-headless",
    "numpy",
)


@dataclass(frozen=True)
class ModelUsed:
    """A model: what it does, its name, hex SHA-256."""

    task: str
    name: str
    sha256: str


@dataclass(frozen=True)
class Provenance:
    """What a result was made with.

    Attributes:
        versions: Pairs of name and version.
        models: The models.
        settings: Pairs of name and value.
    """

    versions: tuple[tuple[str, str], ...]
    models: tuple[ModelUsed, ...]
    settings: tuple[tuple[str, str], ...]


def provenance(store: Store) -> Provenance:
    """Reads it from the library and from this installation."""
    used = store.models
    return Provenance(
        versions=tuple(_versions()),
        models=(
            ModelUsed("finds people", used.detector_name, used.detector_sha256),
            ModelUsed("compares them", used.embedder_name, used.embedder_sha256),
        ),
        settings=tuple((name, _shown(value)) for name, value in json.loads(store.analysis or "{}").items()),
    )


def reseen_version() -> str:
    """The version of this program."""
    return _version("reseen") or "unknown"


def _versions() -> Iterator[tuple[str, str]]:
    yield "reseen", reseen_version()
    yield "python", platform.python_version()
    for name in _PACKAGES:
        found = _version(name)
        if found is not None:
            yield name, found
    yield "system", f"{platform.system()} {platform.machine()}"


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _shown(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
