from __future__ import annotations

import importlib.util
import shutil
from collections import namedtuple
from pathlib import Path

import av
import pytest

from coloured_people import colour_card, linear_card, put_models
from reseen import diagnosis
from reseen.diagnosis import Check, diagnose
from reseen.models import catalogue


@pytest.fixture(autouse=True)
def away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Models and cache of nobody."""
    for name in ("XDG_DATA_HOME", "XDG_CACHE_HOME", "LOCALAPPDATA", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    monkeypatch.delenv("RESEEN_MODELS", raising=False)


def found() -> dict[str, Check]:
    checks = diagnose()
    named = {check.what: check for check in checks}
    assert len(named) == len(checks)
    return named


def test_what_reseen_needs_works_here() -> None:
    checks = found()
    for name in ("Python", "decoder h264", "provider cpu", "disk"):
        assert checks[name].good, checks[name]
        assert checks[name].needed
    assert checks["decoder h264"].words == f"PyAV {av.__version__}"
    assert all(check.words and "\n" not in check.words for check in checks.values())
    assert not any(check.needed for name, check in checks.items() if name.startswith("extra"))


def test_models_in_a_folder_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_models(tmp_path / "models")
    monkeypatch.setenv("RESEEN_MODELS", str(tmp_path / "models"))
    models = found()["models"]
    assert models.good
    assert {colour_card().name, linear_card().name} <= set(models.words.split(": ")[1].split(", "))
    assert " and " in found()["default pair"].words


def test_without_models_it_says_what_to_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    shutil.copytree(catalogue.PACKAGE / "cards", tmp_path / "package" / "cards")  # and none of the bundled models
    monkeypatch.setattr(catalogue, "PACKAGE", tmp_path / "package")
    models = found()["models"]
    assert not models.good
    assert models.needed
    assert "reseen models pull recommended" in models.words


def test_a_decoder_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    codec = av.Codec

    def without(name: str, mode: str) -> object:
        if name in ("av1", "h264"):
            raise ValueError(f"no codec {name}")
        return codec(name, mode)

    monkeypatch.setattr(av, "Codec", without)
    checks = found()
    assert not checks["decoder av1"].good
    assert not checks["decoder av1"].needed
    assert not checks["decoder h264"].good
    assert checks["decoder h264"].needed
    assert checks["decoder mjpeg"].good


def test_a_full_disk_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(diagnosis.shutil, "disk_usage", lambda _: usage(10**10, 10**10, 5 * 10**8))
    disk = found()["disk"]
    assert not disk.good
    assert disk.words.startswith("0.5 GB free for the cache of reseen find (")


def test_an_old_python_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diagnosis.sys, "version_info", (3, 10, 0))
    python = found()["Python"]
    assert not python.good
    assert python.words.endswith("; Reseen needs 3.11 or newer")


def test_extras_say_how_to_get_them(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        diagnosis.importlib.util, "find_spec", lambda name, *rest: None if name == "torch" else find(name, *rest)
    )
    training = found()["extra training"]
    assert not training.good
    assert training.words.endswith('pip install "reseen[training]"')
