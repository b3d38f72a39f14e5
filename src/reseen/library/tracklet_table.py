"""All tracklets of a library as columns in memory: what filters are applied to."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from reseen.library.filters import Window
from reseen.library.tables import LibraryRow, TrackletRow


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
        columns = (TrackletRow.id, TrackletRow.source_id, TrackletRow.start, TrackletRow.end)
        wanted = select(*columns).where(TrackletRow.id > last)
        # A first reading follows the covering index and leaves the large rows alone; they are sorted
        # afterwards.
        ordered = wanted.order_by(TrackletRow.id) if last else wanted.order_by(*columns[1:], columns[0])
        rows = session.execute(ordered).fetchall()
        if not rows:
            return
        fresh = np.array([tuple(row) for row in rows], np.float64)  # ids are exact up to 2**53
        fresh = fresh[np.argsort(fresh[:, 0], kind="stable")]
        self.ids = np.concatenate((self.ids, fresh[:, 0].astype(np.int64)))
        self.source_ids = np.concatenate((self.source_ids, fresh[:, 1].astype(np.int64)))
        self.starts = np.concatenate((self.starts, fresh[:, 2]))
        self.ends = np.concatenate((self.ends, fresh[:, 3]))

    def passes(self, window: Window) -> NDArray[np.bool_]:
        """Which tracklets a window lets through, ``(T,)`` bool."""
        if window.whole:
            return np.ones(len(self.ids), np.bool_)
        return window.passes(self.source_ids, self.starts, self.ends)


def epoch_of(session: Session) -> int:
    """The library's epoch: it rises whenever vectors vanish or change, never when some are added."""
    return session.execute(select(LibraryRow.epoch)).scalar_one()
