"""The golden files of data parsing, sampling and preprocessing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from reseen.training.augmentation import Augment
from reseen.training.data.layouts import cuhk03_protocol, dukemtmc, market1501, msmt17, occluded_duke
from reseen.training.data.packed import resized
from reseen.training.data.samples import Dataset, Samples, join_identities, make_samples
from reseen.training.sampling import pk_batches
from reseen.training.settings import AugmentSettings


class Listing:
    """Files that have names and, where a list is read, a text."""

    def __init__(self, names: list[str], texts: dict[str, str] | None = None) -> None:
        self.shown = "listing"
        self.texts = texts or {}
        self.names = tuple(sorted([*names, *self.texts]))

    def read(self, name: str) -> bytes:
        return self.texts[name].encode()

    def checksum(self, name: str) -> int:
        return hash(name)


@pytest.fixture(scope="module")
def data(golden: Path) -> dict[str, Any]:
    return json.loads((golden / "data.json").read_text())


def rows(samples: Samples) -> dict[str, tuple[int, int, int]]:
    columns = zip(samples.names, samples.identities, samples.cameras, samples.views, strict=True)
    return {name: (int(i), int(c), int(v)) for name, i, c, v in columns}


def check(parsed: Dataset, truth: dict[str, Any], original: bool = True) -> None:
    for part in ("query", "gallery"):
        wanted = {r["path"]: (r["pid"], r["camid"], r.get("view", 0)) for r in truth["parsed"][part]}
        assert rows(getattr(parsed, part)) == wanted
    train = rows(parsed.train)
    key = "original_pid" if original else "pid"
    assert train == {r["path"]: (r[key], r["camid"], r.get("view", 0)) for r in truth["parsed"]["train"]}
    labels, _, people, _ = join_identities([parsed.train])
    pairs = {(r["pid"], int(label)) for r, label in zip(sorted_rows(truth, parsed), labels, strict=True)}
    assert len(pairs) == people == len({r["pid"] for r in truth["parsed"]["train"]})
    assert {label for _, label in pairs} == set(range(people))


def sorted_rows(truth: dict[str, Any], parsed: Dataset) -> list[dict[str, Any]]:
    by_path = {r["path"]: r for r in truth["parsed"]["train"]}
    return [by_path[name] for name in parsed.train.names]


@pytest.mark.parametrize(
    ("name", "parser"), [("market1501", market1501), ("dukemtmc", dukemtmc), ("occ_duke", occluded_duke)]
)
def test_folder_layouts(data: dict[str, Any], name: str, parser: Any) -> None:
    check(parser(Listing(data[name]["files"])), data[name])


@pytest.mark.parametrize("parent", ["run_9_c5/", "0007_c3s1_data/deep/", ""])
def test_digits_in_the_path_above_do_not_matter(data: dict[str, Any], parent: str) -> None:
    truth = data["market1501"]
    parsed = market1501(Listing([parent + name for name in truth["files"]]))
    wanted = {parent + r["path"]: (r["pid"], r["camid"], 0) for r in truth["parsed"]["gallery"]}
    assert rows(parsed.gallery) == wanted


@pytest.mark.parametrize("parent", ["", "a_b_c/", "x_1_2_3/MS_MT/"])
def test_msmt17(data: dict[str, Any], parent: str) -> None:
    truth = data["msmt17"]
    base = f"{parent}MSMT17/"
    parsed = msmt17(Listing([], {base + name: text for name, text in truth["list_files"].items()}))
    train, query, gallery = (
        make_samples(part.files, [(n.removeprefix(parent), *r) for n, r in rows(part).items()])
        for part in (parsed.train, parsed.query, parsed.gallery)
    )
    stripped = Dataset("msmt17", train, query, gallery)
    check(stripped, truth, original=False)
    alone = msmt17(Listing([], {base + n: t for n, t in truth["list_files"].items()}), with_val=False)
    assert len(alone.train) == truth["n_from_list_train"]
    assert len(parsed.train) == truth["n_from_list_train"] + truth["n_from_list_val"]
    assert f"{truth['n_from_list_val']} pictures" in parsed.notes[0]


def test_cuhk03_new_protocol(data: dict[str, Any]) -> None:
    truth = data["cuhk03_new_protocol"]
    parsed = cuhk03_protocol(
        Listing([]),
        "images_detected/",
        truth["filelist"],
        labels=truth["labels"],
        train_index=truth["train_idx_1based"],
        query_index=truth["query_idx_1based"],
        gallery_index=truth["gallery_idx_1based"],
    )
    check(parsed, truth)


def test_sampler_rules(golden: Path) -> None:
    for case in json.loads((golden / "sampler.json").read_text())["cases"]:
        labels, people, shots = np.asarray(case["pids"]), case["P"], case["K"]
        counts = np.bincount(labels)
        for seed in range(5):
            batches = pk_batches(labels, people, shots, seed)
            assert batches.shape[1] == people * shots == case["batch_size"]
            groups = labels[batches].reshape(len(batches), people, shots)
            assert (groups == groups[..., :1]).all()
            assert all(len(set(batch)) == people for batch in groups[..., 0].tolist())
            drawn = np.bincount(batches.ravel(), minlength=len(labels))
            enough = counts[labels] >= shots
            assert drawn[enough].max() <= 1
            given = np.bincount(groups[..., 0].ravel(), minlength=len(counts))
            assert (given <= np.maximum(1, counts // shots)).all()
            assert batches.size <= case["reported_len"]
            left = np.maximum(1, counts // shots)[counts > 0] - given[counts > 0]
            assert (left > 0).sum() < people
            assert (pk_batches(labels, people, shots, seed) == batches).all()


def test_preprocessing(golden: Path) -> None:
    truth = np.load(golden / "preprocess.npz")
    size = tuple(int(v) for v in truth["size_hw"])
    assert len(size) == 2
    mean, std = (tuple(float(v) for v in truth[key]) for key in ("mean", "std"))
    augment = Augment(AugmentSettings(), size, mean, std)  # type: ignore[arg-type]
    for name in sorted({key.split("_")[0] for key in truth if key.startswith("image")}):
        image = Image.fromarray(truth[f"{name}_u8_hwc"])
        val = resized(image, size, "bilinear")
        assert (val == truth[f"{name}_val_resized_u8"]).all()
        assert (resized(image, size, "bicubic") == truth[f"{name}_train_resized_u8"]).all()
        got = augment.plain(torch.from_numpy(val.copy())[None])[0].numpy()
        assert np.abs(got - truth[f"{name}_val"]).max() <= 1e-5
