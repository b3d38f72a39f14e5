"""A checkpoint with the authors' keys, full size, becomes a model of the catalogue."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from reseen.embedding import load_embedder
from reseen.errors import InputError
from reseen.models import Catalogue
from reseen.training.deploy import import_clip_reid


def _random(entry: dict[str, Any], path: Path) -> Path:
    torch.manual_seed(0)
    state = {}
    for name, shape, kind, _ in entry["keys"]:
        if kind.startswith("int"):
            state[name] = torch.zeros(shape, dtype=torch.int64)
        elif "running_var" in name:
            state[name] = torch.ones(shape)
        else:
            state[name] = 0.02 * torch.randn(shape)
    torch.save(state, path)
    return path


@pytest.mark.parametrize("name", ["ViT-B-16"])
def test_full_size(golden: Path, tmp_path: Path, name: str) -> None:
    entries = json.loads((golden / "keys.json").read_text()).values()
    entry = next(e for e in entries if e["backbone"] == name and not e["overrides"])
    checkpoint = _random(entry, tmp_path / "ViT-B-16_60.pth")
    catalogue = Catalogue.load(environment={}, user_folder=tmp_path / "u", cache_folder=tmp_path / "c")
    (tmp_path / "w").mkdir()
    import_clip_reid(checkpoint, catalogue, workplace=tmp_path / "w")
    located = catalogue.locate("ViT-B-16_60")
    assert located.card.embedder is not None and located.card.embedder.dim == 768 + 512
    assert located.path.stat().st_size < 0.8 * checkpoint.stat().st_size  # no text side, no classifiers
    crops = [np.full((90, 40, 3), value, np.uint8) for value in (30, 200)]
    assert np.isfinite(load_embedder(located).embed(crops)).all()


def test_something_else(tmp_path: Path) -> None:
    catalogue = Catalogue.load(environment={}, user_folder=tmp_path / "u", cache_folder=tmp_path / "c")
    torch.save({"weight": torch.zeros(2)}, tmp_path / "other.pth")
    with pytest.raises(InputError, match="not a CLIP-ReID checkpoint"):
        import_clip_reid(tmp_path / "other.pth", catalogue, workplace=tmp_path)
