"""Train, export and judge the bundled re-identification model; see README.md."""

from __future__ import annotations

import argparse
import logging
from dataclasses import replace
from pathlib import Path

from reseen.models import read_card, write_card
from reseen.training.evaluate import Judgement, judge, open_model
from reseen.training.export import CardFacts, export
from reseen.training.pages import write_curves
from reseen.training.run import train
from reseen.training.scores import from_populations
from reseen.training.settings import load_recipe
from reseen.training.trained import load_trained

CONFIGS = Path(__file__).resolve().parents[2] / "configs"
VARIANTS = {
    "full": "person_reid.toml",
    "without_cuhk03": "person_reid_without_cuhk03.toml",
    "unlabelled": "person_reid_unlabelled.toml",
}
JUDGED = (("reid/market1501_train.zip", "market_fold5"), ("reid/cuhk03.zip", "cuhk03_val"))
LIMITS = (
    "Trained on crops of 64x128 pixels by day, most of them from two university campuses: night, fisheye, views"
    " from straight above and thermal pictures were not among them.",
    "Market-1501 and CUHK03 are research data sets: a product should train on its own (docs/training.md).",
)


def main() -> None:
    """Run the recipe."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the data")
    parser.add_argument("--run", type=Path, required=True, help="the run's folder")
    parser.add_argument("--variant", choices=VARIANTS, default="full")
    parser.add_argument("--resume", action="store_true", help="go on where the run stopped")
    parser.add_argument("--export-only", action="store_true", help="export and judge what is there")
    parser.add_argument("--set", action="append", default=[], dest="changes", help="key=value")
    chosen = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    recipe = load_recipe(CONFIGS / VARIANTS[chosen.variant], [f"data.root={chosen.data}", *chosen.changes])
    if not chosen.export_only:
        train(recipe, chosen.run, resume=chosen.resume)
        write_curves(chosen.run)
    publish(chosen.run, chosen.data, chosen.variant)


def publish(run: Path, data: Path, variant: str) -> None:
    """Export the best epoch, judge the file, and say in its card what it reaches."""
    trained = load_trained(run)
    path = run / f"{trained.name}.onnx"
    facts = CardFacts(
        name=trained.name,
        summary="Residual net of basic blocks, instance norm in its first stages, taught by two larger networks",
        licence="Apache-2.0 for the weights; trained on research data, see the notes",
        notes=LIMITS if variant != "unlabelled" else LIMITS[:1],
    )
    exported = export(trained, path, facts, half=True)
    measured: dict[str, float | str] = {"epoch": float(trained.facts["epoch"])}
    judged: list[Judgement] = []
    for flip in (False, True):
        model = open_model(str(path), flip=flip, threads=1)
        for source, split in JUDGED:
            found = judge(model, data / source, split=split)
            how = f"{split}, mirrored too" if flip else split
            measured |= {f"rank-1, {how}": found.rows[0].rank1, f"mAP, {how}": found.rows[0].mean_precision}
            judged += [] if flip else [found]
    meaning = from_populations([found.meaning.pairs for found in judged], " and ".join(s for _, s in JUDGED))
    card = read_card(exported.card_path)
    card = replace(card, measured=measured, curve=meaning.curve, threshold=meaning.threshold)
    write_card(card, exported.card_path)
    for name, value in measured.items():
        logging.info("%s: %s", name, value)


if __name__ == "__main__":
    main()
