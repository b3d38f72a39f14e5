from __future__ import annotations

import re
from typing import TYPE_CHECKING

import torch

from reseen.training.models.position import resize_positions

if TYPE_CHECKING:
    from conftest import Reference

POSITIONS = {
    "vit": "image_encoder.positional_embedding",
    "rn": "image_encoder.attnpool.positional_embedding",
}


def test_resizes(reference: Reference) -> None:
    files = reference.npz("posembed.npz")
    bar = reference.bar("posembed", "rel_to_max")
    sources = {key.split("_")[0]: value for key, value in files.items() if re.search(r"_src_\d+x\d+$", key)}
    targets = {key: match for key in files if (match := re.fullmatch(r"([a-z]+)_(\d+)x(\d+)", key))}
    assert targets
    for key, match in targets.items():
        kind, rows, columns = match.groups()
        resized = resize_positions(torch.from_numpy(sources[kind]), (int(rows), int(columns)))
        reference.close("position embeddings", resized, files[key], bar)


def test_positions_of_the_weights(reference: Reference, tower: str) -> None:
    source = torch.from_numpy(reference.npz("posembed.npz")[f"{tower}_weights_src"])
    rows, columns = reference.sizes(tower)["grid"]
    expected = reference.weights(tower)[POSITIONS[tower]]
    bar = reference.bar("posembed", "rel_to_max")
    reference.close("position embeddings", resize_positions(source, (rows, columns)), expected, bar)
    assert reference.model(tower).image_encoder.grid == (rows, columns)
