"""Parsers of the field's data set layouts: file names and list files in, samples out.

Only a file's own name is parsed, never the folders above it, so a path such as ``run_9_c5`` cannot be taken
for a person. Numbers follow the published loaders: identities as in the data, cameras counted from 0.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

import numpy as np

from reseen.errors import InputError, UsageError
from reseen.training.data.files import ImageFiles, base_of, is_picture
from reseen.training.data.lists import listed
from reseen.training.data.samples import UNKNOWN, Dataset, Samples, make_samples

Row = tuple[str, int, int, int]
_MARKET_NAME = re.compile(r"(-?\d+)_c(\d+)")
_CUHK03_KEYS = ("labels", "train_idx", "query_idx", "gallery_idx")
_CAMERA_IN_NAME = re.compile(r"(?:^|_)c(?:am)?(\d+)", re.IGNORECASE)


def _empty(files: ImageFiles) -> Samples:
    return make_samples(files, [])


def _dataset(name: str, parts: Sequence[Samples], *notes: str) -> Dataset:
    train, query, gallery = parts
    return Dataset(name, train, query, gallery, notes)


def _wrong(files: ImageFiles, layout: str, missing: str) -> InputError:
    return InputError(f"{files.shown}: not a {layout} data set ({missing} is missing); check data layout and path")


def _direct(files: ImageFiles, folder: str) -> list[str]:
    return [n for n in files.names if n.startswith(folder) and "/" not in n[len(folder) :] and n.endswith(".jpg")]


def _market_rows(files: ImageFiles, folder: str, view: int, junk: bool) -> list[Row]:
    rows: list[Row] = []
    for name in _direct(files, folder):
        found = _MARKET_NAME.match(PurePosixPath(name).name)
        if found is None or (junk and int(found[1]) == -1):
            continue
        rows.append((name, int(found[1]), int(found[2]) - 1, view))
    return rows


def _market_like(files: ImageFiles, layout: str, view: int = 0, junk: bool = False) -> Dataset:
    base = base_of(files, "bounding_box_train/")
    if base is None:
        raise _wrong(files, layout, "folder bounding_box_train")
    parts = [
        make_samples(files, _market_rows(files, base + folder, view, junk))
        for folder in ("bounding_box_train/", "query/", "bounding_box_test/")
    ]
    if not len(parts[0]):
        raise InputError(
            f"{files.shown}: bounding_box_train holds no picture named as in {layout} (like 0002_c1...jpg)"
        )
    return _dataset(layout, parts)


def market1501(files: ImageFiles) -> Dataset:
    """Market-1501: identity -1 is junk and dropped, 0 stays as a distractor in the gallery."""
    return _market_like(files, "market1501", junk=True)


def dukemtmc(files: ImageFiles) -> Dataset:
    """DukeMTMC-reID: the same folders, every file kept."""
    return _market_like(files, "dukemtmc")


def occluded_duke(files: ImageFiles) -> Dataset:
    """Occluded-Duke: as DukeMTMC-reID; the published loader gives every picture view 1."""
    return _market_like(files, "occluded_duke", view=1)


def _msmt_rows(files: ImageFiles, base: str, listing: str, folder: str) -> list[Row]:
    if base + listing not in files.names:
        raise InputError(f"{files.shown}: {listing} is missing; an MSMT17 folder holds list_train.txt and three others")
    rows: list[Row] = []
    for number, line in enumerate(files.read(base + listing).decode(errors="replace").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            path, identity = line.split()
            camera = int(PurePosixPath(path).name.split("_")[2]) - 1
            rows.append((f"{base}{folder}/{path}", int(identity), camera, 0))
        except (ValueError, IndexError) as error:
            raise InputError(f"{files.shown}: line {number} of {listing} is not 'path identity'") from error
    return rows


def msmt17(files: ImageFiles, with_val: bool = True) -> Dataset:
    """MSMT17, V1 (``train``, ``test``) or V2 (``mask_train_v2``, ``mask_test_v2``), by its list files.

    Args:
        files: The folder or zip file.
        with_val: Whether ``list_val.txt`` joins the training part, as the published figures have it.
    """
    base = base_of(files, "list_train.txt")
    if base is None:
        raise _wrong(files, "msmt17", "list_train.txt")
    second = any(name.startswith(base + "mask_train_v2/") for name in files.names)
    train_folder, test_folder = ("mask_train_v2", "mask_test_v2") if second else ("train", "test")
    train = _msmt_rows(files, base, "list_train.txt", train_folder)
    val = _msmt_rows(files, base, "list_val.txt", train_folder)
    query = _msmt_rows(files, base, "list_query.txt", test_folder)
    gallery = _msmt_rows(files, base, "list_gallery.txt", test_folder)
    joined = "joins the training part" if with_val else "is left out"
    note = f"MSMT17 {'V2' if second else 'V1'}: list_val ({len(val)} pictures) {joined}"
    rows = train + val if with_val else train
    return _dataset("msmt17", [make_samples(files, part) for part in (rows, query, gallery)], note)


def cuhk03_protocol(
    files: ImageFiles,
    folder: str,
    filelist: Sequence[str],
    *,
    labels: Sequence[int],
    train_index: Sequence[int],
    query_index: Sequence[int],
    gallery_index: Sequence[int],
) -> Dataset:
    """CUHK03's new (767/700) protocol from the arrays of its ``.mat`` file; the indices count from 1."""
    rows = [
        (f"{folder}{name}", int(label), int(PurePosixPath(name).name.split("_")[2]) - 1, 0)
        for name, label in zip(filelist, labels, strict=True)
    ]
    parts = [[rows[i - 1] for i in index] for index in (train_index, query_index, gallery_index)]
    return _dataset("cuhk03", [make_samples(files, part) for part in parts])


def cuhk03(files: ImageFiles, kind: str = "detected") -> Dataset:
    """CUHK03 with ``images_detected`` (or ``images_labeled``) and the new protocol's ``.mat`` file."""
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    config = f"cuhk03_new_protocol_config_{kind}.mat"
    base = base_of(files, config)
    folder = base_of(files, f"images_{kind}/")
    if base is None or folder is None:
        raise _wrong(files, "cuhk03", config if base is None else f"folder images_{kind}")
    try:
        mat = loadmat(io.BytesIO(files.read(base + config)))
        names = [str(np.ravel(cell)[0]) for cell in np.ravel(mat["filelist"])]
        labels, train, query, gallery = (np.ravel(mat[key]).astype(int).tolist() for key in _CUHK03_KEYS)
        return cuhk03_protocol(
            files,
            f"{folder}images_{kind}/",
            names,
            labels=labels,
            train_index=train,
            query_index=query,
            gallery_index=gallery,
        )
    except (ValueError, KeyError, IndexError, TypeError, NotImplementedError, MatReadError) as error:
        raise InputError(f"{files.shown}: {config} is not a whole file of the new protocol ({error})") from error


def identity_folders(files: ImageFiles) -> Dataset:
    """One folder for each person; the camera is read from names like ``..._c2_...``, else unknown.

    Folders that hold everything else (a zip file's top folder) are looked through.
    """
    pictures = [name for name in files.names if is_picture(name) and "/" in name]
    level = _shared_folders(pictures)
    people = sorted({name.split("/")[level] for name in pictures})
    number = {folder: i for i, folder in enumerate(people)}
    rows: list[Row] = []
    for name in pictures:
        found = _CAMERA_IN_NAME.search(PurePosixPath(name).name)
        rows.append((name, number[name.split("/")[level]], int(found[1]) - 1 if found else UNKNOWN, 0))
    if not rows:
        raise InputError(f"{files.shown}: holds no folders with pictures; one folder for each person is expected")
    samples = replace(make_samples(files, rows), titles=dict(enumerate(people)))
    return Dataset("identity_folders", samples, _empty(files), _empty(files))


def _shared_folders(names: Sequence[str]) -> int:
    """How many folders from the top all names have in common, leaving each a folder of its own."""
    folders = [name.split("/")[:-1] for name in names]
    level = 0
    while folders and min(map(len, folders)) > level + 1 and len({f[level] for f in folders}) == 1:
        level += 1
    return level


LAYOUTS: dict[str, Callable[[ImageFiles], Dataset]] = {
    "market1501": market1501,
    "msmt17": msmt17,
    "dukemtmc": dukemtmc,
    "occluded_duke": occluded_duke,
    "cuhk03": cuhk03,
    "listed": listed,
    "identity_folders": identity_folders,
}


def detect_layout(files: ImageFiles) -> str:
    """The layout that a folder or zip file looks like."""
    markers = (("lists.csv", "listed"), ("list_train.txt", "msmt17"), ("images_detected/", "cuhk03"))
    for marker, layout in markers:
        if base_of(files, marker) is not None:
            return layout
    if base_of(files, "bounding_box_train/") is not None:
        names = [n for n in files.names if "bounding_box_train/" in n]
        return "dukemtmc" if any(re.search(r"_c\d+_f\d+", PurePosixPath(n).name) for n in names[:20]) else "market1501"
    return "identity_folders"


def parse(files: ImageFiles, layout: str) -> Dataset:
    """Parse by layout name.

    Raises:
        UsageError: No such layout.
        InputError: The folder is not of that layout.
    """
    if layout not in LAYOUTS:
        raise UsageError(f"layout {layout!r} is unknown; known are {', '.join(LAYOUTS)}, csv, coco and auto")
    return LAYOUTS[layout](files)
