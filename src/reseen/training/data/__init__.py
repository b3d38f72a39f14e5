"""Data sets of people: folders, zip files and lists in, uint8 arrays with identities out. Pillow decodes."""

from __future__ import annotations

from reseen.training.data.files import ImageFiles, open_files
from reseen.training.data.packed import Packed, pack
from reseen.training.data.samples import Dataset, Samples, join_identities
from reseen.training.data.splits import SPLITS, describe, load_dataset

__all__ = [
    "SPLITS",
    "Dataset",
    "ImageFiles",
    "Packed",
    "Samples",
    "describe",
    "join_identities",
    "load_dataset",
    "open_files",
    "pack",
]
