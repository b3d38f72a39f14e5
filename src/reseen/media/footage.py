"""Which files are meant by the paths somebody names."""

from __future__ import annotations

import glob
import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

from reseen.media.errors import MediaError
from reseen.media.kinds import kind_of

# Files with such an ending are footage by intention: if they turn out to be none, that is worth saying.
_ENDINGS = frozenset(
    (  # noqa: SIM905 - a list of forty lines reads worse
        ".mp4 .m4v .mov .mkv .webm .avi .ts .mts .m2ts .mpg .mpeg .vob .flv .wmv .asf .3gp .3g2 .ogv .mxf .dav "
        ".264 .h264 .265 .h265 .hevc .mjpg .mjpeg .ivf .rm .rmvb .dv .nut "
        ".jpg .jpeg .jpe .png .gif .webp .bmp .tif .tiff .avif .jp2 .heic .heif"
    ).split()
)
_LIBRARY_ENDING = ".reseen"
NO_FOOTAGE = "neither a video nor a picture"
"""The reason of what is left out of a folder because it is no footage; nobody misses it."""
_CHUNK = 1 << 20


@dataclass(frozen=True)
class FootageFile:
    """A file to look through.

    Attributes:
        path: Where it is.
        shown: Its path as the user gave it, or as found under the folder they gave.
    """

    path: Path
    shown: str


@dataclass(frozen=True)
class Unusable:
    """Something that is not looked through, and why.

    Attributes:
        shown: The path or pattern as the user gave it, or as found under the folder they gave.
        reason: Why not, in plain words.
    """

    shown: str
    reason: str


@dataclass(frozen=True)
class FootageListing:
    """What a list of paths comes to.

    Attributes:
        files: The files, in the order of the paths; those of a folder or pattern sorted; none twice.
        unusable: What was named and cannot be used.
        left_out: What lies in a named folder and is left out: hidden files, files that are no footage.
    """

    files: tuple[FootageFile, ...]
    unusable: tuple[Unusable, ...] = ()
    left_out: tuple[Unusable, ...] = ()


def expand_footage(paths: Sequence[str | PathLike[str]]) -> FootageListing:
    """Finds the files that a list of files, folders and patterns means.

    A file that is named is taken as it is, whatever its name. A folder is searched with its subfolders for
    files whose content or ending is that of a video or an image; hidden ones (a leading dot) and links to
    folders are left out. A path that does not exist may be a pattern (``*``, ``?``, ``[...]``, ``**``).

    Args:
        paths: What the user named, relative to the current folder or absolute.
    """
    listing = _Listing()
    for path in paths:
        listing.add(os.fspath(path))
    return FootageListing(tuple(listing.files), tuple(listing.unusable), tuple(listing.left_out))


def looks_like_footage(path: Path) -> bool:
    """Whether a file is taken from a folder: by its content, or an ending that says it means to be footage."""
    return _why_left_out(path) is None


def content_hash(path: str | PathLike[str]) -> str:
    """SHA-256 of a file's bytes, in hexadecimal.

    Raises:
        MediaError: If the file cannot be read.
    """
    digest = hashlib.sha256()
    try:
        with Path(path).open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    except OSError as error:
        raise MediaError(path, f"it cannot be read ({(error.strerror or str(error)).lower()})") from None
    return digest.hexdigest()


class _Listing:
    def __init__(self) -> None:
        self.files: list[FootageFile] = []
        self.unusable: list[Unusable] = []
        self.left_out: list[Unusable] = []
        self._seen: set[str] = set()

    def add(self, shown: str) -> None:
        try:
            if Path(shown).is_dir():
                self._add_folder(shown)
            elif Path(shown).exists():
                self._add_file(shown)
            elif glob.has_magic(shown):
                self._add_pattern(shown)
            else:
                self.unusable.append(Unusable(shown, "no such file or folder"))
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            self.unusable.append(Unusable(shown, f"it cannot be read ({reason.lower()})"))

    def _add_file(self, shown: str) -> None:
        path = Path(shown)
        if not path.is_file():
            self.unusable.append(Unusable(shown, "not a plain file"))
        elif (real := os.path.realpath(path)) not in self._seen:
            self._seen.add(real)
            self.files.append(FootageFile(path, shown))

    def _add_pattern(self, pattern: str) -> None:
        found = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207 - keeps the pattern's own spelling
        if not found:
            self.unusable.append(Unusable(pattern, "no file matches this pattern"))
        if "**" in pattern:
            # Folders on the way match too; their files are in the list by themselves.
            found = [name for name in found if not Path(name).is_dir()]
        for name in found:
            self.add(name)

    def _add_folder(self, folder: str) -> None:
        found = False
        for shown in self._walk(folder):
            reason = _why_left_out(Path(shown))
            if reason is None:
                found = True
                self._add_file(shown)
            else:
                self.left_out.append(Unusable(shown, reason))
        if not found:
            self.unusable.append(Unusable(folder, "there is no footage in this folder"))

    def _walk(self, folder: str) -> Iterator[str]:
        """The plain files under a folder, sorted by path; what is left out of them is noted."""
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        for entry in entries:
            # os.path.join, so that the folder stays spelled as it was given ("./clips", "clips/").
            shown = os.path.join(folder, entry.name)  # noqa: PTH118
            if entry.name.startswith("."):
                self.left_out.append(Unusable(shown, "hidden; name it to have it read"))
            elif entry.is_dir(follow_symlinks=False):
                if entry.name.endswith(_LIBRARY_ENDING):
                    self.left_out.append(Unusable(shown, "a library, not footage"))
                else:
                    yield from self._walk_quietly(shown)
            elif entry.is_symlink() and entry.is_dir():
                self.left_out.append(Unusable(shown, "a link to a folder; name it to have it read"))
            elif entry.is_file():
                yield shown
            else:
                self.left_out.append(Unusable(shown, "not a plain file"))

    def _walk_quietly(self, folder: str) -> Iterator[str]:
        try:
            yield from self._walk(folder)
        except OSError as error:
            self.unusable.append(Unusable(folder, f"it cannot be read ({(error.strerror or '').lower()})"))


def _why_left_out(path: Path) -> str | None:
    if path.suffix.lower() in _ENDINGS:
        return None
    try:
        return None if kind_of(path) != "unknown" else NO_FOOTAGE
    except OSError as error:
        return f"it cannot be read ({(error.strerror or '').lower()})"
