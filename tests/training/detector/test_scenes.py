from __future__ import annotations

import json
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from reseen.errors import InputError
from reseen.training.data.files import open_files
from reseen.training.detector.canvases import make_canvases
from reseen.training.detector.mosaic import CanvasMaker, MosaicSettings
from reseen.training.detector.scenes import as_boxes, read_cut_outs, read_pictures, rendered_pictures
from reseen.training.detector.teacher import CellTeacher
from training.limits import no_file_larger_than


def write_set(path: Path, ignore: int = 1) -> Path:
    picture = np.full((40, 60, 3), 90, np.uint8)
    picture[:, :, 2] = 200
    mask = np.zeros((40, 60), np.uint8)
    mask[5:35, 10:25] = 1
    truth = {
        "images": [{"id": 7, "file_name": "images/a.png", "width": 60, "height": 40, "set": "town"}],
        "annotations": [
            {"image_id": 7, "bbox": [10, 5, 15, 30], "iscrowd": 0},
            {"image_id": 7, "bbox": [40, 0, 20, 20], "ignore": ignore},
        ],
    }
    with zipfile.ZipFile(path, "w") as out:
        out.writestr("annotations.json", json.dumps(truth))
        out.writestr("images/a.png", cv2.imencode(".png", picture)[1].tobytes())
        out.writestr("masks/a.png", cv2.imencode(".png", mask)[1].tobytes())
    return path


def test_boxes_regions_and_colours(tmp_path: Path) -> None:
    (picture,) = read_pictures(open_files(write_set(tmp_path / "a.zip")))
    assert picture.boxes.tolist() == [[10, 5, 25, 35]] and picture.ignored.tolist() == [[40, 0, 60, 20]]
    assert picture.group == "town" and picture.rgb[0, 0].tolist() == [200, 90, 90]


def test_people_are_cut_out_by_their_masks(tmp_path: Path) -> None:
    (person,) = read_cut_outs(open_files(write_set(tmp_path / "a.zip")))
    assert person.rgb.shape == (30, 15, 3) and (person.mask == 255).all()


def test_what_is_no_data_set(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as out:
        out.writestr("x.txt", "")
    with pytest.raises(InputError, match=r"annotations\.json is missing"):
        list(read_pictures(open_files(tmp_path / "b.zip")))
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as out:
        out.writestr("annotations.json", '{"images": [{"id": 1}], "annotations": []}')
    with pytest.raises(InputError, match="not in COCO's form"):
        list(read_pictures(open_files(tmp_path / "c.zip")))


def test_rendered_frames_have_people_where_they_say() -> None:
    frames = list(rendered_pictures(3, 4, (208, 117)))
    assert len(frames) == 4 and all(frame.rgb.shape == (117, 208, 3) for frame in frames)
    boxes = np.concatenate([frame.boxes for frame in frames])
    assert len(boxes) >= 1 and (boxes[:, 2:] > boxes[:, :2]).all() and (boxes <= [208, 117, 208, 117]).all()


def test_canvases_hold_what_the_teacher_says_and_are_made_once(
    tmp_path: Path, model_files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RESEEN_MODELS", str(model_files))
    teacher = CellTeacher("yolox_nano")
    assert (teacher.size, teacher.cells) == (416, 3549)
    pictures = list(rendered_pictures(3, 2))
    settings = MosaicSettings(mosaic=0, enlarged=0, shrink=1.0, paste=0)

    def maker() -> CanvasMaker:
        return CanvasMaker(pictures, [], settings)

    with no_file_larger_than(600_000), pytest.raises(InputError, match="canvases could not be saved"):
        make_canvases(maker, teacher, 3, 1, tmp_path, "key")
    assert not list(tmp_path.iterdir())
    made = make_canvases(maker, teacher, 3, 1, tmp_path, "key")
    assert made.pictures.shape == (3, 416, 416, 3) and made.features.shape == (3, 3549, 64)
    said = teacher(np.asarray(made.pictures[1]))
    np.testing.assert_allclose(made.cells[1], said.cells, atol=0.01)
    np.testing.assert_allclose(made.features[1], said.features, atol=0.01)
    again = make_canvases(lambda: pytest.fail("made twice"), teacher, 3, 1, tmp_path, "key")
    np.testing.assert_array_equal(again.owners, made.owners)


def test_only_networks_of_the_yolox_form_teach_cells(model_files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESEEN_MODELS", str(model_files))
    with pytest.raises(InputError, match="family yolox"):
        CellTeacher("nanodet_m_416")


def test_no_rows_are_no_boxes() -> None:
    assert as_boxes([]).shape == (0, 4)
