from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from reseen.errors import UsageError
from reseen.training.models import ClipSpec, ModelSpec
from reseen.training.models.clip_reid import ClipReid
from reseen.training.optimizers import OptimizerSettings, build_optimizer, parameter_rules, set_rate
from reseen.training.schedules import ScheduleSettings, epoch_rate
from reseen.training.stages import (
    class_text_features,
    extract_image_features,
    prepare_stage,
    stage1_batches,
    stage1_loss,
    stage2_loss,
)

SIZE = (64, 32)
CLIP = ClipSpec(width=32, layers=2, heads=2, embed_dim=16, text_width=24, text_layers=1, text_heads=2)


@pytest.fixture
def model() -> ClipReid:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    return ClipReid(ModelSpec("clip_vit", SIZE, neck_feature="before", clip=CLIP), num_classes=4)


@given(count=st.integers(1, 40), size=st.integers(1, 10))
def test_batches_cover_everything_once_and_none_is_empty(count: int, size: int) -> None:
    order = torch.randperm(count)
    batches = list(stage1_batches(order, size))
    assert torch.equal(torch.cat(batches), order)
    assert all(0 < len(batch) <= size for batch in batches)


def test_first_stage_moves_only_the_words_and_lowers_its_loss(model: ClipReid) -> None:
    before = {key: value.clone() for key, value in model.state_dict().items()}
    prepare_stage(model, 1)
    images, labels = torch.randn(8, 3, *SIZE), torch.tensor([0, 0, 1, 1, 2, 2, 3, 3])
    features, found = extract_image_features(model, [(images[:5], labels[:5]), (images[5:], labels[5:])])
    assert torch.equal(found, labels)
    optimizer = build_optimizer(model, OptimizerSettings(rate=0.01))
    losses = []
    for _ in range(8):
        optimizer.zero_grad()
        loss = stage1_loss(model, features, labels)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]
    changed = {key for key, value in model.state_dict().items() if not torch.equal(value, before[key])}
    assert changed == {"prompt_learner.cls_ctx"}


def test_second_stage_leaves_the_text_side_and_the_shifts(model: ClipReid) -> None:
    prepare_stage(model, 2)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    text = class_text_features(model, batch_size=3)
    assert text.shape == (4, CLIP.embed_dim)
    images, labels = torch.randn(8, 3, *SIZE), torch.tensor([0, 0, 1, 1, 2, 2, 3, 3])
    optimizer = build_optimizer(model, OptimizerSettings(rate=1e-3))
    losses = []
    for _ in range(6):
        optimizer.zero_grad()
        parts = stage2_loss(model, images, labels, text)
        parts.total.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        losses.append(parts.total.item())
    assert losses[-1] < losses[0]
    fixed = {key for key, value in model.state_dict().items() if torch.equal(value, before[key])}
    assert fixed == {key for key in before if key.startswith(("text_encoder.", "prompt_learner."))} | {
        "bottleneck.bias",
        "bottleneck_proj.bias",
    }


def test_rules_of_parameters(model: ClipReid) -> None:
    settings = OptimizerSettings(
        weight_decay=0.1, bias_decay=0.2, classifier_factor=2.0, backbone_factor=0.5, decay_norms=False
    )
    prepare_stage(model, 2)
    rules = {rule.name: rule for rule in parameter_rules(model, settings)}
    assert rules["classifier.weight"].rate_factor == 2.0
    assert rules["image_encoder.proj"].rate_factor == 0.5
    assert rules["image_encoder.ln_pre.bias"].rate_factor == 1.0
    assert rules["image_encoder.ln_pre.weight"].weight_decay == 0.0
    assert rules["image_encoder.proj"].weight_decay == 0.1
    optimizer = build_optimizer(model, settings)
    assert sum(len(group["params"]) for group in optimizer.param_groups) == len(rules)
    set_rate(optimizer, 0.5)
    for group in optimizer.param_groups:
        for name in group["names"]:
            assert group["lr"] == pytest.approx(0.5 * rules[name].rate_factor)
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    with pytest.raises(UsageError, match="nothing to train"):
        build_optimizer(model, settings)


@pytest.mark.parametrize("kind", ["cosine", "multistep", "constant"])
def test_rates_rise_then_never_rise_again(kind: str) -> None:
    settings = ScheduleSettings(kind=kind, epochs=20, warmup_epochs=4, steps=(8, 15))  # type: ignore[arg-type]
    rates = [epoch_rate(settings, 0.01, epoch) for epoch in range(21)]
    assert rates[:5] == sorted(rates[:5])
    assert rates[4:] == sorted(rates[4:], reverse=True)
    if kind == "cosine":
        assert rates[-1] == settings.minimum
    if kind == "multistep":
        assert rates[-1] == pytest.approx(0.01 * 0.01)


def test_schedules_that_make_no_sense() -> None:
    with pytest.raises(UsageError, match="rising order"):
        ScheduleSettings(steps=(50, 30))
    with pytest.raises(UsageError, match="epochs"):
        ScheduleSettings(epochs=0)
