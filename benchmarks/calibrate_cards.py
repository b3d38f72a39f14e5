"""Measure each embedder's score curve and default threshold, and write them into its card.

    python benchmarks/calibrate_cards.py --reid ../shared/reid --footage ../shared/footage [--write]

Three populations of pairs (query, somebody else) count alike: two sets of labelled pictures, where a person
is one identity in one camera with up to four pictures, and footage, looked through as the product does it,
where everybody out of view of the wanted person's known stays is somebody else. Scores are those that a
search shows. The default threshold is the score that a given share of these pairs reaches; whether the
wanted people are found in the footage plays no part in it. Without ``--write`` it only tells.
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

import reseen
from reid_sets import SPLITS, FeatureCache, embedders
from reseen.embedding import Embedder
from reseen.evaluation import (
    Embedded,
    FalseMatchCurve,
    ScoreTable,
    evaluate,
    false_match_curve,
    labelled_scores,
    merge_apart,
    miss_rates,
    open_set_of,
    pairwise,
    threshold_at,
)
from reseen.library import Filter, Source, StoredTracklet
from reseen.models import ScoreCurve, read_card, write_card
from reseen.searching.scoring import ScoringSettings, aggregate, normalise, score_persons, strangers_level

SCORING = ScoringSettings()
CARDS = tuple(Path(reseen.__file__).parent / "models" / folder for folder in ("cards", "bundled"))


@dataclass(frozen=True)
class Measured:
    """What one embedder was found to do.

    Attributes:
        usual: What strangers score usually: the level to which a search normalises.
        curve: False-match rates over the score.
        threshold: The default threshold.
        strangers: For each population the share of strangers that reach the threshold.
        misses: For each labelled population the share of right pairs that do not.
        figures: Figures for the card.
    """

    usual: float
    curve: FalseMatchCurve
    threshold: float
    strangers: Mapping[str, float]
    misses: Mapping[str, float]
    figures: Mapping[str, float]


def footage_scores(library: reseen.Library, footage: Path) -> ScoreTable:
    """Raw scores with everybody found in the footage: of its queries, and of one shot of everybody found.

    Whoever is found out of view of the wanted person's known stays is somebody else, and so is whoever is found in
    another scene: no person is in two. Of the others nothing is said.
    """
    truth = json.loads((footage / "truth.json").read_text(encoding="utf-8"))
    store = library.store
    sources = {source.id: source for source in store.sources()}
    crowd = score_persons(store, np.zeros((1, library.embedder.dim), np.float32), Filter(), SCORING, usual=None)
    seen = [store.tracklets(crowd.tracklets_of(place)) for place in range(len(crowd.values))]
    rows, different = [], []
    for wanted in truth["queries"]:
        query = library.query([footage / photo for photo in wanted["photos"]])
        rows.append(score_persons(store, query.vectors, Filter(), SCORING, usual=None).values)
        near = truth["tolerance_s"]
        different.append(
            [not any(_touches(one, sources[one.source_id], wanted, near) for one in ones) for ones in seen]
        )
    vectors, scenes = store.vectors(), _scenes(truth)
    scene = np.array([scenes[sources[ones[0].source_id].path.stem] for ones in seen])
    for place, ones in enumerate(seen):
        shots = vectors.matrix[np.isin(vectors.tracklet_ids, [one.id for one in ones])]
        middle = shots[len(shots) // 2]
        rows.append(score_persons(store, middle[None], Filter(), SCORING, usual=None).values)
        different.append(scene != scene[place])
    cameras = np.unique([sources[ones[0].source_id].camera for ones in seen], return_inverse=True)[1]
    apart = np.array(different)
    return ScoreTable(np.array(rows, np.float64), np.zeros_like(apart), apart, cameras)


def _scenes(truth: dict[str, Any]) -> dict[str, str]:
    """For each clip the first of those that share people with it."""
    scenes = {clip["source"]: clip["source"] for clip in truth["clips"]}
    for person in truth["people"]:
        shared = {scenes[view["source"]] for view in person["also_in_view"]}
        scenes = {clip: min(shared) if scene in shared else scene for clip, scene in scenes.items()}
    return scenes


def _touches(row: StoredTracklet, source: Source, wanted: dict[str, Any], near: float) -> bool:
    return any(
        view["source"] == source.path.stem
        and row.tracklet.start <= view["end_s"] + near
        and row.tracklet.end >= view["start_s"] - near
        for view in wanted["also_in_view"]
    )


def open_set_figures(sets: list[tuple[Embedded, Embedded]]) -> dict[str, float]:
    """TPIR with its thresholds, every picture of all sets searched for among all others."""
    every = merge_apart(tuple(_together(*one) for one in sets))
    figures = {}
    for point in open_set_of(evaluate(every, every)):
        if point.supported:
            told = f"at FPIR {100 * point.false_positives:g} %, {point.searches} searches"
            figures[f"TPIR {told}"] = round(point.true_positives, 3)
            figures[f"cosine {told}"] = round(point.threshold, 3)
    return figures


def _together(query: Embedded, gallery: Embedded) -> Embedded:
    return Embedded(
        np.concatenate([query.features, gallery.features]),
        np.concatenate([query.persons, gallery.persons]),
        np.concatenate([query.cameras, gallery.cameras]),
    )


def measure(embedder: Embedder, reid: Path, cache: FeatureCache, footage: ScoreTable, rate: float) -> Measured:
    """Measure one embedder; ``footage`` are its raw scores there."""
    rule = pairwise(lambda likeness: aggregate(likeness, SCORING))
    raw = {"footage": footage}
    figures: dict[str, float] = {}
    plain = [cache.split(embedder, reid, split) for split in SPLITS]
    for split, (query, gallery) in zip(SPLITS, plain, strict=True):
        raw[split] = labelled_scores(*cache.split(embedder, reid, split, mirror_query=True), rule)
        ranking = evaluate(query, gallery)
        figures[f"rank-1, {split}"] = round(ranking.at_rank(1), 3)
        figures[f"mAP, {split}"] = round(ranking.mean_precision, 3)
    figures |= open_set_figures(plain)
    levels = [[strangers_level(row, SCORING) for row in table.scores] for table in raw.values()]
    usual = round(float(np.mean([np.mean(one) for one in levels])), 3)
    shown = {
        name: table.rescored(lambda scores, cameras: normalise(scores, cameras, usual, SCORING)).pairs
        for name, table in raw.items()
    }
    populations = [pairs.different for pairs in shown.values()]
    # Rounded up, so that the share of strangers stays below what was asked for.
    threshold = math.ceil(threshold_at(populations, rate) * 1000) / 1000
    return Measured(
        usual=usual,
        curve=false_match_curve(populations),
        threshold=threshold,
        strangers={name: float((pairs.different >= threshold).mean()) for name, pairs in shown.items()},
        misses={
            name: float(miss_rates(pairs.same, np.array([threshold]))[0])
            for name, pairs in shown.items()
            if len(pairs.same)
        },
        figures=figures,
    )


def write(name: str, found: Measured, rate: float) -> None:
    """Put curve, threshold and figures into the card of an embedder."""
    path = next(folder / f"{name}.toml" for folder in CARDS if (folder / f"{name}.toml").exists())
    card = read_card(path)
    curve = ScoreCurve.of(
        found.curve.scores,
        found.curve.rates,
        found.curve.pairs,
        "benchmarks/calibrate_cards.py: market_fold5, cuhk03_val and footage, alike in weight; "
        f"threshold at {rate:g}; query averaged with its mirror image, best {SCORING.best} of up to 4 shots",
    )
    measured = {**card.measured, **found.figures}
    write_card(replace(card, threshold=found.threshold, strangers=found.usual, curve=curve, measured=measured), path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reid", type=Path, required=True)
    parser.add_argument("--footage", type=Path, required=True)
    parser.add_argument("--model", action="append", default=[], help="embedder; all that are present when not given")
    parser.add_argument("--detector", default="person-detection-0201")
    parser.add_argument("--rate", type=float, default=5e-3, help="share of strangers at the default threshold")
    parser.add_argument("--cache", type=Path, default=Path("build/reid-features"))
    parser.add_argument("--write", action="store_true", help="write the cards")
    asked = parser.parse_args()
    print(f"share of strangers at the threshold: {asked.rate:g}; detector of the footage: {asked.detector}")
    print("| model | usual | threshold | pairs | strangers at it | right pairs below it | figures |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    cache = FeatureCache(asked.cache)
    with tempfile.TemporaryDirectory(prefix="reseen-calibration-") as folder:
        for embedder in embedders(asked.model):
            # Detected and tracked once; every further embedder looks at the shots that were kept.
            with reseen.Library(
                Path(folder, "footage.reseen"), detector=asked.detector, embedder=embedder.name, reembed=True
            ) as library:
                library.add(asked.footage / "clips")
                footage = footage_scores(library, asked.footage)
            found = measure(embedder, asked.reid, cache, footage, asked.rate)
            cells = (
                embedder.name,
                f"{found.usual:.3f}",
                f"{found.threshold:.3f}",
                str(found.curve.pairs),
                _shares(found.strangers),
                _shares(found.misses),
                _told(found.figures),
            )
            print(f"| {' | '.join(cells)} |", flush=True)
            if asked.write:
                write(embedder.name, found, asked.rate)


def _told(figures: Mapping[str, float]) -> str:
    return "; ".join(f"{name}: {value}" for name, value in figures.items())


def _shares(shares: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {100 * share:.2g} %" for name, share in shares.items())


if __name__ == "__main__":
    main()
