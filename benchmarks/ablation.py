"""What each idea of training gives, on the same real data and budget: mean and spread of three seeds.

In-domain: market_fold5, people of the training cameras who are not trained on. Cross-domain: cuhk03_val, another
campus; only the row that says so trains on CUHK03's other people. No re-ranking, no extra data, no pretrained weights
anywhere; camera labels only in the row that says so. Results are kept in a CSV file as they come; another call goes on.

    python benchmarks/ablation.py --data ../shared/reid --models ../shared/models/files --out runs/ablation
"""

from __future__ import annotations

import argparse
import csv
import os
import shutil
import statistics
import time
from collections.abc import Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

from reseen.training.run import train
from reseen.training.settings import recipe_from

Table = dict[str, Any]

MARKET = {"path": "market1501_train.zip", "layout": "market1501", "split": "market_fold5"}
CUHK = {"path": "cuhk03.zip", "layout": "auto", "split": "cuhk03_val"}
TEACHERS = ("person-reidentification-retail-0277", "person-reidentification-retail-0287")

TUNED = ("baseline, rate 8e-3", "baseline, rate 16e-3", "tiny ViT, rate 2e-3")
"""The rates that the other rows are built on, and the baseline's best; those beside them are tried with one seed."""

TINY_VIT: Table = {
    "backbone": "clip_vit", "embedding_dim": 0, "neck_feature": "after",
    "clip": {
        "width": 128, "layers": 6, "heads": 4, "patch": 8, "stride": 8, "embed_dim": 64,
        "text_width": 64, "text_layers": 2, "text_heads": 4,
    },
}  # fmt: skip
ADAMW: Table = {"kind": "adamw", "weight_decay": 0.02, "bias_factor": 1.0}
DISTILL: Table = {
    # The teachers look at pictures of their own size; the student's are made smaller from these.
    "data": {"pack_size": [128, 64]},
    "distill": {"teachers": list(TEACHERS), "cosine": 8.0, "similarity": 50.0},
}
RECIPE: Table = {
    # A short training wants less noise on its pictures, and weights averaged over its last steps.
    "model": {"backbone": "residual", "width": 0.5},
    "augment": {"erase": 0.1, "pad": 2},
    "run": {"ema": 0.95},
}


def base(data: Path, cache: Path, people: int, epochs: int, size: tuple[int, int]) -> Table:
    """What all rows share."""
    return {
        "name": "ablation",
        "data": {
            "root": str(data), "cache": str(cache),
            "train": [{**MARKET, "people": people}], "validation": [MARKET, CUHK],
        },
        "model": {"backbone": "osnet", "width": 0.25, "image_size": list(size), "embedding_dim": 256},
        "sampling": {"people": 16, "shots": 4},
        "augment": {"flip": 0.5, "pad": 4, "erase": 0.3},
        "losses": {"identity_weight": 1.0, "triplet_weight": 1.0, "label_smoothing": 0.1, "soft_margin": True},
        "optimiser": {**ADAMW, "rate": 8e-3},
        "schedule": {"kind": "cosine", "epochs": epochs, "warmup_epochs": 1},
        "run": {"accelerator": "cpu", "threads": 1, "validate_every": epochs},
    }  # fmt: skip


def rows(people: int) -> Mapping[str, Table]:
    """The rows by name: what each changes of the base."""
    vit: Table = {"model": TINY_VIT, "optimiser": {"rate": 2e-3}}

    def of_vit(**clip: Any) -> Table:
        return merged(vit, {"model": {"clip": clip}})

    two_stages: Table = {
        "method": "clip_reid",
        "losses": {"identity_weight": 0.25, "text_weight": 1.0},
        "prompts": {"batch": 64, "optimiser": {"kind": "adam", "rate": 3.5e-3}, "schedule": {"epochs": 20}},
    }
    return {
        "baseline, rate 8e-3": {},
        "baseline, rate 4e-3": {"optimiser": {"rate": 4e-3}},
        "baseline, rate 16e-3": {"optimiser": {"rate": 16e-3}},
        "stronger backbone (residual net)": {"model": {"backbone": "residual", "width": 0.5}},
        "baseline + CUHK03 merged": {"data": {"train": [{**MARKET, "people": people}, CUHK]}},
        "distillation": DISTILL,
        "recipe: residual net with instance norm, gentle augmentation, averaged weights": RECIPE,
        "tiny ViT, rate 2e-3": vit,
        "tiny ViT, rate 1e-3": merged(vit, {"optimiser": {"rate": 1e-3}}),
        "tiny ViT, CLIP-ReID's two stages": merged(vit, two_stages),
        "tiny ViT, camera embedding (camera labels)": of_vit(camera_embedding=True, camera_dropout=0.2),
        "tiny ViT, memory bank": of_vit(memory_slots=16),
        "tiny ViT, text idea": merged(vit, {"text": {"weight": 0.5}}),
    }


def merged(one: Table, other: Table) -> Table:
    """``one`` changed by ``other``, tables into tables."""
    result = deepcopy(one)
    for key, value in other.items():
        known = result.get(key)
        result[key] = merged(known, value) if isinstance(known, dict) and isinstance(value, dict) else deepcopy(value)
    return result


def measure(table: Table, folder: Path) -> dict[str, float]:
    """Train once; rank-1 and mAP of both sets in percent, and CPU seconds."""
    shutil.rmtree(folder, ignore_errors=True)
    began = time.process_time()
    train(recipe_from(table, "ablation"), folder)
    with (folder / "log.csv").open(newline="", encoding="utf-8") as stream:
        last = [line for line in csv.DictReader(stream) if line.get("market_fold5 mAP")][-1]
    found = {name: float(value) for name, value in last.items() if name.split()[0] in ("market_fold5", "cuhk03_val")}
    return {**found, "cpu": time.process_time() - began}


def read_results(path: Path) -> list[dict[str, str]]:
    """What earlier calls measured."""
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


FIELDS = ("row", "seed", "market_fold5 rank-1", "market_fold5 mAP", "cuhk03_val rank-1", "cuhk03_val mAP", "cpu")


def summary(results: list[dict[str, str]]) -> Iterator[str]:
    """The table."""
    yield "| | seeds | market_fold5 mAP | rank-1 | cuhk03_val mAP | rank-1 | CPU s a run |"
    yield "|---|---|---|---|---|---|---|"
    for name in dict.fromkeys(item["row"] for item in results):
        part = [item for item in results if item["row"] == name]
        fields = (FIELDS[3], FIELDS[2], FIELDS[5], FIELDS[4])
        cells = [_spread([float(item[field]) for item in part]) for field in fields]
        cpu = statistics.mean(float(item["cpu"]) for item in part)
        yield f"| {name} | {len(part)} | {' | '.join(cells)} | {cpu:.0f} |"


def _spread(values: list[float]) -> str:
    spread = f" ± {statistics.stdev(values):.1f}" if len(values) > 1 else ""
    return f"{statistics.mean(values):.1f}{spread}"


def main() -> None:
    """Measure what is missing and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--models", type=Path, default=None, help="folder of the teachers (else RESEEN_MODELS)")
    parser.add_argument("--out", type=Path, default=Path("runs/ablation"))
    parser.add_argument("--people", type=int, default=100, help="identities of Market-1501's training part")
    parser.add_argument("--epochs", type=int, default=16)
    parser.add_argument("--height", type=int, default=64, help="of the pictures; half as wide")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--row", action="append", default=[], help="only rows whose name contains this")
    chosen = parser.parse_args()
    if chosen.models is not None:
        os.environ["RESEEN_MODELS"] = str(chosen.models.resolve())
    chosen.out.mkdir(parents=True, exist_ok=True)
    file = chosen.out / "results.csv"
    size = chosen.height, chosen.height // 2
    plain = base(chosen.data.resolve(), chosen.out.resolve() / "cache", chosen.people, chosen.epochs, size)
    for seed in range(1, chosen.seeds + 1):
        for name, change in rows(chosen.people).items():
            done = {(item["row"], item["seed"]) for item in read_results(file)}
            if seed > 1 and ", rate" in name and name not in TUNED:
                continue
            if (name, str(seed)) in done or (chosen.row and not any(part in name for part in chosen.row)):
                continue
            found = measure(merged(plain, {**change, "seed": seed}), chosen.out / "run")
            fresh = not file.exists()
            with file.open("a", newline="", encoding="utf-8") as stream:
                writer = csv.DictWriter(stream, FIELDS, extrasaction="ignore")
                if fresh:
                    writer.writeheader()
                writer.writerow({"row": name, "seed": seed, **{key: round(value, 3) for key, value in found.items()}})
            print(f"seed {seed}, {name}: {found}", flush=True)
    for line in summary(read_results(file)):
        print(line)


if __name__ == "__main__":
    main()
