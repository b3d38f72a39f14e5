"""Settings of the library, and facts about it."""

from __future__ import annotations

from importlib.metadata import version
from typing import Literal

from pydantic import BaseModel, Field

from reseen.app.access import Who
from reseen.app.context import Here
from reseen.app.routing import Routes
from reseen.app.settings import Language
from reseen.library.work_records import Retention

routes = Routes("settings")


class Analysis(BaseModel):
    """How footage is looked through; a library is made with these, and keeps them."""

    rate: float = Field(description="Frames looked at a second.")
    segment_seconds: float
    shots: int | Literal["all"] = Field(description="Best shots kept of a person in a stretch of footage.")
    gate: bool = Field(description="Whether frames in which nothing moved are left out.")
    tiles: int | Literal["auto"] | None
    min_height: int = Field(description="Least height of a person in pixels.")


class Facts(BaseModel):
    """The library in numbers."""

    folder: str
    version: str = Field(description="Version of Reseen.")
    detector: str
    embedder: str
    threshold: float = Field(description="The default likeness from which a match is reported.")
    sources: int
    cameras: int
    tracklets: int
    shots: int
    seconds: float = Field(description="Seconds of footage looked through.")
    bytes: int = Field(description="Bytes that the library takes.")
    roots: list[str] = Field(description="Folders from which footage may be added.")
    photo_bytes: int = Field(description="Largest photo that may be sent.")
    upload_bytes: int = Field(description="Largest file of footage that may be uploaded.")


class SettingsShown(BaseModel):
    """What can be set, and what is so."""

    retention_days: float | None = Field(description="Days for which what was found is kept; null for good.")
    language: Language | None = Field(description="Language of the pages; null asks each browser.")
    analysis: Analysis
    library: Facts


class SettingsWanted(BaseModel):
    """What is to be set; all of it."""

    retention_days: float | None = Field(gt=0, le=36_500)
    language: Language | None = None


@routes.get("/settings", role="admin")
def show_settings(here: Here) -> SettingsShown:
    """What can be set, and what is so."""
    facts, analysis = here.store.info(), here.library.settings
    return SettingsShown(
        retention_days=here.store.retention().days,
        language=here.store.setting("language"),
        analysis=Analysis(
            rate=analysis.rate,
            segment_seconds=analysis.segment_seconds,
            shots=analysis.shots,
            gate=analysis.gate,
            tiles=analysis.tiles,
            min_height=analysis.min_height,
        ),
        library=Facts(
            folder=str(facts.folder),
            version=version("reseen"),
            detector=facts.models.detector_name,
            embedder=facts.models.embedder_name,
            threshold=here.library.card.threshold,
            sources=facts.sources,
            cameras=facts.cameras,
            tracklets=facts.tracklets,
            shots=facts.shots,
            seconds=facts.seconds,
            bytes=facts.bytes_database + facts.bytes_shots + facts.bytes_index,
            roots=[str(root) for root in here.places.roots],
            photo_bytes=here.settings.max_photo_bytes,
            upload_bytes=here.settings.max_upload_bytes,
        ),
    )


@routes.put("/settings", role="admin")
def change_settings(here: Here, who: Who, wanted: SettingsWanted) -> SettingsShown:
    """Set them; each change is entered in the audit log."""
    held = here.store.retention()
    if held.days != wanted.retention_days:
        here.store.set_retention(Retention(wanted.retention_days, held.cameras), who.name)
    if here.store.setting("language") != wanted.language:
        here.store.set_setting("language", wanted.language, who.name)
    return show_settings(here)
