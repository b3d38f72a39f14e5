"""Runs migrations on the connection that ``library.migrating`` hands over."""

from __future__ import annotations

from alembic import context

from reseen.library.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    # SQLite can change tables inside a transaction; the caller has begun one.
    transactional_ddl=True,
    transaction_per_migration=False,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
