from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch

from reseen.detection import DetectionSettings, Detector
from reseen.errors import InputError, UsageError
from reseen.evaluation import FoundBoxes
from reseen.models import Catalogue, read_card
from reseen.training.checkpoint import load_tensors
from reseen.training.detector.export import export_detector, fused, holds_detector, load_detector_run
from reseen.training.detector.judge import judge, look
from reseen.training.detector.loop import LAST, STATE, DetectorLoop, norms_of, rate_at, train_detector
from reseen.training.detector.net import DetectorNet, RawForm
from reseen.training.detector.scenes import LabelledPicture, as_boxes
from reseen.training.detector.settings import DetectorRunSettings, load_detector_recipe
from training.detector.tiny_canvases import tiny_canvases, tiny_recipe
from training.limits import no_file_larger_than

ROOT = Path(__file__).resolve().parents[3]


def loop(folder: Path, **changes: object) -> DetectorLoop:
    canvases = tiny_canvases()
    held_out = [
        LabelledPicture(np.asarray(rgb), boxes[:1], as_boxes([]), "tiny")
        for rgb, boxes in zip(canvases.pictures[:2], canvases.people[:2], strict=True)
    ]
    return DetectorLoop(tiny_recipe(**changes), folder, canvases, held_out)


def test_the_shipped_recipe() -> None:
    recipe = load_detector_recipe(ROOT / "configs" / "person_detector.toml")
    assert recipe.data.pictures == ("detection/train.zip",) and not recipe.data.root.is_absolute()
    assert [phase.window for phase in recipe.phases] == [256, 416]
    with pytest.raises(InputError, match=r"run\.stepps: no such setting"):
        load_detector_recipe(ROOT / "configs" / "person_detector.toml", ["run.stepps=3"])


def test_the_rate_rises_stays_and_falls() -> None:
    run = DetectorRunSettings(steps=100, warmup=10, fall=0.4)
    assert rate_at(run, 1.0, 0) == pytest.approx(0.1) and rate_at(run, 1.0, 9) == 1.0 == rate_at(run, 1.0, 59)
    assert rate_at(run, 1.0, 79) == pytest.approx(0.5, abs=0.01) and rate_at(run, 1.0, 99) == pytest.approx(0, abs=1e-9)
    longer = DetectorRunSettings(steps=200, warmup=10, fall=0.4)
    assert all(rate_at(run, 1.0, step) == rate_at(longer, 1.0, step) for step in range(60))


def test_a_few_steps_lower_the_loss(tmp_path: Path) -> None:
    run = loop(tmp_path, phases=[{"window": 128, "batch": 6}], augment={"flip": 0.0, "colour": 0, "blur": 0})
    losses = [run.step()["total"] for _ in range(12)]
    assert np.mean(losses[-3:]) < 0.9 * np.mean(losses[:3])


def test_norms_are_measured_anew_and_then_fixed(tmp_path: Path) -> None:
    run = loop(tmp_path, run={"steps": 8, "warmup": 1, "precision": "f32", "fixed": 0.5, "ema": 0.9})
    assert run.recipe.run.fixed_from == 4
    seen = []
    for _ in range(7):
        run.step()
        seen.append(torch.cat([norm.running_mean.clone() for norm in norms_of(run.net)]))
    moved = [not torch.equal(one, other) for one, other in pairwise(seen)]
    assert moved == [True, True, True, True, False, False]
    assert all(norm.momentum == 0.1 for norm in norms_of(run.net))
    averaged = torch.cat([norm.running_mean for norm in norms_of(run.average.model)])
    torch.testing.assert_close(averaged, seen[-1])


def test_a_resumed_run_is_the_uninterrupted_one(tmp_path: Path) -> None:
    whole = loop(tmp_path / "whole")
    whole.run()
    stopped = loop(tmp_path / "stopped")
    for _ in range(3):
        stopped.step()
    stopped.save()
    torch.manual_seed(99)
    resumed = loop(tmp_path / "stopped")
    resumed.resume()
    assert resumed.position.step == 3
    resumed.run()
    one, other = (load_tensors(tmp_path / name / STATE).tensors for name in ("whole", "stopped"))
    assert one.keys() == other.keys()
    for name, value in one.items():
        torch.testing.assert_close(other[name], value, rtol=0, atol=0, msg=name)
    log = (tmp_path / "whole" / "log.csv").read_text().splitlines()
    assert len(log) == 3 and log[0].startswith("epoch,step,pictures") and log[2].split(",")[:3] == ["2", "8", "24"]


def test_a_folder_with_a_run_is_not_overwritten(tmp_path: Path) -> None:
    loop(tmp_path).save()
    with pytest.raises(UsageError, match="holds a run already"):
        train_detector(tiny_recipe(), tmp_path)
    with pytest.raises(InputError, match=r"names no data\.pictures"):
        train_detector(tiny_recipe(), tmp_path, resume=True)


def test_the_exported_file_says_what_torch_says_at_any_size(tmp_path: Path) -> None:
    run = loop(tmp_path / "run")
    for _ in range(6):
        run.step()
    run.save()
    assert holds_detector(tmp_path / "run") and holds_detector(tmp_path / "run" / LAST)
    with pytest.raises(InputError, match=r"give last\.safetensors"):
        load_detector_run(tmp_path / "run" / STATE)
    trained = load_detector_run(tmp_path / "run")
    with no_file_larger_than(3000), pytest.raises(InputError, match=r"mine\.onnx: cannot be written"):
        export_detector(trained, tmp_path / "own" / "mine.onnx", half=True)
    assert not list((tmp_path / "own").iterdir())
    card = export_detector(trained, tmp_path / "own" / "mine.onnx", half=True)
    assert card == read_card(tmp_path / "own" / "mine.toml") and card.family == "yolox" and card.name == "tiny"
    located = Catalogue.load([tmp_path / "own"], environment={}, user_folder=tmp_path / "user").locate("tiny")
    detector = Detector(located, DetectionSettings(low=0.01, nms_iou=0.65))
    rgb = np.random.default_rng(0).integers(0, 256, (300, 416, 3)).astype(np.uint8)
    found = detector.detect(np.ascontiguousarray(rgb[:, :, ::-1]))
    wanted = look(trained.net, rgb)
    assert len(found) == pytest.approx(len(wanted.scores), abs=20) and len(found) > 100
    np.testing.assert_allclose(found.scores[:100], wanted.scores[:100], atol=1e-3)


def test_fusing_changes_nothing() -> None:
    torch.manual_seed(1)
    net = RawForm(DetectorNet(tiny_recipe().net))
    net.train()(torch.rand(4, 3, 64, 64) * 255)
    net.eval()
    x = torch.rand(1, 3, 64, 96) * 255
    with torch.no_grad():
        torch.testing.assert_close(fused(net)(x), net(x), atol=1e-4, rtol=1e-4)
    assert not [part for part in fused(net).modules() if isinstance(part, torch.nn.BatchNorm2d)]


def test_judging_a_detector_that_knows() -> None:
    picture = LabelledPicture(
        np.zeros((60, 60, 3), np.uint8), as_boxes([[5, 5, 20, 50], [30, 10, 40, 30]]), as_boxes([]), "a"
    )
    found = FoundBoxes(as_boxes([[5, 5, 20, 50]]), np.array([0.9], np.float32))
    judged = judge([picture], lambda _: found)
    assert (judged.precision, judged.tall, judged.recall) == (pytest.approx(51 / 1.01), 100, 50)
