"""Judging a model in training on the query and gallery of a data set."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from reseen.errors import InputError
from reseen.evaluation import Embedded, OpenSetPoint, RankingSettings, evaluate, open_set_of
from reseen.training.data import Dataset, Packed, Samples, pack
from reseen.training.models.interface import ReidModel
from reseen.training.scores import Meaning, meaning_of

Embed = Callable[[NDArray[np.uint8]], NDArray[np.float32]]


@dataclass(frozen=True, eq=False)
class Figures:
    """What a model reaches.

    Attributes:
        rank1: In percent.
        mean_precision: In percent.
        used: Queries that count.
        open_set: Share found, and threshold, at given false-positive rates; empty where there are no strangers.
        meaning: Curve and threshold of scores; ``None`` where too few people are seen.
    """

    rank1: float
    mean_precision: float
    used: int
    open_set: tuple[OpenSetPoint, ...] = ()
    meaning: Meaning | None = None

    def facts(self) -> dict[str, Any]:
        """The figures as plain values."""
        return {
            "rank1": self.rank1,
            "mean_precision": self.mean_precision,
            "used": self.used,
            "open_set": [asdict(point) for point in self.open_set],
        }


@dataclass(frozen=True)
class ValidationSet:
    """A query and a gallery, decoded at one size."""

    name: str
    query: Packed
    gallery: Packed

    def judge(self, embed: Embed) -> Figures:
        """Embed both and rank by the field's protocol."""
        query, gallery = embedded(self.query, embed), embedded(self.gallery, embed)
        ranking = evaluate(query, gallery, RankingSettings())
        strangers = bool(np.isfinite(ranking.nearest_wrong).any())
        return Figures(
            rank1=100 * ranking.at_rank(1),
            mean_precision=100 * ranking.mean_precision,
            used=ranking.used,
            open_set=open_set_of(ranking) if strangers else (),
            meaning=meaning_if_known(query, gallery, self.name),
        )


def meaning_if_known(query: Embedded, gallery: Embedded, source: str) -> Meaning | None:
    """What scores mean on these people, or ``None`` where there are too few to say."""
    try:
        return meaning_of(query, gallery, source)
    except ValueError:
        return None


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
