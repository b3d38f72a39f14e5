"""Which models' work a library holds, and the refusal to mix it with others'."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from reseen.library.errors import ModelsDifferError
from reseen.library.records import ModelsUsed
from reseen.library.tables import LibraryRow


def models_of(session: Session) -> ModelsUsed:
    """The models of a library."""
    row = session.scalars(select(LibraryRow).execution_options(populate_existing=True)).one()
    return ModelsUsed(row.detector_name, row.detector_sha256, row.embedder_name, row.embedder_sha256, row.dim)


def set_models(session: Session, models: ModelsUsed) -> None:
    """Writes other models into the library's row."""
    row = session.scalars(select(LibraryRow)).one()
    row.detector_name, row.detector_sha256 = models.detector_name, models.detector_sha256
    row.embedder_name, row.embedder_sha256 = models.embedder_name, models.embedder_sha256
    row.dim = models.dim


def refuse_other_embedder(held: ModelsUsed, given: ModelsUsed, folder: Path) -> None:
    """Raises ``ModelsDifferError`` when embeddings of ``given`` cannot be compared with those held."""
    if (held.embedder_sha256, held.dim) != (given.embedder_sha256, given.dim):
        raise ModelsDifferError(
            f"{folder}: holds embeddings of {_named(held.embedder_name, held.embedder_sha256)}, not of "
            f"{_named(given.embedder_name, given.embedder_sha256)}, which cannot be compared: choose the "
            "library's embedder, or embed the library anew"
        )


def refuse_other_detector(held: ModelsUsed, given: ModelsUsed, folder: Path) -> None:
    """Raises ``ModelsDifferError`` when ``given`` would find other people than the library's detector."""
    if held.detector_sha256 != given.detector_sha256:
        raise ModelsDifferError(
            f"{folder}: was made with the detector {_named(held.detector_name, held.detector_sha256)}, not "
            f"with {_named(given.detector_name, given.detector_sha256)}: choose that one, or another library"
        )


def _named(name: str, sha256: str) -> str:
    return f"{name} (sha256 {sha256[:12]})"
