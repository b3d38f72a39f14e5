"""Paths that a client names: inside the folders that were allowed when the application was started, or refused."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath

from reseen.errors import InputError, UsageError

# What Windows takes for a device wherever it stands, with any ending.
_DEVICES = frozenset(
    {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"}
    | {f"{port}{n}" for port in ("COM", "LPT") for n in "0123456789¹²³"}
)


@dataclass(frozen=True)
class PlaceEntry:
    """Something in a folder: its name, its full path, whether it is a folder, and bytes if it is a file."""

    name: str
    path: Path
    folder: bool
    size: int


class Places:
    """The folders that a client may name paths in; links are followed, and where they lead is what counts.

    Args:
        roots: The folders.
    """

    def __init__(self, roots: Sequence[Path]) -> None:
        self._given = tuple(root.absolute() for root in roots)
        self.roots = tuple(dict.fromkeys(root.resolve() for root in self._given))

    def find(self, text: str) -> Path:
        """A file or folder that a client names, with all links followed.

        Raises:
            UsageError: It is no path, or not inside the roots.
            InputError: There is no such file or folder.
        """
        # Only then is the disk touched: on Windows even a look at \\\\server\\share sends the user's password hash.
        check_words(text, windows=os.name == "nt")
        if not any(Path(text).is_relative_to(root) for root in (*self._given, *self.roots)):
            raise _outside(text)
        try:
            found = Path(text).resolve(strict=True)
        except (OSError, RuntimeError, ValueError):
            raise InputError(f"{text}: there is no such file or folder") from None
        if not self.inside(found):
            raise _outside(text)
        return found

    def inside(self, resolved: Path) -> bool:
        """Whether a path with all links followed lies inside the roots."""
        return any(resolved.is_relative_to(root) for root in self.roots)

    def entries(self, folder: Path) -> Iterator[PlaceEntry]:
        """What lies in a folder, as ``find`` gave it, by name; hidden things and links out of the roots are left out.

        Raises:
            InputError: It is no folder, or may not be read.
        """
        try:
            names = sorted((item.name for item in os.scandir(folder)), key=lambda name: (name.casefold(), name))
        except NotADirectoryError:
            raise InputError(f"{folder}: this is no folder") from None
        except OSError as error:
            raise InputError(f"{folder}: it cannot be read ({error.strerror})") from None
        for name in names:
            entry = None if name.startswith(".") or not _can_be_sent(name) else self._entry(folder, name)
            if entry is not None:
                yield entry

    def _entry(self, folder: Path, name: str) -> PlaceEntry | None:
        try:
            real = (folder / name).resolve(strict=True)
            if not self.inside(real) or not (real.is_dir() or real.is_file()):
                return None
            return PlaceEntry(name, folder / name, real.is_dir(), 0 if real.is_dir() else real.stat().st_size)
        except (OSError, RuntimeError):
            return None


def check_words(text: str, *, windows: bool) -> None:
    """Refuse what is no plain absolute path, without touching the disk.

    Args:
        text: What the client sent.
        windows: Whether the rules of Windows hold.

    Raises:
        UsageError: It is none.
    """
    path: PurePath = PureWindowsPath(text) if windows else PurePosixPath(text)
    if not text or not text.isprintable() or len(text) > 4096:
        raise UsageError("path: this is no path")
    if not path.is_absolute():
        raise UsageError(f"{text}: name the whole path, from the root of the disk on")
    if ".." in path.parts:
        raise UsageError(f"{text}: paths with '..' are refused; name the folder itself")
    if windows:
        _check_windows(text, path)


def _check_windows(text: str, path: PurePath) -> None:
    if path.drive[:4] in {"\\\\?\\", "\\\\.\\"}:
        raise UsageError(f"{text}: device paths are refused")
    for part in path.parts[1:]:
        if part.split(".")[0].rstrip(" ").upper() in _DEVICES:
            raise UsageError(f"{text}: '{part}' is a device, not a file")
        if ":" in part:
            raise UsageError(f"{text}: a name must not have a colon")


def _can_be_sent(name: str) -> bool:
    return name.isprintable() and not any("\ud800" <= letter <= "\udfff" for letter in name)


def _outside(text: str) -> UsageError:
    return UsageError(f"{text}: not inside the folders that may be read here; reseen app --root FOLDER allows one")
