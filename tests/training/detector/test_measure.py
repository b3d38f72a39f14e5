from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from reseen.evaluation import DetectionFigures
from reseen.models import Catalogue
from reseen.training.data.files import open_files
from reseen.training.detector.measure import best_score, frame_costs, measure, open_to_measure
from reseen.training.detector.scenes import read_pictures


def test_the_best_score_by_hand() -> None:
    scores, right = np.array([0.9, 0.8, 0.6, 0.3]), np.array([True, True, False, True])
    figures = DetectionFigures(0.0, 0.75, scores, right, people=4)
    assert best_score(figures) == (0.3, 75.0, 75.0)
    figures = DetectionFigures(0.0, 0.5, scores, np.array([True, True, False, False]), people=2)
    assert best_score(figures) == (0.8, 100.0, 100.0)
    assert best_score(DetectionFigures(0.0, 0.0, np.zeros(0), np.zeros(0, bool), people=2)) == (0.0, 0.0, 0.0)


def test_yolox_nano_on_a_part_of_the_judged_pictures(shared: Path, model_files: Path, tmp_path: Path) -> None:
    archive = shared / "detection" / "eval.zip"
    if not archive.exists():
        pytest.skip("the judged pictures are not here")
    every = list(read_pictures(open_files(archive)))
    pictures = [every[place] for place in np.linspace(0, len(every) - 1, 20).round().astype(int)]
    catalogue = Catalogue.load([model_files], environment={}, user_folder=tmp_path, cache_folder=tmp_path)
    models = [catalogue.locate(name) for name in ("yolox_nano", "person-detector")]
    costs = frame_costs(models, pictures, 1)
    assert [len(each) for each in costs] == [1, 1] and min(costs[0][0], costs[1][0]) > 0
    strong, small = (measure(open_to_measure(each), pictures, ["coco_people"]) for each in models)
    assert 55 <= strong.every <= 75 and strong.tall > strong.every and 60 <= strong.groups[0] <= 85
    assert 20 <= small.every < strong.every and small.tall > small.every and small.recall > 50
