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

CONFIG = Path(__file__).resolve().parents[2] / "configs" / "person_reid.toml"
MARKET = '{path = "reid/market1501_train.zip", layout = "market1501", split = "market_fold5"}'
UNNAMED = ", ".join(
    f'{{path = "detection/{name}.zip", layout = "coco", unlabelled = true}}' for name in ("train", "pennfudan")
)
VARIANTS: dict[str, tuple[str, ...]] = {
    "full": (),
    "without_cuhk03": ("name=person-reid-without-cuhk03", f"data.train=[{MARKET}, {UNNAMED}]"),
    "unlabelled": (
        "name=person-reid-unlabelled",
        f"data.train=[{UNNAMED}]",
        "sampling.people=0",
        "sampling.unlabelled=80",
        "losses.identity_weight=0.0",
        "losses.triplet_weight=0.0",
    ),
}
"""What each changes of the recipe."""
JUDGED = (("reid/market1501_train.zip", "market_fold5"), ("reid/cuhk03.zip", "cuhk03_val"))
GOALS: dict[str, dict[str, float]] = {
    "full": {"market_fold5": 0.87, "cuhk03_val": 0.63},
    "without_cuhk03": {"cuhk03_val": 0.40},
    "unlabelled": {},
}
RANK = 90
DATA = (
    "Market-1501's training part without every fifth identity (609 people, 10,383 crops; its authors: research only, no"
    " distribution or commercial use); CUHK03, first camera pair (462 people, 4,495 crops; terms of CUHK, mind its"
    " students' privacy); 10,242 unnamed crops from pictures of COCO, hard-hat and factory sets, TUD, MOT 2015,"
    " CityPersons and Penn-Fudan (mixed terms, most of them research)"
)
SOURCE = (
    "this project: python recipes/person_reid/make.py --data DATA --run RUN; its log is recipes/person_reid/log.csv"
)
LIMITS = (
    "The network itself averages each picture with its mirror image.",
    "Market-1501 and CUHK03 are research data sets: a product should train on its own people (docs/training.md).",
    "Trained on crops of 64x128 pixels by day, most of them from two university campuses: night, fisheye, views"
    " from straight above and thermal pictures were not among them.",
    "Taught by person-reidentification-retail-0277 and -0286 (Open Model Zoo, Apache-2.0), which are better wherever"
    " they can be had: reseen models pull recommended.",
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
    recipe = load_recipe(CONFIG, [*VARIANTS[chosen.variant], f"data.root={chosen.data}", *chosen.changes])
    if not chosen.export_only:
        train(recipe, chosen.run, resume=chosen.resume)
        write_curves(chosen.run)
    publish(chosen.run, chosen.data, chosen.variant)


def publish(run: Path, data: Path, variant: str) -> None:
    """Export the last epoch, judge the file, and say in its card what it reaches and by how much it misses."""
    trained = load_trained(run / "last.safetensors")
    path = run / f"{trained.name}.onnx"
    facts = CardFacts(
        name=trained.name,
        summary="Residual net of basic blocks with instance norm in its first stages, taught by two larger networks",
        licence="Apache-2.0 for the weights; trained on research data, see data and notes",
        data=DATA if variant == "full" else "",
        notes=LIMITS,
    )
    exported = export(trained, path, facts, half=True, mirrored=True)
    measured: dict[str, float | str] = {"epoch": float(trained.facts["epoch"])}
    judged: list[Judgement] = []
    model = open_model(str(path), threads=1)
    for source, split in JUDGED:
        found = judge(model, data / source, split=split)
        reached = share(found.rows[0].mean_precision)
        measured |= {f"rank-1, {split}, decoded at its size": share(found.rows[0].rank1)}
        measured |= {f"mAP, {split}, decoded at its size": reached}
        if split in GOALS[variant]:
            goal = GOALS[variant][split]
            measured |= {f"the same short of the goal of {goal}": round(goal - reached, 3)}
        judged.append(found)
    meaning = from_populations([found.meaning.pairs for found in judged], " and ".join(s for _, s in JUDGED))
    card = read_card(exported.card_path)
    card = replace(card, source=SOURCE, rank=RANK, measured=measured, curve=meaning.curve, threshold=meaning.threshold)
    write_card(card, exported.card_path)
    for name, value in measured.items():
        logging.info("%s: %s", name, value)


def share(percent: float) -> float:
    """A share of 1, as cards have them."""
    return round(percent / 100, 3)


if __name__ == "__main__":
    main()
