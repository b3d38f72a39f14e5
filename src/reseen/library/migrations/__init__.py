"""Alembic's folder: ``env.py`` and the revisions in ``versions``; run by ``library.migrating`` only."""
