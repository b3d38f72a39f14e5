"""The detector inside the package; nothing else is needed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from reseen.detection import DetectionSettings, Detector
from reseen.evaluation.detection import intersections
from reseen.models import Catalogue, LocatedModel
from reseen.models.checksums import digest_file
from reseen.runtime import Session, SessionSettings
from reseen.synthetic import Scene, SceneSettings


@pytest.fixture(scope="module")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> LocatedModel:
    folder = tmp_path_factory.mktemp("nothing")
    return Catalogue.load(environment={}, user_folder=folder, cache_folder=folder).locate("person-detector")


def test_it_is_what_its_card_says(bundled: LocatedModel) -> None:
    (file,) = bundled.card.versions[0].files
    assert digest_file(bundled.path).sha256 == file.sha256 and bundled.path.stat().st_size == file.size
    assert file.size is not None and file.size <= 8_000_000
    assert not bundled.card.downloadable and bundled.card.requires is None
    assert "research" in " ".join(bundled.card.notes) and "COCO" in bundled.card.data
    assert {"AP50 on 284 pictures of mixed scenes", "AP50, people of 40 px and more"} <= bundled.card.measured.keys()


@pytest.mark.parametrize("size", [(416, 416), (256, 416), (640, 384), (64, 64)])
def test_any_size_in_steps_of_32(bundled: LocatedModel, size: tuple[int, int]) -> None:
    height, width = size
    session = Session(bundled.path, SessionSettings(threads=1))
    cells = session.run(np.full((2, 3, height, width), 114, np.float32))[0]
    assert cells.shape == (2, sum(height // s * (width // s) for s in (8, 16, 32)), 6)
    assert np.isfinite(cells).all() and (cells[..., 5] == 1).all() and (cells[..., 4] < 0.3).all()


def test_it_finds_the_people_of_rendered_frames(bundled: LocatedModel) -> None:
    detector = Detector(bundled, DetectionSettings(), SessionSettings(threads=1))
    scene = Scene(SceneSettings(seed=42, people=6, cameras=2, seconds=12, fps=1, width=832, height=468, crowd=4))
    wanted = found = 0
    for camera in range(2):
        for number, frame in enumerate(scene.render(camera)):
            if number % 2:
                continue
            seen = detector.detect(frame.bgr)
            boxes = seen.boxes[seen.scores >= detector.high]
            clear = frame.truth.boxes[frame.truth.visible > 0.95]
            shared = intersections(clear, boxes)
            sizes = (clear[:, 2:] - clear[:, :2]).prod(1)[:, None] + (boxes[:, 2:] - boxes[:, :2]).prod(1) - shared
            wanted += len(clear)
            found += int(((shared / np.maximum(sizes, 1)).max(1, initial=0) >= 0.5).sum())
    assert wanted >= 10
    assert found >= 0.8 * wanted


def test_it_is_there_when_nothing_else_is(tmp_path: Path) -> None:
    catalogue = Catalogue.load(environment={}, user_folder=tmp_path, cache_folder=tmp_path)
    assert catalogue.best("detection") == "person-detector"
    assert "person-detector" not in catalogue.recommended()


def test_what_can_be_downloaded_is_preferred(tmp_path: Path, model_files: Path) -> None:
    catalogue = Catalogue.load([model_files], environment={}, user_folder=tmp_path, cache_folder=tmp_path)
    assert catalogue.best("detection") == "yolox_nano"
