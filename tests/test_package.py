from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import reseen

PUBLIC = ["InputError", "Library", "Moment", "ReseenError", "SearchResult", "UsageError"]
HEAVY = ("torch", "cv2", "faiss", "numpy", "av", "onnxruntime", "openvino", "sqlalchemy", "scipy", "pydantic")


def python(code: str) -> str:
    """What a fresh interpreter prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout


def loaded_after(code: str) -> set[str]:
    """Packages in memory after some code."""
    names = python(f"{code}\nimport json, sys\nprint(json.dumps(sorted({{n.split('.')[0] for n in sys.modules}})))")
    return set(json.loads(names.splitlines()[-1]))


def test_the_public_names_are_these() -> None:
    assert sorted(reseen.__all__) == PUBLIC
    for name in PUBLIC:
        assert getattr(reseen, name).__name__ == name
    assert issubclass(reseen.InputError, reseen.ReseenError)
    assert (reseen.InputError.exit_status, reseen.UsageError.exit_status) == (1, 2)


def test_a_star_import_brings_them_all() -> None:
    assert python("from reseen import *\nprint(sorted(n for n in dir() if not n.startswith('_')))").strip() == str(
        PUBLIC
    )


def test_an_unknown_name_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="module 'reseen' has no attribute 'Libary'"):
        _ = reseen.Libary


def test_importing_costs_nothing() -> None:
    assert not loaded_after("import reseen") & set(HEAVY)


def test_an_error_can_be_caught_without_loading_anything() -> None:
    assert not loaded_after("import reseen\nreseen.UsageError, reseen.InputError") & set(HEAVY)


def test_searching_needs_no_torch() -> None:
    loaded = loaded_after("import reseen\nreseen.Library, reseen.Moment\nimport reseen.searching.search")
    assert "faiss" in loaded  # it was really imported
    assert not loaded & {"torch", "torchvision", "lightning", "openvino", "matplotlib"}


def test_every_module_can_be_imported_first() -> None:
    """No room needs another to have been imported before it."""
    rooms = ("indexing", "searching", "library", "media", "tracking", "detection", "embedding", "reports", "models")
    code = "\n".join(
        (
            "import importlib, sys",
            f"for room in {rooms!r}:",
            "    for name in [n for n in sys.modules if n.split('.')[0] == 'reseen']: del sys.modules[name]",
            "    importlib.import_module(f'reseen.{room}')",
            "print('good')",
        )
    )
    assert python(code).strip() == "good"


def test_types_are_published() -> None:
    assert (Path(reseen.__file__).parent / "py.typed").exists()
