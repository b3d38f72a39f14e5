"""What people ask, judge and set: jobs, cases, tokens, exports, watched folders, settings, what is hidden."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from reseen.library.columns import FileText, UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the tables of those who work with a library."""
    _jobs()
    _cases()
    _access()
    _exports()
    _watched()
    _hidden()
    _traces()


def _jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("lane", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("title", FileText(), nullable=False),
        sa.Column("arguments", sa.Text(), nullable=False),
        sa.Column("progress", sa.Text(), nullable=False),
        sa.Column("message", FileText(), nullable=False),
        sa.Column("asked", sa.String(), nullable=False),
        sa.Column("who", FileText(), nullable=False),
        sa.Column("worker", sa.String()),
        sa.Column("beat_at", UtcDateTime()),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("started_at", UtcDateTime()),
        sa.Column("ended_at", UtcDateTime()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("deaths", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_jobs_changed", "jobs", ["changed"])
    op.create_index("jobs_to_do", "jobs", ["lane", "state", "priority"])
    op.create_table(
        "uploads",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("name", FileText(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String()),
        sa.Column("who", FileText(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("job_id", sa.Integer(), sa.ForeignKey("jobs.id", ondelete="SET NULL")),
    )
    op.create_index("ix_uploads_job_id", "uploads", ["job_id"])


def _cases() -> None:
    op.create_table(
        "cases",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", FileText(), nullable=False),
        sa.Column("who", FileText(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("filters", sa.Text(), nullable=False),
        sa.Column("threshold", sa.Float()),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("seen_tracklet", sa.Integer(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "case_photos",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("case_id", sa.Integer(), sa.ForeignKey("cases.id", ondelete="CASCADE"), nullable=False),
        sa.Column("name", FileText(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("jpeg", sa.LargeBinary()),
        sa.Column("x1", sa.Float(), nullable=False),
        sa.Column("y1", sa.Float(), nullable=False),
        sa.Column("x2", sa.Float(), nullable=False),
        sa.Column("y2", sa.Float(), nullable=False),
        sa.Column("vector", sa.LargeBinary()),
        sa.Column("embedder_sha256", sa.String(), nullable=False),
        sa.Column("forgotten_at", UtcDateTime()),
    )
    op.create_index("ix_case_photos_case_id", "case_photos", ["case_id"])
    op.create_index("ix_case_photos_sha256", "case_photos", ["sha256"])
    op.create_table(
        "case_verdicts",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("case_id", sa.Integer(), sa.ForeignKey("cases.id", ondelete="CASCADE"), nullable=False),
        sa.Column("tracklet_id", sa.Integer(), sa.ForeignKey("tracklets.id", ondelete="CASCADE"), nullable=False),
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("who", FileText(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_case_verdicts_tracklet_id", "case_verdicts", ["tracklet_id"])
    op.create_index("verdicts_of_case", "case_verdicts", ["case_id", "tracklet_id"], unique=True)
    op.create_table(
        "case_persons",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("case_id", sa.Integer(), sa.ForeignKey("cases.id", ondelete="CASCADE"), nullable=False),
        sa.Column("tracklet_id", sa.Integer(), sa.ForeignKey("tracklets.id", ondelete="CASCADE"), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
    )
    op.create_index("ix_case_persons_tracklet_id", "case_persons", ["tracklet_id"])
    op.create_index("persons_of_case", "case_persons", ["case_id", "tracklet_id"], unique=True)


def _access() -> None:
    op.create_table(
        "tokens",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", FileText(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("cameras", sa.Text()),
        sa.Column("sha256", sa.String(), nullable=False, unique=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", FileText(), nullable=False),
        sa.Column("used_at", UtcDateTime()),
        sa.Column("revoked_at", UtcDateTime()),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "settings",
        sa.Column("name", sa.String(), primary_key=True),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("who", FileText(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
    )


def _exports() -> None:
    op.create_table(
        "exports",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("job_id", sa.Integer(), sa.ForeignKey("jobs.id", ondelete="SET NULL")),
        sa.Column("case_id", sa.Integer(), sa.ForeignKey("cases.id", ondelete="SET NULL")),
        sa.Column("name", FileText(), nullable=False),
        sa.Column("who", FileText(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("file", sa.String()),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String()),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_exports_case_id", "exports", ["case_id"])
    op.create_index("ix_exports_job_id", "exports", ["job_id"])
    op.create_table(
        "exported_tracklets",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("export_id", sa.Integer(), sa.ForeignKey("exports.id", ondelete="CASCADE"), nullable=False),
        sa.Column("tracklet_id", sa.Integer(), sa.ForeignKey("tracklets.id", ondelete="CASCADE"), nullable=False),
    )
    op.create_index("ix_exported_tracklets_tracklet_id", "exported_tracklets", ["tracklet_id"])
    op.create_index("tracklets_of_export", "exported_tracklets", ["export_id", "tracklet_id"], unique=True)


def _watched() -> None:
    op.create_table(
        "watched",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("folder", FileText(), nullable=False, unique=True),
        sa.Column("camera", FileText()),
        sa.Column("options", sa.Text(), nullable=False),
        sa.Column("who", FileText(), nullable=False),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.Column("looked_at", UtcDateTime()),
        sa.Column("problem", FileText(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "watched_files",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("watched_id", sa.Integer(), sa.ForeignKey("watched.id", ondelete="CASCADE"), nullable=False),
        sa.Column("path", FileText(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("modified", sa.Integer(), nullable=False),
    )
    op.create_index("files_of_watched", "watched_files", ["watched_id", "path"], unique=True)


def _hidden() -> None:
    op.create_table(
        "hidden",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("camera_id", sa.Integer(), sa.ForeignKey("cameras.id", ondelete="CASCADE"), nullable=False),
        sa.Column("x1", sa.Float(), nullable=False),
        sa.Column("y1", sa.Float(), nullable=False),
        sa.Column("x2", sa.Float(), nullable=False),
        sa.Column("y2", sa.Float(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.Column("who", FileText(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_hidden_camera_id", "hidden", ["camera_id"])
    op.create_table(
        "hidden_tracklets",
        sa.Column("tracklet_id", sa.Integer(), sa.ForeignKey("tracklets.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("hidden_id", sa.Integer(), sa.ForeignKey("hidden.id", ondelete="CASCADE"), nullable=False),
    )
    op.create_index("ix_hidden_tracklets_hidden_id", "hidden_tracklets", ["hidden_id"])


def _traces() -> None:
    op.create_table(
        "audit_thumbnails",
        sa.Column("audit_id", sa.Integer(), sa.ForeignKey("audit.id"), primary_key=True),
        sa.Column("jpeg", sa.LargeBinary()),
        sa.Column("forgotten_at", UtcDateTime()),
    )
    op.create_table(
        "unwiped",
        sa.Column("file", sa.String(), primary_key=True),
    )
