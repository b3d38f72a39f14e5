"""Rank-1 and mAP of every embedder present on the splits of a folder of re-identification sets.

    python benchmarks/reid_table.py ../shared/reid [--model NAME ...] [--cache FOLDER] [--rerank]

The folder holds ``market1501_train.zip`` and ``cuhk03.zip``. Where its README.md has a table of the same
form, the differences from it are printed too. Cosine, no flip, no extra data, no camera labels.
``--precision fastest`` lets OpenVINO choose (bf16 on some CPUs), which is how published figures are often
measured.
"""

from __future__ import annotations

import argparse
import re
import time
from pathlib import Path

from reid_sets import SPLITS, FeatureCache, embedders
from reseen.evaluation import (
    Embedded,
    Ranking,
    RerankSettings,
    evaluate,
    evaluate_rows,
    normalised,
    open_set_of,
    rerank,
)


def expected_figures(readme: Path) -> dict[str, list[tuple[float, float]]]:
    """Rank-1 and mAP by model, as a table in ``readme`` has them: ``| model | 97.5 / 94.3 | 61.6 / 59.2
    |``.
    """
    found = {}
    for line in readme.read_text(encoding="utf-8").splitlines() if readme.exists() else []:
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        figures = [re.fullmatch(r"([\d.]+) / ([\d.]+)", cell) for cell in cells[1:]]
        if figures and all(figures):
            name = cells[0].split(" ")[0].removesuffix(".onnx")
            found[name] = [(float(one[1]), float(one[2])) for one in figures if one]
    return found


def ranked(query: Embedded, gallery: Embedded, settings: RerankSettings | None) -> Ranking:
    if settings is None:
        return evaluate(query, gallery)
    reranked = rerank(normalised(query.features), normalised(gallery.features), settings)
    return evaluate_rows(reranked.rows, query, gallery)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", action="append", default=[])
    parser.add_argument("--cache", type=Path, default=Path("build/reid-features"))
    parser.add_argument("--rerank", action="store_true", help="k-reciprocal, 20/6/0.3")
    parser.add_argument("--precision", choices=("f32", "fastest"), default="f32")
    asked = parser.parse_args()
    cache = FeatureCache(asked.cache, asked.precision)
    expected = expected_figures(asked.folder / "README.md")
    settings = RerankSettings() if asked.rerank else None
    print(
        f"re-ranking: {'20/6/0.3' if settings else 'none'}; extra data: none; "
        f"camera labels: none; precision: {asked.precision}"
    )
    print("| model | split | rank-1 | mAP | mINP | TPIR at FPIR 1 % | differences | CPU s |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for embedder in embedders(asked.model, asked.precision):
        for place, split in enumerate(SPLITS):
            since = time.process_time()
            query, gallery = cache.split(embedder, asked.folder, split)
            ranking = ranked(query, gallery, settings)
            rank1, precision = 100 * ranking.at_rank(1), 100 * ranking.mean_precision
            known = open_set_of(ranking, (0.01,))[0]
            found = f"{100 * known.true_positives:.1f}" if settings is None else "-"
            apart = "-"
            if settings is None and embedder.name in expected:
                told = expected[embedder.name][place]
                apart = f"{rank1 - told[0]:+.1f} / {precision - told[1]:+.1f}"
            print(
                f"| {embedder.name} | {split} | {rank1:.1f} | {precision:.1f} "
                f"| {100 * ranking.mean_inverse_penalty:.1f} | {found} | {apart} "
                f"| {time.process_time() - since:.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
