"""The demonstration: what it asks, how it judges itself, and that it loses nothing."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from library.samples import MODELS, new_source
from reseen.demo import SCENE, run_demo, wanted
from reseen.errors import InputError
from reseen.library import Store
from reseen.models import ModelMissing, catalogue
from reseen.synthetic import FootageTruth, Interval, QueryTruth


def test_an_earlier_demonstration_is_kept_when_there_are_no_networks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RESEEN_MODELS", str(tmp_path / "none"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    shutil.copytree(catalogue.PACKAGE / "cards", tmp_path / "package" / "cards")  # and none of the bundled models
    monkeypatch.setattr(catalogue, "PACKAGE", tmp_path / "package")
    (tmp_path / "demo" / "library").mkdir(parents=True)
    (tmp_path / "demo" / "found.html").write_text("an earlier report")
    with pytest.raises(ModelMissing, match="no person detector is here"):
        run_demo(tmp_path / "demo")
    assert (tmp_path / "demo" / "found.html").read_text() == "an earlier report"
    assert (tmp_path / "demo" / "library").is_dir()


def test_a_library_of_somebodys_own_footage_is_not_taken_for_an_earlier_demonstration(tmp_path: Path) -> None:
    with Store.create(tmp_path / "library", MODELS) as store:
        store.add_source(new_source("holiday.mp4"))
    with pytest.raises(InputError, match=r"holds clips/holiday\.mp4, no demonstration: choose another folder"):
        run_demo(tmp_path)
    with Store.open(tmp_path / "library") as store:
        assert len(store.sources()) == 1
    assert not (tmp_path / "footage").exists()


def test_the_person_of_most_cameras_is_asked_for() -> None:
    def query(name: str, *stays: Interval) -> QueryTruth:
        return QueryTruth(name, (f"{name}.jpg",), name, "cross-camera", "easy", "", stays, stays)

    long, both = Interval("camera-1", 0, 20), (Interval("camera-1", 0, 3), Interval("camera-2", 5, 8))
    truth = FootageTruth((), (), (query("one", long), query("two", *both)), {})
    assert wanted(truth).query == "two"


def test_the_truth_is_met_with_real_networks(
    tmp_path: Path, model_files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RESEEN_MODELS", str(model_files))
    pair = {"detector": "yolox_nano", "embedder": "person-reidentification-retail-0287"}
    done = run_demo(tmp_path / "demo", scene=replace(SCENE, seconds=8.0, width=640, height=360), **pair)
    assert done.judged.reported >= 1
    assert done.judged.right == done.judged.reported
    assert done.report.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert done.verdict.endswith("nobody else taken for the person")
