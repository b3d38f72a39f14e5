"""Finding model files and cards in folders."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

DEEPEST = 8
MODEL_ENDINGS = (".onnx", ".xml")


@dataclass(frozen=True)
class Found:
    """What lies in the searched folders.

    Attributes:
        models: For each file name the paths that have it, in the order of the folders.
        cards: TOML files with a model file of the same stem beside them: a user's own models.
    """

    models: dict[str, tuple[Path, ...]]
    cards: tuple[Path, ...]


def search_folders(folders: Sequence[Path]) -> Found:
    """Walk folders for ``.onnx`` and ``.xml`` files and for cards beside them.

    Folders that do not exist are passed over, hidden ones are not entered, and neither is anything more than
    eight levels deep. The order is that of the folders, then alphabetical, so that it does not depend on the
    file system.
    """
    models: dict[str, list[Path]] = {}
    cards: list[Path] = []
    seen: set[Path] = set()
    for folder in folders:
        for place, names in _walk(folder):
            if place in seen:
                continue
            seen.add(place)
            stems = {name.rsplit(".", 1)[0] for name in names if name.endswith(MODEL_ENDINGS)}
            for name in names:
                if name.endswith(MODEL_ENDINGS):
                    models.setdefault(name, []).append(place / name)
                elif name.endswith(".toml") and name.removesuffix(".toml") in stems:
                    cards.append(place / name)
    return Found({name: tuple(paths) for name, paths in models.items()}, tuple(cards))


def _walk(folder: Path) -> Iterable[tuple[Path, list[str]]]:
    root = folder.resolve()
    depth = len(root.parts)
    for place, subfolders, names in os.walk(root):
        here = Path(place)
        deep = len(here.parts) - depth >= DEEPEST
        subfolders[:] = [] if deep else sorted(name for name in subfolders if not name.startswith("."))
        yield here, sorted(names)
