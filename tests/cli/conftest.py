"""Every command here runs with folders of its own: no test sees the user's models, settings or cache."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.tiny_world import make_models


@pytest.fixture(scope="module", autouse=True)
def terminal() -> Iterator[None]:
    """Commands hear Ctrl-C as in a terminal, also where these tests run in the background and ignore it."""
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.SIG_IGN:
        yield
        return
    # What is caught here is the default again in a new process; what is ignored would be ignored there too.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which the user's cache, data and settings lie; commands run in its folder ``work``."""
    for name in ("RESEEN_LIBRARY", "RESEEN_DETECTOR", "RESEEN_EMBEDDER", "RESEEN_PROVIDER"):
        monkeypatch.delenv(name, raising=False)
    for name in ("CACHE", "DATA", "CONFIG"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    monkeypatch.setenv("RESEEN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("RESEEN_THREADS", "1")
    monkeypatch.setenv("RESEEN_MODELS", str(tmp_path / "no-models"))
    monkeypatch.setenv("COLUMNS", "200")
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return tmp_path


@pytest.fixture(scope="session")
def tiny_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_models(tmp_path_factory.mktemp("models"))


@pytest.fixture
def tiny(home: Path, tiny_models: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder in a world of tiny networks."""
    monkeypatch.setenv("RESEEN_MODELS", str(tiny_models))
    return home / "work"


@pytest.fixture
def real(home: Path, model_files: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder with the real networks."""
    monkeypatch.setenv("RESEEN_MODELS", str(model_files))
    return home / "work"
