"""Pictures of a run and of a judgement, as files that open offline."""

from __future__ import annotations

import base64
from pathlib import Path

import numpy as np

from reseen.evaluation import top_matches
from reseen.evaluation.pictures import (
    RankedImage,
    RankedQuery,
    ranked_page,
    similarity_histogram,
    training_curves,
)
from reseen.training.data import Packed
from reseen.training.evaluate import Judgement
from reseen.training.logs import EpochLog
from reseen.training.whole import whole

NOT_DRAWN = ("size", "updates", "seconds", "images/s")
SHOWN_QUERIES = 60
SHOWN_ANSWERS = 10


def write_ranked(judgement: Judgement, path: Path) -> None:
    """An HTML page: figures, the histogram of scores, and queries with their top ten, right and wrong framed."""
    query, gallery = judgement.pictures.query, judgement.pictures.gallery
    top = top_matches(judgement.query, judgement.gallery, SHOWN_ANSWERS)
    count = len(query.samples)
    chosen = np.unique(np.linspace(0, count - 1, min(SHOWN_QUERIES, count)).round().astype(int))
    queries = [
        RankedQuery(
            picture=_bytes(query, int(row)),
            caption=_caption(query, int(row)),
            note=f"{int(top.right[row].sum())} of the first {SHOWN_ANSWERS} right",
            images=tuple(
                RankedImage(_bytes(gallery, int(i)), _caption(gallery, int(i)), 1 - float(d), bool(right))
                for i, d, right in zip(top.images[row], top.distances[row], top.right[row], strict=True)
                if i >= 0
            ),
        )
        for row in chosen
    ]
    page = ranked_page(f"{judgement.model} on {judgement.dataset}", _facts(judgement), queries)
    meaning = judgement.meaning
    image = base64.b64encode(similarity_histogram(meaning.pairs, meaning.threshold)).decode()
    figure = f'<p><img alt="Scores of same and different people" src="data:image/svg+xml;base64,{image}"></p>'
    _write(path, page.replace("</main>", f"{figure}</main>").encode())


def write_curves(folder: Path) -> Path:
    """Draw a run's ``log.csv`` as ``curves.svg`` beside it."""
    path = folder / "curves.svg"
    rows = [{k: v for k, v in row.items() if k not in NOT_DRAWN} for row in EpochLog(folder / "log.csv").rows()]
    _write(path, training_curves(rows, folder.name))
    return path


def _facts(judgement: Judgement) -> list[tuple[str, str]]:
    facts = [("data", judgement.counts), ("queries used", f"{judgement.used} ({judgement.skipped} skipped)")]
    for row in judgement.rows:
        name = "no re-ranking" if row.reranked == "no" else f"re-ranked {row.reranked}"
        facts.append(
            (name, f"rank-1 {row.rank1:.1f}, mAP {row.mean_precision:.1f}, mINP {row.mean_inverse_penalty:.1f}")
        )
    facts.append(("trained on", judgement.trained_on or "not stated"))
    return facts


def _bytes(packed: Packed, row: int) -> bytes:
    return packed.samples.files.read(packed.samples.names[row])


def _caption(packed: Packed, row: int) -> str:
    samples = packed.samples
    camera = int(samples.cameras[row])
    identity = int(samples.identities[row])
    return samples.titles.get(identity, f"{identity}") + (f", camera {camera + 1}" if camera >= 0 else "")


def _write(path: Path, content: bytes) -> None:
    with whole(path, "page") as temporary:
        temporary.write_bytes(content)
