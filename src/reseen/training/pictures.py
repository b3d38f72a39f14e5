"""The merged training pictures: arrays of all sources as one, identities kept apart."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from reseen.errors import InputError
from reseen.training.captions import Captions, caption
from reseen.training.data import Dataset, Packed, Samples, describe, join_identities, load_dataset, pack
from reseen.training.data.packed import Resampling
from reseen.training.models.cross_encoder import CrossEncoderSettings
from reseen.training.sampling import check_identities
from reseen.training.settings import DataSettings, SourceSettings
from reseen.training.teachers import Teacher, join, teacher_outputs

log = logging.getLogger(__name__)

ON_DEVICE_SHARE = 0.4


class PictureStore:
    """Several uint8 arrays (n, h, w, 3) behind one index; on a GPU they are kept there if they fit."""

    def __init__(self, parts: Sequence[NDArray[np.uint8]], device: torch.device) -> None:
        self._parts = list(parts)
        self._starts = np.cumsum([0, *(len(part) for part in parts)])
        self.device = device
        self._resident = self._upload() if device.type == "cuda" else None

    def _upload(self) -> Tensor | None:
        free, _ = torch.cuda.mem_get_info(self.device)
        if sum(part.nbytes for part in self._parts) > free * ON_DEVICE_SHARE:
            return None
        return torch.cat([torch.from_numpy(np.array(part)).to(self.device) for part in self._parts])

    def __len__(self) -> int:
        return int(self._starts[-1])

    def take(self, index: NDArray[np.int64]) -> Tensor:
        """(len(index), h, w, 3) uint8 on the device."""
        if self._resident is not None:
            return self._resident[torch.from_numpy(index).to(self.device)]
        out = np.empty((len(index), *self._parts[0].shape[1:]), np.uint8)
        which = np.searchsorted(self._starts, index, side="right") - 1
        for number in np.unique(which):
            rows = which == number
            out[rows] = self._parts[number][index[rows] - self._starts[number]]
        return torch.from_numpy(out).to(self.device, non_blocking=True)


@dataclass(frozen=True, eq=False)
class TrainingPictures:
    """Everything a batch is drawn from; N pictures of all sources.

    Attributes:
        store: The pictures.
        labels: (N,) int64 identity 0..people-1, -1 unlabelled.
        cameras: (N,) int64 0..places-1, -1 unknown.
        views: (N,) int64.
        people: Identities.
        places: Cameras.
        angles: Views.
        taught: (N, 2, D) float16 joined unit embeddings of the teachers (as it is, mirrored), or ``None``.
        captions: Words of a sentence about each picture, or ``None``.
        versions: One line for each source, with the digest of its content, for the card.
    """

    store: PictureStore
    labels: NDArray[np.int64]
    cameras: NDArray[np.int64]
    views: NDArray[np.int64]
    people: int
    places: int
    angles: int
    taught: NDArray[np.float16] | None
    captions: Captions | None
    versions: tuple[str, ...]

    @property
    def labelled(self) -> NDArray[np.int64]:
        """Positions of the pictures with an identity."""
        return np.flatnonzero(self.labels >= 0)

    @property
    def unlabelled(self) -> NDArray[np.int64]:
        """Positions of the pictures without."""
        return np.flatnonzero(self.labels < 0)


@dataclass(frozen=True)
class Sources:
    """The parsed sources of a recipe.

    Attributes:
        train: Settings and content of each training source.
        validation: The same of each source that judges.
    """

    train: tuple[tuple[SourceSettings, Dataset], ...]
    validation: tuple[tuple[SourceSettings, Dataset], ...]


def read_sources(data: DataSettings) -> Sources:
    """Parse every source of a recipe; says in the log what each holds.

    Raises:
        InputError: There is no training source, or one is missing or not of its layout.
    """
    if not data.train:
        raise InputError("the recipe has no [[data.train]] source")
    parsed: list[list[tuple[SourceSettings, Dataset]]] = []
    for role, sources in (("train", data.train), ("validate", data.validation)):
        parsed.append([])
        for source in sources:
            dataset = load_dataset(data.root / source.path, source.layout, source.split, source.with_val)
            for line in (describe(dataset), *dataset.notes):
                log.info("%s on %s: %s", role, source.path, line)
            parsed[-1].append((source, dataset))
    return Sources(tuple(parsed[0]), tuple(parsed[1]))


def _training_samples(dataset: Dataset, source: SourceSettings) -> Samples:
    samples = dataset.train
    if source.people:
        known = np.unique(samples.identities[samples.identities >= 0])
        if source.people > len(known):
            raise InputError(f"{source.path}: has {len(known)} people, not the {source.people} asked for")
        chosen = known[np.linspace(0, len(known) - 1, source.people).round().astype(int)]
        samples = samples.take(np.isin(samples.identities, chosen))
    if not len(samples):
        raise InputError(f"{source.path}: holds no training pictures")
    return samples


def training_pictures(
    sources: Sources,
    size: tuple[int, int],
    device: torch.device,
    cache: Path | None,
    *,
    teachers: Sequence[Teacher] = (),
    resampling: Resampling = "bicubic",
    text: tuple[CrossEncoderSettings, str] | None = None,
) -> TrainingPictures:
    """Decode and merge training sources.

    Args:
        sources: The parsed sources.
        size: (height, width) at which pictures are kept.
        device: Where batches are wanted.
        cache: Folder of decoded arrays and teachers' outputs.
        teachers: Whose outputs to compute (or find) for every picture.
        resampling: ``bicubic`` for training, ``bilinear`` for features as in a test.
        text: Settings and captions' file of the text idea, if it is wanted.

    Raises:
        InputError: A source holds nothing to learn from.
    """
    packs: list[Packed] = []
    taught: list[NDArray[np.float16]] = []
    parts: list[Samples] = []
    for source, dataset in sources.train:
        samples = _training_samples(dataset, source)
        packed = pack(samples, size, resampling, cache=cache)
        packs.append(packed)
        unlabelled = np.full(len(packed.samples), -1, np.int64)
        kept = packed.samples
        parts.append(replace(kept, identities=unlabelled, cameras=unlabelled) if source.unlabelled else kept)
        if teachers:
            seen = [teacher_outputs(pack(samples, t.size, "bilinear", cache=cache), t, cache) for t in teachers]
            taught.append(join(seen))
    labels, cameras, people, places = join_identities(parts)
    warning = check_identities(labels, [source.path for source, _ in sources.train])
    if warning:
        log.warning("%s", warning)
    views = np.concatenate([part.views for part in parts])
    return TrainingPictures(
        store=PictureStore([packed.images for packed in packs], device),
        labels=labels,
        cameras=cameras,
        views=views,
        people=people,
        places=places,
        angles=int(views.max(initial=0)) + 1,
        taught=np.concatenate(taught) if taught else None,
        captions=caption(packs, text[1], text[0].max_words) if text is not None else None,
        versions=tuple(
            (dataset.name if source.path == "." else f"{source.path} {source.split}".strip())
            + f": {len(packed.images)} pictures, key {packed.key[:16]}"
            for (source, dataset), packed in zip(sources.train, packs, strict=True)
        ),
    )
