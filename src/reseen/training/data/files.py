"""Image files of a data set, read in place from a folder or a zip file."""

from __future__ import annotations

import os
import threading
import zipfile
import zlib
from functools import cached_property
from pathlib import Path
from typing import Protocol

from reseen.errors import InputError

PICTURES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")


class ImageFiles(Protocol):
    """Named byte strings: what a folder and a zip file have in common.

    Attributes:
        reported: Names of bad pictures that a user has been told of; each is told of once.
    """

    reported: set[str]

    @property
    def shown(self) -> str:
        """The path as the user gave it."""

    @property
    def names(self) -> tuple[str, ...]:
        """All file names, sorted, relative, with ``/`` between parts."""

    def read(self, name: str) -> bytes:
        """The bytes of one file; raises :class:`InputError` when it cannot be read."""

    def checksum(self, name: str) -> int:
        """CRC-32 of the bytes of one file."""


class FolderFiles:
    """The files under a folder; hidden files and folders are left out."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.shown = str(root)
        self.reported: set[str] = set()

    @cached_property
    def names(self) -> tuple[str, ...]:
        """All file names below the folder, sorted."""
        found: list[str] = []
        for folder, inner, files in os.walk(self.root):
            inner[:] = [name for name in inner if not name.startswith(".")]
            base = Path(folder).relative_to(self.root)
            found.extend((base / name).as_posix() for name in files if not name.startswith("."))
        return tuple(sorted(found))

    def read(self, name: str) -> bytes:
        """The bytes of one file."""
        try:
            return (self.root / name).read_bytes()
        except OSError as error:
            raise InputError(f"{self.root / name}: cannot be read ({error.strerror})") from error

    def checksum(self, name: str) -> int:
        """CRC-32 of one file; reads it."""
        return zlib.crc32(self.read(name))


class ZipFiles:
    """The members of a zip file; safe to read from several threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.shown = str(path)
        self.reported: set[str] = set()
        try:
            self._zip = zipfile.ZipFile(path)
        except (OSError, zipfile.BadZipFile) as error:
            raise InputError(f"{path}: not a readable zip file ({error})") from error
        self._lock = threading.Lock()

    @cached_property
    def names(self) -> tuple[str, ...]:
        """All member names, sorted; folders and hidden members left out."""
        infos = (info for info in self._zip.infolist() if not info.is_dir())
        return tuple(sorted(i.filename for i in infos if not any(p.startswith(".") for p in i.filename.split("/"))))

    def read(self, name: str) -> bytes:
        """The bytes of one member."""
        try:
            with self._lock:
                return self._zip.read(name)
        except (KeyError, OSError, zipfile.BadZipFile, zlib.error) as error:
            raise InputError(f"{self.path}/{name}: cannot be read ({error})") from error

    def checksum(self, name: str) -> int:
        """CRC-32 as the zip file's directory states it."""
        return self._zip.getinfo(name).CRC


def open_files(path: Path) -> ImageFiles:
    """Open a folder or a zip file.

    Raises:
        InputError: The path is missing, or neither a folder nor a zip file.
    """
    if path.is_dir():
        return FolderFiles(path)
    if not path.exists():
        raise InputError(f"{path}: no such folder or zip file; check data.root and the source's path")
    return ZipFiles(path)


def base_of(files: ImageFiles, marker: str) -> str | None:
    """The shallowest prefix under which ``marker`` (a folder with ``/`` at its end, or a file) lies."""
    found: str | None = None
    for name in files.names:
        at = 0 if name.startswith(marker) else name.find("/" + marker) + 1
        if at == 0 and not name.startswith(marker):
            continue
        if not marker.endswith("/") and name[at:] != marker:
            continue
        prefix = name[:at]
        if found is None or prefix.count("/") < found.count("/"):
            found = prefix
    return found


def is_picture(name: str) -> bool:
    """Whether a file name ends like a picture's."""
    return name.lower().endswith(PICTURES)
