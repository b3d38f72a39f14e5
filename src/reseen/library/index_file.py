"""The Faiss index on the disk: derived from the rows, never trusted further than it can be checked.

A file is named by all it must agree with: ``shots-e3-n5120-m1f2e3d4c5b6a798-c0a1b2c3d.faiss`` holds 5,120
vectors of epoch 3 made by the embedder whose checksum begins with 1f2e..., and its own CRC-32 is 0a1b2c3d. It
is written under a temporary name, synced and renamed; older ones are deleted afterwards.
"""

from __future__ import annotations

import re
import zlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import faiss

from reseen.library.durable import replacing, sync_folder, wipe

# The types that Faiss ships know neither its Python callbacks nor its numpy arguments.
_faiss: Any = faiss

_NAME = re.compile(r"shots-e(\d+)-n(\d+)-m([0-9a-f]+)-c([0-9a-f]{8})\.faiss")
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Generation:
    """What vectors belong together: the library's epoch, the embedder's checksum, their length."""

    epoch: int
    embedder_sha256: str
    dim: int

    @property
    def mark(self) -> str:
        """The embedder, short enough for a file name."""
        return "".join(c for c in self.embedder_sha256.lower() if c in "0123456789abcdef")[:16] or "0"


class IndexFiles:
    """The index files of a library: at most one of them counts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def load(self, generation: Generation) -> Any | None:
        """The stored index of a generation, or None when there is none that holds up."""
        for path, count in self._of(generation):
            with suppress(OSError, RuntimeError):  # Faiss raises RuntimeError for what it cannot read
                index = self._read(path)
                if index is not None and index.ntotal == count and index.d == generation.dim:
                    return index
        return None

    def stored_count(self, generation: Generation) -> int:
        """How many vectors the stored index of a generation holds, by its name; 0 when there is none."""
        return max((count for _, count in self._of(generation)), default=0)

    def save(self, index: Any, generation: Generation) -> None:
        """Writes an index, whole or not at all, and deletes the ones before it."""
        self.folder.mkdir(exist_ok=True)
        unnamed = self.folder / "shots.faiss"
        with replacing(unnamed) as file:
            counted = _Counted(file)
            _faiss.write_index(index, _faiss.PyCallbackIOWriter(counted.write, _CHUNK))
        name = f"shots-e{generation.epoch}-n{index.ntotal}-m{generation.mark}-c{counted.crc:08x}.faiss"
        kept = unnamed.replace(self.folder / name)
        sync_folder(self.folder)
        self._discard(kept)

    def discard(self) -> None:
        """Wipes and deletes all index files."""
        self._discard(None)

    def files(self) -> list[Path]:
        """Every file in the folder of the index."""
        return sorted(self.folder.iterdir()) if self.folder.is_dir() else []

    def stale(self, generation: Generation) -> list[Path]:
        """Files that are no index of a generation: older ones, and what a crash left behind."""
        right = {path for path, _ in self._of(generation)}
        return [path for path in self.files() if path not in right]

    def _of(self, generation: Generation) -> list[tuple[Path, int]]:
        found = []
        for path in self.files():
            parts = _NAME.fullmatch(path.name)
            if parts and (int(parts[1]), parts[3]) == (generation.epoch, generation.mark):
                found.append((path, int(parts[2])))
        return sorted(found, key=lambda pair: pair[1], reverse=True)

    def _read(self, path: Path) -> Any | None:
        with path.open("rb") as file:
            counted = _Counted(file)
            index = _faiss.read_index(_faiss.PyCallbackIOReader(counted.read, _CHUNK))
            rest = counted.read(_CHUNK)
        parts = _NAME.fullmatch(path.name)
        right = not rest and parts is not None and int(parts[4], 16) == counted.crc
        return index if right and isinstance(index, _faiss.IndexIDMap) else None

    def _discard(self, kept: Path | None) -> None:
        for path in self.files():
            if path != kept:
                # On Windows another process may have it open; it goes the next time.
                with suppress(PermissionError):
                    wipe(path)


class _Counted:
    """A file whose CRC-32 is known once it was read or written through."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.crc = 0

    def write(self, content: bytes) -> int:
        self.crc = zlib.crc32(content, self.crc)
        return self._file.write(content)

    def read(self, size: int) -> bytes:
        content = self._file.read(size)
        self.crc = zlib.crc32(content, self.crc)
        return content
