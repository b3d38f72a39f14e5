"""Which parameter learns at which rate, and is decayed how much."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import nn

from reseen.errors import UsageError

CLASSIFIERS = ("classifier", "arcface")
BACKBONES = ("backbone", "image_encoder")


@dataclass(frozen=True)
class OptimizerSettings:
    """The optimiser and its rates; the defaults are CLIP-ReID's second stage with a vision transformer.

    Attributes:
        kind: ``adam`` (decay is added to the gradient), ``adamw`` (decay apart from it) or ``sgd``.
        rate: Base learning rate.
        weight_decay: Of everything but biases: also of norms, class token and position embedding.
        bias_decay: Of parameters with "bias" in their name.
        bias_factor: Factor of their rate.
        classifier_factor: Factor of the classifiers' rate (the authors' LARGE_FC_LR: 2).
        backbone_factor: Factor of the rate of pretrained backbones, where a recipe trains heads faster.
        decay_norms: Whether one-dimensional parameters (norms, embeddings of one row) are decayed.
        momentum: Of ``sgd``.
        betas: Of ``adam`` and ``adamw``.
        eps: Of ``adam`` and ``adamw``.
    """

    kind: Literal["adam", "adamw", "sgd"] = "adam"
    rate: float = 5e-6
    weight_decay: float = 1e-4
    bias_decay: float = 1e-4
    bias_factor: float = 2.0
    classifier_factor: float = 1.0
    backbone_factor: float = 1.0
    decay_norms: bool = True
    momentum: float = 0.9
    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8


@dataclass(frozen=True)
class ParameterRule:
    """How one parameter is trained.

    Attributes:
        name: Of the parameter.
        rate_factor: Factor of the base rate.
        weight_decay: Its decay.
    """

    name: str
    rate_factor: float
    weight_decay: float


def parameter_rule(name: str, dimensions: int, settings: OptimizerSettings) -> ParameterRule:
    """Gives the rule of one parameter by its name.

    Args:
        name: As in ``named_parameters``.
        dimensions: Of its shape.
        settings: Rates and decays.
    """
    factor, decay = 1.0, settings.weight_decay
    if "bias" in name:
        factor, decay = settings.bias_factor, settings.bias_decay
    if any(part in name for part in CLASSIFIERS):
        factor *= settings.classifier_factor
    elif any(part in BACKBONES for part in name.split(".")):
        factor *= settings.backbone_factor
    if dimensions < 2 and not settings.decay_norms:
        decay = 0.0
    return ParameterRule(name, factor, decay)


def parameter_rules(model: nn.Module, settings: OptimizerSettings) -> tuple[ParameterRule, ...]:
    """Gives the rules of all parameters that are trained (``requires_grad``), in the model's order."""
    return tuple(
        parameter_rule(name, parameter.ndim, settings)
        for name, parameter in model.named_parameters()
        if parameter.requires_grad
    )


def build_optimizer(models: nn.Module | Iterable[nn.Module], settings: OptimizerSettings) -> torch.optim.Optimizer:
    """Builds the optimiser over what is trained in one or several modules.

    Parameters of one rule share a group; each group has ``rate_factor`` and ``names`` beside torch's keys.

    Raises:
        UsageError: Nothing is to be trained.
    """
    groups: dict[tuple[float, float], dict[str, Any]] = {}
    for model in (models,) if isinstance(models, nn.Module) else models:
        for rule in parameter_rules(model, settings):
            key = (rule.rate_factor, rule.weight_decay)
            fresh = {
                "params": [],
                "names": [],
                "lr": settings.rate * rule.rate_factor,
                "weight_decay": rule.weight_decay,
                "rate_factor": rule.rate_factor,
            }
            group = groups.setdefault(key, fresh)
            group["params"].append(model.get_parameter(rule.name))
            group["names"].append(rule.name)
    if not groups:
        raise UsageError("nothing to train: every parameter is frozen")
    if settings.kind == "sgd":
        return torch.optim.SGD(list(groups.values()), lr=settings.rate, momentum=settings.momentum)
    adam = torch.optim.AdamW if settings.kind == "adamw" else torch.optim.Adam
    return adam(list(groups.values()), lr=settings.rate, betas=settings.betas, eps=settings.eps)


def set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Sets the base rate; every group follows by its factor."""
    for group in optimizer.param_groups:
        group["lr"] = rate * float(group["rate_factor"])
