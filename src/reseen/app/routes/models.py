"""The networks with their cards and figures, and measuring one's own footage."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from reseen.app.access import Who
from reseen.app.context import Here
from reseen.app.jobs import JobShown, job_shown
from reseen.app.routing import Routes
from reseen.models import Card

routes = Routes("models")


class ModelShown(BaseModel):
    """A network, by its card."""

    name: str
    task: Literal["detection", "reid"] = Field(description="Finds people, or compares them.")
    summary: str
    licence: str
    source: str
    data: str = Field(description="What it was trained on, as far as known.")
    present: bool = Field(description="Whether its files are here.")
    used: bool = Field(description="Whether this library holds its work.")
    input: tuple[int, int] = Field(description="Width and height of the pictures it looks at.")
    measured: dict[str, float | str] = Field(description="Figures measured by this project.")
    published: dict[str, float | str] = Field(description="Figures of whoever made it, not measured here.")
    notes: list[str]
    threshold: float | None = Field(description="Likeness from which a match is reported, for one that compares.")
    calibrated: bool = Field(description="Whether the threshold was measured on this library's own footage.")
    pairs: int | None = Field(description="Pairs of strangers its certainty was measured on.")


@routes.get("/models", role="viewer")
def list_models(here: Here) -> list[ModelShown]:
    """All networks that are known, in order of preference."""
    held = here.store.models
    used = {held.detector_name, held.embedder_name}
    own = here.library.card
    return [
        _shown(own if card.name == own.name else card, here.library.catalogue.present(card.name), used, card)
        for card in here.library.catalogue.cards()
    ]


@routes.post("/calibration", role="admin", status_code=202)
def calibrate(here: Here, who: Who) -> JobShown:
    """Measure which likeness means the same person in this library's own footage; searches use it afterwards."""
    job = here.store.add_job("calibrate", {}, who=who.name, lane="index", title="measure on own footage")
    return job_shown(job)


def _shown(card: Card, present: bool, used: set[str], original: Card) -> ModelShown:
    compares = card.task == "reid"
    return ModelShown(
        name=card.name,
        task=card.task,
        summary=card.summary,
        licence=card.licence,
        source=card.source,
        data=card.data,
        present=present,
        used=card.name in used,
        input=(card.input.width, card.input.height),
        measured=dict(card.measured),
        published=dict(card.published),
        notes=list(card.notes),
        threshold=card.threshold if compares else None,
        calibrated=card is not original and card != original,
        pairs=card.curve.pairs if card.curve is not None else None,
    )
