"""How well the detectors find people in labelled pictures, and what a picture costs.

For every detector that is here: average precision at overlap 0.5 over all pictures and for people of at least 40 px, by
set, the share of people found at all, false alarms per empty picture, and CPU milliseconds a frame on one thread. Any
zip file or folder with ``annotations.json`` in COCO's form and its pictures will do; annotations with ``ignore`` or
``iscrowd`` are regions that do not count.

    python benchmarks/detection.py ../shared/detection/eval.zip --models ../shared/models/files
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from reseen.errors import InputError
from reseen.models import Catalogue, LocatedModel, runtime_installed
from reseen.training.data.files import open_files
from reseen.training.detector.judge import TALL
from reseen.training.detector.measure import Measured, frame_costs, measure, open_to_measure
from reseen.training.detector.scenes import read_pictures


def present(catalogue: Catalogue, names: Sequence[str]) -> list[LocatedModel]:
    """The detectors to be measured: those named, else all that are here and can run."""
    cards = [catalogue.card(name) for name in names] or list(catalogue.cards("detection"))
    chosen = [card.name for card in cards if catalogue.present(card.name) and runtime_installed(card)]
    if not chosen:
        raise InputError("no detector is here; run: reseen models pull recommended")
    return [catalogue.locate(name) for name in chosen]


def table(measured: Sequence[Measured], groups: Sequence[str]) -> str:
    """The figures as a table in Markdown."""
    head = ["detector", "ALL", f"people >= {TALL:.0f} px", *groups, "recall", "false alarms", "CPU ms", "best F1 at"]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for each in measured:
        score, precision, recall = each.best
        cells = [each.name, f"{each.every:.1f}", f"{each.tall:.1f}", *(f"{value:.1f}" for value in each.groups)]
        cells += [f"{each.recall:.1f}", f"{each.alarms:.2f}", f"{each.cost:.1f} ({each.cheapest:.1f})"]
        cells += [f"{score:.2f} ({precision:.0f}, {recall:.0f})"]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pictures", type=Path, help="zip file or folder with annotations.json")
    parser.add_argument("--models", type=Path, help="folder with more models")
    parser.add_argument("--detector", action="append", default=[], help="measure this one; may be repeated")
    parser.add_argument("--limit", type=int, help="only this many pictures, evenly spread")
    parser.add_argument("--frames", type=int, default=40, help="frames whose cost is measured")
    chosen = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    pictures = list(read_pictures(open_files(chosen.pictures)))
    if chosen.limit:
        places = np.linspace(0, len(pictures) - 1, chosen.limit).round().astype(int)
        pictures = [pictures[place] for place in places]
    groups = sorted({picture.group for picture in pictures if len(picture.boxes)})
    models = present(Catalogue.load([chosen.models] if chosen.models else []), chosen.detector)
    costs = frame_costs(models, pictures, chosen.frames)
    print(f"{len(pictures)} pictures, {sum(len(picture.boxes) for picture in pictures)} people\n")
    measured = [measure(open_to_measure(each), pictures, groups, own) for each, own in zip(models, costs, strict=True)]
    print(table(measured, groups))


if __name__ == "__main__":
    main()
