"""Train, export and judge the bundled person detector; see README.md."""

from __future__ import annotations

import argparse
import logging
from dataclasses import replace
from pathlib import Path

from reseen.models import LocatedModel, write_card
from reseen.training.data.files import open_files
from reseen.training.detector.export import export_detector, load_detector_run
from reseen.training.detector.loop import train_detector
from reseen.training.detector.measure import measure, open_to_measure
from reseen.training.detector.scenes import read_pictures
from reseen.training.detector.settings import load_detector_recipe
from reseen.training.export import CardFacts

CONFIG = Path(__file__).resolve().parents[2] / "configs" / "person_detector.toml"
JUDGED = "detection/eval.zip"
DATA = (
    "2,369 labelled pictures at up to 416 px: COCO train2017 (annotations CC BY 4.0, photos under their Flickr terms),"
    " hard-hat photos (CC BY 4.0), TUD and MOTChallenge street pictures (none stated; CC BY-NC-SA 3.0), factory CCTV"
    " (terms unknown), CityPersons (research, non-commercial), a cafe (none stated); people cut out of Penn-Fudan"
    " (free for research); rendered frames of our own. Taught by YOLOX-Nano (Apache-2.0, COCO train2017)"
)
LIMITS = (
    "The pictures are research data sets, some for non-commercial research only; they are not published here. A product"
    " should train on its own (docs/training.md).",
    "Not trained on: fisheye, views from straight above, thermal pictures, shops, underground stations, streets by"
    " night. Weak on people under 40 px and on seated people half hidden.",
)


def main() -> None:
    """Run the recipe."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the data")
    parser.add_argument("--run", type=Path, required=True, help="the run's folder")
    parser.add_argument("--resume", action="store_true", help="go on where the run stopped")
    parser.add_argument("--export-only", action="store_true", help="export and judge what is there")
    parser.add_argument("--threshold", type=float, help="score of a person [default: that of the best F1]")
    parser.add_argument("--set", action="append", default=[], dest="changes", help="key=value")
    chosen = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    recipe = load_detector_recipe(CONFIG, [f"data.root={chosen.data}", *chosen.changes])
    if not chosen.export_only:
        train_detector(recipe, chosen.run, resume=chosen.resume)
    publish(chosen.run, chosen.data, chosen.threshold)


def publish(run: Path, data: Path, threshold: float | None) -> None:
    """Export the averaged weights, judge the file, and say in its card what it reaches."""
    trained = load_detector_run(run)
    name = trained.recipe.name
    folder = run / "export"
    path = folder / f"{name}.onnx"
    facts = CardFacts(
        name=name,
        summary="small detector of our own, 416x416, people only; works without any download",
        licence="Apache-2.0 for the weights; trained on research data, see the notes",
        data=DATA,
        notes=LIMITS,
    )
    card = export_detector(trained, path, facts, half=True)
    pictures = list(read_pictures(open_files(data / JUDGED)))
    groups = sorted({picture.group for picture in pictures if len(picture.boxes)})
    sha256 = card.versions[0].files[0].sha256
    assert sha256 is not None and card.detector is not None
    found = measure(open_to_measure(LocatedModel(card, path, sha256)), pictures, groups)
    measured: dict[str, float | str] = {
        "AP50 on 284 pictures of mixed scenes": round(found.every / 100, 3),
        "AP50, people of 40 px and more": round(found.tall / 100, 3),
        **{f"AP50, {group}": round(value / 100, 3) for group, value in zip(groups, found.groups, strict=True)},
        "recall": round(found.recall / 100, 3),
        "false alarms per empty picture at 0.3": round(found.alarms, 2),
        "best F1 at score": round(found.best[0], 2),
        "precision there, 40 px and more": round(found.best[1] / 100, 3),
        "recall there, 40 px and more": round(found.best[2] / 100, 3),
        "recipe": "python recipes/person_detector/make.py --data DATA --run RUN",
    }
    score = round(found.best[0], 2) if threshold is None else threshold
    card = replace(card, measured=measured, rank=500, detector=replace(card.detector, score_threshold=score))
    write_card(card, path.with_suffix(".toml"))
    for key, value in measured.items():
        logging.info("%s: %s", key, value)


if __name__ == "__main__":
    main()
