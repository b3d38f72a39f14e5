"""Checksums of model files, remembered by path, size and time of change."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

from reseen.errors import InputError

CHUNK = 1 << 20


@dataclass(frozen=True)
class Digests:
    """Checksums of one file, lower-case hex."""

    sha256: str
    sha384: str


def digest_file(path: Path) -> Digests:
    """Read a file and compute both checksums in one pass.

    Raises:
        InputError: The file cannot be read.
    """
    short, long = hashlib.sha256(), hashlib.sha384()
    try:
        with path.open("rb") as stream:
            while block := stream.read(CHUNK):
                short.update(block)
                long.update(block)
    except OSError as error:
        raise InputError(f"model file {path}: cannot be read ({error.strerror or error})") from error
    return Digests(short.hexdigest(), long.hexdigest())


def fingerprint(parts: list[tuple[str, str]]) -> str:
    """One checksum for a model: its only file's SHA-256, or that of the list of names and checksums.

    Args:
        parts: ``(file name, sha256)`` of every file, in the order of the card.
    """
    if len(parts) == 1:
        return parts[0][1]
    lines = "".join(f"{sha256}  {name}\n" for name, sha256 in parts)
    return hashlib.sha256(lines.encode()).hexdigest()


class ChecksumMemory:
    """Remembers checksums between runs, so that a large model is not read twice; forgets when a file changes.

    Args:
        path: A JSON file in the per-user cache, made when needed. Losing it costs time only.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._known = _read_memory(path)

    def digests(self, path: Path) -> Digests:
        """Checksums of a file, from memory if it has not changed since.

        Raises:
            InputError: The file cannot be read.
        """
        try:
            state = path.stat()
        except OSError as error:
            raise InputError(f"model file {path}: cannot be read ({error.strerror or error})") from error
        key = str(path.resolve())
        stamp = f"{state.st_size}:{state.st_mtime_ns}"
        entry = self._known.get(key)
        if entry is not None and entry[0] == stamp:
            return Digests(entry[1], entry[2])
        digests = digest_file(path)
        self._known[key] = (stamp, digests.sha256, digests.sha384)
        self._save()
        return digests

    def _save(self) -> None:
        if self._path is None:
            return
        # A cache that cannot be written is no reason to stop.
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            temporary = self._path.with_name(f".{self._path.name}.{os.getpid()}.tmp")
            temporary.write_text(json.dumps(self._known, indent=0), encoding="utf-8")
            temporary.replace(self._path)


def _read_memory(path: Path | None) -> dict[str, tuple[str, str, str]]:
    if path is None:
        return {}
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return {str(key): (str(a), str(b), str(c)) for key, (a, b, c) in data.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
