"""What is no person (a poster, a mannequin): hidden for its camera, wherever it is found again.

A mark keeps where it stands in the picture and what it looks like. A tracklet is hidden by it when all its shots
stand at that place and, taken together, look like that: whoever walks past a poster does not.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, delete, insert, select
from sqlalchemy.orm import Session

from reseen.library.audit import write_entry
from reseen.library.codec import pack_vectors, unpack_vectors
from reseen.library.errors import LibraryError, UnknownRowError
from reseen.library.models_used import models_of
from reseen.library.part import in_chunks, now
from reseen.library.reading import ReadingPart
from reseen.library.tables import ShotRow, SourceRow, TrackletRow
from reseen.library.tables_of_work import HiddenRow, HiddenTrackletRow
from reseen.tracking import iou

_Look = tuple[int, NDArray[np.float64], NDArray[np.float32]]
"""A tracklet, and of its shots the boxes ``(S, 4)`` and vectors ``(S, D)``."""

_SAME_PLACE = 0.5  # intersection over union of the boxes
_SAME_LOOK = 0.85  # inner product of the mean embeddings


class HidingPart(ReadingPart):
    """What is hidden; also a library opened for reading hides."""

    def hide_person(self, person: int, hidden: bool, who: str) -> NDArray[np.int64]:
        """Hides something that is no person, or takes that back; an entry of the audit log.

        Args:
            person: Id of any of its tracklets.
            hidden: True hides everything of its camera at about the same place that looks the same, also what
                is found later. False shows all of that again.
            who: Who says so.

        Returns:
            The tracklets that were hidden or shown, rising, int64.

        Raises:
            UnknownRowError: No such tracklet.
            LibraryError: It has no shots to go by.
        """
        with self._db.read() as session:
            source_id = session.scalar(select(TrackletRow.source_id).where(TrackletRow.id == person))
        if source_id is None:
            raise UnknownRowError(f"{self.folder}: no tracklet with id {person}")
        chain = self.chain(person)
        with self._db.write() as session:
            if hidden:
                changed = _hide(session, source_id, chain, who)
            else:
                marks = select(HiddenTrackletRow.hidden_id).where(HiddenTrackletRow.tracklet_id.in_(chain))
                ids = list(session.scalars(marks.distinct()))
                changed = _members(session, ids)
                session.execute(delete(HiddenRow).where(HiddenRow.id.in_(ids)))
            told = {"person": chain[0], "hidden": hidden, "tracklets": len(changed)}
            write_entry(session, "hide", told, who=who)
        return np.array(changed, np.int64)

    def hidden_tracklets(self) -> NDArray[np.int64]:
        """The ids of all hidden tracklets, rising, int64."""
        with self._db.read() as session:
            return hidden_ids(session)


def hidden_ids(session: Session) -> NDArray[np.int64]:
    """The ids of all hidden tracklets, rising, int64."""
    wanted = select(HiddenTrackletRow.tracklet_id).order_by(HiddenTrackletRow.tracklet_id)
    return np.array(session.scalars(wanted).all(), np.int64)


def hide_alike(session: Session, source_ids: Sequence[int], tracklet_ids: Sequence[int] | None = None) -> None:
    """Applies the marks of the sources' cameras to their tracklets (to some, when those are new)."""
    for source_id in source_ids:
        camera = select(SourceRow.camera_id).where(SourceRow.id == source_id).scalar_subquery()
        marks = session.scalars(select(HiddenRow).where(HiddenRow.camera_id == camera).order_by(HiddenRow.id)).all()
        if not marks:
            continue
        mine = TrackletRow.source_id == source_id
        chunks = [None] if tracklet_ids is None else list(in_chunks(tracklet_ids))
        for some in chunks:
            looks = _looks(session, mine if some is None else mine & TrackletRow.id.in_(some))
            _mark(session, marks, looks)


def show_all(session: Session, source_id: int) -> None:
    """Takes the marks off a source's tracklets, for when it goes to another camera."""
    mine = select(TrackletRow.id).where(TrackletRow.source_id == source_id)
    session.execute(delete(HiddenTrackletRow).where(HiddenTrackletRow.tracklet_id.in_(mine)))


def renew_marks(session: Session) -> None:
    """Makes the marks anew from what they hide, after things were removed or embedded anew.

    A mark that hides nothing any more goes: it would keep what somebody looks like.
    """
    for mark in session.scalars(select(HiddenRow)).all():
        look = _one_look(_looks(session, TrackletRow.id.in_(_members(session, [mark.id]))))
        if look is None:
            session.delete(mark)
        else:
            _describe(mark, *look)


def _looks(session: Session, condition: ColumnElement[bool]) -> list[_Look]:
    """What all tracklets look like that have shots."""
    dim = models_of(session).dim
    wanted = (
        select(ShotRow.tracklet_id, ShotRow.x1, ShotRow.y1, ShotRow.x2, ShotRow.y2, ShotRow.vector)
        .join(TrackletRow, ShotRow.tracklet_id == TrackletRow.id)
        .where(condition)
        .order_by(ShotRow.tracklet_id, ShotRow.id)
    )
    looks: dict[int, list[tuple[list[float], bytes]]] = {}
    for tracklet_id, *box, blob in session.execute(wanted):
        looks.setdefault(tracklet_id, []).append((box, blob))
    return [
        (tracklet_id, np.array([box for box, _ in shots], np.float64), unpack_vectors([blob for _, blob in shots], dim))
        for tracklet_id, shots in looks.items()
    ]


def _one_look(
    looks: list[_Look],
) -> tuple[NDArray[np.float64], NDArray[np.float32]] | None:
    if not looks:
        return None
    boxes = np.concatenate([boxes for _, boxes, _ in looks])
    return np.median(boxes, axis=0), _mean(np.concatenate([vectors for _, _, vectors in looks]))


def _mean(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    mean = vectors.mean(axis=0)
    unit: NDArray[np.float32] = (mean / max(float(np.linalg.norm(mean)), 1e-9)).astype(np.float32)
    return unit


def _describe(mark: HiddenRow, box: NDArray[np.float64], vector: NDArray[np.float32]) -> None:
    mark.x1, mark.y1, mark.x2, mark.y2 = (float(x) for x in box)
    [mark.vector] = pack_vectors(vector[None])


def _hide(session: Session, source_id: int, chain: Sequence[int], who: str) -> list[int]:
    look = _one_look(_looks(session, TrackletRow.id.in_(chain)))
    if look is None:
        raise LibraryError(f"tracklet {chain[0]} has no shots to recognise it by: it cannot be hidden")
    camera_id = session.scalars(select(SourceRow.camera_id).where(SourceRow.id == source_id)).one()
    before = set(hidden_ids(session).tolist())
    mark = HiddenRow(camera_id=camera_id, who=who, at=now())
    _describe(mark, *look)
    session.add(mark)
    session.flush()
    own = [{"tracklet_id": i, "hidden_id": mark.id} for i in chain if i not in before]
    if own:
        session.execute(insert(HiddenTrackletRow), own)
    sources = session.scalars(select(SourceRow.id).where(SourceRow.camera_id == camera_id)).all()
    hide_alike(session, sources)
    return sorted(set(hidden_ids(session).tolist()) - before)


def _mark(
    session: Session,
    marks: Sequence[HiddenRow],
    looks: list[_Look],
) -> None:
    vectors = unpack_vectors([mark.vector for mark in marks], models_of(session).dim)
    known = set(hidden_ids(session).tolist())
    fresh = []
    for tracklet_id, boxes, shots in looks:
        if tracklet_id in known:
            continue
        alike = vectors @ _mean(shots)
        for mark, likeness in zip(marks, alike, strict=True):
            place = np.array([mark.x1, mark.y1, mark.x2, mark.y2])
            if likeness >= _SAME_LOOK and float(iou(boxes, place).min()) >= _SAME_PLACE:
                fresh.append({"tracklet_id": tracklet_id, "hidden_id": mark.id})
                break
    if fresh:
        session.execute(insert(HiddenTrackletRow), fresh)


def _members(session: Session, marks: Sequence[int]) -> list[int]:
    wanted = select(HiddenTrackletRow.tracklet_id).where(HiddenTrackletRow.hidden_id.in_(marks))
    return sorted(session.scalars(wanted))
