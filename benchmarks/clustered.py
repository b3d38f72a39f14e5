"""Made-up features of people that look as trained ones do: in clusters, some of them close to each other."""

from __future__ import annotations

import numpy as np

from reseen.evaluation import Embedded


def clustered(
    queries: int, gallery: int, *, identities: int, cameras: int, width: int, seed: int = 0
) -> tuple[Embedded, Embedded]:
    """Queries and gallery with unit features of ``width`` numbers.

    Identities come in groups that dress alike, cameras shift what they see, and a share of the images is poor
    (turned towards a picture of nobody), so that right answers are found at rank 1 and at rank 10,000 too.
    """
    rng = np.random.default_rng(seed)

    def unit(count: int) -> np.ndarray:
        drawn = rng.standard_normal((count, width), dtype=np.float32)
        return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)

    groups = unit(max(identities // 20, 1))
    centres = 0.6 * groups[rng.integers(len(groups), size=identities)] + 0.8 * unit(identities)
    views = 0.5 * unit(cameras)
    nobody = unit(1)

    def draw(count: int) -> Embedded:
        persons = rng.integers(identities, size=count)
        persons[:identities] = np.arange(min(identities, count))
        seen = rng.integers(cameras, size=count)
        features = centres[persons] + views[seen]
        features += rng.gamma(4, 0.4, size=(count, 1)).astype(np.float32) * unit(count)
        features += (rng.random((count, 1)) < 0.1) * 1.5 * nobody
        features /= np.linalg.norm(features, axis=1, keepdims=True)
        return Embedded(features.astype(np.float32), persons.astype(np.int64), seen.astype(np.int64))

    return draw(queries), draw(gallery)
