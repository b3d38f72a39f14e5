"""List files: a CSV that says which picture shows whom."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from reseen.errors import InputError
from reseen.training.data.files import ImageFiles, base_of
from reseen.training.data.samples import UNKNOWN, Dataset, Samples, make_samples

SETS = ("train", "val", "query", "gallery")
NAMED = 1 << 40
"""Names that are no numbers get numbers of their own from here on, above all in practical use."""


@dataclass(frozen=True)
class _Row:
    part: str
    name: str
    identity: int
    camera: int
    view: int


def listed(files: ImageFiles, listing: str = "lists.csv") -> Dataset:
    """A CSV with the columns file and id, optionally set (train, val, query, gallery), camera and view.

    ``val`` is kept apart: it is neither trained on nor searched unless a named split says so. Every id is a person,
    0 and -1 too.

    Raises:
        InputError: The file is missing, or a line says no file, no id, or an unknown set.
    """
    train, query, gallery = (listed_part(files, part, listing) for part in ("train", "query", "gallery"))
    return Dataset("listed", train, query, gallery)


def listed_part(files: ImageFiles, part: str, listing: str = "lists.csv") -> Samples:
    """The rows of one set of a list file.

    Raises:
        InputError: As ``listed``.
    """
    base = base_of(files, listing)
    if base is None:
        raise InputError(f"{files.shown}: not a listed data set ({listing} is missing); check data layout and path")
    titles: dict[str, int] = {}
    rows = list(_rows(files, base, listing, titles))
    # Cameras are counted from 0 within; a list that has no camera 0 counts them from 1, as file names do.
    first = 0 if any(row.camera == 0 for row in rows) else 1
    chosen = [row for row in rows if row.part == part]
    samples = make_samples(files, [(row.name, row.identity, row.camera, row.view) for row in chosen])
    cameras = np.where(samples.cameras == UNKNOWN, UNKNOWN, samples.cameras - first)
    return replace(samples, cameras=cameras, titles={number: text for text, number in titles.items()})


def _rows(files: ImageFiles, base: str, listing: str, titles: dict[str, int]) -> Iterator[_Row]:
    where = f"{files.shown}: " if files.shown.endswith(listing) else f"{files.shown}: {listing}, "
    try:
        text = files.read(base + listing).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{where}is not text in UTF-8 ({error.reason})") from error
    reader = csv.DictReader(io.StringIO(text))
    if not {"file", "id"} <= set(reader.fieldnames or ()):
        raise InputError(f"{where}needs the columns file and id (and may have set, camera, view)")
    for number, row in enumerate(reader, start=2):
        part = (row.get("set") or "train").strip()
        if part not in SETS:
            raise InputError(f"{where}line {number}: set {part!r} is not one of {', '.join(SETS)}")
        name, identity = (row["file"] or "").strip(), (row["id"] or "").strip()
        if not name or not identity:
            raise InputError(f"{where}line {number}: has no {'id' if name else 'file'}")
        camera = _number(row.get("camera"), UNKNOWN)
        yield _Row(part, base + name, _identity(identity, titles), camera, _number(row.get("view"), 0))


def _identity(text: str, titles: dict[str, int]) -> int:
    """A number as it stands; any other name gets one of its own."""
    if re.fullmatch(r"\d{1,12}", text):
        return int(text)
    return titles.setdefault(text, NAMED + len(titles))


def _number(text: str | None, default: int) -> int:
    return int(text) if text is not None and re.fullmatch(r"\s*\d{1,9}\s*", text) else default
