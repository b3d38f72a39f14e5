"""The per-user cache of ``reseen find``: libraries nobody has to look after, limited in size and age."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from reseen.indexing import IndexSettings
from reseen.library import LibraryError, LibraryLockedError, Store, library_exists
from reseen.models import Catalogue

_PATTERN = "found-*.reseen"


def cache_library(
    folder: Path,
    detector: str | None,
    embedder: str | None,
    analysis: IndexSettings | None,
    catalogue: Catalogue,
    *,
    max_bytes: int,
    max_days: float,
) -> Path:
    """The user's cache library for these models and settings.

    What is old or too much is dropped from it and from the cache libraries of other models and settings.

    Args:
        folder: The user's cache folder.
        detector: Name of the detector; the best that is here when not given.
        embedder: Name of the embedder, likewise.
        analysis: How footage is analysed.
        catalogue: The models.
        max_bytes: Size up to which they may grow together.
        max_days: Days after which footage not searched again is dropped.
    """
    located = catalogue.pair(detector, embedder)
    text = "".join(model.sha256 for model in located) + (analysis or IndexSettings()).to_json()
    key = hashlib.sha256(text.encode()).hexdigest()[:12]
    path = folder / f"found-{located[0].card.name}-{located[1].card.name}-{key}.reseen"
    others = sorted(set(folder.glob(_PATTERN)) - {path})
    _trim([path, *others], max_bytes, timedelta(days=max_days))
    return path


@dataclass(frozen=True)
class Cached:
    """A library of the cache: its folder, how many sources it holds, and its size in bytes."""

    path: Path
    sources: int
    bytes: int


def cached(folder: Path) -> tuple[Cached, ...]:
    """The libraries in the user's cache folder; one that cannot be read counts with its size alone."""
    found = []
    for path in sorted(folder.glob(_PATTERN)):
        sources = 0
        with suppress(LibraryError), Store.open(path, write=False) as store:
            sources = len(store.sources())
        found.append(Cached(path, sources, sum(file.stat().st_size for file in path.rglob("*") if file.is_file())))
    return tuple(found)


def empty_cache(folder: Path) -> tuple[str, ...]:
    """Delete all libraries of the user's cache folder for good.

    Returns:
        What could not be wiped, in words.

    Raises:
        LibraryLockedError: A search is writing to one.
    """
    left: list[str] = []
    for path in sorted(folder.glob(_PATTERN)):
        try:
            with Store.open(path, write=True) as store:
                plan = store.plan_removal(sources=[source.id for source in store.sources()])
                left.extend(store.remove(plan).unfinished)
        except LibraryLockedError:
            raise
        except LibraryError as error:
            left.append(f"{path}: deleted without being overwritten, since it cannot be read ({error})")
        shutil.rmtree(path, ignore_errors=True)
        if path.exists():
            left.append(f"{path}: could not be deleted; delete it by hand")
    return tuple(left)


def _trim(paths: Sequence[Path], max_bytes: int, max_age: timedelta) -> None:
    """Trim libraries, the first of them last to lose something; one that cannot be written to now is left alone."""
    left = max_bytes
    for path in filter(library_exists, paths):
        with suppress(LibraryError), Store.open(path, write=True) as store:
            store.trim(max_bytes=left, max_age=max_age)
            kept = store.plan_removal(sources=[source.id for source in store.sources()])
            left = max(left - kept.bytes, 0)
