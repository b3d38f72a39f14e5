"""The audit log, which can only grow."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from reseen.library.columns import FileText, UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_REFUSE = "BEGIN SELECT RAISE(ABORT, 'the audit log can only grow'); END"


def upgrade() -> None:
    """Makes the log and the triggers that guard it."""
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("who", FileText(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("photos", sa.Text(), nullable=False),
        sa.Column("filters", sa.Text()),
        sa.Column("results", sa.Integer()),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_at", "audit", ["at"])
    op.execute(f"CREATE TRIGGER audit_no_change BEFORE UPDATE ON audit {_REFUSE}")
    op.execute(f"CREATE TRIGGER audit_no_deletion BEFORE DELETE ON audit {_REFUSE}")
