"""Checksums pinned on first use, for files whose publisher states none."""

from __future__ import annotations

import json
import os
from pathlib import Path


class Pins:
    """The first checksum seen for a file of a model; a later file must have the same.

    Args:
        path: A JSON file in the per-user models folder, made when needed.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def get(self, model: str, file: str) -> str | None:
        """The pinned SHA-256, or None before first use."""
        return self._read().get(f"{model}/{file}")

    def set(self, model: str, file: str, sha256: str) -> None:
        """Pin a checksum; an OSError of the file system passes through."""
        pins = self._read() | {f"{model}/{file}": sha256}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._path.with_name(f".{self._path.name}.{os.getpid()}.tmp")
        temporary.write_text(json.dumps(pins, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        temporary.replace(self._path)

    def _read(self) -> dict[str, str]:
        try:
            data = json.loads(self._path.read_text(encoding="utf-8"))
            return {str(key): str(value) for key, value in data.items()}
        except (OSError, ValueError, AttributeError):
            return {}
