"""The people seen: a page of a wall of shots, newest first."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from reseen.library.database import Database
from reseen.library.errors import UnknownRowError
from reseen.library.filters import EVERYTHING, Filter, window_of
from reseen.library.hiding import HidingPart
from reseen.library.part import in_chunks
from reseen.library.people_table import PeopleTable, Wall
from reseen.library.records import StoreSettings
from reseen.library.tables import CameraRow, ShotRow, SourceRow
from reseen.library.work_records import PersonSeen


class PeoplePart(HidingPart):
    """The people seen."""

    def __init__(self, folder: Path, database: Database, settings: StoreSettings, writable: bool) -> None:
        super().__init__(folder, database, settings, writable)
        self._people = PeopleTable()
        self._people_lock = threading.Lock()

    def people_count(self, wanted: Filter = EVERYTHING, *, hidden: bool = False) -> int:
        """How many persons a filter lets through; with ``hidden`` also what was hidden as no person."""
        with self._db.read() as session:
            return len(self._wall(session, wanted, hidden).rows)

    def people_page(
        self,
        wanted: Filter = EVERYTHING,
        *,
        offset: int = 0,
        after: tuple[float, int] | None = None,
        limit: int = 50,
        hidden: bool = False,
    ) -> tuple[PersonSeen, ...]:
        """Persons, newest first: by the wall clock, by the time of adding where a source has no clock.

        Args:
            wanted: Which footage.
            offset: The place of the first one, for jumping into the middle.
            after: Instead, whom to go on after: ``moment`` and ``person`` of the last one of the page before.
            limit: How many at most.
            hidden: Also show what was hidden as no person.
        """
        with self._db.read() as session:
            wall = self._wall(session, wanted, hidden)
            first = offset if after is None else wall.after(*after)
            return self._seen(session, wall, np.arange(first, min(first + limit, len(wall.rows))))

    def person_seen(self, tracklet_id: int) -> PersonSeen:
        """The person that a tracklet belongs to.

        Raises:
            UnknownRowError: No such tracklet.
        """
        person = self.chain(tracklet_id)[0]
        with self._db.read() as session:
            wall = self._wall(session, EVERYTHING, True)
            place = np.flatnonzero(wall.people.ids[wall.rows] == person)
            if not len(place):
                raise UnknownRowError(f"{self.folder}: no tracklet with id {tracklet_id}")
            return self._seen(session, wall, place)[0]

    def _wall(self, session: Session, wanted: Filter, hidden: bool) -> Wall:
        window = window_of(session, wanted)
        with self._people_lock:
            return self._people.wall(session, self._index.tracklet_columns(session), window, hidden=hidden)

    def _seen(self, session: Session, wall: Wall, places: Sequence[int] | np.ndarray) -> tuple[PersonSeen, ...]:
        people = wall.people
        rows = [int(wall.rows[place]) for place in places]
        members = {row: people.members_of(row) for row in rows}
        shots = _shots(session, [i for row in rows for i in members[row]])
        sources = _sources(session, {int(people.source_ids[row]) for row in rows})
        found = []
        for place, row in zip(places, rows, strict=True):
            source_id, start = int(people.source_ids[row]), float(people.starts[row])
            camera, began = sources[source_id]
            own = [shot for i in members[row] for shot in shots.get(i, ())]
            found.append(
                PersonSeen(
                    person=int(people.ids[row]),
                    source_id=source_id,
                    camera=camera,
                    start=start,
                    end=float(people.ends[row]),
                    wall_start=None if began is None else began + timedelta(seconds=start),
                    best_shot=max(own, key=lambda shot: (shot[1], -shot[0]))[0] if own else None,
                    shots=tuple(shot[0] for shot in own),
                    tracklets=members[row],
                    hidden=bool(wall.hidden[row]),
                    moment=float(wall.moments[place]),
                )
            )
        return tuple(found)


def _shots(session: Session, tracklet_ids: Sequence[int]) -> dict[int, list[tuple[int, float]]]:
    """Id and quality of the shots of each tracklet, by time."""
    shots: dict[int, list[tuple[int, float]]] = {}
    for some in in_chunks(tracklet_ids):
        wanted = select(ShotRow.tracklet_id, ShotRow.id, ShotRow.quality).where(ShotRow.tracklet_id.in_(some))
        for tracklet_id, shot_id, quality in session.execute(wanted.order_by(ShotRow.time, ShotRow.id)):
            shots.setdefault(tracklet_id, []).append((shot_id, quality))
    return shots


def _sources(session: Session, ids: set[int]) -> dict[int, tuple[str, datetime | None]]:
    """Camera and start of each source."""
    wanted = select(SourceRow.id, CameraRow.name, SourceRow.started_at).join(
        CameraRow, SourceRow.camera_id == CameraRow.id
    )
    return {row[0]: (row[1], row[2]) for row in session.execute(wanted.where(SourceRow.id.in_(ids)))}
