"""All tracklets of a library as columns in memory: what filters are applied to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from reseen.library.database import numbers
from reseen.library.filters import Window
from reseen.library.tables import LibraryRow

_COLUMNS = 'SELECT id, source_id, start, "end" FROM tracklets WHERE id > ?'


@dataclass(frozen=True, eq=False)
class TrackletColumns:
    """The columns of ``TrackletTable`` at some moment: ``(T,)`` each, in rising order of id."""

    epoch: int
    ids: NDArray[np.int64]
    source_ids: NDArray[np.int64]
    starts: NDArray[np.float64]
    ends: NDArray[np.float64]


class TrackletTable:
    """Id, source, start and end of every tracklet, in rising order of id; 32 bytes each.

    Kept up to date from the rows: new ones are appended; when some have vanished (the library's epoch tells)
    all are read again. Callers hold a lock around use.
    """

    def __init__(self) -> None:
        self._forget()

    def _forget(self) -> None:
        self.epoch = -1
        self.ids: NDArray[np.int64] = np.zeros(0, np.int64)
        self.source_ids: NDArray[np.int64] = np.zeros(0, np.int64)
        self.starts: NDArray[np.float64] = np.zeros(0, np.float64)
        self.ends: NDArray[np.float64] = np.zeros(0, np.float64)

    def refresh(self, session: Session) -> None:
        """Takes in what was committed since the last time."""
        epoch = epoch_of(session)
        if epoch != self.epoch:
            self._forget()
            self.epoch = epoch
        last = int(self.ids[-1]) if len(self.ids) else 0
        # The first reading follows the covering index and leaves the wide rows alone; later ones are short.
        way = "id" if last else 'source_id, start, "end", id'
        fresh = numbers(session, f"{_COLUMNS} ORDER BY {way}", 4, last)
        if not len(fresh):
            return
        fresh = fresh[np.argsort(fresh[:, 0], kind="stable")]
        self.ids = np.concatenate((self.ids, fresh[:, 0].astype(np.int64)))
        self.source_ids = np.concatenate((self.source_ids, fresh[:, 1].astype(np.int64)))
        self.starts = np.concatenate((self.starts, fresh[:, 2]))
        self.ends = np.concatenate((self.ends, fresh[:, 3]))

    def columns(self) -> TrackletColumns:
        """All there is now; the arrays are never changed, only replaced."""
        return TrackletColumns(self.epoch, self.ids, self.source_ids, self.starts, self.ends)

    def passes(self, window: Window) -> NDArray[np.bool_]:
        """Which tracklets a window lets through, ``(T,)`` bool."""
        if window.whole:
            return np.ones(len(self.ids), np.bool_)
        return window.passes(self.source_ids, self.starts, self.ends)


def epoch_of(session: Session) -> int:
    """The library's epoch: it rises whenever vectors vanish or change, never when some are added."""
    return session.execute(select(LibraryRow.epoch)).scalar_one()
