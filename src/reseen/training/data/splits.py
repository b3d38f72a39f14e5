"""Named splits of data that comes without query and gallery, and the way from a path to a data set."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from reseen.errors import InputError, UsageError
from reseen.training.data.crops import coco_people
from reseen.training.data.files import FolderFiles, open_files
from reseen.training.data.layouts import detect_layout, msmt17, parse
from reseen.training.data.lists import listed, listed_part
from reseen.training.data.samples import Dataset, make_samples, split_first_as_query


def _market_fold5(dataset: Dataset) -> Dataset:
    """Held out: the training identities whose number divides by 5."""
    held = dataset.train.identities % 5 == 0
    query, gallery = split_first_as_query(dataset.train.take(held))
    return Dataset("market_fold5", dataset.train.take(~held), query, gallery, dataset.notes)


def _cuhk03_val(dataset: Dataset) -> Dataset:
    """Train on the set ``train`` of the list file; search the set ``val``."""
    query, gallery = split_first_as_query(listed_part(dataset.train.files, "val"))
    return Dataset("cuhk03_val", dataset.train, query, gallery, dataset.notes)


def _every_fifth(dataset: Dataset) -> Dataset:
    """Held out: every fifth identity in the order of their numbers, of any data set."""
    known = np.unique(dataset.train.identities[dataset.train.identities >= 0])
    held = np.isin(dataset.train.identities, known[4::5])
    query, gallery = split_first_as_query(dataset.train.take(held))
    return Dataset("every_fifth", dataset.train.take(~held), query, gallery, dataset.notes)


def _first(dataset: Dataset) -> Dataset:
    """Search all pictures, the first of each person and camera being the query."""
    query, gallery = split_first_as_query(dataset.train)
    return Dataset("first", dataset.train, query, gallery, dataset.notes)


SPLITS: dict[str, Callable[[Dataset], Dataset]] = {
    "market_fold5": _market_fold5,
    "cuhk03_val": _cuhk03_val,
    "every_fifth": _every_fifth,
    "first": _first,
}


def load_dataset(path: Path, layout: str = "auto", split: str = "", with_val: bool = True) -> Dataset:
    """Read a data set in place from a folder, a zip file or a CSV.

    Args:
        path: Folder, zip file, or a ``.csv`` with file names relative to it.
        layout: Name of a layout, ``csv``, ``coco`` (crops of annotated people, unlabelled) or ``auto``.
        split: ``""`` for the layout's own query and gallery, else the name of a split.
        with_val: For MSMT17, whether ``list_val`` joins the training part.

    Raises:
        InputError: The data is missing or not of that layout.
        UsageError: Unknown layout or split.
    """
    if split and split not in SPLITS:
        raise UsageError(f"split {split!r} is unknown; known are {', '.join(SPLITS)}")
    dataset = _parse(path, layout, with_val)
    if not split:
        return dataset
    dataset = SPLITS[split](dataset)
    if not len(dataset.query) or not len(dataset.gallery):
        raise InputError(f"{path}: the split {split} leaves nothing to search; is it the right data set?")
    return dataset


def _parse(path: Path, layout: str, with_val: bool) -> Dataset:
    if layout == "csv" or (layout == "auto" and path.suffix.lower() == ".csv"):
        if not path.is_file():
            raise InputError(f"{path}: no such list file")
        return listed(_Listed(path), path.name)
    files = open_files(path)
    if layout == "coco":
        empty = make_samples(files, [])
        return Dataset("coco", coco_people(files), empty, empty)
    chosen = detect_layout(files) if layout == "auto" else layout
    return msmt17(files, with_val) if chosen == "msmt17" else parse(files, chosen)


class _Listed(FolderFiles):
    """A folder of which only the list file needs to be found by name, however many files lie beside it."""

    def __init__(self, listing: Path) -> None:
        super().__init__(listing.parent)
        self.shown = str(listing)
        self.__dict__["names"] = (listing.name,)


def describe(dataset: Dataset) -> str:
    """One line of counts for a log."""
    parts = []
    for name, samples in (("train", dataset.train), ("query", dataset.query), ("gallery", dataset.gallery)):
        people = np.unique(samples.identities[samples.identities >= 0]).size
        if len(samples):
            parts.append(f"{name} {len(samples)} pictures of {people} people")
    return f"{dataset.name}: " + ", ".join(parts)
