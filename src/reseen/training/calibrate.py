"""The threshold for somebody's own cameras, from a folder of named people."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from reseen.errors import InputError
from reseen.models import Card, read_card, write_card
from reseen.training.data import load_dataset, pack
from reseen.training.data.samples import split_first_as_query
from reseen.training.evaluate import JudgedModel
from reseen.training.quantise import apart
from reseen.training.scores import DEFAULT_RATE, Meaning, meaning_of
from reseen.training.validation import embedded

FEWEST_PEOPLE = 5


@dataclass(frozen=True, eq=False)
class Calibration:
    """What a model's scores mean on somebody's own pictures.

    Attributes:
        model: Name of the model.
        people: Identities looked at.
        pictures: Pictures looked at.
        meaning: Curve and threshold, and how many of the same people are missed.
    """

    model: str
    people: int
    pictures: int
    meaning: Meaning


def calibrate_on_people(
    model: JudgedModel, folder: Path, *, layout: str = "auto", rate: float = DEFAULT_RATE
) -> Calibration:
    """Measure a model on a folder with a folder of pictures for each person (or any data set).

    The first picture of each person and camera is a query, the rest is looked through. Where cameras are
    unknown, a person's first picture counts as from another camera than the rest.

    Args:
        model: The model.
        folder: Folder, zip file or CSV.
        layout: Its layout, or ``auto``.
        rate: The share of strangers that may reach the threshold.

    Raises:
        InputError: Fewer than five people, or nobody with two pictures.
    """
    dataset = load_dataset(folder, layout)
    query, gallery = dataset.query, dataset.gallery
    if not len(query):
        query, gallery = split_first_as_query(apart(dataset.train))
    people = len(set(query.identities.tolist()))
    if people < FEWEST_PEOPLE or not len(gallery):
        raise InputError(
            f"{folder}: shows {people} people with two pictures or more; a threshold needs at least"
            f" {FEWEST_PEOPLE}, better a hundred"
        )
    packs = [pack(part, model.size, "bilinear") for part in (query, gallery)]
    first, second = (embedded(packed, model.embed) for packed in packs)
    meaning = meaning_of(first, second, f"{folder.name}, {people} people", rate=rate)
    return Calibration(model.name, people, len(query) + len(gallery), meaning)


def write_calibration(card_path: Path, calibration: Calibration) -> Card:
    """Put curve and threshold into a card beside a user's own model."""
    meaning = calibration.meaning
    card = replace(read_card(card_path), curve=meaning.curve, threshold=meaning.threshold)
    write_card(card, card_path)
    return card
