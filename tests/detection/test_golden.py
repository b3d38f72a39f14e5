"""Every detector against the stored inputs and outputs of the reference run."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest

from reseen.detection import DetectionSettings, Detector, load_detector
from reseen.detection.letterbox import fit
from reseen.models import Catalogue, LocatedModel
from reseen.runtime import Session, SessionSettings, TensorMaker

MODELS = {
    "yolox_nano": ("yolox_nano", 0.05, 1e-3),
    "nanodet_m_416": ("nanodet_m_416", 0.05, 1e-3),
    "person-detection-0201": ("person-detection-0201-int8", 2.0, 0.03),
    "person-detection-retail-0013": ("person-detection-retail-0013-fp16", 0.05, 1e-3),
}
ONE = SessionSettings(threads=1)


@dataclass(frozen=True)
class Loaded:
    name: str
    model: LocatedModel
    detector: Detector
    session: Session


@pytest.fixture(scope="module", params=MODELS)
def loaded(request: pytest.FixtureRequest, model_files: Path) -> Loaded:
    model = Catalogue.load([model_files], environment={}).locate(request.param)
    if model.path.suffix == ".xml":
        pytest.importorskip("openvino")
    detector = load_detector(model, session_settings=ONE)
    return Loaded(request.param, model, detector, Session(model.path, ONE))


@pytest.mark.parametrize("image", ["store_aisle", "street_eight"])
def test_golden(loaded: Loaded, image: str, model_golden: Path) -> None:
    file, pixels, rounding = MODELS[loaded.name]
    spec = loaded.model.card.input
    stored = np.load(model_golden / f"{file}.npz")

    def golden(key: str) -> np.ndarray:
        return stored[f"{image}/{key}"]

    picture = cv2.imread(str(model_golden / f"{image}.jpg"))
    assert list(picture.shape) == golden("decoded_bgr_shape").tolist()
    if hashlib.sha256(picture.tobytes()).hexdigest() != str(golden("decoded_bgr_sha256")):
        pytest.skip("this JPEG decoder gives other pixels than the one of the reference run")
    fitted, where = fit(picture, spec)
    tensor = TensorMaker(spec).batch([fitted])
    assert hashlib.sha256(tensor.tobytes()).hexdigest() == str(golden("tensor_sha256"))
    np.testing.assert_array_equal(tensor.ravel()[golden("tensor_idx")], golden("tensor_at_idx"))
    if f"{image}/scale" in stored:
        assert where.scale_x == pytest.approx(float(golden("scale")))

    raw = loaded.session.run(tensor)[0]
    assert list(raw.shape) == golden("raw_shape").tolist()
    loose = 5e-3 if rounding > 0.01 else 1e-4
    assert raw.mean(dtype=np.float64) == pytest.approx(float(golden("raw_mean")), rel=loose, abs=loose)
    assert raw.std(dtype=np.float64) == pytest.approx(float(golden("raw_std")), rel=loose, abs=loose)

    found = loaded.detector.detect(picture)
    high = found.keep(found.scores >= float(stored["score_threshold"]))
    height, width = picture.shape[:2]
    boxes = np.clip(golden("boxes_xyxy"), 0, [width, height, width, height])
    assert len(high) == len(boxes)
    np.testing.assert_allclose(high.boxes, boxes, atol=pixels)
    np.testing.assert_allclose(high.scores, golden("scores"), atol=rounding)


def test_a_batch_gives_what_each_picture_gives(loaded: Loaded, model_golden: Path) -> None:
    pictures = [cv2.imread(str(model_golden / f"{image}.jpg")) for image in ("store_aisle", "street_eight")]
    for found, picture in zip(loaded.detector.detect_batch(pictures), pictures, strict=True):
        alone = loaded.detector.detect(picture)
        np.testing.assert_allclose(found.boxes, alone.boxes, atol=1e-3)
        np.testing.assert_allclose(found.scores, alone.scores, atol=1e-5)


@pytest.mark.parametrize("tiles", [2, 3, 5])
def test_a_person_cut_by_tiles_is_seen_once(tiles: int, model_files: Path, model_golden: Path) -> None:
    model = Catalogue.load([model_files], environment={}).locate("yolox_nano")
    street = cv2.imread(str(model_golden / "street_eight.jpg"))
    detector = load_detector(model, DetectionSettings(tiles=tiles), ONE)
    found = detector.detect(street)
    assert int((found.scores >= detector.high).sum()) == 8


def test_tiles_find_more_small_people(model_files: Path, model_golden: Path) -> None:
    located = Catalogue.load([model_files], environment={}).locate("yolox_nano")
    street = cv2.imread(str(model_golden / "street_eight.jpg"))
    mosaic = np.tile(street, (2, 2, 1))
    counts = []
    for tiles in (None, 3):
        detector = load_detector(located, DetectionSettings(tiles=tiles), ONE)
        found = detector.detect(mosaic)
        counts.append(int((found.scores >= detector.high).sum()))
    assert counts[0] < 20
    assert 30 <= counts[1] <= 36, "eight people four times, and nobody twice"
