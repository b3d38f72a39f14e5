"""The search: query vectors against a library, persons scored, moments out, with coverage."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reseen.detection import Detector
from reseen.embedding import Embedder
from reseen.errors import UsageError
from reseen.library import Filter, ModelsDifferError, Store
from reseen.models import Card
from reseen.searching.judging import Judged, JudgedScores, JudgingSettings, score_judged
from reseen.searching.match import Match
from reseen.searching.matching import matches_of
from reseen.searching.moments import Bonds, MergeSettings, Moment, Verdict, group_matches, to_moments
from reseen.searching.photo import PersonChoice, PersonPhoto, read_person
from reseen.searching.results import Query, SearchResult
from reseen.searching.scoring import ScoringSettings
from reseen.searching.visibility import VisibilitySettings

_PLACES: dict[Verdict | None, int] = {"confirmed": 0, None: 1, "rejected": 2}


@dataclass(frozen=True)
class SearchSettings:
    """How a search answers.

    Attributes:
        threshold: Score from which a match is reported; None takes the model card's.
        top: At most so many moments.
        below: Also give what lies below the threshold.
        rerank: Order by k-reciprocal re-ranking; scores, threshold and meaning stay those of the raw score.
        scoring: How shots become a person's score.
        visibility: What counts as clearly seen.
        merge: How matches become moments.
        judging: How much verdicts on earlier matches count.
        candidates: At most so many persons are turned into moments.
        cameras: Names of the cameras that whoever asks may know of; None for all.
    """

    threshold: float | None = None
    top: int | None = None
    below: bool = False
    rerank: bool = False
    scoring: ScoringSettings = field(default_factory=ScoringSettings)
    visibility: VisibilitySettings = field(default_factory=VisibilitySettings)
    merge: MergeSettings = field(default_factory=MergeSettings)
    judging: JudgingSettings = field(default_factory=JudgingSettings)
    candidates: int = 500
    cameras: tuple[str, ...] | None = None


def make_query(
    paths: Sequence[str | Path], detector: Detector, embedder: Embedder, choice: PersonChoice | None = None
) -> Query:
    """Find the wanted person in each photo and embed them.

    A photo and its mirror image are averaged: the same person, seen once more, for next to nothing.

    Args:
        paths: Photos of the same person.
        detector: Finds the person in them.
        embedder: The library's embedder.
        choice: Which person of the first photo; in the others the largest is used.

    Raises:
        MediaError: A photo cannot be read.
        UsageError: No photo was given, or the person asked for is not in it.
    """
    if not paths:
        raise UsageError("a photo of the wanted person is needed")
    photos = [read_person(path, detector, choice if number == 0 else None) for number, path in enumerate(paths)]
    return query_of(photos, [_sha256(path) for path in paths], detector.name, embedder)


def query_of(photos: Sequence[PersonPhoto], hashes: Sequence[str], detector: str, embedder: Embedder) -> Query:
    """A query of photos whose people have been chosen."""
    crops = [photo.crop for photo in photos]
    mirrored = [np.ascontiguousarray(crop[:, ::-1]) for crop in crops]
    vectors = embedder.embed([*crops, *mirrored])
    both = vectors[: len(crops)] + vectors[len(crops) :]
    unit = both / np.maximum(np.linalg.norm(both, axis=1, keepdims=True), 1e-9)
    return Query(tuple(photos), tuple(hashes), unit.astype(np.float32), detector, embedder.name)


def search(
    store: Store,
    query: Query,
    card: Card,
    wanted: Filter | None = None,
    settings: SearchSettings | None = None,
    judged: Judged | None = None,
) -> SearchResult:
    """Find the moments at which the wanted person is seen.

    What was confirmed before stays in the result, first and whatever its score; what was rejected is at the end of
    ``below``.

    Args:
        store: The library.
        query: The wanted person, embedded by the library's model.
        card: The card of that model: threshold and score curve.
        wanted: Which footage.
        settings: How to answer.
        judged: Verdicts on what was found before.

    Raises:
        ModelsDifferError: The query was embedded by another model than the library's.
    """
    settings = settings or SearchSettings()
    wanted = wanted or Filter()
    held = store.models.embedder_name
    if query.embedder != held:
        raise ModelsDifferError(
            f"{store.folder}: holds embeddings of {held}, the query is one of {query.embedder}: make the query anew"
        )
    threshold = card.threshold if settings.threshold is None else settings.threshold
    judged = judged or Judged()
    scored = score_judged(
        store, query.vectors, wanted, settings.scoring, card.strangers, threshold, judged, settings.judging
    )
    order, warnings = _candidates(scored, threshold, settings)
    matches = matches_of(store, scored.scores, order, settings.visibility)
    moments = _moments(matches, threshold, settings, scored, judged)
    people = len(scored.scores.values)
    found = [_judged(moment, card, people) for moment in moments]
    if settings.rerank:
        found = _reranked(found, matches, store, query)
    if judged:
        found = sorted(found, key=lambda moment: _PLACES[moment.verdict])
    sure = [moment for moment in found if _reported(moment, threshold)]
    weak = [moment for moment in found if not _reported(moment, threshold)] if settings.below else []
    top = settings.top
    coverage = store.coverage(wanted)
    return SearchResult(
        query=query,
        threshold=threshold,
        coverage=coverage,
        people=people,
        moments=tuple(sure[:top]),
        below=tuple(weak[: None if top is None else max(top - len(sure), 0)]),
        warnings=warnings if coverage.sources else (*warnings, _nothing_searched(store, wanted, settings.cameras)),
        wanted=wanted,
        by_chance=None if card.curve is None else card.curve.expected(threshold, people),
        hidden=scored.hidden,
        scores=scored.scores.values,
    )


def _reported(moment: Moment, threshold: float) -> bool:
    return moment.verdict == "confirmed" or (moment.verdict is None and moment.score >= threshold)


def _candidates(
    scored: JudgedScores, threshold: float, settings: SearchSettings
) -> tuple[NDArray[np.intp], tuple[str, ...]]:
    """The places of the persons who are turned into moments, best first, and a warning if some are left out.

    Those of whom something was said are always among them.
    """
    scores = scored.scores
    order = np.argsort(-scores.values, kind="stable")
    spoken_of = np.flatnonzero(np.isin(scores.person_ids, np.fromiter(scored.confirmed | scored.rejected, np.int64)))
    sure = int(np.count_nonzero(scores.values.astype(np.float64) >= threshold))
    # Re-ranking looks at how candidates resemble each other, those below the threshold too.
    if not (settings.below or settings.rerank):
        order = order[:sure]
    words = (
        f"{sure} people reach the score {threshold:g}; only the {settings.candidates} most alike are shown, "
        "a higher --threshold shows fewer"
    )
    kept = order[: settings.candidates]
    kept = np.concatenate([kept, np.setdiff1d(spoken_of, kept)])
    return kept, (words,) if sure > settings.candidates else ()


def _nothing_searched(store: Store, wanted: Filter, known: tuple[str, ...] | None) -> str:
    """Why a filter lets no footage through: nobody must take that for "not there"."""
    names = sorted({source.camera for source in store.sources() if known is None or source.camera in known})
    if not names:
        return "nothing was searched: the library holds no footage"
    if not store.sources(Filter(sources=wanted.sources, cameras=wanted.cameras)):
        listed = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
        return f"nothing was searched: no footage of such a camera; there are: {listed}"
    clocks = [
        (source.started_at, source.started_at + timedelta(seconds=source.duration))
        for source in store.sources(Filter(sources=wanted.sources, cameras=wanted.cameras))
        if source.started_at is not None
    ]
    if not clocks:
        return "nothing was searched: none of this footage has a clock (reseen library set-start gives it one)"
    first, last = min(start for start, _ in clocks).astimezone(), max(end for _, end in clocks).astimezone()
    return (
        f"nothing was searched: this footage lies between {first:%Y-%m-%d %H:%M:%S %Z} and {last:%Y-%m-%d %H:%M:%S %Z}"
    )


def _moments(
    matches: Sequence[Match], threshold: float, settings: SearchSettings, scored: JudgedScores, judged: Judged
) -> list[Moment]:
    """Moments from the threshold on, then those below it, each best first; the two never melt together.

    Nor does what was rejected with anything else. What was confirmed is sure.
    """
    confirmed = _tracklets(scored, scored.confirmed)
    rejected = _tracklets(scored, scored.rejected)
    refused = [match for match in matches if rejected.issuperset(match.tracklets)]
    others = [match for match in matches if not rejected.issuperset(match.tracklets)]
    bonds = Bonds(tuple(frozenset(group) for group in judged.persons))
    certain = {number for match in others if match.score >= threshold for number in match.tracklets} | confirmed
    # Who was joined by hand with somebody sure is sure as well: the two are one moment.
    certain.update(number for person in bonds.persons if not person.isdisjoint(certain) for number in person)
    sure = [match for match in others if not certain.isdisjoint(match.tracklets)]
    weak = [match for match in others if certain.isdisjoint(match.tracklets)] if settings.below else []
    groups: list[tuple[list[Match], bool]] = [
        *((group, False) for some in (sure, weak) for group in group_matches(some, settings.merge, bonds)),
        *((group, True) for group in group_matches(refused if settings.below else [], settings.merge, bonds)),
    ]
    found: list[Moment] = []
    for number, (group, refuse) in enumerate(groups):
        for moment in to_moments(group, number):
            verdict: Verdict | None = "rejected" if refuse else None
            if not refuse and not confirmed.isdisjoint(moment.tracklets):
                verdict = "confirmed"
            found.append(moment if verdict is None else replace(moment, verdict=verdict))
    return found


def _tracklets(scored: JudgedScores, persons: frozenset[int]) -> frozenset[int]:
    """The tracklets of some persons."""
    scores = scored.scores
    here = np.isin(scores.tracklet_persons, np.fromiter(persons, np.int64))
    return frozenset(int(number) for number in scores.tracklet_ids[here])


def _judged(moment: Moment, card: Card, people: int) -> Moment:
    """How many such matches chance would give among the people searched."""
    if card.curve is None:
        return moment
    expected = card.curve.expected(moment.score, people)
    return replace(moment, expected_false_matches=expected.value, at_most=expected.at_most)


def _reranked(moments: Sequence[Moment], matches: Sequence[Match], store: Store, query: Query) -> list[Moment]:
    """The moments in the order of k-reciprocal re-ranking of the candidates (Zhong et al., CVPR 2017)."""
    from reseen.evaluation import rerank

    if not matches:
        return list(moments)
    shots = list(dict.fromkeys(match.best_shot for match in matches))
    mean: NDArray[np.float32] = query.vectors.mean(axis=0, keepdims=True)
    mean = mean / max(float(np.linalg.norm(mean)), 1e-9)
    distances = rerank(mean.astype(np.float32), store.vectors_of(shots)).matrix()[0]
    rank = {shot: float(distance) for shot, distance in zip(shots, distances, strict=True)}
    return sorted(moments, key=lambda moment: rank[moment.best_shot])


def _sha256(path: str | Path) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()
