"""How much verdicts help: one confirmed and one rejected match, simulated from the truth, then the search again.

For every detector and embedder pair and every query: the best ranked moment that fits an appearance of the wanted
person (temporal IoU 0.5, else any that touches it) is confirmed, the best ranked one of somebody else rejected. Given
are the mean average precision before and after, of all queries and of those whose ranking was not perfect; how many of
these rose, and the largest fall of any query. "Of the rest" leaves the two judged moments out, before and after:
what the verdicts do for those that nobody has looked at.

    python benchmarks/verdicts.py --truth ../shared/footage --models ../shared/models/files
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from moments import Question, pairs, read_truth
from reseen import Library
from reseen.evaluation import ScoredMoment, WantedPerson, judge_query, temporal_overlap
from reseen.models import Catalogue
from reseen.searching import Judged, JudgingSettings, Moment, SearchResult, SearchSettings

TOUCH = 0.3


@dataclass(frozen=True)
class Helped:
    """Average precision of one query before and after, of all moments and of those not judged (NaN: none left)."""

    query: str
    before: float
    after: float
    rest_before: float
    rest_after: float


class Asked:
    """One query on one library."""

    def __init__(self, question: Question, names: dict[int, str]) -> None:
        self.wanted = question.wanted
        self._names = names

    def scored(self, moment: Moment, place: int) -> ScoredMoment:
        """A moment, its score the place in the ranking as shown."""
        return ScoredMoment(self._names[moment.source_id], moment.start, moment.end, -float(place))

    def precision(self, result: SearchResult, without: set[int], wanted: WantedPerson) -> float:
        """Average precision of a ranking, moments of some tracklets left out."""
        shown = [moment for moment in (*result.moments, *result.below) if without.isdisjoint(moment.tracklets)]
        moments = [self.scored(moment, place) for place, moment in enumerate(shown)]
        return judge_query(wanted, moments, -np.inf).average_precision

    def verdicts(self, result: SearchResult) -> Judged:
        """What somebody who knows the truth says first."""
        shown = [(moment, self.scored(moment, 0)) for moment in (*result.moments, *result.below)]
        fits = [m for m, s in shown if any(temporal_overlap(a, s) >= 0.5 for a in self.wanted.appearances)]
        touches = [m for m, s in shown if any(_near(s, a) for a in self.wanted.appearances)]
        right = (fits or touches)[:1]
        wrong = [m for m, s in shown if not any(_near(s, view) for view in self.wanted.also_in_view)]
        return Judged(tuple(m.tracklets for m in right), tuple(m.tracklets for m in wrong[:1]))

    def left(self, judged: Judged, result: SearchResult) -> WantedPerson:
        """The truth less the appearances that the confirmed match shows."""
        own = {number for group in judged.confirmed for number in group}
        seen = [self.scored(m, 0) for m in (*result.moments, *result.below) if not own.isdisjoint(m.tracklets)]
        rest = tuple(a for a in self.wanted.appearances if not any(temporal_overlap(a, s) > 0 for s in seen))
        return replace(self.wanted, appearances=rest)


def _near(moment: ScoredMoment, view: object) -> bool:
    source, start, end = view.source, view.start, view.end  # type: ignore[attr-defined]
    return bool(moment.source == source and moment.start <= end + TOUCH and moment.end >= start - TOUCH)


def measure(
    library: Library, questions: Sequence[Question], names: dict[int, str], judging: JudgingSettings
) -> list[Helped]:
    """Ask, judge and ask again, all queries whose person is there."""
    settings = SearchSettings(below=True, judging=judging)
    helped = []
    for question in questions:
        if not question.wanted.appearances:
            continue
        asked, query = Asked(question, names), library.query(question.photos)
        first = library.answer(query, settings=settings)
        judged = asked.verdicts(first)
        again = library.answer(query, settings=settings, judged=judged)
        spoken = {number for group in (*judged.confirmed, *judged.rejected) for number in group}
        rest = asked.left(judged, first)
        helped.append(
            Helped(
                question.name,
                asked.precision(first, set(), asked.wanted),
                asked.precision(again, set(), asked.wanted),
                asked.precision(first, spoken, rest),
                asked.precision(again, spoken, rest),
            )
        )
    return helped


HEAD = (
    "| detector | embedder | mAP | after | imperfect | mAP of these | after | rose | largest fall | mAP of the rest "
    "| after |\n|---|---|---|---|---|---|---|---|---|---|---|"
)


def row(names: str, helped: Sequence[Helped]) -> str:
    """One row of the table."""
    poor = [one for one in helped if one.before < 1 - 1e-9]
    rest = [one for one in helped if not np.isnan(one.rest_before)]
    fall = min(0.0, *(one.after - one.before for one in helped))
    rose = sum(one.after > one.before + 1e-9 for one in poor)

    def mean(values: list[float]) -> str:
        return f"{np.mean(values):.3f}" if values else ""

    return (
        f"| {names} | {mean([one.before for one in helped])} | {mean([one.after for one in helped])} | {len(poor)} "
        f"| {mean([one.before for one in poor])} | {mean([one.after for one in poor])} | {rose} | {fall:.3f} "
        f"| {mean([one.rest_before for one in rest])} | {mean([one.rest_after for one in rest])} |"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--truth", type=Path, default=Path("../shared/footage"), help="folder with truth.json")
    parser.add_argument("--models", type=Path, default=None, help="folder of model files (else RESEEN_MODELS)")
    parser.add_argument("--detector", action="append", default=[], help="only this detector (may be repeated)")
    parser.add_argument("--embedder", action="append", default=[], help="only this embedder (may be repeated)")
    parser.add_argument("--keep", type=Path, default=None, help="keep the libraries here and use them again")
    parser.add_argument("--confirmed", type=float, default=JudgingSettings.confirmed, help="weight of a confirmed one")
    parser.add_argument("--rejected", type=float, default=JudgingSettings.rejected, help="how far others are pushed")
    parser.add_argument("--misses", action="store_true", help="name the queries whose ranking was not perfect")
    chosen = parser.parse_args()
    if chosen.models is not None:
        os.environ["RESEEN_MODELS"] = str(chosen.models)
    clips, questions = read_truth(chosen.truth)
    judging = JudgingSettings(chosen.confirmed, chosen.rejected)
    together: list[Helped] = []
    print(HEAD, flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        for detector, embedder in pairs(Catalogue.load(), chosen.detector, chosen.embedder):
            home = (chosen.keep or Path(temporary)) / detector
            with Library(home, detector=detector, embedder=embedder, reembed=True) as library:
                library.add([path for _, path in clips])
                files = {file.resolve(): name for name, file in clips}
                names = {source.id: files[source.path] for source in library.store.sources()}
                helped = measure(library, questions, names, judging)
            together += helped
            print(row(f"{detector} | {embedder}", helped), flush=True)
            for one in helped if chosen.misses else ():
                if one.before < 1 - 1e-9:
                    print(f"    {one.query}: {one.before:.3f} -> {one.after:.3f}")
    print(row("all pairs | ", together))


if __name__ == "__main__":
    main()
