"""Judging a model in training on the query and gallery of a data set."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from reseen.errors import InputError
from reseen.evaluation import Embedded, RankingSettings, evaluate
from reseen.training.data import Dataset, Packed, Samples, pack
from reseen.training.models.interface import ReidModel

Embed = Callable[[NDArray[np.uint8]], NDArray[np.float32]]


@dataclass(frozen=True)
class Figures:
    """What a model reaches, in percent."""

    rank1: float
    mean_precision: float
    used: int


@dataclass(frozen=True)
class ValidationSet:
    """A query and a gallery, decoded at one size."""

    name: str
    query: Packed
    gallery: Packed

    def judge(self, embed: Embed) -> Figures:
        """Embed both and rank by the field's protocol."""
        ranking = evaluate(embedded(self.query, embed), embedded(self.gallery, embed), RankingSettings())
        return Figures(100 * ranking.at_rank(1), 100 * ranking.mean_precision, ranking.used)


def embedded(packed: Packed, embed: Embed) -> Embedded:
    """Features with identities; each picture of an unknown camera counts as a camera of its own."""
    cameras = packed.samples.cameras.copy()
    unknown = cameras < 0
    cameras[unknown] = cameras.max(initial=0) + 1 + np.arange(unknown.sum())
    return Embedded(embed(packed.images), packed.samples.identities, cameras)


def validation_set(dataset: Dataset, shown: str, size: tuple[int, int], cache: Path | None) -> ValidationSet:
    """Decode the query and gallery of a data set.

    Raises:
        InputError: It has none.
    """
    if not len(dataset.query) or not len(dataset.gallery):
        raise InputError(f"{shown}: has no query and gallery; name a split, such as first or market_fold5")

    def decode(samples: Samples) -> Packed:
        return pack(samples, size, "bilinear", cache=cache)

    return ValidationSet(dataset.name, decode(dataset.query), decode(dataset.gallery))


def torch_embedder(
    model: ReidModel, transform: Callable[[Tensor], Tensor], device: torch.device, *, batch: int = 64
) -> Embed:
    """An embedding function of a torch model in evaluation mode.

    Args:
        model: The model, on ``device``.
        transform: Maps (N, h, w, 3) uint8 to (N, 3, H, W) normalised.
        device: Where it runs.
        batch: Pictures at once.
    """

    @torch.inference_mode()
    def embed(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        model.eval()
        rows: list[NDArray[np.float32]] = []
        for start in range(0, len(pictures), batch):
            part = torch.from_numpy(np.array(pictures[start : start + batch])).to(device)
            images = transform(part).contiguous(memory_format=torch.channels_last)
            rows.append(model.embed(images).float().cpu().numpy())
        return np.concatenate(rows) if rows else np.empty((0, model.embedding_dim), np.float32)

    return embed
