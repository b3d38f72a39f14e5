"""The demonstration: rendered footage of invented people, one of whom is found, checked against the known truth."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from reseen.api import Library
from reseen.errors import InputError
from reseen.evaluation import Interval, JudgedQuery, ScoredMoment, WantedPerson, judge_query
from reseen.indexing import OnProgress
from reseen.library import Store, library_exists
from reseen.models import Catalogue
from reseen.reports import write_report
from reseen.searching import SearchResult
from reseen.synthetic import FootageTruth, QueryTruth, SceneSettings, write_footage

SCENE = SceneSettings(seed=4, people=5, cameras=2, seconds=16.0, width=960, height=540, absent=0)
"""The scene of the demonstration: short enough to be rendered and looked through while somebody watches."""


@dataclass(frozen=True)
class Demo:
    """What the demonstration found.

    Attributes:
        folder: Where footage, photo, library and report lie.
        photo: The photo of the wanted person.
        clips: The footage.
        result: The answer.
        judged: The answer held against the truth.
        report: The HTML report.
    """

    folder: Path
    photo: Path
    clips: tuple[Path, ...]
    result: SearchResult
    judged: JudgedQuery
    report: Path

    @property
    def good(self) -> bool:
        """Whether everything is found and nothing else."""
        return bool(self.judged.found.all()) and self.judged.right == self.judged.reported

    @property
    def verdict(self) -> str:
        """How the answer compares with the truth, in a sentence."""
        found, stays = int(self.judged.found.sum()), len(self.judged.found)
        wrong = self.judged.reported - self.judged.right
        others = "nobody else" if not wrong else f"somebody else {wrong} times"
        return f"the truth is known: {found} of {stays} stays found, {others} taken for the person"


def run_demo(
    folder: Path,
    *,
    detector: str | None = None,
    embedder: str | None = None,
    scene: SceneSettings = SCENE,
    on_render: Callable[[int, int], None] | None = None,
    on_progress: OnProgress | None = None,
) -> Demo:
    """Render footage, look through it, find one of its people, and compare with the truth.

    Args:
        folder: An empty or missing folder, or that of an earlier run with the same scene.
        detector: Name of the detector; the best that is here when not given.
        embedder: Name of the embedder, likewise.
        scene: What to render; the same scene is the same footage.
        on_render: Told how many frames of how many have been rendered.
        on_progress: Told how far indexing is.

    Raises:
        InputError: No networks are here, or the folder cannot be written, or holds a library of something else.
    """
    catalogue = Catalogue.load()
    catalogue.pair(detector, embedder)  # before an earlier demonstration is thrown away
    _throw_away(folder / "library", folder / "footage")
    with Library(folder / "library", detector=detector, embedder=embedder, catalogue=catalogue) as library:
        truth = write_footage(scene, folder / "footage", on_render)
        question = wanted(truth)
        photo = folder / "footage" / question.photos[0]
        clips = tuple(folder / "footage" / clip.file for clip in truth.clips)
        library.add(clips, on_progress=on_progress)
        result = library.find(photo)
        report = folder / "found.html"
        write_report(library.store, result, report)
    return Demo(folder, photo, clips, result, _judge(question, result), report)


def _throw_away(library: Path, footage: Path) -> None:
    """Deletes the library of an earlier demonstration; one that knows other footage is somebody's own."""
    if not library_exists(library):
        return
    with Store.open(library) as store:
        strange = [source.shown for source in store.sources() if not source.path.is_relative_to(footage.resolve())]
    if strange:
        raise InputError(f"{library}: holds {strange[0]}, no demonstration: choose another folder")
    shutil.rmtree(library)


def wanted(truth: FootageTruth) -> QueryTruth:
    """The question asked: the person that most cameras see, for the longest time."""

    def seen(query: QueryTruth) -> tuple[int, float]:
        length = sum(stay.end_s - stay.start_s for stay in query.appearances)
        return len({stay.source for stay in query.appearances}), length

    return max(truth.queries, key=seen)


def _judge(question: QueryTruth, result: SearchResult) -> JudgedQuery:
    moments = [ScoredMoment(Path(item.source).stem, item.start, item.end, item.score) for item in result.moments]
    person = WantedPerson(
        question.query,
        tuple(Interval(stay.source, stay.start_s, stay.end_s) for stay in question.appearances),
        tuple(Interval(stay.source, stay.start_s, stay.end_s) for stay in question.also_in_view),
    )
    return judge_query(person, moments, result.threshold)
