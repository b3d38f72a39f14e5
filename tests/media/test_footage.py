"""Files, folders and patterns."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from reseen.media import MediaError, content_hash, expand_footage

Record = Callable[..., Path]


@pytest.fixture
def folder(record: Record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    clip = record("clip.mp4", 3).read_bytes()
    (tmp_path / "clip.mp4").unlink()
    root = tmp_path / "footage"
    for name in ("b.mp4", "a.mp4", "sub/c.MP4", "sub/deep/no-ending", ".hidden.mp4", ".git/d.mp4", "-dash.mp4"):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(clip + name.encode())
    Image.new("RGB", (4, 4)).save(root / "photo.png")
    (root / "notes.txt").write_text("nothing")
    (root / "broken.mp4").write_text("nothing")
    (root / "my.reseen" / "shots").mkdir(parents=True)
    (root / "my.reseen" / "shots" / "1.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    monkeypatch.chdir(tmp_path)
    return root


def shown(*paths: str | Path) -> list[str]:
    return [file.shown for file in expand_footage(list(paths)).files]


def test_a_folder_is_searched_with_its_subfolders(folder: Path) -> None:
    listing = expand_footage(["footage"])
    assert [file.shown for file in listing.files] == [
        "footage/-dash.mp4",
        "footage/a.mp4",
        "footage/b.mp4",
        "footage/broken.mp4",
        "footage/photo.png",
        "footage/sub/c.MP4",
        "footage/sub/deep/no-ending",
    ]
    assert all(file.path.samefile(folder.parent / file.shown) for file in listing.files)
    assert {item.shown: item.reason.split(";")[0] for item in listing.left_out} == {
        "footage/.git": "hidden",
        "footage/.hidden.mp4": "hidden",
        "footage/my.reseen": "a library, not footage",
        "footage/notes.txt": "neither a video nor a picture",
    }
    assert listing.unusable == ()


@pytest.mark.parametrize("spelling", ["./footage/sub", "footage/sub/", "footage/../footage/sub"])
def test_paths_stay_spelled_as_they_were_given(spelling: str, folder: Path) -> None:
    assert shown(spelling)[0] == os.path.join(spelling, "c.MP4")  # noqa: PTH118
    assert shown(str(folder / "a.mp4")) == [str(folder / "a.mp4")]


def test_what_is_named_is_taken_whatever_its_name(folder: Path) -> None:
    assert shown("footage/.hidden.mp4", "footage/notes.txt") == ["footage/.hidden.mp4", "footage/notes.txt"]
    os.chdir(folder)
    assert shown("-dash.mp4") == ["-dash.mp4"]


def test_patterns(folder: Path) -> None:
    assert shown("footage/[ab].mp4") == ["footage/a.mp4", "footage/b.mp4"]
    assert shown("footage/**/*.MP4") == ["footage/sub/c.MP4"]
    assert shown("footage/s*") == ["footage/sub/c.MP4", "footage/sub/deep/no-ending"]
    (folder / "[x].mp4").write_bytes(b"x")
    assert shown("footage/[x].mp4") == ["footage/[x].mp4"]


def test_nothing_is_listed_twice(folder: Path) -> None:
    assert shown("footage/a.mp4", "footage", "./footage/a.mp4").count("footage/a.mp4") == 1
    (folder / "z.mp4").symlink_to(folder / "a.mp4")
    assert "footage/z.mp4" not in shown("footage")


def test_what_cannot_be_used_is_told(folder: Path) -> None:
    (folder / "empty").mkdir()
    os.mkfifo(folder / "pipe")
    listing = expand_footage(["nope.mp4", "*.nope", "footage/empty", "footage/pipe", "a\0b"])
    assert [(item.shown, item.reason) for item in listing.unusable[:4]] == [
        ("nope.mp4", "no such file or folder"),
        ("*.nope", "no file matches this pattern"),
        ("footage/empty", "there is no footage in this folder"),
        ("footage/pipe", "not a plain file"),
    ]
    assert listing.unusable[4].shown == "a\0b"
    assert listing.files == ()


def test_links_to_folders_are_not_followed(folder: Path) -> None:
    (folder / "sub" / "loop").symlink_to(folder, target_is_directory=True)
    listing = expand_footage(["footage/sub"])
    assert [item.shown for item in listing.left_out] == ["footage/sub/loop"]
    assert len(listing.files) == 2


def test_the_hash_is_of_the_content(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"x" * 3_000_000)
    assert content_hash(path) == hashlib.sha256(b"x" * 3_000_000).hexdigest()
    with pytest.raises(MediaError, match="no such file"):
        content_hash(tmp_path / "b")
