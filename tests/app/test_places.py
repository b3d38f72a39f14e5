from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reseen.app.places import Places, check_words
from reseen.errors import InputError, ReseenError, UsageError


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """``allowed`` with a clip, a folder, and links inside and out; ``secret`` beside it."""
    inside = tmp_path / "allowed"
    (inside / "sub").mkdir(parents=True)
    (inside / "clip.mp4").write_bytes(b"12345")
    (inside / ".hidden").write_bytes(b"1")
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "passwords.txt").write_text("x")
    (tmp_path / "allowed-not").mkdir()
    (inside / "way-out").symlink_to(secret)
    (inside / "file-out.mp4").symlink_to(secret / "passwords.txt")
    (inside / "again.mp4").symlink_to("clip.mp4")
    (inside / "loop").symlink_to(inside / "loop")
    return tmp_path


def test_what_is_inside_is_found(tree: Path) -> None:
    places = Places([tree / "allowed"])
    assert places.find(str(tree / "allowed" / "clip.mp4")) == tree / "allowed" / "clip.mp4"
    assert places.find(str(tree / "allowed" / "again.mp4")) == tree / "allowed" / "clip.mp4"
    assert places.find(str(tree / "allowed")) == tree / "allowed"


@pytest.mark.parametrize(
    "path",
    [
        "secret/passwords.txt", "allowed/../secret/passwords.txt", "allowed/way-out/passwords.txt",
        "allowed/file-out.mp4", "allowed/way-out", "allowed-not", "", "allowed/sub/../../secret",
    ],
)  # fmt: skip
def test_what_is_outside_is_refused(tree: Path, path: str) -> None:
    with pytest.raises(UsageError):
        Places([tree / "allowed"]).find(f"{tree}/{path}")


@pytest.mark.parametrize("path", ["", "clip.mp4", "./clip.mp4", "~/clip.mp4", "file:///etc/passwd", "/a\0b", "/a\nb"])
def test_what_is_no_absolute_path_is_refused(tree: Path, path: str) -> None:
    with pytest.raises(UsageError):
        Places([tree / "allowed"]).find(path)


def test_what_is_missing_or_leads_in_circles_is_said(tree: Path) -> None:
    for name in ("none.mp4", "loop", "clip.mp4/below"):
        with pytest.raises(InputError, match="no such file"):
            Places([tree / "allowed"]).find(str(tree / "allowed" / name))


def test_a_root_may_itself_be_a_link(tree: Path) -> None:
    (tree / "link").symlink_to(tree / "allowed")
    places = Places([tree / "link"])
    assert places.find(str(tree / "link" / "clip.mp4")) == tree / "allowed" / "clip.mp4"
    assert places.find(str(tree / "allowed" / "clip.mp4")) == tree / "allowed" / "clip.mp4"


def test_a_folder_is_listed_without_what_leads_out(tree: Path) -> None:
    places = Places([tree / "allowed"])
    listed = [(item.name, item.folder, item.size) for item in places.entries(tree / "allowed")]
    assert listed == [("again.mp4", False, 5), ("clip.mp4", False, 5), ("sub", True, 0)]
    with pytest.raises(InputError, match="no folder"):
        list(places.entries(tree / "allowed" / "clip.mp4"))


def test_without_roots_nothing_is_inside(tree: Path) -> None:
    with pytest.raises(UsageError, match="--root"):
        Places([]).find(str(tree / "allowed" / "clip.mp4"))


@pytest.mark.parametrize(
    "path",
    [
        r"\\?\C:\videos\clip.mp4", r"\\.\PhysicalDrive0", r"C:\videos\NUL", r"C:\videos\con.mp4", r"C:\videos\COM1.txt",
        r"C:\videos\aux .mp4", r"C:\videos\clip.mp4:hidden", r"C:videos\clip.mp4", r"\videos\clip.mp4",
        r"C:\videos\..\secret", "C:/videos/../secret", "clip.mp4", "//./NUL",
    ],
)  # fmt: skip
def test_the_traps_of_windows_are_refused(path: str) -> None:
    with pytest.raises(UsageError):
        check_words(path, windows=True)


@pytest.mark.parametrize("path", [r"C:\videos\clip.mp4", "d:/videos/contents.mp4", r"\\server\share\clip.mp4"])
def test_plain_paths_of_windows_are_not(path: str) -> None:
    check_words(path, windows=True)


@given(parts=st.lists(st.sampled_from(["..", ".", "allowed", "sub", "way-out", "clip.mp4", "secret", "", "\\", "a\0"])))
def test_no_path_leads_out(tmp_path_factory: pytest.TempPathFactory, parts: list[str]) -> None:
    tree = tmp_path_factory.getbasetemp() / "law"
    if not tree.exists():
        (tree / "allowed" / "sub").mkdir(parents=True)
        (tree / "allowed" / "clip.mp4").write_bytes(b"1")
        (tree / "secret").mkdir()
        (tree / "allowed" / "way-out").symlink_to(tree / "secret")
    places = Places([tree / "allowed"])
    try:
        found = places.find("/".join([str(tree), *parts]))
    except ReseenError:
        return
    assert found.is_relative_to(tree.resolve() / "allowed")
