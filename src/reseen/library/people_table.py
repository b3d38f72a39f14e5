"""All persons of a library as columns in memory, so that a wall of a hundred thousand scrolls without a pause."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from reseen.library.chains import firsts
from reseen.library.columns import aware
from reseen.library.filters import Window
from reseen.library.hiding import hidden_ids
from reseen.library.tables import SourceRow, TrackletRow
from reseen.library.tracklet_table import TrackletColumns


@dataclass(frozen=True, eq=False)
class People:
    """P persons in rising order of id, with the T tracklets that are theirs.

    Attributes:
        ids: ``(P,)`` int64, the id of each one's first tracklet.
        source_ids: ``(P,)`` int64.
        starts: ``(P,)`` float64, seconds in the source.
        ends: ``(P,)`` float64.
        members: ``(T,)`` int64, ids of tracklets, those of one person together, first to last.
        first: ``(P + 1,)`` int64, where each one's members begin.
    """

    ids: NDArray[np.int64]
    source_ids: NDArray[np.int64]
    starts: NDArray[np.float64]
    ends: NDArray[np.float64]
    members: NDArray[np.int64]
    first: NDArray[np.int64]

    def members_of(self, row: int) -> tuple[int, ...]:
        """The tracklets of a person, first to last."""
        return tuple(self.members[self.first[row] : self.first[row + 1]].tolist())


@dataclass(frozen=True, eq=False)
class Wall:
    """Persons in the order they are shown, newest first.

    Attributes:
        people: All persons.
        rows: ``(N,)`` int64, which of them are shown, in order.
        moments: ``(N,)`` float64, when each was first seen: seconds since 1970; by the time at which the source
            was added where it has no clock.
        hidden: ``(P,)`` bool, for all persons.
    """

    people: People
    rows: NDArray[np.int64]
    moments: NDArray[np.float64]
    hidden: NDArray[np.bool_]

    def after(self, moment: float, person: int) -> int:
        """The place of the first one shown after somebody, who need not be there any more."""
        later = (self.moments > moment) | ((self.moments == moment) & (self.people.ids[self.rows] >= person))
        return int(np.sum(later))


class PeopleTable:
    """Keeps ``People`` from one question to the next; callers hold a lock around use."""

    def __init__(self) -> None:
        self._state: tuple[int, int, int] | None = None
        self._people: People | None = None

    def wall(self, session: Session, tracklets: TrackletColumns, window: Window, *, hidden: bool) -> Wall:
        """The persons whom a window lets through; with ``hidden`` also what was hidden as no person."""
        people = self._refresh(session, tracklets)
        out_of_sight = _hidden(session, people)
        shown = np.ones(len(people.ids), np.bool_)
        if not window.whole:
            shown = window.passes(people.source_ids, people.starts, people.ends)
        if not hidden:
            shown = shown & ~out_of_sight
        rows = np.flatnonzero(shown)
        moments = _began(session, people.source_ids[rows]) + people.starts[rows]
        order = np.lexsort((-people.ids[rows], -moments))
        return Wall(people, rows[order], moments[order], out_of_sight)

    def _refresh(self, session: Session, tracklets: TrackletColumns) -> People:
        links = session.scalar(select(func.count(TrackletRow.continues))) or 0
        state = (tracklets.epoch, len(tracklets.ids), links)
        if self._people is None or state != self._state:
            self._people, self._state = _people(session, tracklets), state
        return self._people


def _people(session: Session, tracklets: TrackletColumns) -> People:
    ids = tracklets.ids
    person = firsts(session, ids)
    order = np.lexsort((tracklets.starts, person))
    grouped = person[order]
    begins = np.flatnonzero(np.diff(grouped, prepend=-1))
    first = np.searchsorted(ids, grouped[begins])
    ends = np.maximum.reduceat(tracklets.ends[order], begins) if len(begins) else np.zeros(0)
    return People(
        ids=ids[first],
        source_ids=tracklets.source_ids[first],
        starts=tracklets.starts[first],
        ends=ends,
        members=ids[order],
        first=np.append(begins, len(ids)).astype(np.int64),
    )


def _hidden(session: Session, people: People) -> NDArray[np.bool_]:
    """Persons of whom everything is hidden: whoever also walked about is a person."""
    hidden = hidden_ids(session)
    if not len(hidden) or not len(people.ids):
        return np.zeros(len(people.ids), np.bool_)
    covered = np.isin(people.members, hidden)
    everything: NDArray[np.bool_] = np.logical_and.reduceat(covered, people.first[:-1])
    return everything


def _began(session: Session, source_ids: NDArray[np.int64]) -> NDArray[np.float64]:
    """When each one's source began, seconds since 1970."""
    wanted = select(SourceRow.id, func.coalesce(SourceRow.started_at, SourceRow.added_at)).order_by(SourceRow.id)
    rows = session.execute(wanted).all()
    known = np.array([row[0] for row in rows], np.int64)
    began = np.array([aware(row[1]).timestamp() for row in rows], np.float64)
    if not len(known):
        return np.zeros(len(source_ids), np.float64)
    at: NDArray[np.float64] = began[np.minimum(np.searchsorted(known, source_ids), len(known) - 1)]
    return at
