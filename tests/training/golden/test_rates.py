from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reseen.training.optimizers import OptimizerSettings, parameter_rule
from reseen.training.schedules import ScheduleSettings, epoch_rate

if TYPE_CHECKING:
    from conftest import Reference


def _multistep(case: dict[str, Any]) -> ScheduleSettings:
    return ScheduleSettings(
        kind="multistep",
        epochs=case["max_epochs"],
        warmup_epochs=case["warmup_iters"],
        steps=tuple(case["steps"]),
        gamma=case["gamma"],
        warmup_factor=case["warmup_factor"],
        warmup_kind=case["warmup_method"],
    )


def _compare(reference: Reference, schedule: ScheduleSettings, base: float, rates: list[float]) -> None:
    assert len(rates) == schedule.epochs
    for epoch, expected in enumerate(rates, start=1):
        difference = abs(epoch_rate(schedule, base, epoch) - expected) / expected
        reference.check(f"rates {schedule.kind}", difference, reference.bar("lr", "rel"))


def test_first_stage(reference: Reference) -> None:
    for case in reference.json("lr.json")["cases"]:
        stage = case["stage1"]
        schedule = ScheduleSettings(
            kind=stage["kind"],
            epochs=stage["max_epochs"],
            warmup_epochs=stage["warmup_epochs"],
            warmup_start=stage["warmup_lr_init"],
            minimum=stage["lr_min"],
        )
        _compare(reference, schedule, stage["base_lr"], stage["lr_epoch_1_to_max"])
        before = epoch_rate(schedule, stage["base_lr"], 0)
        assert abs(before / stage["lr_before_first_step"] - 1) <= reference.bar("lr", "rel")


def test_second_stage_with_biases(reference: Reference) -> None:
    for case in reference.json("lr.json")["cases"]:
        stage = case["stage2"]
        schedule, base = _multistep(stage), stage["base_lr"]
        settings = OptimizerSettings(rate=base, bias_factor=stage["bias_lr_factor"])
        factors = [parameter_rule(name, 1, settings).rate_factor for name in ("ln.weight", "ln.bias")]
        _compare(reference, schedule, base * factors[0], stage["lr_epoch_1_to_max"])
        _compare(reference, schedule, base * factors[1], stage["lr_bias_epoch_1_to_max"])
        for factor, expected in zip(factors, stage["lr_before_first_step"], strict=True):
            assert abs(epoch_rate(schedule, base, 0) * factor / expected - 1) <= reference.bar("lr", "rel")


def test_baseline(reference: Reference) -> None:
    for case in reference.json("lr.json")["baseline"]:
        _compare(reference, _multistep(case), case["base_lr"], case["lr_epoch_1_to_max"])
