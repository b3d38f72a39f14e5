"""Checkpoints judged, exported, quantised, calibrated, imported, and used by the rooms that run models."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from reseen.embedding import check_embedder, load_embedder
from reseen.errors import InputError, UsageError
from reseen.models import Catalogue, read_card
from reseen.runtime import Session
from reseen.training import export as exporting
from reseen.training import onnx_file
from reseen.training import quantise as quantising
from reseen.training.calibrate import calibrate_on_people, write_calibration
from reseen.training.deploy import deploy
from reseen.training.evaluate import judge, open_model
from reseen.training.export import export, probe_pictures, write_onnx
from reseen.training.models import ClipSpec, ModelSpec
from reseen.training.models.build import build_model
from reseen.training.pages import write_ranked
from reseen.training.run import train
from reseen.training.trained import TrainedModel
from training.limits import no_file_larger_than
from training.test_run import recipe
from training.tiny_people import write_market


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_market(tmp_path_factory.mktemp("people") / "market", people=8)


@pytest.fixture(scope="module")
def run(people: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    train(recipe(people.parent, schedule={"epochs": 2}), folder)
    return folder


@pytest.fixture(scope="module")
def exported(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return deploy(run, tmp_path_factory.mktemp("out") / "mine.onnx").path


def test_the_exported_file(exported: Path) -> None:
    session = Session(exported)
    assert session.inputs[0].shape == (None, 3, 32, 16) and session.outputs[0].shape[-1] == 16
    pictures = probe_pictures((32, 16), 5)
    out = session.run(pictures)[0]
    np.testing.assert_allclose(np.linalg.norm(out, axis=1), 1, atol=1e-5)
    alone = np.concatenate([session.run(pictures[i : i + 1])[0] for i in range(5)])
    np.testing.assert_allclose(out, alone, atol=1e-5)
    names = {item.name for item in onnx.load(exported).graph.initializer}
    assert not any("classifier" in name for name in names)
    assert str(Path.cwd().parent).encode() not in exported.read_bytes()
    assert b"stack_trace" not in exported.read_bytes()


def test_half_the_size(run: Path, exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx_file, "SMALL_WEIGHTS", 64)
    small = deploy(run, tmp_path / "half.onnx", half=True)
    assert small.difference < exporting.LARGEST_DIFFERENCE
    kinds = {item.data_type for item in onnx.load(small.path).graph.initializer}
    assert onnx.TensorProto.FLOAT16 in kinds
    pictures = probe_pictures((32, 16), 3)
    one, two = (Session(path).run(pictures)[0] for path in (exported, small.path))
    assert 0 < np.abs(one - two).max() < 2e-3


def test_checkpoint_and_export_reach_the_same_figures(run: Path, exported: Path, people: Path) -> None:
    by_torch = judge(open_model(str(run)), people)
    by_onnx = judge(open_model(str(exported)), people, reranked=True)
    assert by_torch.rows[0] == by_onnx.rows[0]
    assert [row.reranked for row in by_onnx.rows] == ["no", "20/6/0.3", "50/15/0.3"]
    assert by_onnx.used == 16 and by_onnx.skipped == 0
    card = read_card(exported.with_suffix(".toml"))
    assert card.measured["market1501 mAP"] == pytest.approx(by_onnx.rows[0].mean_precision, abs=0.01)
    assert "64 pictures" in card.data
    mirrored = judge(open_model(str(exported), flip=True), people)
    same = judge(open_model(str(run), flip=True), people)
    assert mirrored.rows[0] == same.rows[0]


def test_the_card_says_what_scores_mean(run: Path, exported: Path, people: Path) -> None:
    found = judge(open_model(str(run)), people)
    beside = tomllib.loads((run / "best.toml").read_text())
    assert beside["recipe"]["optimiser"]["rate"] == 3e-3 and beside["data"][0].startswith("market: 64 pictures")
    assert beside["extra_data"] == beside["re_ranking"] == "none" and beside["camera_labels"] == "not learnt from"
    assert beside["preprocessing"]["height"] == 32 and beside["preprocessing"]["mean"] == [0.485, 0.456, 0.406]
    assert beside["figures"]["market1501"]["mean_precision"] == pytest.approx(found.rows[0].mean_precision, abs=0.01)
    card = read_card(exported.with_suffix(".toml"))
    assert card.curve is not None
    assert list(card.curve.scores) == beside["scores"]["scores"] == list(found.meaning.curve.scores)
    assert card.threshold == beside["scores"]["threshold"] == found.meaning.threshold
    for point, kept in zip(found.open_set, beside["figures"]["market1501"]["open_set"], strict=True):
        assert kept["false_positives"] == point.false_positives
        assert kept["threshold"] == pytest.approx(point.threshold, abs=1e-5)
        assert kept["true_positives"] == point.true_positives
        at = f"at FPIR {100 * point.false_positives:g} % (few queries)"
        assert card.measured[f"market1501 threshold {at}"] == pytest.approx(point.threshold, abs=1e-4)
        assert card.measured[f"market1501 TPIR {at}"] == pytest.approx(100 * point.true_positives, abs=0.01)


def test_the_page(exported: Path, people: Path, tmp_path: Path) -> None:
    found = judge(open_model(str(exported)), people)
    write_ranked(found, tmp_path / "ranked.html")
    page = (tmp_path / "ranked.html").read_text()
    assert page.count("data:image/jpeg") >= 16 * 5 and "data:image/svg+xml" in page
    assert "rank-1" in page and "https:" not in page and 'src="http' not in page


def test_the_catalogue_takes_it_with_no_further_step(exported: Path, tmp_path: Path) -> None:
    catalogue = Catalogue.load(environment={}, user_folder=tmp_path, cache_folder=tmp_path / "cache")
    catalogue.import_model(exported, exported.with_suffix(".toml"), check_embedder)
    embedder = load_embedder(catalogue.locate("mine"))
    crops = [np.full((60, 30, 3), value, np.uint8) for value in (20, 220)]
    assert embedder.embed(crops).shape == (2, 16)


def test_an_export_that_computes_something_else_is_refused(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "compare", lambda *_: 0.5)
    with pytest.raises(InputError, match="differ by 0"):
        deploy(run, tmp_path / "bad.onnx")
    assert not list(tmp_path.iterdir())
    with pytest.raises(InputError, match=r"must end in \.onnx"):
        deploy(run, tmp_path / "bad.pt")


def test_a_full_disk_leaves_no_half_model(run: Path, exported: Path, people: Path, tmp_path: Path) -> None:
    with no_file_larger_than(3000), pytest.raises(InputError, match=r"x\.onnx: cannot be written") as caught:
        deploy(run, tmp_path / "x.onnx")
    assert "\n" not in str(caught.value) and not list(tmp_path.iterdir())
    found = calibrate_on_people(open_model(str(exported)), people)
    before = exported.with_suffix(".toml").read_bytes()
    with no_file_larger_than(100), pytest.raises(InputError, match="cannot be written"):
        write_calibration(exported.with_suffix(".toml"), found)
    assert exported.with_suffix(".toml").read_bytes() == before and len(list(exported.parent.iterdir())) == 2


def test_int8(run: Path, people: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="--int8 needs --calibrate"):
        deploy(run, tmp_path / "x.onnx", int8=True)
    monkeypatch.setattr(quantising, "LARGEST_LOSS", 100.0)
    done = deploy(run, tmp_path / "small.onnx", int8=True, calibrate=people)
    card = read_card(done.card_path)
    assert card.measured["precision"] == "static int8"
    assert card.curve is not None and card.curve.pairs >= 10
    kinds = {node.op_type for node in onnx.load(done.path).graph.node}
    assert "QuantizeLinear" in kinds
    monkeypatch.setattr(quantising, "LARGEST_LOSS", -200.0)
    with pytest.raises(InputError, match="points of mAP.*refused"):  # noqa: RUF043
        deploy(run, tmp_path / "none.onnx", int8=True, calibrate=people)
    assert not (tmp_path / "none.onnx").exists()


def test_calibration_on_named_people(exported: Path, people: Path, tmp_path: Path) -> None:
    found = calibrate_on_people(open_model(str(exported)), people, rate=0.1)
    meaning = found.meaning
    assert found.people == 8
    assert (meaning.pairs.different >= meaning.threshold - 1e-4).mean() == pytest.approx(0.1, abs=0.02)
    assert meaning.missed == pytest.approx((meaning.pairs.same < meaning.threshold).mean(), abs=0.02)
    for name in ("mine.onnx", "mine.toml"):
        (tmp_path / name).write_bytes(exported.with_name(name).read_bytes())
    card = write_calibration(tmp_path / "mine.toml", found)
    assert read_card(tmp_path / "mine.toml") == card
    assert card.threshold == meaning.threshold and card.curve is not None
    assert card.measured["market threshold at FPIR 1 % (few queries)"] == round(found.open_set[0].threshold, 4)
    few = write_market(tmp_path / "few", people=3)
    with pytest.raises(InputError, match="shows 3 people"):
        calibrate_on_people(open_model(str(exported)), few)


CLIP = ClipSpec(
    width=32, layers=2, heads=2, patch=8, stride=8, embed_dim=16, text_width=16, text_layers=1, text_heads=2
)


@pytest.mark.parametrize(
    "spec",
    [
        ModelSpec(backbone="clip_vit", clip=CLIP),
        ModelSpec(backbone="clip_vit", clip=replace(CLIP, camera_embedding=True)),
        ModelSpec(backbone="clip_vit", clip=replace(CLIP, memory_slots=4)),
    ],
    ids=["plain", "cameras", "memory"],
)
def test_clip_models_export_without_their_text_side(spec: ModelSpec, tmp_path: Path) -> None:
    spec = replace(spec, image_size=(32, 16), embedding_dim=0, neck_feature="before")
    model = build_model(spec, 3, num_cameras=2, num_views=1).eval()
    difference = write_onnx(TrainedModel(model, "clip", (32, 16)), tmp_path / "m.onnx")
    assert difference < 1e-4
    names = {item.name for item in onnx.load(tmp_path / "m.onnx").graph.initializer}
    assert names and not any("text_encoder" in name or "prompt" in name for name in names)


def test_a_mirrored_export_sees_no_difference_between_a_picture_and_its_mirror_image(tmp_path: Path) -> None:
    spec = ModelSpec(widths=(4, 4, 8, 8), depths=(1, 1, 1, 1), image_size=(32, 16), embedding_dim=0)
    trained = TrainedModel(build_model(spec, 3).eval(), "tiny", (32, 16))
    pictures = probe_pictures((32, 16))
    for mirrored in (False, True):
        assert export(trained, tmp_path / "m.onnx", half=True, mirrored=mirrored).difference < 2e-3
        session = Session(tmp_path / "m.onnx")
        rows, others = (session.run(each)[0] for each in (pictures, np.ascontiguousarray(pictures[..., ::-1])))
        assert (np.abs(rows - others).max() < 1e-5) == mirrored
        np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "rank1", "mean_precision"),
    [("osnet_x0_25_msmt17", 26.3, 26.2), ("person-reidentification-retail-0287", 39.9, 40.2)],
)
def test_the_shared_table(reid_data: Path, model_files: Path, name: str, rank1: float, mean_precision: float) -> None:
    if name.startswith("person-"):
        pytest.importorskip("openvino")
    model = open_model(name, threads=1, precision="fastest", folders=[model_files])
    row = judge(model, reid_data / "cuhk03.zip", split="cuhk03_val").rows[0]
    assert row.mean_precision == pytest.approx(mean_precision, abs=0.5)
    assert row.rank1 == pytest.approx(rank1, abs=1.02)  # a query is 0.5, and figures there are rounded


def test_models_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such model file"):
        open_model(str(tmp_path / "x.onnx"))
    (tmp_path / "x.onnx").write_bytes(b"")
    with pytest.raises(InputError, match=r"its card x\.toml is missing"):
        open_model(str(tmp_path / "x.onnx"))


def test_data_without_queries_needs_a_split(exported: Path, people: Path, tmp_path: Path) -> None:
    (tmp_path / "people").mkdir()
    with pytest.raises(InputError):
        judge(open_model(str(exported)), tmp_path / "people")
    for person in sorted({path.name[:4] for path in (people / "query").iterdir()}):
        (tmp_path / "people" / person).mkdir()
        for path in (people / "bounding_box_test").glob(f"{person}*"):
            (tmp_path / "people" / person / path.name).write_bytes(path.read_bytes())
    with pytest.raises(UsageError, match="name a --split"):
        judge(open_model(str(exported)), tmp_path / "people")
    found: Any = judge(open_model(str(exported)), tmp_path / "people", split="first").as_json()
    assert found["queries_used"] == 16 and found["camera_labels"] == "used for the protocol only"
