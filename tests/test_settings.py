from __future__ import annotations

from pathlib import Path

import pytest

from reseen import settings as module
from reseen.errors import UsageError
from reseen.settings import Settings


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user and a working folder without any settings."""
    import os

    for name in list(os.environ):
        if name.startswith("RESEEN_"):
            monkeypatch.delenv(name)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setattr(
        module.platformdirs, "user_config_path", lambda *_args, **_kwargs: tmp_path / "config", raising=True
    )
    return tmp_path


def user_file(home: Path, text: str) -> None:
    (home / "config").mkdir(exist_ok=True)
    (home / "config" / "reseen.toml").write_text(text)


def test_without_anything_said_there_are_defaults() -> None:
    found = Settings.load()
    assert (found.library, found.detector, found.embedder) == (None, None, None)
    assert (found.threads, found.provider) == (0, "auto")
    assert (found.cache_gigabytes, found.cache_days) == (5.0, 30.0)
    assert found.cache.name == "reseen"


def test_flags_win_over_the_environment_and_that_over_the_files(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    user_file(home, 'threads = 1\nembedder = "user"\ndetector = "user"\ncache_days = 7\nprovider = "cpu"\n')
    Path("reseen.toml").write_text('threads = 2\nembedder = "folder"\ndetector = "folder"\ncache_days = 8.5\n')
    monkeypatch.setenv("RESEEN_THREADS", "3")
    monkeypatch.setenv("RESEEN_EMBEDDER", "environment")
    found = Settings.load(threads=4)
    assert (found.threads, found.embedder, found.detector) == (4, "environment", "folder")
    assert (found.cache_days, found.provider) == (8.5, "cpu")


def test_each_place_alone_is_enough(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    user_file(home, 'library = "home.reseen"\n')
    assert Settings.load().library == Path("home.reseen")
    Path("reseen.toml").write_text('library = "here.reseen"\n')
    assert Settings.load().library == Path("here.reseen")
    monkeypatch.setenv("RESEEN_LIBRARY", "there.reseen")
    assert Settings.load().library == Path("there.reseen")
    assert Settings.load(library=Path("flag.reseen")).library == Path("flag.reseen")


def test_other_variables_of_ours_are_no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESEEN_MODELS", "/models")
    monkeypatch.setenv("RESEEN_GOLDEN", "/golden")
    assert Settings.load().threads == 0


@pytest.mark.parametrize(
    ("text", "name", "words"),
    [
        ("threads = -1", "threads", "greater than or equal to 0"),
        ('threads = "many"', "threads", "valid integer"),
        ('provider = "abacus"', "provider", "Input should be"),
        ("cache_gigabytes = 0", "cache_gigabytes", "greater than 0"),
        ("cache_days = -3", "cache_days", "greater than 0"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(text: str, name: str, words: str) -> None:
    Path("reseen.toml").write_text(text)
    with pytest.raises(UsageError, match=words) as caught:
        Settings.load()
    assert f"setting '{name}' (reseen.toml, RESEEN_{name.upper()} or flag)" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_setting_is_refused_and_the_known_are_named() -> None:
    Path("reseen.toml").write_text('libary = "x"')
    with pytest.raises(UsageError, match="setting 'libary'") as caught:
        Settings.load()
    assert "there are: library, detector" in str(caught.value)


def test_the_environment_is_checked_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESEEN_THREADS", "two")
    with pytest.raises(UsageError, match="RESEEN_THREADS"):
        Settings.load()


@pytest.mark.parametrize("content", [b"threads = ", b"threads = 1\nthreads = 2\n", b"\xff\xfe\0library"])
def test_a_file_that_is_no_toml_is_refused_in_one_line(content: bytes) -> None:
    Path("reseen.toml").write_bytes(content)
    with pytest.raises(UsageError, match=r"reseen\.toml cannot be read") as caught:
        Settings.load()
    assert "\n" not in str(caught.value)


def test_settings_do_not_change() -> None:
    found = Settings.load()
    with pytest.raises(ValueError, match="frozen"):
        found.threads = 3  # type: ignore[misc]
