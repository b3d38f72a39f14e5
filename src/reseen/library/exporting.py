"""Tracklets, boxes and embeddings as Parquet, for other tools (pyarrow)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import select

from reseen.library.audit import AuditPart
from reseen.library.codec import unpack_vectors
from reseen.library.durable import replacing
from reseen.library.errors import LibraryError
from reseen.library.filters import EVERYTHING, Filter
from reseen.library.models_used import models_of
from reseen.library.part import in_chunks
from reseen.library.reading import ReadingPart
from reseen.library.records import Source
from reseen.library.sources import SourcesPart
from reseen.library.tables import ShotRow, TrackletRow

if TYPE_CHECKING:
    import pyarrow as pa

_TRACKLETS_AT_ONCE = 2000


class ExportingPart(AuditPart, ReadingPart, SourcesPart):
    """Export."""

    def export(self, folder: Path, wanted: Filter = EVERYTHING, *, who: str | None = None) -> tuple[Path, ...]:
        """Writes ``tracklets.parquet``, ``boxes.parquet`` and ``vectors.parquet``; an entry of the audit log.

        Args:
            folder: Where to; made when missing. Files of these names are replaced, each whole or not at all.
            wanted: Which tracklets.
            who: For the audit log.

        Returns:
            The three files.

        Raises:
            LibraryError: The folder cannot be written to.
        """
        ids = self.tracklet_ids(wanted).tolist()
        told = {"folder": str(folder), "tracklets": len(ids)}
        self.record("export", told, filters=_filter_told(wanted), results=len(ids), who=who)
        with self._db.read() as session:
            models = models_of(session)
        about = {
            "reseen.detector": f"{models.detector_name} {models.detector_sha256}",
            "reseen.embedder": f"{models.embedder_name} {models.embedder_sha256}",
        }
        person_of = self._person_of()
        sources = {source.id: source for source in self.sources()}
        tables = {
            "tracklets": (
                _tracklet_schema(about),
                (self._tracklet_columns(some, sources, person_of) for some in _parts(ids)),
            ),
            "boxes": (_box_schema(about), (self._box_columns(some) for some in _parts(ids))),
            "vectors": (
                _vector_schema(about, models.dim),
                (self._vector_columns(some, models.dim) for some in _parts(ids)),
            ),
        }
        try:
            folder.mkdir(parents=True, exist_ok=True)
            return tuple(_write(folder / f"{name}.parquet", *table) for name, table in tables.items())
        except OSError as error:
            raise LibraryError(
                f"{folder}: cannot be written to ({error.strerror or error}): choose another folder"
            ) from error

    def _person_of(self) -> dict[int, int]:
        persons = self.persons()
        return dict(zip(persons.tracklet_ids.tolist(), persons.person_ids.tolist(), strict=True))

    def _tracklet_columns(
        self, ids: Sequence[int], sources: Mapping[int, Source], person_of: Mapping[int, int]
    ) -> dict[str, Any]:
        found = self.tracklets(ids)
        of = [sources[one.source_id] for one in found]
        return {
            "tracklet_id": [one.id for one in found],
            "person_id": [person_of[one.id] for one in found],
            "continues": [one.continues for one in found],
            "source_id": [source.id for source in of],
            "source": [_printable(source.shown) for source in of],
            "source_sha256": [source.sha256 for source in of],
            "camera": [_printable(source.camera) for source in of],
            "start": [one.tracklet.start for one in found],
            "end": [one.tracklet.end for one in found],
            "wall_start": [_wall(source, one.tracklet.start) for source, one in zip(of, found, strict=True)],
            "wall_end": [_wall(source, one.tracklet.end) for source, one in zip(of, found, strict=True)],
            "boxes": [len(one.tracklet.times) for one in found],
        }

    def _box_columns(self, ids: Sequence[int]) -> dict[str, Any]:
        found = self.tracklets(ids)
        lengths = [len(one.tracklet.times) for one in found]
        boxes = np.concatenate([one.tracklet.boxes for one in found])
        return {
            "tracklet_id": np.repeat([one.id for one in found], lengths),
            "source_id": np.repeat([one.source_id for one in found], lengths),
            "time": np.concatenate([one.tracklet.times for one in found]),
            **{name: boxes[:, i] for i, name in enumerate(("x1", "y1", "x2", "y2"))},
            "score": np.concatenate([one.tracklet.scores for one in found]),
            "observed": np.concatenate([one.tracklet.observed for one in found]),
        }

    def _vector_columns(self, ids: Sequence[int], dim: int) -> dict[str, Any]:
        import pyarrow as pa

        wanted = (
            select(ShotRow, TrackletRow.source_id)
            .join(TrackletRow, ShotRow.tracklet_id == TrackletRow.id)
            .where(ShotRow.tracklet_id.in_(ids))
            .order_by(ShotRow.id)
        )
        with self._db.read() as session:
            found = session.execute(wanted).all()
        rows = [row.ShotRow for row in found]
        matrix = unpack_vectors([row.vector for row in rows], dim)
        return {
            "shot_id": [row.id for row in rows],
            "tracklet_id": [row.tracklet_id for row in rows],
            "source_id": [row.source_id for row in found],
            **{
                name: [getattr(row, name) for row in rows]
                for name in ("time", "x1", "y1", "x2", "y2", "score", "quality", "file")
            },
            "vector": pa.FixedSizeListArray.from_arrays(matrix.reshape(-1), dim),
        }


def _parts(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return in_chunks(ids, _TRACKLETS_AT_ONCE)


def _write(path: Path, schema: pa.Schema, parts: Iterable[dict[str, Any]]) -> Path:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with replacing(path) as file, pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for columns in parts:
            writer.write_table(pa.table(columns, schema=schema))
    return path


def _tracklet_schema(about: dict[str, str]) -> pa.Schema:
    import pyarrow as pa

    moment = pa.timestamp("us", tz="UTC")
    return pa.schema(
        [
            ("tracklet_id", pa.int64()),
            ("person_id", pa.int64()),
            ("continues", pa.int64()),
            ("source_id", pa.int64()),
            ("source", pa.string()),
            ("source_sha256", pa.string()),
            ("camera", pa.string()),
            ("start", pa.float64()),
            ("end", pa.float64()),
            ("wall_start", moment),
            ("wall_end", moment),
            ("boxes", pa.int64()),
        ],
        metadata=about,
    )


def _box_schema(about: dict[str, str]) -> pa.Schema:
    import pyarrow as pa

    numbers = [(name, pa.float32()) for name in ("x1", "y1", "x2", "y2", "score")]
    keys = [("tracklet_id", pa.int64()), ("source_id", pa.int64()), ("time", pa.float64())]
    return pa.schema([*keys, *numbers, ("observed", pa.bool_())], metadata=about)


def _vector_schema(about: dict[str, str], dim: int) -> pa.Schema:
    import pyarrow as pa

    keys = [
        ("shot_id", pa.int64()),
        ("tracklet_id", pa.int64()),
        ("source_id", pa.int64()),
        ("time", pa.float64()),
    ]
    numbers = [(name, pa.float32()) for name in ("x1", "y1", "x2", "y2", "score", "quality")]
    vector = pa.list_(pa.float32(), dim)
    return pa.schema([*keys, *numbers, ("file", pa.string()), ("vector", vector)], metadata=about)


def _wall(source: Source, seconds: float) -> datetime | None:
    return None if source.started_at is None else source.started_at + timedelta(seconds=seconds)


def _printable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _filter_told(wanted: Filter) -> dict[str, object]:
    return {
        "sources": None if wanted.sources is None else list(wanted.sources),
        "cameras": None if wanted.cameras is None else list(wanted.cameras),
        "from": None if wanted.start is None else wanted.start.isoformat(),
        "to": None if wanted.end is None else wanted.end.isoformat(),
    }
