"""The batches of an epoch, as positions, and one batch as tensors."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from reseen.errors import InputError
from reseen.training.augmentation import Augment
from reseen.training.pictures import TrainingPictures
from reseen.training.sampling import pk_batches, rng_of, share_of_rank, uniform_batches
from reseen.training.settings import SamplingSettings
from reseen.training.teachers import Teacher, unit_rows


@dataclass(frozen=True, eq=False)
class Batch:
    """What one step sees; arguments of a learner's forward pass, in its order."""

    images: Tensor
    labels: Tensor
    cameras: Tensor
    views: Tensor
    taught: Tensor | None
    words: Tensor | None

    def arguments(self) -> tuple[Tensor | None, ...]:
        """For the learner."""
        return self.images, self.labels, self.cameras, self.views, self.taught, self.words


@dataclass(frozen=True)
class Place:
    """Which process of how many this is."""

    rank: int = 0
    world: int = 1


def epoch_batches(
    pictures: TrainingPictures,
    sampling: SamplingSettings,
    *,
    steps: int,
    seed: int,
    epoch: int,
    place: Place,
) -> NDArray[np.int64]:
    """This process's batches of one epoch, (steps, B): labelled pictures first, unlabelled ones after them.

    Args:
        pictures: What to draw from.
        sampling: How.
        steps: Batches; 0 for one pass.
        seed: The recipe's.
        epoch: Counted from 0.
        place: Which share is wanted.

    Raises:
        InputError: The data cannot fill a batch.
    """
    parts: list[NDArray[np.int64]] = []
    if sampling.uniform:
        known = pictures.labelled
        drawn = uniform_batches(len(known), sampling.uniform, seed, epoch, 1, batches=steps)
        parts.append(share_of_rank(known[drawn], 1, place.rank, place.world))
    elif sampling.people:
        batches = _pk(pictures.labels, sampling, steps, seed, epoch)
        parts.append(share_of_rank(batches, sampling.shots, place.rank, place.world))
    if sampling.unlabelled:
        free = pictures.unlabelled
        if not len(free):
            raise InputError("sampling.unlabelled asks for unlabelled pictures but no source has unlabelled = true")
        count = len(parts[0]) if parts else steps
        drawn = uniform_batches(len(free), sampling.unlabelled, seed, epoch, 2, batches=count)
        parts.append(share_of_rank(free[drawn], 1, place.rank, place.world))
    if not parts:
        raise InputError("sampling draws nothing: set sampling.people, uniform or unlabelled")
    return np.concatenate([part[: min(map(len, parts))] for part in parts], axis=1)


def _pk(labels: NDArray[np.int64], sampling: SamplingSettings, steps: int, seed: int, epoch: int) -> NDArray[np.int64]:
    drawn: list[NDArray[np.int64]] = []
    while not drawn or sum(map(len, drawn)) < steps:
        drawn.append(pk_batches(labels, sampling.people, sampling.shots, seed, epoch, 0, len(drawn)))
    batches = np.concatenate(drawn)
    return batches[:steps] if steps else batches


def make_batch(
    pictures: TrainingPictures,
    index: NDArray[np.int64],
    augment: Augment,
    teachers: tuple[Teacher, ...],
    *seed: int,
) -> Batch:
    """Gather, augment, and fetch (or ask) the teachers.

    Args:
        pictures: What ``index`` points into.
        index: (B,) positions.
        augment: The recipe's augmentation at the size of the moment.
        teachers: To be asked online; empty takes the kept outputs, if there are any.
        seed: Numbers the augmentation depends on.
    """
    generator = torch.Generator().manual_seed(int(rng_of(*seed).integers(2**62)))
    view = augment(pictures.store.take(index), generator)
    device = view.images.device
    taught: Tensor | None = None
    if teachers:
        taught = ask(teachers, view.whole)
    elif pictures.taught is not None:
        rows = torch.from_numpy(pictures.taught[index].astype(np.float32)).to(device)
        taught = torch.where(view.flipped[:, None], rows[:, 1], rows[:, 0])

    def column(values: NDArray[np.int64]) -> Tensor:
        return torch.from_numpy(values[index]).to(device)

    images = view.images.contiguous(memory_format=torch.channels_last)
    words = None if pictures.captions is None else column(pictures.captions.words)
    labels, cameras = column(pictures.labels), column(pictures.cameras)
    return Batch(images, labels, cameras, column(pictures.views), taught, words)


def ask(teachers: tuple[Teacher, ...], whole: Tensor) -> Tensor:
    """The teachers' joined unit embeddings of pictures (N, 3, H, W) RGB 0..255."""
    parts: list[Tensor] = []
    for teacher in teachers:
        sized = torch.nn.functional.interpolate(whole, teacher.size, mode="bilinear", align_corners=False)
        pixels = sized.round().clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1).contiguous().cpu().numpy()
        parts.append(torch.from_numpy(unit_rows(teacher.embed(pixels))))
    joined: Tensor = torch.cat(parts, 1) / math.sqrt(len(parts))
    return joined.to(whole.device)
