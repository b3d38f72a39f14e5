"""Judging any model, of the catalogue or in training, on a data set by the field's protocol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from reseen.embedding import EmbeddingSettings, load_embedder
from reseen.errors import InputError, UsageError
from reseen.evaluation import (
    Embedded,
    OpenSetPoint,
    Ranking,
    RerankSettings,
    evaluate,
    evaluate_rows,
    normalised,
    open_set_of,
    rerank,
)
from reseen.models import Catalogue, LocatedModel, read_card
from reseen.models.checksums import digest_file
from reseen.runtime import Precision, SessionSettings
from reseen.training.data import describe, load_dataset
from reseen.training.scores import Meaning, meaning_of
from reseen.training.trained import load_trained
from reseen.training.validation import Embed, ValidationSet, embedded, torch_embedder, validation_set

RERANKS = ((20, 6, 0.3), (50, 15, 0.3))


@dataclass(frozen=True)
class JudgedModel:
    """A model ready to be judged.

    Attributes:
        name: Its name.
        size: (height, width) it looks at.
        embed: Maps (N, h, w, 3) uint8 RGB of that size to (N, D).
        data: What it was trained on, as far as its card or checkpoint says.
    """

    name: str
    size: tuple[int, int]
    embed: Embed
    data: str


@dataclass(frozen=True)
class Row:
    """One line of a table, in percent.

    Attributes:
        reranked: ``no``, or the constants of k-reciprocal re-ranking.
    """

    reranked: str
    rank1: float
    rank5: float
    rank10: float
    mean_precision: float
    mean_precision_trapezoid: float
    mean_inverse_penalty: float


@dataclass(frozen=True, eq=False)
class Judgement:
    """What a model reaches on a data set.

    Attributes:
        model: Name of the model.
        dataset: Path and split.
        counts: One line of counts.
        used: Queries that count.
        skipped: Queries without a right picture in another camera.
        rows: Figures, without and with re-ranking.
        open_set: Share found at given false-positive rates.
        meaning: Curve, threshold, and scores of same and different people.
        trained_on: What the model was trained on.
        query: Embedded queries.
        gallery: Embedded gallery.
        pictures: The decoded queries and gallery, and where they come from.
    """

    model: str
    dataset: str
    counts: str
    used: int
    skipped: int
    rows: tuple[Row, ...]
    open_set: tuple[OpenSetPoint, ...]
    meaning: Meaning
    trained_on: str
    query: Embedded
    gallery: Embedded
    pictures: ValidationSet

    def as_json(self) -> dict[str, Any]:
        """Plain values for ``--json``."""
        return {
            "model": self.model,
            "dataset": self.dataset,
            "counts": self.counts,
            "queries_used": self.used,
            "queries_skipped": self.skipped,
            "figures": [asdict(row) for row in self.rows],
            "open_set": [asdict(point) for point in self.open_set],
            "threshold": self.meaning.threshold,
            "false_match_rate": self.meaning.rate,
            "missed_at_threshold": self.meaning.facts()["missed"],
            "camera_labels": "used for the protocol only",
            "trained_on": self.trained_on,
        }


def open_model(
    name: str,
    *,
    flip: bool = False,
    threads: int = 0,
    precision: Precision = "f32",
    folders: Sequence[Path] = (),
) -> JudgedModel:
    """Open a catalogue model by name, an ``.onnx`` or ``.xml`` with its card beside it, or a checkpoint.

    Args:
        name: Name, path of a model file, path of a ``.safetensors`` of a run, or a run's folder.
        flip: Average each picture with its mirror image.
        threads: Threads; 0 for all.
        precision: ``f32`` as a search computes; ``fastest`` as the runtime chooses (OpenVINO: bf16 on some CPUs).
        folders: More folders of models.

    Raises:
        InputError: It is not here or not usable.
        UsageError: No model has this name.
    """
    path = Path(name)
    if path.suffix == ".safetensors" or (path / "best.safetensors").exists():
        return _checkpoint(path, flip)
    a_file = path.suffix in (".onnx", ".xml")
    located = _beside(path) if a_file else Catalogue.load(folders).locate(name)
    embedder = load_embedder(
        located, EmbeddingSettings(flip=flip), SessionSettings(threads=threads, precision=precision)
    )

    def embed(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        step = 256
        parts = [
            embedder.embed([np.ascontiguousarray(p[..., ::-1]) for p in pictures[i : i + step]])
            for i in range(0, len(pictures), step)
        ]
        return np.concatenate(parts) if parts else np.empty((0, embedder.dim), np.float32)

    spec = located.card.input
    return JudgedModel(located.card.name, (spec.height, spec.width), embed, located.card.data)


def _beside(path: Path) -> LocatedModel:
    card_path = path.with_suffix(".toml")
    if not path.is_file():
        raise InputError(f"{path}: no such model file")
    if not card_path.exists():
        raise InputError(f"{path}: its card {card_path.name} is missing; export writes one")
    return LocatedModel(read_card(card_path), path, str(digest_file(path).sha256))


def _checkpoint(path: Path, flip: bool) -> JudgedModel:
    trained = load_trained(path)
    plain = torch_embedder(trained.model, trained.transform().plain, torch.device("cpu"))

    def both(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        mirrored = np.ascontiguousarray(pictures[:, :, ::-1])
        total: NDArray[np.float32] = normalised(plain(pictures)) + normalised(plain(mirrored))
        return total

    data = "; ".join(trained.facts.get("data", ()))
    return JudgedModel(trained.name, trained.image_size, both if flip else plain, data)


def judge(
    model: JudgedModel,
    path: Path,
    *,
    layout: str = "auto",
    split: str = "",
    reranked: bool = False,
    cache: Path | None = None,
) -> Judgement:
    """Judge a model on a data set.

    Pictures are decoded and resized by Pillow (bilinear), features compared by cosine, the query's own
    identity in its own camera left out.

    Args:
        model: The model.
        path: Folder, zip file or CSV.
        layout: Layout of the data, or ``auto``.
        split: Named split, or empty for the data's own query and gallery.
        reranked: Also with k-reciprocal re-ranking, 20/6/0.3 and 50/15/0.3.
        cache: Folder for decoded pictures.

    Raises:
        InputError: The data is not here, or has nothing to search.
        UsageError: Unknown layout or split.
    """
    dataset = load_dataset(path, layout, split)
    if not len(dataset.query) and not split:
        raise UsageError(f"{path}: has no query and gallery of its own; name a --split, such as first")
    pictures = validation_set(dataset, str(path), model.size, cache)
    query, gallery = embedded(pictures.query, model.embed), embedded(pictures.gallery, model.embed)
    ranking = evaluate(query, gallery)
    if not ranking.used:
        raise InputError(f"{path}: no query has a right picture in another camera")
    rows = [_row("no", ranking)]
    if reranked:
        for first, second, weight in RERANKS:
            distances = rerank(
                normalised(query.features),
                normalised(gallery.features),
                RerankSettings(first, second, weight),
            )
            rows.append(_row(f"{first}/{second}/{weight}", evaluate_rows(distances.rows, query, gallery)))
    shown = f"{path}{' ' + split if split else ''}"
    return Judgement(
        model=model.name,
        dataset=shown,
        counts=describe(dataset),
        used=ranking.used,
        skipped=ranking.skipped,
        rows=tuple(rows),
        open_set=open_set_of(ranking),
        meaning=meaning_of(query, gallery, shown),
        trained_on=model.data,
        query=query,
        gallery=gallery,
        pictures=pictures,
    )


def _row(reranked: str, ranking: Ranking) -> Row:
    def percent(share: float) -> float:
        return round(100 * share, 2)

    return Row(
        reranked=reranked,
        rank1=percent(ranking.at_rank(1)),
        rank5=percent(ranking.at_rank(5)),
        rank10=percent(ranking.at_rank(10)),
        mean_precision=percent(ranking.mean_precision),
        mean_precision_trapezoid=percent(ranking.mean_precision_trapezoid),
        mean_inverse_penalty=percent(ranking.mean_inverse_penalty),
    )
