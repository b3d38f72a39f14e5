"""The two stages of CLIP-ReID, as functions of a model and a batch.

Stage 1 learns one sentence per identity with both towers frozen: image features are extracted once, then
only the placeholders of the sentences move. Stage 2 computes the sentences' features once, and trains the
image side against them, with identities and triplets.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

import torch
from torch import Tensor, nn

from reseen.training.losses.contrastive import supervised_contrastive_loss
from reseen.training.losses.total import LossParts, LossSettings, total_loss
from reseen.training.models.clip_reid import ClipReid

TEXT_SIDE = ("prompt_learner.", "text_encoder.")
LEARNT_WORDS = "prompt_learner.cls_ctx"
FROZEN_SHIFTS = ("bottleneck.bias", "bottleneck_proj.bias")


def prepare_stage(model: ClipReid, stage: Literal[1, 2]) -> None:
    """Freezes what a stage does not train, and sets the training mode.

    Stage 1 trains the learnt words alone (nothing of the image side may change, so it stays in evaluation
    mode); stage 2 everything but the text side and the shifts of the necks.
    """
    for name, parameter in model.named_parameters():
        if stage == 1:
            parameter.requires_grad_(name == LEARNT_WORDS)
        else:
            parameter.requires_grad_(not name.startswith(TEXT_SIDE) and name not in FROZEN_SHIFTS)
    model.train(stage == 2)


@torch.no_grad()
def extract_image_features(model: ClipReid, batches: Iterable[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    """Gives what stage 1 compares sentences with: projected features of all training images.

    The model is in evaluation mode for it, the images prepared as in a test.

    Args:
        model: With the image encoder to use.
        batches: Images ``(N, 3, H, W)``, normalised, and labels ``(N,)``.

    Returns:
        Features ``(all, E)`` float32 and labels ``(all,)``, on the model's device.
    """
    was_training = model.training
    model.eval()
    features: list[Tensor] = []
    labels: list[Tensor] = []
    for images, batch_labels in batches:
        features.append(model.stage1_image_features(images).float())
        labels.append(batch_labels.to(images.device))
    model.train(was_training)
    return torch.cat(features), torch.cat(labels)


def stage1_batches(order: Tensor, batch_size: int) -> Iterator[Tensor]:
    """Cuts a permutation of the images ``(all,)`` into batches; the last may be smaller, none is empty."""
    yield from torch.split(order, batch_size)


def stage1_loss(model: ClipReid, image_features: Tensor, labels: Tensor) -> Tensor:
    """Gives the contrastive loss of images and their identities' sentences, in both directions.

    Args:
        model: Whose sentences are learnt.
        image_features: ``(N, E)``, from `extract_image_features`.
        labels: ``(N,)`` int64; an identity may occur several times and then counts as often.
    """
    unique, inverse = torch.unique(labels, return_inverse=True)
    texts = model.text_features(unique)[inverse]
    return supervised_contrastive_loss(image_features, texts, labels, labels) + supervised_contrastive_loss(
        texts, image_features, labels, labels
    )


@torch.no_grad()
def class_text_features(model: ClipReid, batch_size: int = 64) -> Tensor:
    """Gives the features of all identities' sentences, ``(C, E)``; they stay fixed during stage 2."""
    every = torch.arange(model.prompt_learner.cls_ctx.shape[0], device=model.prompt_learner.cls_ctx.device)
    return torch.cat([model.text_features(labels) for labels in stage1_batches(every, batch_size)])


def stage2_loss(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    text_features: Tensor,
    *,
    settings: LossSettings | None = None,
    cams: Tensor | None = None,
    views: Tensor | None = None,
) -> LossParts:
    """Gives the losses of stage 2 for one batch.

    Args:
        model: A `ClipReid` in training mode, or a distributed wrapper of one.
        images: ``(N, 3, H, W)``, normalised.
        labels: ``(N,)`` int64.
        text_features: ``(C, E)``, from `class_text_features`.
        settings: Weights; None takes CLIP-ReID's.
        cams: ``(N,)`` camera indices, -1 unknown.
        views: ``(N,)`` view indices, -1 unknown.
    """
    return total_loss(model(images, cams, views), labels, settings, text_features)
