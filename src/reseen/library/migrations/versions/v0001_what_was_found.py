"""What was found: cameras, sources, segments, gaps, tracklets, shots."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from reseen.library.columns import FileText, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the tables of a new library."""
    _library()
    _footage()
    _segments()
    _found()


def _library() -> None:
    op.create_table(
        "library",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("detector_name", sa.String(), nullable=False),
        sa.Column("detector_sha256", sa.String(), nullable=False),
        sa.Column("embedder_name", sa.String(), nullable=False),
        sa.Column("embedder_sha256", sa.String(), nullable=False),
        sa.Column("dim", sa.Integer(), nullable=False),
        sa.Column("analysis", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.CheckConstraint("id = 1", name="one_library"),
    )


def _footage() -> None:
    op.create_table(
        "cameras",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", FileText(), nullable=False, unique=True),
        sa.Column("areas", sa.Text(), nullable=False),
    )
    op.create_table(
        "sources",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("camera_id", sa.Integer(), sa.ForeignKey("cameras.id"), nullable=False),
        sa.Column("path", FileText(), nullable=False),
        sa.Column("shown", FileText(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False, unique=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("duration", sa.Float(), nullable=False),
        sa.Column("frame_rate", sa.Float()),
        sa.Column("codec", sa.String(), nullable=False),
        sa.Column("started_at", UtcDateTime()),
        sa.Column("started_from", sa.String()),
        sa.Column("clock_note", FileText(), nullable=False),
        sa.Column("warnings", sa.Text(), nullable=False),
        sa.Column("failure", FileText()),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.Column("last_used", UtcDateTime(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_sources_camera_id", "sources", ["camera_id"])
    op.create_index("ix_sources_path", "sources", ["path"])


def _segments() -> None:
    op.create_table(
        "segments",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("source_id", sa.Integer(), sa.ForeignKey("sources.id", ondelete="CASCADE"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("start", sa.Float(), nullable=False),
        sa.Column("end", sa.Float(), nullable=False),
        sa.Column("done_at", UtcDateTime()),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("frames", sa.Integer(), nullable=False),
        sa.Column("picture_bytes", sa.Integer(), nullable=False),
        sa.Column("path_bytes", sa.Integer(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("segments_of_source", "segments", ["source_id", "position"], unique=True)
    op.create_table(
        "gaps",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("segment_id", sa.Integer(), sa.ForeignKey("segments.id", ondelete="CASCADE"), nullable=False),
        sa.Column("start", sa.Float(), nullable=False),
        sa.Column("end", sa.Float(), nullable=False),
        sa.Column("reason", FileText(), nullable=False),
    )
    op.create_index("ix_gaps_segment_id", "gaps", ["segment_id"])


def _found() -> None:
    op.create_table(
        "tracklets",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("segment_id", sa.Integer(), sa.ForeignKey("segments.id", ondelete="CASCADE"), nullable=False),
        sa.Column("source_id", sa.Integer(), sa.ForeignKey("sources.id", ondelete="CASCADE"), nullable=False),
        sa.Column("start", sa.Float(), nullable=False),
        sa.Column("end", sa.Float(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("continues", sa.Integer(), sa.ForeignKey("tracklets.id", ondelete="SET NULL"), unique=True),
        sa.Column("path", sa.LargeBinary(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_tracklets_segment_id", "tracklets", ["segment_id"])
    op.create_index("tracklets_in_time", "tracklets", ["source_id", "start", "end"])
    op.create_table(
        "shots",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("tracklet_id", sa.Integer(), sa.ForeignKey("tracklets.id", ondelete="CASCADE"), nullable=False),
        sa.Column("time", sa.Float(), nullable=False),
        *(sa.Column(name, sa.Float(), nullable=False) for name in ("x1", "y1", "x2", "y2", "score", "quality")),
        sa.Column("file", sa.String(), nullable=False, unique=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_shots_tracklet_id", "shots", ["tracklet_id"])
    op.create_table(
        "staged_vectors",
        sa.Column("shot_id", sa.Integer(), sa.ForeignKey("shots.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
    )
