"""Evaluation at MSMT17's size: ours, against the scheme that sorts the whole gallery for each query.

    python benchmarks/evaluation.py [--queries 11659] [--gallery 82161] [--width 512] [--share 0.1]

Both run in this process on the same features. A share of the queries stands for the other scheme, whose time
and memory are scaled to all of them; on that share the measures of the two are compared.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass

import numpy as np

from clustered import clustered
from meter import Meter
from reseen.evaluation import Embedded, RankingSettings, evaluate, evaluate_rows, matrix_rows

MAX_RANK = 50


@dataclass(frozen=True)
class Figures:
    cmc: np.ndarray
    mean_precision: float


def all_distances(query: Embedded, gallery: Embedded) -> np.ndarray:
    """The matrix of squared Euclidean distances, whole."""
    return (
        (query.features**2).sum(axis=1, keepdims=True)
        + (gallery.features**2).sum(axis=1)
        - 2 * (query.features @ gallery.features.T)
    )


def sort_and_loop(distances: np.ndarray, query: Embedded, gallery: Embedded, kind: str = "quicksort") -> Figures:
    """The usual scheme: an argsort of every row, a table of matches, a loop over the queries."""
    order = np.argsort(distances, axis=1, kind=kind)
    matches = (gallery.persons[order] == query.persons[:, None]).astype(np.int32)
    curves, precisions = [], []
    for index in range(len(query)):
        ranked = order[index]
        own = (gallery.persons[ranked] == query.persons[index]) & (gallery.cameras[ranked] == query.cameras[index])
        found = matches[index][~own]
        if not found.any():
            continue
        cumulated = found.cumsum()
        curves.append(np.minimum(cumulated, 1)[:MAX_RANK])
        precision = cumulated / np.arange(1, len(cumulated) + 1)
        precisions.append((precision * found).sum() / found.sum())
    return Figures(np.mean(curves, axis=0), float(np.mean(precisions)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--queries", type=int, default=11_659)
    parser.add_argument("--gallery", type=int, default=82_161)
    parser.add_argument("--identities", type=int, default=3_060)
    parser.add_argument("--width", type=int, default=512)
    parser.add_argument("--share", type=float, default=0.1, help="share of the queries for the other scheme")
    asked = parser.parse_args()

    query, gallery = clustered(asked.queries, asked.gallery, identities=asked.identities, cameras=15, width=asked.width)
    settings = RankingSettings(metric="euclidean", max_rank=MAX_RANK)
    with Meter() as ours:
        ranking = evaluate(query, gallery, settings)
    some = query.take(np.arange(round(len(query) * asked.share)))
    with Meter() as theirs:
        distances = all_distances(some, gallery)
        expected = sort_and_loop(distances, some, gallery)
    # float32 distances do tie here, and the usual sort breaks ties at random: compared with a stable one.
    stable = sort_and_loop(distances, some, gallery, kind="stable")
    same = evaluate_rows(matrix_rows(distances), some, gallery, settings)
    own = evaluate(some, gallery, settings)

    scale = len(query) / len(some)
    memory = theirs.before + (theirs.peak - theirs.before) * scale
    print(f"{len(query)} queries, {len(gallery)} gallery images, {asked.width} numbers, {os.cpu_count()} cores")
    print(f"mAP {100 * ranking.mean_precision:.2f}, rank-1 {100 * ranking.at_rank(1):.2f}")
    print("| scheme | wall s | CPU s | peak memory GB |")
    print("| --- | --- | --- | --- |")
    print(f"| ours | {ours.wall:.1f} | {ours.cpu:.1f} | {ours.peak / 1e9:.2f} |")
    print(
        f"| argsort and loop, scaled from {len(some)} queries | {theirs.wall * scale:.1f} "
        f"| {theirs.cpu * scale:.1f} | {memory / 1e9:.1f} |"
    )
    print(
        f"faster: {theirs.wall * scale / ours.wall:.1f} times by the clock, "
        f"{theirs.cpu * scale / ours.cpu:.1f} times in CPU seconds"
    )
    for name, ours_here, expected_here in (
        ("same distances, stable ties", same, stable),
        ("same distances", same, expected),
        ("each by its own distances", own, expected),
    ):
        print(
            f"largest difference, {name}: CMC {np.abs(ours_here.cmc - expected_here.cmc).max():.1e}, "
            f"mAP {abs(ours_here.mean_precision - expected_here.mean_precision):.1e}"
        )


if __name__ == "__main__":
    main()
