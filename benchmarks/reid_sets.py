"""Re-identification sets embedded by a model of the catalogue, for the benchmarks that measure embedders.

Pictures are decoded and resized by Pillow (bilinear, 128 x 256), so that figures do not hang on another
decoder.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from reseen.embedding import Embedder, load_embedder
from reseen.evaluation import Embedded, normalised
from reseen.models import Catalogue
from reseen.runtime import Precision, SessionSettings
from reseen.training.data import Samples, load_dataset, pack

SPLITS = {"market_fold5": "market1501_train.zip", "cuhk03_val": "cuhk03.zip"}


def embedders(names: list[str], precision: Precision = "f32") -> list[Embedder]:
    """The named embedders, or all that are present, the preferred ones first."""
    catalogue = Catalogue.load()
    chosen = names or [card.name for card in catalogue.cards("reid") if catalogue.present(card.name)]
    settings = SessionSettings(precision=precision)
    return [load_embedder(catalogue.locate(name), session_settings=settings) for name in chosen]


@dataclass(frozen=True)
class FeatureCache:
    """Features kept in a folder by model, split and way of running, so that a second run is quick."""

    folder: Path
    precision: Precision = "f32"

    def split(
        self, embedder: Embedder, data: Path, split: str, *, mirror_query: bool = False
    ) -> tuple[Embedded, Embedded]:
        """Query and gallery of a split of the sets in ``data``.

        With ``mirror_query`` a query is the mean of the picture and its mirror image, as a search makes it.
        """
        dataset = load_dataset(data / SPLITS[split], split=split)
        stem = f"{split}-{embedder.sha256[:16]}-{self.precision}"
        query = self._features(embedder, dataset.query, f"{stem}-query", mirror=False)
        if mirror_query:
            query = normalised(query + self._features(embedder, dataset.query, f"{stem}-query-mirrored", mirror=True))
        gallery = self._features(embedder, dataset.gallery, f"{stem}-gallery", mirror=False)
        return (
            Embedded(query, dataset.query.identities, dataset.query.cameras),
            Embedded(gallery, dataset.gallery.identities, dataset.gallery.cameras),
        )

    def _features(self, embedder: Embedder, samples: Samples, name: str, *, mirror: bool) -> np.ndarray:
        kept = self.folder / f"{name}.npy"
        if kept.exists():
            return np.load(kept)
        pictures = pack(samples, (256, 128), "bilinear").images[:, :, :: -1 if mirror else 1]
        features = embedder.embed([np.ascontiguousarray(rgb[:, :, ::-1]) for rgb in pictures])
        self.folder.mkdir(parents=True, exist_ok=True)
        np.save(kept, features)
        return features
