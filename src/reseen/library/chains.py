"""Who goes on from whom: the tracklets of a person, joined over the segments of a source."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from reseen.library.database import numbers

_LINKS = "SELECT id, continues FROM tracklets WHERE continues IS NOT NULL"


def firsts(session: Session, ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """The first tracklet of each one's chain, which names the person.

    All chains are walked at once, each step twice as far as the one before it; a ring, which only damage makes, ends
    with the steps.

    Args:
        session: Of the library.
        ids: ``(T,)`` int64, tracklets.

    Returns:
        ``(T,)`` int64.
    """
    links = numbers(session, _LINKS, 2).astype(np.int64)
    if not len(links):
        return ids.copy()
    links = links[np.argsort(links[:, 0], kind="stable")]
    later, first = links[:, 0], links[:, 1].copy()
    for _ in range(len(links).bit_length()):
        places = np.minimum(np.searchsorted(later, first), len(later) - 1)
        goes_on = later[places] == first
        if not goes_on.any():
            break
        first[goes_on] = first[places[goes_on]]
    places = np.minimum(np.searchsorted(later, ids), len(later) - 1)
    return np.where(later[places] == ids, first[places], ids)
