"""Models whose files are here: found by name, known by checksum."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from reseen.errors import InputError
from reseen.models.card import Card, ModelFile, ModelVersion
from reseen.models.checksums import Digests, fingerprint
from reseen.models.pins import Pins

DigestFile = Callable[[Path], Digests]


class ModelMissing(InputError):  # noqa: N818 - named for what is told to people
    """A model is known but its files are not here (or not usable here)."""


@dataclass(frozen=True)
class LocatedModel:
    """A model whose files are here and verified.

    Attributes:
        card: Its card.
        path: The file to open, ``.onnx`` or ``.xml``.
        sha256: The file's SHA-256; for a model of several files that of their names and checksums.
        label: Which accepted version it is.
        notes: What a user should be told, one line each.
    """

    card: Card
    path: Path
    sha256: str
    label: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verified:
    """The result of reading a model's files again.

    Attributes:
        name: Name of the model.
        path: The file that would be opened.
        problem: What is wrong in one line, or None.
    """

    name: str
    path: Path
    problem: str | None


def match_files(card: Card, main: Path, pins: Pins, digest: DigestFile) -> LocatedModel | None:
    """See which of a card's versions a file (and those beside it) is, if any.

    Files without a published checksum are pinned when first seen.

    Args:
        card: The card.
        main: A file with the name of the card's main file.
        pins: Checksums pinned on first use.
        digest: Computes or remembers checksums.
    """
    for version in card.versions:
        located = _match_version(card, version, main, pins, digest)
        if located is not None:
            return located
    return None


def _match_version(
    card: Card, version: ModelVersion, main: Path, pins: Pins, digest: DigestFile
) -> LocatedModel | None:
    paths = [main.parent / file.name for file in version.files]
    # Sizes first: most wrong files are seen without being read.
    if not all(map(_has_size, version.files, paths)):
        return None
    parts: list[tuple[str, str]] = []
    notes: list[str] = []
    for file, path in zip(version.files, paths, strict=True):
        found = digest(path)
        if file.sha256 not in (None, found.sha256) or file.sha384 not in (None, found.sha384):
            return None
        if not file.pinned:
            pinned = pins.get(card.name, file.name)
            if pinned not in (None, found.sha256):
                return None
            if pinned is None:
                notes.append(_pin(card, file, found.sha256, pins))
        parts.append((file.name, found.sha256))
    return LocatedModel(card, paths[0], fingerprint(parts), version.label, tuple(notes))


def _has_size(file: ModelFile, path: Path) -> bool:
    try:
        return path.is_file() and file.size in (None, path.stat().st_size)
    except OSError:
        return False


def _pin(card: Card, file: ModelFile, sha256: str, pins: Pins) -> str:
    # Without a writable folder there is no pin, and the note comes again next time.
    with contextlib.suppress(OSError):
        pins.set(card.name, file.name, sha256)
    return f"{card.name}: no checksum is published for {file.name}; pinned on first use ({sha256[:16]}...)"
