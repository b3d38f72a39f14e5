"""The tables of those who work with a library: jobs, cases, tokens, exports, folders watched, settings.

What was found is in ``tables``; here is what people ask, judge and set. Whatever can show a person (photos,
thumbnails, vectors) may be taken back to a tombstone: its columns are empty then, its hash stays.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from reseen.library.columns import FileText, UtcDateTime
from reseen.library.tables import NEVER_TWICE, Base


class JobRow(Base):
    """A piece of work for a worker; ``arguments`` and ``progress`` are JSON, ``changed`` rises with every change."""

    __tablename__ = "jobs"
    __table_args__ = (Index("jobs_to_do", "lane", "state", "priority"), NEVER_TWICE)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String)
    lane: Mapped[str] = mapped_column(String)
    state: Mapped[str] = mapped_column(String)
    priority: Mapped[int]
    title: Mapped[str] = mapped_column(FileText)
    arguments: Mapped[str] = mapped_column(Text)
    progress: Mapped[str] = mapped_column(Text)
    message: Mapped[str] = mapped_column(FileText)
    asked: Mapped[str] = mapped_column(String)
    who: Mapped[str] = mapped_column(FileText)
    worker: Mapped[str | None] = mapped_column(String)
    beat_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int]
    deaths: Mapped[int]
    changed: Mapped[int] = mapped_column(index=True)


class CaseRow(Base):
    """A judged search; ``filters`` is JSON, ``seen_tracklet`` the newest tracklet when it was last opened."""

    __tablename__ = "cases"
    __table_args__ = NEVER_TWICE

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(FileText)
    who: Mapped[str] = mapped_column(FileText)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    filters: Mapped[str] = mapped_column(Text)
    threshold: Mapped[float | None]
    notes: Mapped[str] = mapped_column(Text)
    seen_tracklet: Mapped[int]


class CasePhotoRow(Base):
    """A photo of the wanted person; once forgotten, picture and vector are empty and the hash stays."""

    __tablename__ = "case_photos"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(FileText)
    sha256: Mapped[str] = mapped_column(String, index=True)
    jpeg: Mapped[bytes | None] = mapped_column(LargeBinary)
    x1: Mapped[float]
    y1: Mapped[float]
    x2: Mapped[float]
    y2: Mapped[float]
    vector: Mapped[bytes | None] = mapped_column(LargeBinary)
    embedder_sha256: Mapped[str] = mapped_column(String)
    forgotten_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class VerdictRow(Base):
    """What was said of a tracklet in a case; those of one ``batch`` were judged as one match."""

    __tablename__ = "case_verdicts"
    __table_args__ = (Index("verdicts_of_case", "case_id", "tracklet_id", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    tracklet_id: Mapped[int] = mapped_column(ForeignKey("tracklets.id", ondelete="CASCADE"), index=True)
    batch: Mapped[int]
    verdict: Mapped[str] = mapped_column(String)
    note: Mapped[str] = mapped_column(Text)
    who: Mapped[str] = mapped_column(FileText)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class CasePersonRow(Base):
    """Whose a tracklet is in a case, where that was joined or split by hand; ``person_id`` is a mere label."""

    __tablename__ = "case_persons"
    __table_args__ = (Index("persons_of_case", "case_id", "tracklet_id", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    tracklet_id: Mapped[int] = mapped_column(ForeignKey("tracklets.id", ondelete="CASCADE"), index=True)
    person_id: Mapped[int]


class TokenRow(Base):
    """An access token, by the hash of its secret; a revoked one stays, so that the audit log can name it."""

    __tablename__ = "tokens"
    __table_args__ = NEVER_TWICE

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(FileText)
    role: Mapped[str] = mapped_column(String)
    cameras: Mapped[str | None] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String, unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(FileText)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ExportRow(Base):
    """Something to take away; ``file`` is the name of its zip in the library's folder ``exports``."""

    __tablename__ = "exports"
    __table_args__ = NEVER_TWICE

    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int | None] = mapped_column(ForeignKey("jobs.id", ondelete="SET NULL"), index=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id", ondelete="SET NULL"), index=True)
    name: Mapped[str] = mapped_column(FileText)
    who: Mapped[str] = mapped_column(FileText)
    facts: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    file: Mapped[str | None] = mapped_column(String)
    size: Mapped[int]
    sha256: Mapped[str | None] = mapped_column(String)


class ExportedRow(Base):
    """A tracklet that can be seen in an export."""

    __tablename__ = "exported_tracklets"
    __table_args__ = (Index("tracklets_of_export", "export_id", "tracklet_id", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    export_id: Mapped[int] = mapped_column(ForeignKey("exports.id", ondelete="CASCADE"))
    tracklet_id: Mapped[int] = mapped_column(ForeignKey("tracklets.id", ondelete="CASCADE"), index=True)


class WatchedRow(Base):
    """A folder whose files are indexed as they arrive; ``options`` is JSON about their clock."""

    __tablename__ = "watched"
    __table_args__ = NEVER_TWICE

    id: Mapped[int] = mapped_column(primary_key=True)
    folder: Mapped[str] = mapped_column(FileText, unique=True)
    camera: Mapped[str | None] = mapped_column(FileText)
    options: Mapped[str] = mapped_column(Text)
    who: Mapped[str] = mapped_column(FileText)
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    looked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    problem: Mapped[str] = mapped_column(FileText)


class WatchedFileRow(Base):
    """A file of a watched folder that was given to a job, as it was then."""

    __tablename__ = "watched_files"
    __table_args__ = (Index("files_of_watched", "watched_id", "path", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    watched_id: Mapped[int] = mapped_column(ForeignKey("watched.id", ondelete="CASCADE"))
    path: Mapped[str] = mapped_column(FileText)
    size: Mapped[int]
    modified: Mapped[int]


class SettingRow(Base):
    """A setting of the library, as JSON."""

    __tablename__ = "settings"

    name: Mapped[str] = mapped_column(String, primary_key=True)
    value: Mapped[str] = mapped_column(Text)
    who: Mapped[str] = mapped_column(FileText)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class HiddenRow(Base):
    """Something hidden that is no person: where it stands in a camera's picture and what it looks like."""

    __tablename__ = "hidden"
    __table_args__ = NEVER_TWICE

    id: Mapped[int] = mapped_column(primary_key=True)
    camera_id: Mapped[int] = mapped_column(ForeignKey("cameras.id", ondelete="CASCADE"), index=True)
    x1: Mapped[float]
    y1: Mapped[float]
    x2: Mapped[float]
    y2: Mapped[float]
    vector: Mapped[bytes] = mapped_column(LargeBinary)
    who: Mapped[str] = mapped_column(FileText)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class HiddenTrackletRow(Base):
    """A tracklet that is hidden, and by which mark."""

    __tablename__ = "hidden_tracklets"

    tracklet_id: Mapped[int] = mapped_column(ForeignKey("tracklets.id", ondelete="CASCADE"), primary_key=True)
    hidden_id: Mapped[int] = mapped_column(ForeignKey("hidden.id", ondelete="CASCADE"), index=True)


class ThumbnailRow(Base):
    """The small picture of an audit entry; once forgotten it is empty, and the entry with its hashes stays."""

    __tablename__ = "audit_thumbnails"

    audit_id: Mapped[int] = mapped_column(ForeignKey("audit.id"), primary_key=True)
    jpeg: Mapped[bytes | None] = mapped_column(LargeBinary)
    forgotten_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class UploadRow(Base):
    """A file on its way from a browser; what arrived lies in the library's folder ``uploads``."""

    __tablename__ = "uploads"

    id: Mapped[str] = mapped_column(String, primary_key=True)
    name: Mapped[str] = mapped_column(FileText)
    size: Mapped[int]
    sha256: Mapped[str | None] = mapped_column(String)
    who: Mapped[str] = mapped_column(FileText)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    job_id: Mapped[int | None] = mapped_column(ForeignKey("jobs.id", ondelete="SET NULL"), index=True)


class UnwipedRow(Base):
    """A file of the library whose rows are deleted, but which is not wiped yet; named from the library's folder."""

    __tablename__ = "unwiped"

    file: Mapped[str] = mapped_column(String, primary_key=True)
