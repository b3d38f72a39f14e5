"""CPU time a crop of every embedder that is present, beside person-reidentification-retail-0277's in the same run.

    python benchmarks/embedder_speed.py [--model NAME ...] [--write]

f32, one thread, crop by crop: resizing, network and unit length. The embedders take turns, so that other
work on the machine meets all alike; CPU seconds of the process, median over the rounds. ``--write`` puts the
figures into the cards of the bundled models.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

import reseen
from reseen.embedding import EmbeddingSettings, load_embedder
from reseen.models import Catalogue, read_card, write_card
from reseen.runtime import SessionSettings

BESIDE = "person-reidentification-retail-0277"
BUNDLED = Path(reseen.__file__).parent / "models" / "bundled"


def crop_seconds(names: list[str], rounds: int, crops: int) -> dict[str, float]:
    """Median CPU seconds a crop of each embedder."""
    catalogue = Catalogue.load()
    settings = SessionSettings(threads=1, precision="f32")
    loaded = {name: load_embedder(catalogue.locate(name), EmbeddingSettings(), settings) for name in names}
    rng = np.random.default_rng(0)
    pictures = [rng.integers(0, 256, (128, 64, 3), np.uint8) for _ in range(crops)]
    taken: dict[str, list[float]] = {name: [] for name in names}
    for number in range(rounds + 1):
        for name, embedder in loaded.items():
            since = time.process_time()
            for picture in pictures:
                embedder.embed([picture])
            if number:
                taken[name].append((time.process_time() - since) / crops)
    return {name: float(np.median(seconds)) for name, seconds in taken.items()}


def write(name: str, seconds: float, ratio: float) -> None:
    """Put the figures of a bundled embedder into its card."""
    path = BUNDLED / f"{name}.toml"
    card = read_card(path)
    told = {"CPU milliseconds a picture, one thread": round(1000 * seconds, 1), f"the same over {BESIDE}'s": ratio}
    write_card(replace(card, measured={**card.measured, **told}), path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", action="append", default=[], help="embedder; all that are present when not given")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--crops", type=int, default=20, help="crops a round")
    parser.add_argument("--write", action="store_true", help="write the cards of bundled models")
    asked = parser.parse_args()
    catalogue = Catalogue.load()
    names = asked.model or [card.name for card in catalogue.cards("reid") if catalogue.present(card.name)]
    found = crop_seconds(list(dict.fromkeys([BESIDE, *names])), asked.rounds, asked.crops)
    print(f"| embedder | CPU ms a crop | over {BESIDE}'s |")
    print("| --- | --- | --- |")
    for name, seconds in found.items():
        ratio = round(seconds / found[BESIDE], 3)
        print(f"| {name} | {1000 * seconds:.1f} | {ratio:.2f} |", flush=True)
        if asked.write and (BUNDLED / f"{name}.toml").exists():
            write(name, seconds, ratio)


if __name__ == "__main__":
    main()
