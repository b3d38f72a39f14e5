"""Every table of a library, as typed ORM classes.

Rows are the truth: the shots' files are named by them and the Faiss index is derived from them. A change here
needs a migration in ``migrations/versions`` (a test compares the two).

Ids of segments, tracklets and shots are never used twice (``AUTOINCREMENT``): file names and the index rely
on it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, Float, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeEngine

from reseen.library.columns import FileText, UtcDateTime

NEVER_TWICE = {"sqlite_autoincrement": True}


class Base(DeclarativeBase):
    """The metadata of all tables."""

    # What a float becomes depends on the version of SQLAlchemy otherwise.
    type_annotation_map: ClassVar[dict[type, type[TypeEngine[Any]]]] = {float: Float}


class LibraryRow(Base):
    """The one row about the library itself; ``epoch`` rises when vectors vanish or change."""

    __tablename__ = "library"
    __table_args__ = (CheckConstraint("id = 1", name="one_library"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String)
    detector_name: Mapped[str] = mapped_column(String)
    detector_sha256: Mapped[str] = mapped_column(String)
    embedder_name: Mapped[str] = mapped_column(String)
    embedder_sha256: Mapped[str] = mapped_column(String)
    dim: Mapped[int]
    analysis: Mapped[str] = mapped_column(Text)
    epoch: Mapped[int]


class CameraRow(Base):
    """A named viewpoint; ``areas`` is JSON text."""

    __tablename__ = "cameras"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(FileText, unique=True)
    areas: Mapped[str] = mapped_column(Text)


class SourceRow(Base):
    """A piece of footage, known by the hash of its content; ``warnings`` is a JSON list of texts."""

    __tablename__ = "sources"
    __table_args__ = NEVER_TWICE

    id: Mapped[int] = mapped_column(primary_key=True)
    camera_id: Mapped[int] = mapped_column(ForeignKey("cameras.id"), index=True)
    path: Mapped[str] = mapped_column(FileText, index=True)
    shown: Mapped[str] = mapped_column(FileText)
    sha256: Mapped[str] = mapped_column(String, unique=True)
    size: Mapped[int]
    kind: Mapped[str] = mapped_column(String)
    width: Mapped[int]
    height: Mapped[int]
    duration: Mapped[float]
    frame_rate: Mapped[float | None]
    codec: Mapped[str] = mapped_column(String)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    started_from: Mapped[str | None] = mapped_column(String)
    clock_note: Mapped[str] = mapped_column(FileText)
    warnings: Mapped[str] = mapped_column(Text)
    failure: Mapped[str | None] = mapped_column(FileText)
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_used: Mapped[datetime] = mapped_column(UtcDateTime)


class SegmentRow(Base):
    """A stretch of a source, committed as a whole (``done_at``) or not at all.

    The bytes of its pictures and paths stand here so that sizes are known without reading the wide rows.
    """

    __tablename__ = "segments"
    __table_args__ = (Index("segments_of_source", "source_id", "position", unique=True), NEVER_TWICE)

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id", ondelete="CASCADE"))
    position: Mapped[int]
    start: Mapped[float]
    end: Mapped[float]
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    seconds: Mapped[float]
    frames: Mapped[int]
    picture_bytes: Mapped[int]
    path_bytes: Mapped[int]


class GapRow(Base):
    """A stretch of a segment that could not be looked through, and why."""

    __tablename__ = "gaps"

    id: Mapped[int] = mapped_column(primary_key=True)
    segment_id: Mapped[int] = mapped_column(ForeignKey("segments.id", ondelete="CASCADE"), index=True)
    start: Mapped[float]
    end: Mapped[float]
    reason: Mapped[str] = mapped_column(FileText)


class TrackletRow(Base):
    """A tracklet; its times, boxes and scores are one compressed blob (``codec.pack_path``)."""

    __tablename__ = "tracklets"
    __table_args__ = (Index("tracklets_in_time", "source_id", "start", "end"), NEVER_TWICE)

    id: Mapped[int] = mapped_column(primary_key=True)
    segment_id: Mapped[int] = mapped_column(ForeignKey("segments.id", ondelete="CASCADE"), index=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id", ondelete="CASCADE"))
    start: Mapped[float]
    end: Mapped[float]
    count: Mapped[int]
    continues: Mapped[int | None] = mapped_column(ForeignKey("tracklets.id", ondelete="SET NULL"), unique=True)
    path: Mapped[bytes] = mapped_column(LargeBinary)


class ShotRow(Base):
    """A shot: where and when, the name and size of its JPEG, and its embedding as little-endian float16."""

    __tablename__ = "shots"
    __table_args__ = NEVER_TWICE

    id: Mapped[int] = mapped_column(primary_key=True)
    tracklet_id: Mapped[int] = mapped_column(ForeignKey("tracklets.id", ondelete="CASCADE"), index=True)
    time: Mapped[float]
    x1: Mapped[float]
    y1: Mapped[float]
    x2: Mapped[float]
    y2: Mapped[float]
    score: Mapped[float]
    quality: Mapped[float]
    file: Mapped[str] = mapped_column(String, unique=True)
    size: Mapped[int]
    vector: Mapped[bytes] = mapped_column(LargeBinary)


class StagedVectorRow(Base):
    """An embedding by a new embedder, waiting for the switch (see ``reembedding``)."""

    __tablename__ = "staged_vectors"

    shot_id: Mapped[int] = mapped_column(ForeignKey("shots.id", ondelete="CASCADE"), primary_key=True)
    vector: Mapped[bytes] = mapped_column(LargeBinary)


class AuditRow(Base):
    """An entry of the audit log; triggers refuse to change or delete one."""

    __tablename__ = "audit"
    __table_args__ = NEVER_TWICE

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    who: Mapped[str] = mapped_column(FileText)
    action: Mapped[str] = mapped_column(String)
    detail: Mapped[str] = mapped_column(Text)
    photos: Mapped[str] = mapped_column(Text)
    filters: Mapped[str | None] = mapped_column(Text)
    results: Mapped[int | None]
