"""What a data set holds: pictures, whom they show, and which camera took them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from reseen.training.data.files import ImageFiles

UNKNOWN = -1


@dataclass(frozen=True)
class Samples:
    """Pictures of one source, as a structure of arrays.

    Attributes:
        files: Where the pictures are read from.
        names: N names in ``files``; a name may occur several times with different boxes.
        identities: (N,) int64, the numbers of the data set; -1 where nobody is named.
        cameras: (N,) int64; -1 where the camera is unknown.
        views: (N,) int64, 0 where the data set knows no views.
        boxes: (N, 4) float32 ``x1, y1, x2, y2`` in pixels of the picture, or ``None`` for whole pictures.
        titles: What people are called, where the data names them in words instead of numbers.
    """

    files: ImageFiles
    names: tuple[str, ...]
    identities: NDArray[np.int64]
    cameras: NDArray[np.int64]
    views: NDArray[np.int64]
    boxes: NDArray[np.float32] | None = None
    titles: Mapping[int, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.names)

    def take(self, index: NDArray[np.int64] | NDArray[np.bool_]) -> Samples:
        """The samples at these positions, or where a mask is true."""
        where = np.flatnonzero(index) if index.dtype == np.bool_ else index
        return replace(
            self,
            names=tuple(self.names[i] for i in where),
            identities=self.identities[where],
            cameras=self.cameras[where],
            views=self.views[where],
            boxes=None if self.boxes is None else self.boxes[where],
        )


@dataclass(frozen=True)
class Dataset:
    """One parsed data set.

    Attributes:
        name: Layout or split, for logs and cards.
        train: Pictures to learn from.
        query: Pictures to look for; empty where the layout has no test part.
        gallery: Pictures to look through.
        notes: Lines for the log (what was joined, left out, or merely assumed).
    """

    name: str
    train: Samples
    query: Samples
    gallery: Samples
    notes: tuple[str, ...] = field(default=())


def make_samples(files: ImageFiles, rows: Sequence[tuple[str, int, int, int]]) -> Samples:
    """Build samples from rows of (name, identity, camera, view)."""
    numbers = np.asarray([row[1:] for row in rows], dtype=np.int64).reshape(len(rows), 3)
    return Samples(
        files=files,
        names=tuple(row[0] for row in rows),
        identities=numbers[:, 0].copy(),
        cameras=numbers[:, 1].copy(),
        views=numbers[:, 2].copy(),
    )


def split_first_as_query(samples: Samples) -> tuple[Samples, Samples]:
    """Query = the first picture of each (identity, camera) by name, as plain strings; gallery = the rest."""
    order = sorted(range(len(samples)), key=lambda i: samples.names[i])
    seen: set[tuple[int, int]] = set()
    query: list[int] = []
    gallery: list[int] = []
    for i in order:
        key = (int(samples.identities[i]), int(samples.cameras[i]))
        (gallery if key in seen else query).append(i)
        seen.add(key)
    return samples.take(np.asarray(query, np.int64)), samples.take(np.asarray(gallery, np.int64))


def join_identities(parts: Sequence[Samples]) -> tuple[NDArray[np.int64], NDArray[np.int64], int, int]:
    """Number the identities and cameras of several sources without mixing them.

    Returns:
        labels (N,) 0..P-1 with -1 kept for unlabelled, cameras (N,) 0..C-1 with -1 kept for unknown, P, C.
    """
    labels: list[NDArray[np.int64]] = []
    cameras: list[NDArray[np.int64]] = []
    people = places = 0
    for part in parts:
        label, count = _number(part.identities, people)
        camera, seen = _number(part.cameras, places)
        labels.append(label)
        cameras.append(camera)
        people += count
        places += seen
    empty = np.empty(0, np.int64)
    return np.concatenate([*labels, empty]), np.concatenate([*cameras, empty]), people, places


def _number(values: NDArray[np.int64], start: int) -> tuple[NDArray[np.int64], int]:
    known = np.unique(values[values != UNKNOWN])
    return np.where(values == UNKNOWN, UNKNOWN, np.searchsorted(known, values) + start), len(known)
