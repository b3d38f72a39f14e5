"""The weighted sum that training minimises: identities, triplets, sentences."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from reseen.training.losses.contrastive import image_to_text_logits
from reseen.training.losses.identity import identity_loss
from reseen.training.losses.triplet import triplet_loss
from reseen.training.models.interface import TrainingOutputs


@dataclass(frozen=True)
class LossSettings:
    """Weights and shapes of the losses; the defaults are CLIP-ReID's with a vision transformer.

    Attributes:
        identity_weight: Of the cross entropy, summed over the score tables (CLIP-ReID: 0.25; CNN: 1).
        triplet_weight: Of the triplet loss, summed over the features.
        text_weight: Of the image-to-text cross entropy, for models with a text side.
        label_smoothing: Of both cross entropies.
        margin: Of the triplet loss.
        soft_margin: Whether the triplet loss takes a soft margin instead.
        normalise_features: Whether triplets compare unit vectors.
    """

    identity_weight: float = 0.25
    triplet_weight: float = 1.0
    text_weight: float = 1.0
    label_smoothing: float = 0.1
    margin: float = 0.3
    soft_margin: bool = False
    normalise_features: bool = False


@dataclass(frozen=True, eq=False)
class LossParts:
    """A total and what it is made of.

    Attributes:
        total: The number to minimise, with gradient.
        identity: Cross entropy, summed over score tables, not weighted; detached.
        triplet: Triplet loss, summed over features, not weighted; detached.
        text: Image-to-text cross entropy, not weighted; detached; 0 without text.
        accuracy: Share of images whose best sentence (without text: best score) is the right one.
    """

    total: Tensor
    identity: Tensor
    triplet: Tensor
    text: Tensor
    accuracy: Tensor


def total_loss(
    outputs: TrainingOutputs,
    labels: Tensor,
    settings: LossSettings | None = None,
    text_features: Tensor | None = None,
) -> LossParts:
    """Weighs the losses of one batch.

    Args:
        outputs: Of the model.
        labels: ``(N,)`` int64.
        settings: Weights and shapes.
        text_features: ``(C, E)``, one per identity; None leaves the sentences out.
    """
    settings = settings or LossSettings()
    nothing = outputs.embedding.new_zeros((), dtype=torch.float32)
    smoothing = settings.label_smoothing
    identity = sum((identity_loss(scores, labels, smoothing) for scores in outputs.scores), nothing)
    triplet = nothing
    if settings.triplet_weight:
        margin = None if settings.soft_margin else settings.margin
        normalise = settings.normalise_features
        terms = (triplet_loss(f, labels, margin, normalise=normalise) for f in outputs.features)
        triplet = sum(terms, nothing)
    logits = outputs.scores[0] if outputs.scores else None
    text = nothing
    if text_features is not None and outputs.projected is not None:
        logits = image_to_text_logits(outputs.projected, text_features)
        text = identity_loss(logits, labels, smoothing)
    accuracy = nothing if logits is None else (logits.argmax(dim=1) == labels).float().mean()
    total = settings.identity_weight * identity + settings.triplet_weight * triplet + settings.text_weight * text
    return LossParts(total, identity.detach(), triplet.detach(), text.detach(), accuracy.detach())
