"""How well people are found: the whole way from photo and footage to moments, against known truth.

For every detector and embedder pair: recall of appearances at temporal IoU 0.5, precision of the moments reported,
mean temporal IoU, median error of start and end, mean average precision of the ranking, and moments reported for
people who are not there; all with the default threshold of the embedder's card. By kind and by difficulty for the
best pair.

    python benchmarks/moments.py --truth ../shared/footage --models ../shared/models/files
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from reseen import Library
from reseen.evaluation import (
    Interval,
    JudgedQuery,
    MomentFigures,
    ScoredMoment,
    WantedPerson,
    judge_query,
    summarise,
)
from reseen.models import Catalogue
from reseen.searching import SearchSettings


@dataclass(frozen=True)
class Question:
    """One query of the truth."""

    name: str
    photos: tuple[Path, ...]
    kind: str
    difficulty: str
    wanted: WantedPerson


@dataclass(frozen=True)
class PairResult:
    """One detector and embedder pair on all queries."""

    detector: str
    embedder: str
    threshold: float
    judged: tuple[JudgedQuery, ...]
    cpu: float


def read_truth(folder: Path) -> tuple[list[tuple[str, Path]], list[Question]]:
    """The clips (name and file) and the questions of a folder with ``truth.json``."""
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    clips = [(clip["source"], folder / clip["file"]) for clip in truth["clips"] if clip.get("search", True)]
    questions = [
        Question(
            item["query"],
            tuple(folder / photo for photo in item["photos"]),
            item["kind"],
            item.get("difficulty", ""),
            WantedPerson(item["query"], _intervals(item["appearances"]), _intervals(item["also_in_view"])),
        )
        for item in truth["queries"]
    ]
    return clips, questions


def _intervals(rows: Sequence[dict[str, object]]) -> tuple[Interval, ...]:
    return tuple(Interval(str(row["source"]), float(str(row["start_s"])), float(str(row["end_s"]))) for row in rows)


def measure(
    clips: Sequence[tuple[str, Path]], questions: Sequence[Question], detector: str, embedder: str, home: Path
) -> tuple[PairResult, dict[str, list[ScoredMoment]]]:
    """Ask all questions of one pair.

    The clips are looked through once per detector; every further embedder looks at the shots that were kept
    (JPEG of quality 90).
    """
    began = time.process_time()
    found: dict[str, list[ScoredMoment]] = {}
    judged = []
    threshold = 0.0
    with Library(home / detector, detector=detector, embedder=embedder, reembed=True) as library:
        library.add([path for _, path in clips])
        names = {source.id: _name_of(source.path, clips) for source in library.store.sources()}
        for question in questions:
            result = library.find(question.photos, settings=SearchSettings(below=True))
            threshold = result.threshold
            moments = [
                ScoredMoment(names[moment.source_id], moment.start, moment.end, moment.score)
                for moment in (*result.moments, *result.below)
            ]
            found[question.name] = moments
            judged.append(judge_query(question.wanted, moments, threshold))
    return PairResult(detector, embedder, threshold, tuple(judged), time.process_time() - began), found


def _name_of(path: Path, clips: Sequence[tuple[str, Path]]) -> str:
    return next(name for name, file in clips if file.resolve() == path)


def pairs(catalogue: Catalogue, detectors: Sequence[str], embedders: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The pairs to be measured: those named, else all that are present."""
    for detector in detectors or [card.name for card in catalogue.cards("detection") if catalogue.present(card.name)]:
        for embedder in embedders or [card.name for card in catalogue.cards("reid") if catalogue.present(card.name)]:
            yield detector, embedder


HEAD = (
    "| detector | embedder | threshold | recall | precision | tIoU | start, end error (s) | mAP | absent | CPU s |\n"
    "|---|---|---|---|---|---|---|---|---|---|"
)


def row(names: str, threshold: float, figures: MomentFigures, cpu: float | None) -> str:
    """One row of the table."""
    spent = "" if cpu is None else f"{cpu:.0f}"
    return (
        f"| {names} | {threshold:.3f} | {figures.recall:.2f} | {figures.precision:.2f} | {figures.mean_overlap:.2f} "
        f"| {figures.start_error:.2f}, {figures.end_error:.2f} | {figures.mean_average_precision:.3f} "
        f"| {figures.false_for_absent} | {spent} |"
    )


def breakdown(result: PairResult, questions: Sequence[Question]) -> Iterator[str]:
    """The rows of one pair by kind and by difficulty."""
    for field in ("kind", "difficulty"):
        for value in dict.fromkeys(getattr(question, field) for question in questions):
            part = [
                judged
                for judged, question in zip(result.judged, questions, strict=True)
                if getattr(question, field) == value
            ]
            yield row(f"{field}: {value} | {len(part)} queries", result.threshold, summarise(part), None)


def margin(figures: MomentFigures) -> float:
    """How far the worse of recall and precision lies above the goal: what pairs are ordered by."""
    return min(figures.recall - 0.90, figures.precision - 0.92)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--truth", type=Path, default=Path("../shared/footage"), help="folder with truth.json")
    parser.add_argument("--models", type=Path, default=None, help="folder of model files (else RESEEN_MODELS)")
    parser.add_argument("--detector", action="append", default=[], help="only this detector (may be repeated)")
    parser.add_argument("--embedder", action="append", default=[], help="only this embedder (may be repeated)")
    parser.add_argument("--keep", type=Path, default=None, help="keep the libraries here and use them again")
    parser.add_argument("--dump", type=Path, default=None, help="write all moments of all queries as JSON")
    parser.add_argument("--misses", action="store_true", help="name the queries that were not answered perfectly")
    chosen = parser.parse_args()
    if chosen.models is not None:
        import os

        os.environ["RESEEN_MODELS"] = str(chosen.models)
    clips, questions = read_truth(chosen.truth)
    results: list[PairResult] = []
    dump: dict[str, object] = {}
    print(HEAD, flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        for detector, embedder in pairs(Catalogue.load(), chosen.detector, chosen.embedder):
            result, found = measure(clips, questions, detector, embedder, chosen.keep or Path(temporary))
            results.append(result)
            dump[f"{detector}+{embedder}"] = {
                name: [[m.source, m.start, m.end, m.score] for m in moments] for name, moments in found.items()
            }
            names = f"{detector} | {embedder}"
            print(row(names, result.threshold, summarise(result.judged), result.cpu), flush=True)
            if chosen.misses:
                for judged in result.judged:
                    if not judged.found.all() or judged.right < judged.reported:
                        overlaps = " ".join(f"{value:.2f}" for value in judged.overlaps)
                        print(f"    {judged.query}: overlaps {overlaps}; {judged.right} of {judged.reported} right")
    best = max(results, key=lambda result: margin(summarise(result.judged)))
    print(f"\nBest pair: {best.detector} + {best.embedder}\n\n{HEAD}")
    for line in breakdown(best, questions):
        print(line)
    if chosen.dump is not None:
        chosen.dump.write_text(json.dumps(dump), encoding="utf-8")


if __name__ == "__main__":
    main()
