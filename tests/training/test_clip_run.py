"""CLIP-ReID's two stages as a run of a tiny tower pair."""

from __future__ import annotations

import csv
import json
import logging
from pathlib import Path
from typing import Any

import pytest
import torch

from reseen.errors import InputError, UsageError
from reseen.training import run as running
from reseen.training.loop import BEST
from reseen.training.prompts import PROMPTS
from reseen.training.run import train
from reseen.training.settings import Recipe
from reseen.training.trained import load_trained
from training.test_run import StoppedError, recipe, rows, same
from training.tiny_people import write_market

CLIP = {
    "width": 32, "layers": 3, "heads": 2, "patch": 8, "stride": 8, "embed_dim": 16,
    "text_width": 16, "text_layers": 1, "text_heads": 2, "vocab_size": 49408,
}  # fmt: skip


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    write_market(tmp_path_factory.mktemp("people") / "market", people=8)
    return tmp_path_factory.getbasetemp() / "people0"


def clip_recipe(root: Path, epochs: int = 4, clip: dict[str, Any] | None = None, **changes: Any) -> Recipe:
    table: dict[str, Any] = {
        "method": "clip_reid",
        "model": {
            "backbone": "clip_vit", "image_size": [32, 16], "embedding_dim": 0, "neck_feature": "before",
            "dropout": 0.0, "clip": {**CLIP, **(clip or {})},
        },
        "losses": {"identity_weight": 0.25},
        "augment": {"pad": 1, "erase": 0.0, "colour": 0.0},
        "optimiser": {"rate": 1e-3},
        "prompts": {"batch": 32, "optimiser": {"rate": 1e-2}, "schedule": {"epochs": 6}},
        "schedule": {"epochs": epochs, "warmup_epochs": 1},
        "run": {"ema": 0.0, "threads": 1, "accelerator": "cpu"},
    }  # fmt: skip
    return recipe(root, **{**table, **changes})


def stage_1(folder: Path) -> list[float]:
    with (folder / "prompts.csv").open() as stream:
        return [float(row["loss"]) for row in csv.DictReader(stream)]


def test_both_stages_reduce_their_loss(people: Path, tmp_path: Path) -> None:
    train(clip_recipe(people, epochs=6), tmp_path)
    first = stage_1(tmp_path)
    assert len(first) == 6 and first[-1] < 0.8 * first[0]
    log = rows(tmp_path)
    assert float(log[-1]["total"]) < 0.8 * float(log[0]["total"])
    assert float(log[-1]["text"]) < float(log[0]["text"])
    assert float(log[-1]["market1501 mAP"]) > float(log[0]["market1501 mAP"])
    trained = load_trained(tmp_path)
    assert trained.model.embedding_dim == 48


def test_resume_in_either_stage(people: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = clip_recipe(people, epochs=2)
    train(settings, tmp_path / "whole")
    saved = [3]
    save = running.learn_prompts.__globals__["_save"]

    def counted(*arguments: Any) -> None:
        save(*arguments)
        saved[0] -= 1
        if not saved[0]:
            raise StoppedError

    with monkeypatch.context() as patch:
        patch.setitem(running.learn_prompts.__globals__, "_save", counted)
        with pytest.raises(StoppedError):
            train(settings, tmp_path / "cut")
    assert (tmp_path / "cut" / PROMPTS).exists() and len(stage_1(tmp_path / "cut")) == 3
    with pytest.raises(UsageError, match="--resume"):
        train(settings, tmp_path / "cut")
    train(settings, tmp_path / "cut", resume=True)
    assert stage_1(tmp_path / "cut") == stage_1(tmp_path / "whole")
    assert rows(tmp_path / "cut") == rows(tmp_path / "whole")
    assert same(tmp_path / "cut" / BEST, tmp_path / "whole" / BEST)


@pytest.mark.parametrize(
    "clip", [{"camera_embedding": True, "camera_dropout": 0.3}, {"memory_slots": 4}], ids=["cameras", "memory"]
)
def test_cameras_and_memory(people: Path, tmp_path: Path, clip: dict[str, Any]) -> None:
    train(clip_recipe(people, epochs=1, clip=clip), tmp_path)
    names = load_trained(tmp_path).model.state_dict().keys()
    assert any(("cv_embed" if "camera_embedding" in clip else "memory_bank") in name for name in names)


def test_the_text_idea(people: Path, tmp_path: Path) -> None:
    text = {"weight": 0.5, "width": 16, "layers": 1, "heads": 2}
    train(clip_recipe(people, epochs=4, text=text), tmp_path)
    log = rows(tmp_path)
    assert float(log[-1]["words"]) < float(log[0]["words"])
    assert not any("words" in name for name in load_trained(tmp_path).model.state_dict())
    train(recipe(people, text=text, schedule={"epochs": 1}), tmp_path / "residual")
    assert float(rows(tmp_path / "residual")[0]["words"]) > 0


def test_captions_from_a_file(people: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    names = sorted(path.name for path in (people / "market" / "bounding_box_train").iterdir())
    lines = [{"file": f"bounding_box_train/{name}", "caption": "a tall person with an umbrella"} for name in names[:50]]
    file = tmp_path / "captions.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    text = {"weight": 0.5, "width": 16, "layers": 1, "heads": 2}
    settings = clip_recipe(people, epochs=1, text=text, captions=str(file))
    with caplog.at_level(logging.INFO):
        train(settings, tmp_path / "run")
    assert "captions: 50 of 64 pictures have one" in caplog.text
    assert float(rows(tmp_path / "run")[0]["words"]) > 0
    file.write_text(json.dumps({"file": "other.jpg", "caption": "nobody"}) + "\n")
    with pytest.raises(InputError, match="names none of the 64 pictures"):
        train(settings, tmp_path / "again")


def test_wrong_backbones_and_weights(people: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"needs model\.backbone clip_vit"):
        train(recipe(people, method="clip_reid"), tmp_path / "a")
    torch.save({"x": torch.zeros(1)}, tmp_path / "w.pt")
    with pytest.raises(InputError):
        train(clip_recipe(people, run={"initial_weights": str(tmp_path / "w.pt")}), tmp_path / "c")
