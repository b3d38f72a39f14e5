"""The threshold for somebody's own cameras, from a folder of named people."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from reseen.errors import InputError
from reseen.evaluation import OpenSetPoint, evaluate, normalised, open_set_of
from reseen.models import Card, read_card, write_card
from reseen.training.checkpoint_card import open_set_figures
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
        source: What they are, in a word for a card.
        meaning: Curve and threshold, and how many of the same people are missed.
        open_set: Share found, and threshold, at false-positive rates of 1 % and 0.1 %.
    """

    model: str
    people: int
    pictures: int
    source: str
    meaning: Meaning
    open_set: tuple[OpenSetPoint, ...]


def calibrate_on_people(
    model: JudgedModel, folder: Path, *, layout: str = "auto", rate: float = DEFAULT_RATE
) -> Calibration:
    """Measure a model on a folder with a folder of pictures for each person (or any data set).

    The first picture of each person and camera is a query, the rest is looked through. Where cameras are
    unknown, a person's first picture counts as from another camera than the rest. A query is averaged with its
    mirror image, as a search does.

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
    photos, seen = (pack(part, model.size, "bilinear") for part in (query, gallery))
    first, second = embedded(photos, model.embed), embedded(seen, model.embed)
    mirrored = model.embed(np.ascontiguousarray(photos.images[:, :, ::-1]))
    first = replace(first, features=normalised(first.features) + normalised(mirrored))
    try:
        meaning = meaning_of(first, second, f"{folder.name}, {people} people", rate=rate)
    except ValueError as error:
        raise InputError(f"{folder}: {error}") from error
    return Calibration(
        model=model.name,
        people=people,
        pictures=len(query) + len(gallery),
        source=folder.name,
        meaning=meaning,
        open_set=open_set_of(evaluate(first, second)),
    )


def calibrated(card: Card, found: Calibration) -> Card:
    """A card with the curve, threshold and open-set figures of a calibration."""
    points = [asdict(point) for point in found.open_set]
    measured = card.measured | open_set_figures(found.source, points)
    return replace(card, curve=found.meaning.curve, threshold=found.meaning.threshold, measured=measured)


def write_calibration(card_path: Path, calibration: Calibration) -> Card:
    """Put curve, threshold and open-set figures into a card beside a user's own model."""
    card = calibrated(read_card(card_path), calibration)
    write_card(card, card_path)
    return card
