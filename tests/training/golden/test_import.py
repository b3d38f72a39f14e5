"""A checkpoint with the authors' keys, full size, becomes a model of the catalogue."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import torch

from recordings import encode, x264
from reseen import Library
from reseen.embedding import load_embedder
from reseen.errors import InputError
from reseen.indexing import Workers
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


@pytest.fixture(scope="module")
def models(golden: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Catalogue, int]:
    """A user's catalogue with the imported model, and the size of the checkpoint in bytes."""
    folder = tmp_path_factory.mktemp("imported")
    entries = json.loads((golden / "keys.json").read_text()).values()
    entry = next(e for e in entries if e["backbone"] == "ViT-B-16" and not e["overrides"])
    checkpoint = _random(entry, folder / "ViT-B-16_60.pth")
    catalogue = Catalogue.load(environment={}, user_folder=folder / "u", cache_folder=folder / "c")
    (folder / "w").mkdir()
    import_clip_reid(checkpoint, catalogue, workplace=folder / "w")
    size = checkpoint.stat().st_size
    checkpoint.unlink()
    return catalogue, size


def test_full_size(models: tuple[Catalogue, int]) -> None:
    catalogue, size = models
    located = catalogue.locate("ViT-B-16_60")
    assert located.card.embedder is not None and located.card.embedder.dim == 768 + 512
    assert located.path.stat().st_size < 0.8 * size  # no text side, no classifiers
    crops = [np.full((90, 40, 3), value, np.uint8) for value in (30, 200)]
    assert np.isfinite(load_embedder(located).embed(crops)).all()


def test_footage_is_indexed_with_it(
    models: tuple[Catalogue, int], footage: Path, model_files: Path, tmp_path: Path
) -> None:
    imported = models[0].locate("ViT-B-16_60").path.parent
    catalogue = Catalogue.load(
        [imported, model_files / "yolox"], environment={}, user_folder=tmp_path / "u", cache_folder=tmp_path / "c"
    )
    with av.open(str(footage / "clips" / "hall.mp4")) as container:
        pictures = [frame.to_ndarray(format="bgr24") for frame in islice(container.decode(video=0), 24, 42)]
    clip = encode(tmp_path / "short.mp4", pictures, [number / 12 for number in range(len(pictures))], options=x264())
    with Library(
        tmp_path / "my.reseen", detector="yolox_nano", embedder="ViT-B-16_60", catalogue=catalogue,
        workers=Workers(threads=1),
    ) as library:  # fmt: skip
        report = library.add(clip)
        assert report.refused == ()
        vectors = library.store.vectors()
        assert library.store.models.dim == 1280
        tracklets = library.store.tracklet_ids().tolist()
    assert tracklets
    assert set(vectors.tracklet_ids.tolist()) == set(tracklets)
    assert vectors.matrix.shape[1] == 1280
    np.testing.assert_allclose(np.linalg.norm(vectors.matrix, axis=1), 1, atol=2e-3)


def test_something_else(tmp_path: Path) -> None:
    catalogue = Catalogue.load(environment={}, user_folder=tmp_path / "u", cache_folder=tmp_path / "c")
    torch.save({"weight": torch.zeros(2)}, tmp_path / "other.pth")
    with pytest.raises(InputError, match="not a CLIP-ReID checkpoint"):
        import_clip_reid(tmp_path / "other.pth", catalogue, workplace=tmp_path)
