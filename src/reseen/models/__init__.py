"""Which network: names in, cards and verified files out.

A card (TOML, validated by pydantic) holds what a model's file does not say. The catalogue knows the cards
shipped with the package, the models bundled with it and a user's own; it finds files by name and checksum in
folders, downloads them (httpx, tenacity) and takes in models of the user's.
"""

from __future__ import annotations

from reseen.models.card import (
    Card,
    ModelFile,
    ModelVersion,
    Task,
    card_text,
    parse_card,
    read_card,
    write_card,
)
from reseen.models.catalogue import FOLDER_VARIABLE, RECOMMENDED, Catalogue, Progress, runtime_installed
from reseen.models.curve import Expected, ScoreCurve
from reseen.models.located import LocatedModel, ModelMissing, Verified
from reseen.models.spec import DetectorSpec, EmbedderSpec, InputSpec

__all__ = [
    "FOLDER_VARIABLE",
    "RECOMMENDED",
    "Card",
    "Catalogue",
    "DetectorSpec",
    "EmbedderSpec",
    "Expected",
    "InputSpec",
    "LocatedModel",
    "ModelFile",
    "ModelMissing",
    "ModelVersion",
    "Progress",
    "ScoreCurve",
    "Task",
    "Verified",
    "card_text",
    "parse_card",
    "read_card",
    "runtime_installed",
    "write_card",
]
