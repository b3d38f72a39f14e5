from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from reseen.training.losses import LossSettings
from reseen.training.models.clip_reid import ClipReid
from reseen.training.optimizers import (
    OptimizerSettings,
    build_optimizer,
    parameter_rule,
    parameter_rules,
    set_rate,
)
from reseen.training.schedules import ScheduleSettings, epoch_rate
from reseen.training.stages import (
    class_text_features,
    extract_image_features,
    prepare_stage,
    stage1_batches,
    stage1_loss,
    stage2_loss,
)

if TYPE_CHECKING:
    from conftest import Reference

SMOOTHING = 0.1
KEY_BIASES = ("attnpool.k_proj.bias",)


def _relative(value: float, expected: float) -> float:
    return abs(value - expected) / abs(expected)


def test_first_stage(reference: Reference, tower: str) -> None:
    files, run = reference.npz(f"{tower}.step1.npz"), reference.json("step.json")[f"{tower}.stage1"]
    model = reference.model(tower)
    prepare_stage(model, 1)
    images, labels = reference.pixels(tower, files["images_u8"]), torch.from_numpy(files["labels"])
    features, _ = extract_image_features(model, zip(images.split(7), labels.split(7), strict=True))
    bar = reference.bar("features", "rel_to_max")
    reference.close(f"{tower} stage 1 image features", features, files["image_features"], bar)

    settings = OptimizerSettings(
        kind=run["optimizer"].lower(),
        rate=run["base_lr"],
        weight_decay=run["weight_decay"],
        betas=tuple(run["betas"]),
        eps=run["eps"],
    )
    rules = parameter_rules(model, settings)
    groups = [(rule.name, rule.rate_factor * run["base_lr"], rule.weight_decay) for rule in rules]
    assert groups == [(g["name"], g["lr"], g["weight_decay"]) for g in run["groups"]]
    schedule = ScheduleSettings(
        kind="cosine",
        epochs=run["epochs"],
        warmup_epochs=run["warmup_epochs"],
        warmup_start=run["warmup_lr_init"],
        minimum=run["lr_min"],
    )
    optimizer = build_optimizer(model, settings)
    context = model.prompt_learner.cls_ctx
    before, cached, step = context.detach().clone(), torch.from_numpy(files["image_features"]), 0
    for epoch, order in enumerate(torch.from_numpy(files["perms"]), start=1):
        rate = epoch_rate(schedule, run["base_lr"], epoch)
        set_rate(optimizer, rate)
        for batch in stage1_batches(order, run["batch_size"]):
            difference = _relative(rate, files["lr_per_step"][step])
            reference.check("stage 1 rate", difference, reference.bar("lr", "rel"))
            optimizer.zero_grad()
            loss = stage1_loss(model, cached[batch], labels[batch])
            loss.backward()  # type: ignore[no-untyped-call]
            difference = _relative(loss.item(), files["loss_per_step"][step])
            reference.check(f"{tower} stage 1 loss", difference, reference.bar("step_loss", "rel"))
            if step == 0:
                bar = reference.bar("step_grad", "rel_to_max")
                reference.close(f"{tower} stage 1 gradient", context.grad, files["cls_ctx_grad_step0"], bar)
            optimizer.step()
            bar = reference.bar("step1_cls_ctx_delta", "rel_to_max")
            moved = files["cls_ctx_after_step"][step] - before.numpy()
            reference.close(f"{tower} stage 1 change of the words", context - before, moved, bar)
            step += 1
    assert step == len(files["loss_per_step"])


class SecondStage:
    """One recorded run of the second stage, and the same run by this project."""

    def __init__(self, reference: Reference, name: str) -> None:
        self.reference, self.name = reference, name
        self.tower, _, kind = name.split(".")
        self.run: dict[str, Any] = reference.json("step.json")[name]
        self.files = reference.npz(f"{self.tower}.step2.{kind}.npz")
        inputs = reference.npz(f"{self.tower}.forward.npz")
        self.images = reference.pixels(self.tower, inputs["images_u8"])
        self.labels, self.cams = (torch.from_numpy(inputs[key]) for key in ("labels", "cams"))
        self.model = self._model()
        self.settings = OptimizerSettings(
            kind=self.run["optimizer"].lower(),
            rate=self.run["base_lr"],
            weight_decay=self.run["weight_decay"],
            bias_decay=self.run["weight_decay_bias"],
            bias_factor=self.run["bias_lr_factor"],
            classifier_factor=2.0 if self.run["large_fc_lr"] else 1.0,
            momentum=self.run["momentum"],
            betas=tuple(self.run["betas"]),
            eps=self.run["eps"],
        )
        self.schedule = ScheduleSettings(
            kind="multistep",
            epochs=max(60, *self.run["steps"]),
            warmup_epochs=self.run["warmup_iters"],
            steps=tuple(self.run["steps"]),
            gamma=self.run["gamma"],
            warmup_factor=self.run["warmup_factor"],
            warmup_kind=self.run["warmup_method"],
        )

    def _model(self) -> ClipReid:
        if not self.run["sie_camera"]:
            return self.reference.model(self.tower)
        table = self.reference.npz(f"{self.tower}.sie.npz")["camera_cv_embed"]
        return self.reference.model(self.tower, table, camera_embedding=True)

    def loss_settings(self) -> LossSettings:
        return LossSettings(
            identity_weight=self.run["id_weight"],
            triplet_weight=self.run["triplet_weight"],
            text_weight=self.run["i2t_weight"],
            label_smoothing=SMOOTHING if self.run["label_smooth"] else 0.0,
            margin=self.run["margin"] or 0.0,
            soft_margin=self.run["soft_margin"],
        )


def _second_stages() -> list[str]:
    return [
        "vit.stage2.adam",
        "vit.stage2.sgd",
        "vit.stage2.adam_sie",
        "rn.stage2.adam",
        "rn.stage2.sgd",
    ]


def test_no_recorded_run_is_left_out(reference: Reference) -> None:
    runs = {name for name in reference.json("step.json") if ".stage" in name}
    assert runs == {*_second_stages(), "vit.stage1", "rn.stage1"}


@pytest.mark.parametrize("name", _second_stages())
def test_second_stage(reference: Reference, name: str) -> None:
    stage = SecondStage(reference, name)
    model, run = stage.model, stage.run
    prepare_stage(model, 2)
    text_features = class_text_features(model)
    optimizer = build_optimizer(model, stage.settings)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    for epoch in (1, 2):
        set_rate(optimizer, epoch_rate(stage.schedule, run["base_lr"], epoch))
        optimizer.zero_grad()
        parts = stage2_loss(
            model, stage.images, stage.labels, text_features, settings=stage.loss_settings(), cams=stage.cams
        )
        parts.total.backward()  # type: ignore[no-untyped-call]
        difference = _relative(parts.total.item(), run[f"loss_step{epoch}"])
        reference.check(f"{name} loss", difference, reference.bar("step_loss", "rel"))
        assert parts.accuracy.item() == pytest.approx(run[f"acc_step{epoch}"])
        if epoch == 1:
            _check_gradients(stage)
        optimizer.step()
        _check_changes(stage, epoch, before)
    changed = {key for key, value in model.state_dict().items() if not torch.equal(value, before[key])}
    assert changed == set(run["changed"])


def _check_gradients(stage: SecondStage) -> None:
    reference, run = stage.reference, stage.run
    gradients = {key: p.grad for key, p in stage.model.named_parameters() if p.requires_grad}
    assert sorted(k for k, g in gradients.items() if g is None) == sorted(run["parameters_without_grad"])
    for key, gradient in gradients.items():
        if gradient is None:
            continue
        if f"grad1:{key}" in stage.files:
            bar = reference.bar("step_grad", "rel_to_max")
            got, want = gradient.numpy(), stage.files[f"grad1:{key}"]
            keep = _without_keys(key, len(got))
            reference.close(f"{stage.name} gradient", got[keep], want[keep], bar)
        entry = run["tensors"][key]
        if entry["check_grad"]:
            bar = reference.bar("step_grad_stats", "rel_to_sum_abs")
            _check_statistics(reference, f"{stage.name} gradient sums", gradient.numpy(), entry["grad1"], bar)


def _check_changes(stage: SecondStage, epoch: int, before: dict[str, torch.Tensor]) -> None:
    reference = stage.reference
    state = stage.model.state_dict()
    for key, entry in stage.run["tensors"].items():
        if entry["check_delta"]:
            delta = (state[key] - before[key]).numpy()
            bar = reference.bar("step_delta_stats", "rel_to_sum_abs")
            _check_statistics(reference, f"{stage.name} change sums", delta, entry[f"delta{epoch}"], bar)
    prefix = f"after{epoch}:"
    for file_key in [key for key in stage.files if key.startswith(prefix)]:
        key = file_key.removeprefix(prefix)
        delta = (state[key] - before[key]).numpy()
        expected = stage.files[file_key] - before[key].numpy()
        keep = _without_keys(key, len(delta))
        beyond = reference.bar("step_delta_elements", "beyond_rel_to_max") * np.abs(expected).max()
        share = float((np.abs(delta - expected)[keep] > beyond).mean())
        share_bar = reference.bar("step_delta_elements", "max_share")
        reference.check(f"{stage.name} change, share of elements off", share, share_bar)


def _without_keys(name: str, length: int) -> slice | NDArray[np.int64]:
    """Leaves out the biases of attention's keys: their true gradient is 0, what is computed is noise."""
    if name.endswith("in_proj_bias"):
        return np.r_[0 : length // 3, 2 * length // 3 : length]
    return slice(0, 0) if name.endswith(KEY_BIASES) else slice(None)


def _check_statistics(reference: Reference, what: str, values: NDArray[Any], expected: list[float], bar: float) -> None:
    flat = values.astype(np.float64).ravel()
    found = [flat.sum(), np.abs(flat).sum(), (flat * np.cos(np.arange(flat.size))).sum()]
    for value, want in zip(found, expected, strict=True):
        reference.check(what, abs(value - want) / expected[1], bar)


@pytest.mark.parametrize("name", _second_stages())
def test_groups_of_the_second_stage(reference: Reference, name: str) -> None:
    stage = SecondStage(reference, name)
    prepare_stage(stage.model, 2)
    rules = {rule.name: rule for rule in parameter_rules(stage.model, stage.settings)}
    rates = [epoch_rate(stage.schedule, stage.run["base_lr"], epoch) for epoch in (1, 2)]
    assert rates[0] == pytest.approx(stage.run["lr_epoch1"], rel=reference.bar("lr", "rel"))
    assert [group["name"] for group in stage.run["groups"]] == list(rules)
    for group in stage.run["groups"]:
        rule = rules[group["name"]]
        assert rule.weight_decay == group["weight_decay"], group["name"]
        for rate, key in zip((stage.run["base_lr"], *rates), ("lr_base", "lr_step1", "lr_step2"), strict=True):
            assert rate * rule.rate_factor == pytest.approx(group[key], rel=reference.bar("lr", "rel"))


@pytest.mark.parametrize("large", [False, True])
def test_groups_of_the_baseline(reference: Reference, large: bool) -> None:
    steps = reference.json("step.json")
    groups = steps["baseline_groups"][f"large_fc_lr_{str(large).lower()}"]
    run = steps["vit.stage2.adam"]
    settings = OptimizerSettings(
        rate=run["base_lr"],
        weight_decay=run["weight_decay"],
        bias_decay=run["weight_decay_bias"],
        bias_factor=run["bias_lr_factor"],
        classifier_factor=2.0 if large else 1.0,
    )
    model = reference.model("vit")
    prepare_stage(model, 2)
    parameters = dict(model.named_parameters())
    assert {group["name"] for group in groups} == {k for k, p in parameters.items() if p.requires_grad}
    for group in groups:
        parameter = parameters[group["name"]]
        rule = parameter_rule(group["name"], parameter.ndim, settings)
        assert parameter.numel() == group["numel"]
        assert rule.rate_factor * settings.rate == pytest.approx(group["lr"], rel=reference.bar("lr", "rel"))
        assert rule.weight_decay == group["weight_decay"]
