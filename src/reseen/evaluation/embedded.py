"""Features with the identity and camera of each: what every measure of the field starts from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: Identity of images that count neither as right nor as wrong (Market-1501's "junk").
JUNK = -1


@dataclass(frozen=True, eq=False)
class Embedded:
    """Embedded images of people.

    Attributes:
        features: ``(N, D)`` float32, one embedding a row; need not be normalised.
        persons: ``(N,)`` int64 identities. -1 is junk; a distractor is any identity that no query has.
        cameras: ``(N,)`` int64 camera numbers.
    """

    features: NDArray[np.float32]
    persons: NDArray[np.int64]
    cameras: NDArray[np.int64]

    def __post_init__(self) -> None:
        if self.features.ndim != 2:
            raise ValueError(f"features must be (N, D), not {self.features.shape}")
        for name, column in (("persons", self.persons), ("cameras", self.cameras)):
            if column.shape != (len(self.features),):
                raise ValueError(f"{len(self.features)} features need as many {name}, not {column.shape}")
        if not np.isfinite(self.features).all():
            raise ValueError("features hold a value that is not a finite number")

    def __len__(self) -> int:
        return len(self.features)

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> Embedded:
        """The images at ``rows`` (indices, or a mask of length N)."""
        return Embedded(self.features[rows], self.persons[rows], self.cameras[rows])


def merge_apart(sets: tuple[Embedded, ...]) -> Embedded:
    """Put several sets into one, keeping identities and cameras of different sets apart.

    A second set serves as a crowd of distractors: merge it with the gallery of the first, put the gallery
    first and its numbers stay as they are. Junk (-1) stays junk.

    Args:
        sets: Sets of the same feature width; the numbers of the first are kept.

    Raises:
        ValueError: If there is no set.
    """
    if not sets:
        raise ValueError("nothing to merge")
    persons, cameras = [sets[0].persons], [sets[0].cameras]
    for one in sets[1:]:
        person_offset = max(0, *(int(p.max(initial=JUNK)) + 1 for p in persons))
        camera_offset = max(0, *(int(c.max(initial=0)) + 1 for c in cameras))
        low = int(one.cameras.min(initial=0))
        persons.append(np.where(one.persons == JUNK, JUNK, one.persons + person_offset))
        cameras.append(one.cameras - low + camera_offset)
    return Embedded(np.concatenate([one.features for one in sets]), np.concatenate(persons), np.concatenate(cameras))
