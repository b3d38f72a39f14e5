"""What is said of matches in a case: confirmed, rejected, joined, split."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import cast

import numpy as np
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from reseen.library.audit import write_entry
from reseen.library.cases import CasesPart
from reseen.library.errors import LibraryError
from reseen.library.part import now
from reseen.library.results import Persons
from reseen.library.tables import TrackletRow
from reseen.library.tables_of_work import CasePersonRow, VerdictRow
from reseen.library.work_records import Judgement, Verdict


class VerdictsPart(CasesPart):
    """Verdicts, and who is who in a case."""

    def set_verdict(
        self, case_id: int, tracklets: Iterable[int], verdict: Judgement | None, who: str, note: str = ""
    ) -> tuple[Verdict, ...]:
        """Judges a match by its tracklets, or takes that back (None); an entry of the audit log.

        Returns:
            All verdicts of the case.

        Raises:
            UnknownRowError: No such case.
            LibraryError: A tracklet is not in the library (any more), or none is named.
        """
        with self._db.write() as session:
            row = self._case_row(session, case_id)
            ids = _there(session, tracklets)
            session.execute(delete(VerdictRow).where(VerdictRow.case_id == case_id, VerdictRow.tracklet_id.in_(ids)))
            if verdict is not None:
                batch = (session.scalar(select(func.max(VerdictRow.batch))) or 0) + 1
                moment = now()
                session.add_all(
                    VerdictRow(
                        case_id=case_id,
                        tracklet_id=i,
                        batch=batch,
                        verdict=verdict,
                        note=note,
                        who=who,
                        at=moment,
                    )
                    for i in ids
                )
            told = {"case": case_id, "name": row.name, "tracklets": ids, "verdict": verdict, "note": note}
            write_entry(session, "verdict", told, who=who)
            row.changed_at = now()
            session.flush()
            return _verdicts(session, case_id)

    def verdicts(self, case_id: int) -> tuple[Verdict, ...]:
        """The verdicts of a case, in the order they were given."""
        with self._db.read() as session:
            self._case_row(session, case_id)
            return _verdicts(session, case_id)

    def join(self, case_id: int, groups: Sequence[Sequence[int]], who: str) -> Persons:
        """Says that these matches are one person; see ``persons_of_case``."""
        return self._arrange(case_id, [[i for group in groups for i in group]], "join", groups, who)

    def split(self, case_id: int, groups: Sequence[Sequence[int]], who: str) -> Persons:
        """Says that these are different persons, whatever they were before; see ``persons_of_case``."""
        return self._arrange(case_id, groups, "split", groups, who)

    def persons_of_case(self, case_id: int) -> Persons:
        """Whose the tracklets are that were joined or split by hand in a case.

        Those with one ``person_ids`` are one person; the label is the smallest of its tracklets. All others
        are whose ``persons`` says.
        """
        with self._db.read() as session:
            self._case_row(session, case_id)
            return _persons(session, case_id)

    def _arrange(
        self, case_id: int, persons: Sequence[Sequence[int]], action: str, groups: Sequence[Sequence[int]], who: str
    ) -> Persons:
        everybody = [int(i) for group in groups for i in group]
        if len(groups) < 2 or not all(groups) or len(set(everybody)) != len(everybody):
            raise LibraryError(f"to {action}, name at least two groups of tracklets, each tracklet once")
        with self._db.write() as session:
            row = self._case_row(session, case_id)
            ids = _there(session, everybody)
            mine = CasePersonRow.case_id == case_id
            session.execute(delete(CasePersonRow).where(mine, CasePersonRow.tracklet_id.in_(ids)))
            session.add_all(
                CasePersonRow(case_id=case_id, tracklet_id=int(i), person_id=min(map(int, person)))
                for person in persons
                for i in person
            )
            told = {"case": case_id, "name": row.name, "tracklets": [list(map(int, group)) for group in groups]}
            write_entry(session, action, told, who=who)
            row.changed_at = now()
            session.flush()
            return _persons(session, case_id)


def _there(session: Session, tracklets: Iterable[int]) -> list[int]:
    ids = sorted({int(i) for i in tracklets})
    found = set(session.scalars(select(TrackletRow.id).where(TrackletRow.id.in_(ids))))
    missing = next((i for i in ids if i not in found), None)
    if missing is not None:
        raise LibraryError(f"no tracklet with id {missing} (any more): search again")
    if not ids:
        raise LibraryError("no tracklets are named: name those of the match")
    return ids


def _verdicts(session: Session, case_id: int) -> tuple[Verdict, ...]:
    wanted = select(VerdictRow).where(VerdictRow.case_id == case_id)
    batches: dict[int, list[VerdictRow]] = {}
    for row in session.scalars(wanted.order_by(VerdictRow.batch, VerdictRow.tracklet_id)):
        batches.setdefault(row.batch, []).append(row)
    return tuple(
        Verdict(
            tracklets=tuple(row.tracklet_id for row in rows),
            verdict=cast(Judgement, rows[0].verdict),
            note=rows[0].note,
            who=rows[0].who,
            at=rows[0].at,
        )
        for rows in batches.values()
    )


def _persons(session: Session, case_id: int) -> Persons:
    wanted = select(CasePersonRow.tracklet_id, CasePersonRow.person_id).where(CasePersonRow.case_id == case_id)
    pairs = [tuple(row) for row in session.execute(wanted.order_by(CasePersonRow.tracklet_id))]
    table = np.array(pairs, np.int64).reshape(-1, 2)
    return Persons(table[:, 0], table[:, 1])
