"""The way in: segments planned, committed whole, resumed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from reseen.library.codec import check_vectors, pack_path, pack_vectors
from reseen.library.errors import LibraryError
from reseen.library.hiding import hide_alike
from reseen.library.part import now
from reseen.library.records import FoundTracklet, Segment, SegmentFound, SpanLike
from reseen.library.shotfolder import WrittenShot
from reseen.library.sources import SourcesPart
from reseen.library.tables import GapRow, LibraryRow, SegmentRow, ShotRow, SourceRow, TrackletRow


class SegmentsPart(SourcesPart):
    """Segments and what is found in them."""

    def as_kept(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """A shot as the library will give it back, ``(h, w, 3)`` uint8 BGR each.

        What is embedded when footage is indexed must be what is embedded when the library is given to another
        embedder later.
        """
        return self._shots.as_kept(picture)

    def plan_segments(self, source_id: int, spans: Iterable[SpanLike]) -> tuple[Segment, ...]:
        """Notes into which segments a source is cut; the same plan again changes nothing.

        A different plan replaces the old one as long as no segment is committed.

        Raises:
            LibraryError: Segments cut differently are committed already.
            UnknownRowError: No such source.
        """
        self._need_writer()
        plan = sorted((span.index, float(span.start), float(span.end)) for span in spans)
        with self._db.write() as session:
            source = self._known(session, source_id)
            known = _segments(session, source_id)
            if plan != [(segment.index, segment.start, segment.end) for segment in known]:
                if any(segment.done for segment in known):
                    raise LibraryError(
                        f"{source.shown}: was indexed in part with other segments: remove it from the "
                        "library and index it again"
                    )
                session.execute(delete(SegmentRow).where(SegmentRow.source_id == source_id))
                session.add_all(_planned(source_id, *stretch) for stretch in plan)
                session.flush()
            return _segments(session, source_id)

    def segments(self, source_id: int) -> tuple[Segment, ...]:
        """The planned segments of a source, in order."""
        with self._db.read() as session:
            return _segments(session, source_id)

    def pending(self, source_id: int) -> tuple[Segment, ...]:
        """The segments of a source that are not committed yet, in order."""
        return tuple(segment for segment in self.segments(source_id) if not segment.done)

    def commit_segment(self, segment_id: int, found: SegmentFound) -> tuple[int, ...]:
        """Stores what was found in a segment: all of it or, whatever goes wrong, nothing.

        Committing a segment twice is no error and changes nothing.

        Returns:
            The ids of its tracklets, in the order of ``found.tracklets``.

        Raises:
            LibraryError: The disk is full, ...
            UnknownRowError: No such segment.
            ValueError: Embeddings that do not fit (number, length, not unit vectors), or two tracklets that
                continue the same one.
        """
        self._need_writer()
        with self._commit_lock:
            with self._db.read() as session:
                segment = self._segment(session, segment_id)
                dim = session.execute(select(LibraryRow.dim)).scalar_one()
                if segment.done_at is not None:
                    return _tracklet_ids(session, segment_id)
            for one in found.tracklets:
                check_vectors(one.vectors, len(one.tracklet.shots), dim)
            images = [[shot.image for shot in one.tracklet.shots] for one in found.tracklets]
            written = self._shots.write(segment_id, images)
            with self._db.write() as session:
                segment = self._segment(session, segment_id)
                ids = _insert(session, segment, found, written)
                if ids:
                    session.flush()
                    hide_alike(session, [segment.source_id], ids)
                return ids

    def fail_source(self, source_id: int, reason: str | None) -> None:
        """Notes why a source cannot be indexed (what is committed stays); None takes that back."""
        self._need_writer()
        with self._db.write() as session:
            self._known(session, source_id)
            session.execute(update(SourceRow).where(SourceRow.id == source_id).values(failure=reason))

    def link(self, pairs: Sequence[tuple[int, int]]) -> None:
        """Notes afterwards which tracklet continues which: pairs of (tracklet, the one before).

        For segments that were committed in another order than that of their times.

        Raises:
            ValueError: Two tracklets continue the same one.
        """
        self._need_writer()
        with self._db.write() as session:
            _check_successors(session, [before for _, before in pairs], [later for later, _ in pairs])
            for later, before in pairs:
                session.execute(update(TrackletRow).where(TrackletRow.id == later).values(continues=before))

    def _segment(self, session: Session, segment_id: int) -> SegmentRow:
        return self._row(session, SegmentRow, segment_id, "segment")


def _planned(source_id: int, position: int, start: float, end: float) -> SegmentRow:
    return SegmentRow(
        source_id=source_id,
        position=position,
        start=start,
        end=end,
        seconds=0.0,
        frames=0,
        picture_bytes=0,
        path_bytes=0,
    )


def _segments(session: Session, source_id: int) -> tuple[Segment, ...]:
    rows = session.scalars(select(SegmentRow).where(SegmentRow.source_id == source_id).order_by(SegmentRow.position))
    return tuple(
        Segment(row.id, row.source_id, row.position, row.start, row.end, row.done_at is not None) for row in rows
    )


def _tracklet_ids(session: Session, segment_id: int) -> tuple[int, ...]:
    return tuple(
        session.scalars(select(TrackletRow.id).where(TrackletRow.segment_id == segment_id).order_by(TrackletRow.id))
    )


def _check_successors(session: Session, before: Sequence[int], later: Sequence[int] = ()) -> None:
    taken = set(
        session.scalars(
            select(TrackletRow.continues).where(TrackletRow.continues.in_(before), TrackletRow.id.not_in(later))
        )
    )
    twice = sorted({i for i in before if before.count(i) > 1 or i in taken})
    if twice:
        raise ValueError(f"a tracklet has one successor; several continue {twice}")


def _insert(
    session: Session, segment: SegmentRow, found: SegmentFound, written: Sequence[Sequence[WrittenShot]]
) -> tuple[int, ...]:
    _check_successors(session, [one.continues for one in found.tracklets if one.continues is not None])
    rows = [
        TrackletRow(
            segment_id=segment.id,
            source_id=segment.source_id,
            start=one.tracklet.start,
            end=one.tracklet.end,
            count=len(one.tracklet.times),
            continues=one.continues,
            path=pack_path(one.tracklet),
        )
        for one in found.tracklets
    ]
    session.add_all(rows)
    session.flush()
    shots = [
        shot
        for row, one, files in zip(rows, found.tracklets, written, strict=True)
        for shot in _shot_values(row.id, one, files)
    ]
    if shots:
        session.execute(insert(ShotRow), shots)
    session.add_all(
        GapRow(segment_id=segment.id, start=gap.start, end=gap.end, reason=gap.reason) for gap in found.gaps
    )
    segment.done_at, segment.seconds, segment.frames = now(), found.seconds, found.frames
    segment.picture_bytes = sum(file.size for files in written for file in files)
    segment.path_bytes = sum(len(row.path) for row in rows)
    return tuple(row.id for row in rows)


def _shot_values(tracklet_id: int, one: FoundTracklet, files: Sequence[WrittenShot]) -> list[dict[str, object]]:
    blobs = pack_vectors(one.vectors)
    values = []
    for shot, file, blob in zip(one.tracklet.shots, files, blobs, strict=True):
        x1, y1, x2, y2 = (float(x) for x in shot.box)
        values.append(
            {
                "tracklet_id": tracklet_id,
                "time": float(shot.time),
                "x1": x1,
                "y1": y1,
                "x2": x2,
                "y2": y2,
                "score": float(shot.score),
                "quality": float(shot.quality),
                "file": file.name,
                "size": file.size,
                "vector": blob,
            }
        )
    return values
