"""Whole runs of tiny nets on invented people."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from reseen.errors import InputError, UsageError
from reseen.training import run
from reseen.training.checkpoint import load_tensors
from reseen.training.loop import BEST, LAST, STATE, Loop
from reseen.training.run import train
from reseen.training.settings import Recipe, recipe_from
from reseen.training.teachers import Teacher
from reseen.training.trained import load_trained
from training.limits import no_file_larger_than
from training.tiny_people import write_market

TIMES = ("seconds", "images/s")


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("people")
    write_market(root / "market", people=8)
    write_market(root / "others", people=3)
    return root


def recipe(root: Path, **changes: Any) -> Recipe:
    table: dict[str, Any] = {
        "name": "tiny",
        "data": {"root": str(root), "train": [{"path": "market"}], "validation": [{"path": "market"}]},
        "model": {
            "backbone": "residual",
            "image_size": [32, 16],
            "widths": [4, 8, 8, 16],
            "depths": [1, 1, 1, 1],
            "embedding_dim": 16,
            "dropout": 0.2,
        },
        "sampling": {"people": 4, "shots": 3},
        "augment": {"pad": 2, "colour": 0.5},
        "optimiser": {"rate": 3e-3},
        "schedule": {"epochs": 3, "warmup_epochs": 1, "minimum": 1e-5},
        "run": {"threads": 1, "accelerator": "cpu", "ema": 0.9},
    }
    for key, value in changes.items():
        table[key] = {**table.get(key, {}), **value} if isinstance(value, dict) else value
    return recipe_from(table, "test")


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "log.csv").open() as stream:
        return [{k: v for k, v in row.items() if k not in TIMES} for row in csv.DictReader(stream)]


def same(a: Path, b: Path) -> bool:
    one, two = load_tensors(a).tensors, load_tensors(b).tensors
    return one.keys() == two.keys() and all(torch.equal(one[name], two[name]) for name in one)


class StoppedError(Exception):
    """The run was killed."""


def stop_after(monkeypatch: pytest.MonkeyPatch, steps: int) -> None:
    left = [steps]
    step = Loop._step

    def counted(self: Loop, batches: Any, number: int) -> dict[str, float]:
        if not left[0]:
            raise StoppedError
        left[0] -= 1
        return step(self, batches, number)

    monkeypatch.setattr(Loop, "_step", counted)


@pytest.mark.parametrize("steps", [2, 4, 9])
def test_a_resumed_run_is_the_uninterrupted_one(
    people: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    each_step = recipe(people, run={"threads": 1, "accelerator": "cpu", "ema": 0.9, "checkpoint_minutes": 1e-9})
    whole = tmp_path / "whole"
    train(each_step, whole)
    assert len(rows(whole)) == 3
    with monkeypatch.context() as patch:
        stop_after(patch, steps)
        with pytest.raises(StoppedError):
            train(each_step, tmp_path / "cut")
    torch.rand(17)  # what the process does in between does not matter
    train(each_step, tmp_path / "cut", resume=True)
    assert rows(tmp_path / "cut") == rows(whole)
    for name in (BEST, LAST):
        assert same(tmp_path / "cut" / name, whole / name)


def test_it_learns(people: Path, tmp_path: Path) -> None:
    schedule = {"epochs": 8, "warmup_epochs": 1, "minimum": 1e-5}
    easy = {"augment": {"pad": 1, "erase": 0.0}, "model": {"dropout": 0.0}, "optimiser": {"rate": 1e-2}}
    done = train(recipe(people, schedule=schedule, **easy), tmp_path / "run")
    log = rows(tmp_path / "run")
    assert done.epoch == 8 and len(log) == 8
    assert float(log[-1]["total"]) < 0.9 * float(log[0]["total"])
    assert done.best >= float(log[0]["market1501 mAP"])
    assert done.best == pytest.approx(max(float(row["market1501 mAP"]) for row in log), abs=1e-3)
    trained = load_trained(tmp_path / "run")
    assert trained.name == "tiny" and trained.image_size == (32, 16)
    assert trained.facts["data"][0].startswith("market: 64 pictures")
    assert any((tmp_path / "run" / "tensorboard").iterdir())
    with pytest.raises(UsageError, match="--resume"):
        train(recipe(people), tmp_path / "run")


def test_accumulated_gradients_make_fewer_updates(people: Path, tmp_path: Path) -> None:
    once = train(recipe(people, schedule={"epochs": 1}, run={"steps_per_epoch": 6}), tmp_path / "a")
    thrice = train(recipe(people, schedule={"epochs": 1}, run={"steps_per_epoch": 6, "accumulate": 4}), tmp_path / "b")
    assert once.updates == 6 and thrice.updates == 2


def test_half_precision_and_phases(people: Path, tmp_path: Path) -> None:
    settings = recipe(
        people,
        schedule={"epochs": 2},
        run={"precision": "bf16", "accelerator": "cpu"},
        phases=[{"until": 1, "image_size": [32, 16]}, {"image_size": [48, 24]}],
    )
    train(settings, tmp_path)
    assert [row["size"] for row in rows(tmp_path)] == ["32x16", "48x24"]
    assert load_trained(tmp_path / LAST).image_size == (48, 24)


def fake_teacher(seed: int) -> Teacher:
    weights = np.random.default_rng(seed).normal(size=(24 * 12 * 3, 6)).astype(np.float32)

    def embed(pictures: np.ndarray) -> np.ndarray:
        return (pictures.reshape(len(pictures), -1).astype(np.float32) / 255 - 0.5) @ weights

    return Teacher(f"fake-{seed}", f"{seed}" * 64, (24, 12), embed)


@pytest.mark.parametrize("online", [False, True])
def test_distillation(people: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, online: bool) -> None:
    monkeypatch.setattr(run, "open_teacher", lambda name, threads: fake_teacher(int(name)))
    settings = recipe(
        people,
        data={"train": [{"path": "market"}, {"path": "others", "unlabelled": True}]},
        sampling={"people": 3, "shots": 2, "unlabelled": 4},
        distill={"teachers": ["1", "2"], "online": online, "similarity": 2.0},
        augment={"pad": 0, "erase": 0.0, "colour": 0.0},
        model={"dropout": 0.0},
        optimiser={"rate": 1e-2},
        schedule={"epochs": 5, "warmup_epochs": 0},
    )
    train(settings, tmp_path)
    log = rows(tmp_path)
    assert float(log[-1]["cosine"]) < 0.8 * float(log[0]["cosine"])
    cached = list((tmp_path / "cache").glob("teach-*.npy"))
    assert len(cached) == (0 if online else 4)
    if not online:
        outputs = np.load(cached[0])
        assert outputs.shape[1:] == (2, 6)
        np.testing.assert_allclose(np.linalg.norm(outputs.astype(np.float32), axis=2), 1, atol=2e-3)
        (tmp_path / STATE).unlink()
        monkeypatch.setattr(run, "open_teacher", lambda name, threads: Teacher("x", name * 64, (24, 12), _never))
        train(recipe_from({**settings.model_dump(mode="json"), "schedule": {"epochs": 1}}, "again"), tmp_path)


def _never(pictures: np.ndarray) -> np.ndarray:
    raise AssertionError("kept outputs are used")


def test_distillation_without_identities(people: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "open_teacher", lambda name, threads: fake_teacher(1))
    settings = recipe(
        people,
        data={"train": [{"path": "others", "unlabelled": True}]},
        sampling={"people": 0, "unlabelled": 8},
        distill={"teachers": ["1"]},
        schedule={"epochs": 1},
        run={"steps_per_epoch": 3},
    )
    train(settings, tmp_path)
    assert "identity" not in rows(tmp_path)[0] and "cosine" in rows(tmp_path)[0]


def test_a_loss_that_is_no_number(people: Path, tmp_path: Path) -> None:
    train(recipe(people, schedule={"epochs": 1}), tmp_path)
    before = (tmp_path / STATE).read_bytes()
    broken = recipe(people, schedule={"epochs": 2}, optimiser={"rate": 1e30, "kind": "sgd"})
    with pytest.raises(InputError) as caught:
        train(broken, tmp_path, resume=True)
    assert "not a number in epoch 2, step" in str(caught.value) and str(tmp_path / STATE) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert (tmp_path / STATE).read_bytes() == before


def test_a_full_disk_keeps_the_last_checkpoint(people: Path, tmp_path: Path) -> None:
    train(recipe(people, schedule={"epochs": 1}), tmp_path)
    before = (tmp_path / STATE).read_bytes()
    words = r"state\.safetensors: the checkpoint could not be saved \(.*File too large.*last one is kept"
    with no_file_larger_than(len(before) // 2), pytest.raises(InputError, match=words) as caught:
        train(recipe(people, schedule={"epochs": 2}), tmp_path, resume=True)
    assert "\n" not in str(caught.value)
    assert (tmp_path / STATE).read_bytes() == before
    assert not list(tmp_path.glob(".*"))
    assert train(recipe(people, schedule={"epochs": 2}), tmp_path, resume=True).epoch == 2


def test_two_sources_keep_their_people_apart(people: Path, tmp_path: Path) -> None:
    both = recipe(people, data={"train": [{"path": "market"}, {"path": "others", "people": 2}]}, schedule={"epochs": 1})
    train(both, tmp_path)
    assert load_tensors(tmp_path / BEST).facts["people"] == 10
    with pytest.raises(InputError, match="has 3 people, not the 9"):
        train(recipe(people, data={"train": [{"path": "others", "people": 9}]}), tmp_path / "x")


def test_a_checkpoint_of_another_architecture(people: Path, tmp_path: Path) -> None:
    train(recipe(people, schedule={"epochs": 1}), tmp_path)
    wider = recipe(people, schedule={"epochs": 2}, model={"embedding_dim": 8})
    with pytest.raises(InputError, match="another architecture"):
        train(wider, tmp_path, resume=True)


def test_files_that_are_no_checkpoints(tmp_path: Path) -> None:
    for name, content in (("a.safetensors", b"\x80\x04pickle"), ("b.safetensors", b"")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match="not a readable safetensors file"):
            load_trained(tmp_path / name)
    with pytest.raises(InputError, match="no such checkpoint"):
        load_trained(tmp_path / "none.safetensors")
