"""k-reciprocal re-ranking by sparse neighbour sets, at MSMT17's size and against the usual scheme.

    python benchmarks/rerank.py [market|msmt] [--k1 20 --k2 6]

``market`` (3,368 x 15,913) runs the usual scheme too, with its dense matrices over all images (9 GB or so);
``msmt`` (11,659 x 82,161) runs ours alone, judging the re-ranked lists without their matrix.
"""

from __future__ import annotations

import argparse
import os

import numpy as np

from clustered import clustered
from meter import Meter
from reseen.evaluation import RankingSettings, RerankSettings, evaluate, evaluate_rows, rerank

SIZES = {"market": (3_368, 15_913, 750, 6), "msmt": (11_659, 82_161, 3_060, 15)}


def dense(query: np.ndarray, gallery: np.ndarray, k1: int, k2: int, weight: float) -> np.ndarray:
    """The usual scheme, from its description: dense matrices over all images, half-precision sets, loops."""
    features = np.concatenate([query, gallery])
    count, queries = len(features), len(query)
    lengths = (features**2).sum(axis=1)
    original = lengths[:, None] + lengths - 2 * features @ features.T
    original = (original / original.max(axis=0)).T
    order = np.argsort(original).astype(np.int32)
    sets = np.zeros((count, count), dtype=np.float16)
    half = round(k1 / 2)

    def mutual(image: int, width: int) -> np.ndarray:
        forward = order[image, : width + 1]
        return forward[(order[forward, : width + 1] == image).any(axis=1)]

    for image in range(count):
        own = mutual(image, k1)
        members = own
        for candidate in own:
            close = mutual(candidate, half)
            if len(np.intersect1d(close, own)) > 2 / 3 * len(close):
                members = np.append(members, close)
        members = np.unique(members)
        weights = np.exp(-original[image, members])
        sets[image, members] = weights / weights.sum()
    original = original[:queries]
    if k2 != 1:
        averaged = np.zeros_like(sets)
        for image in range(count):
            averaged[image] = sets[order[image, :k2]].mean(axis=0)
        sets = averaged
    holders = [np.flatnonzero(sets[:, member]) for member in range(count)]
    jaccard = np.zeros((queries, count), dtype=np.float16)
    for image in range(queries):
        shared = np.zeros(count, dtype=np.float16)
        for member in np.flatnonzero(sets[image]):
            shared[holders[member]] += np.minimum(sets[image, member], sets[holders[member], member])
        jaccard[image] = 1 - shared / (2 - shared)
    return (jaccard * (1 - weight) + original * weight)[:, queries:]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("size", nargs="?", choices=SIZES, default="market")
    parser.add_argument("--width", type=int, default=512)
    parser.add_argument("--k1", type=int, default=20)
    parser.add_argument("--k2", type=int, default=6)
    parser.add_argument("--weight", type=float, default=0.3)
    parser.add_argument("--shrink", type=float, default=1.0, help="try it on fewer images: 0.1 is a tenth")
    asked = parser.parse_args()

    queries, gallery_count, identities, cameras = SIZES[asked.size]
    query, gallery = clustered(
        round(queries * asked.shrink),
        round(gallery_count * asked.shrink),
        identities=round(identities * asked.shrink),
        cameras=cameras,
        width=asked.width,
    )
    settings = RerankSettings(k1=asked.k1, k2=asked.k2, original_weight=asked.weight)
    print(
        f"{len(query)} queries, {len(gallery)} gallery images, {asked.width} numbers, "
        f"k1 {asked.k1}, k2 {asked.k2}, lambda {asked.weight}, {os.cpu_count()} cores"
    )
    print(f"mAP before {100 * evaluate(query, gallery, RankingSettings()).mean_precision:.2f}")
    print("| scheme | wall s | CPU s | peak memory GB | mAP |")
    print("| --- | --- | --- | --- | --- |")
    with Meter() as ours:
        reranked = rerank(query.features, gallery.features, settings)
        ranking = evaluate_rows(reranked.rows, query, gallery)
    print(
        f"| sparse sets, lists judged | {ours.wall:.1f} | {ours.cpu:.1f} | {ours.peak / 1e9:.2f} "
        f"| {100 * ranking.mean_precision:.2f} |"
    )
    if asked.size == "msmt":
        return
    with Meter() as matrix:
        ours_distances = rerank(query.features, gallery.features, settings).matrix()
    print(f"| sparse sets, matrix | {matrix.wall:.1f} | {matrix.cpu:.1f} | {matrix.peak / 1e9:.2f} | |")
    with Meter() as theirs:
        distances = dense(query.features, gallery.features, asked.k1, asked.k2, asked.weight)
    print(f"| dense matrices | {theirs.wall:.1f} | {theirs.cpu:.1f} | {theirs.peak / 1e9:.2f} | |")
    difference = np.abs(ours_distances - distances)
    print(
        f"faster: {theirs.wall / matrix.wall:.1f} times by the clock, "
        f"{theirs.cpu / matrix.cpu:.1f} times in CPU seconds"
    )
    print(f"largest difference {difference.max():.4f}, beyond 0.002: {100 * (difference > 2e-3).mean():.2f} %")


if __name__ == "__main__":
    main()
