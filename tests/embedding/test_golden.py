"""Every embedder against the stored inputs and outputs of the reference run."""

from __future__ import annotations

import hashlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from reseen.embedding import EmbeddingSettings, load_embedder
from reseen.models import Catalogue
from reseen.runtime import Session, SessionSettings, TensorMaker

MODELS = {
    "person-reidentification-retail-0277": "person-reidentification-retail-0277-fp16",
    "person-reidentification-retail-0287": "person-reidentification-retail-0287-fp16",
    "person-reidentification-retail-0288": "person-reidentification-retail-0288-fp16",
    "osnet_x0_25_msmt17": "osnet_x0_25_msmt17",
    "osnet_x0_5_msmt17": "osnet_x0_5_msmt17",
}
ONE = SessionSettings(threads=1)


@pytest.mark.parametrize("name", MODELS)
def test_golden(name: str, model_files: Path, model_golden: Path, tmp_path: Path) -> None:
    located = Catalogue.load([model_files], environment={}, cache_folder=tmp_path).locate(name)
    if located.path.suffix == ".xml":
        pytest.importorskip("openvino")
    stored = np.load(model_golden / f"{MODELS[name]}.npz")
    images = [str(image) for image in stored["images"]]
    crops = [cv2.imread(str(model_golden / image)) for image in images]
    size = (located.card.input.width, located.card.input.height)
    maker, session = TensorMaker(located.card.input), Session(located.path, ONE)
    embedder = load_embedder(located, EmbeddingSettings(batch=2), ONE)
    wanted = []
    for image, crop in zip(images, crops, strict=True):
        prefix = Path(image).stem
        assert hashlib.sha256(crop.tobytes()).hexdigest() == str(stored[f"{prefix}/decoded_bgr_sha256"])
        tensor = maker.batch([cv2.resize(crop, size)])
        assert hashlib.sha256(tensor.tobytes()).hexdigest() == str(stored[f"{prefix}/tensor_sha256"])
        raw = session.run(tensor)[0]
        assert list(raw.shape) == stored[f"{prefix}/raw_shape"].tolist()
        assert raw.mean() == pytest.approx(float(stored[f"{prefix}/raw_mean"]), abs=1e-3)
        assert raw.std() == pytest.approx(float(stored[f"{prefix}/raw_std"]), rel=1e-3)
        assert np.linalg.norm(raw) == pytest.approx(float(stored[f"{prefix}/embedding_norm"]), rel=1e-3)
        vector = stored[f"{prefix}/embedding"]
        wanted.append(vector / np.linalg.norm(vector))
    out = embedder.embed(crops)
    assert out.shape == (3, embedder.dim)
    assert (np.sum(out * np.stack(wanted), axis=1) > 0.9999).all()
    np.testing.assert_allclose(out @ out.T, stored["cosine"], atol=1e-3)


def test_flip_stays_close_to_the_plain_vector(model_files: Path, model_golden: Path) -> None:
    located = Catalogue.load([model_files], environment={}).locate("osnet_x0_25_msmt17")
    crop = cv2.imread(str(model_golden / "person_a1.png"))
    plain = load_embedder(located, None, ONE).embed([crop])
    both = load_embedder(located, EmbeddingSettings(flip=True), ONE).embed([crop])
    assert 0.9 < float(plain[0] @ both[0]) < 0.9999
