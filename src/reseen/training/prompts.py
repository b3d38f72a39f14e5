"""CLIP-ReID's first stage as a run: one sentence learnt for each identity, both towers frozen."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from reseen.errors import InputError, UsageError
from reseen.training.augmentation import Augment
from reseen.training.checkpoint import load_tensors, optimiser_tensors, restore_optimiser, save_tensors
from reseen.training.logs import EpochLog
from reseen.training.models.clip_reid import ClipReid
from reseen.training.models.interface import ReidModel
from reseen.training.optimizers import build_optimizer, set_rate
from reseen.training.pictures import TrainingPictures
from reseen.training.sampling import rng_of
from reseen.training.schedules import epoch_rate
from reseen.training.settings import AugmentSettings, Recipe
from reseen.training.stages import (
    LEARNT_WORDS,
    class_text_features,
    extract_image_features,
    prepare_stage,
    stage1_batches,
    stage1_loss,
)

log = logging.getLogger(__name__)

PROMPTS = "prompts.safetensors"
_EXTRACT = 64


def as_clip(model: ReidModel) -> ClipReid:
    """The model, if it has two towers.

    Raises:
        UsageError: It has not.
    """
    if not isinstance(model, ClipReid):
        raise UsageError("method clip_reid needs model.backbone clip_vit or clip_resnet")
    return model


def learn_prompts(
    model: ClipReid, pictures: TrainingPictures, recipe: Recipe, folder: Path, *, writes: bool, resume: bool
) -> None:
    """Run the first stage; afterwards the model's sentences are learnt and the second stage prepared.

    Args:
        model: On its device; only its learnt words change.
        pictures: The training pictures, resized as in a test.
        recipe: The recipe.
        folder: The run's folder; ``prompts.safetensors`` holds the state after each epoch.
        writes: Whether this process writes files.
        resume: Go on from that file if it is there.

    Raises:
        InputError: The loss is not a number.
    """
    settings = recipe.prompts
    prepare_stage(model, 1)
    optimiser = build_optimizer(model, settings.optimiser)
    done = _restore(model, optimiser, folder / PROMPTS) if resume and (folder / PROMPTS).exists() else 0
    total = settings.schedule.epochs
    if done < total:
        log.info("stage 1: image features of %d pictures", len(pictures.labelled))
        features, labels = extract_image_features(model, _test_batches(model, pictures, recipe))
        text = EpochLog(folder / "prompts.csv")
        for epoch in range(done, total):
            set_rate(optimiser, epoch_rate(settings.schedule, settings.optimiser.rate, epoch + 1))
            order = torch.from_numpy(rng_of(recipe.seed, epoch, 7).permutation(len(features)))
            loss = _epoch(model, optimiser, features, labels, order=order.to(features.device), batch=settings.batch)
            if not math.isfinite(loss):
                raise InputError(
                    f"stage 1: the loss is not a number in epoch {epoch + 1}; lower prompts.optimiser.rate"
                )
            if writes:
                text.write({"epoch": epoch + 1, "loss": loss, "rate": optimiser.param_groups[0]["lr"]})
                _save(model, optimiser, folder / PROMPTS, epoch + 1)
        log.info("stage 1: done, loss %.4g", loss)
    prepare_stage(model, 2)


def sentence_features(model: ClipReid) -> Tensor:
    """Features of all identities' sentences, fixed during the second stage."""
    return class_text_features(model).detach()


def _epoch(
    model: ClipReid,
    optimiser: torch.optim.Optimizer,
    features: Tensor,
    labels: Tensor,
    *,
    order: Tensor,
    batch: int,
) -> float:
    total = 0.0
    for index in stage1_batches(order, batch):
        loss = stage1_loss(model, features[index], labels[index])
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        total += float(loss.detach()) * len(index)
    return total / len(order)


def _test_batches(model: ClipReid, pictures: TrainingPictures, recipe: Recipe) -> Iterator[tuple[Tensor, Tensor]]:
    plain = Augment(AugmentSettings(), recipe.model.image_size, model.pixel_mean, model.pixel_std).plain
    device = next(model.parameters()).device
    known = pictures.labelled
    for index in np.array_split(known, max(1, -(-len(known) // _EXTRACT))):
        images = plain(pictures.store.take(index).to(device))
        yield images, torch.from_numpy(pictures.labels[index]).to(device)


def _save(model: ClipReid, optimiser: torch.optim.Optimizer, path: Path, epoch: int) -> None:
    state, plain = optimiser_tensors(optimiser)
    tensors = {"words": model.get_parameter(LEARNT_WORDS), **{f"optimiser.{k}": v for k, v in state.items()}}
    save_tensors(path, tensors, {"stage": "prompts", "epoch": epoch, "optimiser": plain})


def _restore(model: ClipReid, optimiser: torch.optim.Optimizer, path: Path) -> int:
    saved = load_tensors(path)
    words = model.get_parameter(LEARNT_WORDS)
    if saved.tensors["words"].shape != words.shape:
        raise InputError(f"{path}: belongs to another number of people or another prompt; name a new run folder")
    with torch.no_grad():
        words.copy_(saved.tensors["words"])
    restore_optimiser(optimiser, saved.part("optimiser"), saved.facts["optimiser"])
    return int(saved.facts["epoch"])
