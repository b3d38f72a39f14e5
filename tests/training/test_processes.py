"""Training by two processes at once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reseen.errors import InputError, UsageError
from reseen.training.loop import BEST, LAST
from reseen.training.run import make_fabric, of_process, train
from training.test_run import recipe, rows, same
from training.tiny_people import write_market
from training.two_processes import whole_and_cut

TWO = {"threads": 1, "accelerator": "cpu", "ema": 0.9, "devices": 2, "checkpoint_minutes": 1e-9, "steps_per_epoch": 4}


def test_two_processes_share_the_people_draw_for_themselves_and_resume(tmp_path: Path) -> None:
    write_market(tmp_path / "market", people=8)
    settings = recipe(tmp_path, run=TWO, schedule={"epochs": 2})
    make_fabric(settings.run).launch(whole_and_cut, settings, tmp_path, 6)
    assert rows(tmp_path / "cut") == rows(tmp_path / "whole")
    for name in (BEST, LAST):
        assert same(tmp_path / "cut" / name, tmp_path / "whole" / name)
    first, second = (json.loads((tmp_path / f"seen-{rank}.json").read_text()) for rank in (0, 1))
    assert len(first) == len(second) == 8
    for one, other in zip(first, second, strict=True):
        assert len(one["people"]) == len(other["people"]) == 2
        assert not set(one["people"]) & set(other["people"])
        assert one["drawn"] != other["drawn"]
        assert one["total"] == other["total"]  # the mean of both is what is logged and judged
    assert len({tuple(step["drawn"]) for step in first}) == 8


def test_what_goes_wrong_in_a_process_is_one_line(tmp_path: Path) -> None:
    write_market(tmp_path / "market", people=8)
    broken = recipe(tmp_path, run=TWO, optimiser={"rate": 1e30, "kind": "sgd"}, schedule={"epochs": 1})
    with pytest.raises(InputError, match="the loss is not a number in epoch 1, step") as caught:
        train(broken, tmp_path / "run")
    assert "\n" not in str(caught.value) and "Traceback" not in str(caught.value)


def test_devices_that_are_not_here() -> None:
    run = recipe(Path()).run
    with pytest.raises(UsageError, match="f16 needs a GPU"):
        make_fabric(run.model_copy(update={"precision": "f16"}))


def test_the_error_of_a_process_is_found_in_its_traceback() -> None:
    text = "-- Process 1 terminated\nTraceback\n  raise InputError(\nreseen.errors.InputError: x: no such file; look\n"
    found = of_process(ValueError(text))  # type: ignore[arg-type]
    assert isinstance(found, InputError) and str(found) == "x: no such file; look"
    other = ValueError("KeyError: 3")
    assert of_process(other) is other  # type: ignore[arg-type]
