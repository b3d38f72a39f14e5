"""What scores mean in a library's own footage, without anybody naming people.

Two people in one frame, side by side, are different; the shots of one tracklet are the same person. One shot of a
person is the query, and the whole library is scored as a search scores it, the crowd taken off where the model's card
says so. Both kinds of pairs are of one camera within minutes: the different are more alike than strangers usually are,
so the threshold is on the safe side; the same are more alike than a photo from elsewhere, so the share found flatters.
"""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import tomli_w
from numpy.typing import NDArray
from pydantic import Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked

from reseen.errors import InputError
from reseen.evaluation import Pairs, false_match_curve, miss_rates, seen_together, threshold_at
from reseen.library import Filter, Store
from reseen.library.durable import replacing
from reseen.models import Card, Expected, ScoreCurve
from reseen.models.spec import STRICT
from reseen.searching.scoring import ScoringSettings, aggregate, normalise, raw_scores
from reseen.tracking.tracklet import Tracklet

CALIBRATION = "calibration.toml"
_QUERIES_AT_ONCE = 16


@dataclass(frozen=True)
class CalibrationSettings:
    """How a library is calibrated.

    Attributes:
        rate: The share of strangers that may reach the threshold.
        fewest: Fewer pairs of different people than this say nothing.
        queries: At most so many people are looked for, spread evenly over the library.
    """

    rate: float = 5e-3
    fewest: int = 300
    queries: int = 1000


@checked(frozen=True, config=STRICT)
class Calibration:
    """What a library keeps in ``calibration.toml``, in place of the same of its model's card.

    Attributes:
        embedder_sha256: The network whose scores these are.
        threshold: Score from which a match is reported.
        curve: How often strangers reach a score.
        strangers: The level to which scores are normalised, as when it was measured; None leaves them raw.
    """

    embedder_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    threshold: Annotated[float, Field(ge=-1.0, le=1.0)]
    curve: ScoreCurve
    strangers: Annotated[float, Field(ge=-1.0, le=1.0)] | None = None


_CALIBRATION: TypeAdapter[Calibration] = TypeAdapter(Calibration)


@dataclass(frozen=True, eq=False)
class Measured:
    """What was found out about a library.

    Attributes:
        calibration: Threshold and curve.
        before: The threshold that held so far.
        people: People that were looked for.
        expected: False matches to be expected per person compared, at the threshold.
        missed: Share of the pairs of one person that lie below the threshold; None without such pairs.
        pairs: The scores behind it.
    """

    calibration: Calibration
    before: float
    people: int
    expected: Expected
    missed: float | None
    pairs: Pairs


def measure(
    store: Store, card: Card, settings: CalibrationSettings | None = None, scoring: ScoringSettings | None = None
) -> Measured:
    """Threshold and curve from the people of a library.

    Args:
        store: The library.
        card: The card of its embedder, with the threshold that holds so far.
        settings: How to calibrate.
        scoring: How a search scores.

    Raises:
        InputError: Too few people are seen together.
    """
    settings, scoring = settings or CalibrationSettings(), scoring or ScoringSettings()
    beside = seen_beside(store)
    people = sorted(beside)
    if len(people) > settings.queries:
        people = [people[place] for place in np.linspace(0, len(people) - 1, settings.queries).astype(int)]
    pairs = _pairs(store, people, beside, scoring, card.strangers)
    if len(pairs.different) < settings.fewest:
        raise InputError(
            f"{store.folder}: {len(pairs.different)} pairs of people are seen together, and a threshold needs "
            f"{settings.fewest}: index more footage with several people in view"
        )
    found = false_match_curve([pairs.different])
    curve = ScoreCurve.of(
        found.scores, found.rates, found.pairs, f"{store.folder.name}: {len(people)} people, each with those in view"
    )
    # Rounded up: to the nearest it could let one more stranger through.
    threshold = min(1.0, max(-1.0, math.ceil(threshold_at([pairs.different], settings.rate) * 1e4) / 1e4))
    return Measured(
        calibration=Calibration(store.models.embedder_sha256, threshold, curve, card.strangers),
        before=card.threshold,
        people=len(people),
        expected=curve.expected(threshold, 1),
        missed=float(miss_rates(pairs.same, np.array([threshold]))[0]) if len(pairs.same) else None,
        pairs=pairs,
    )


def seen_beside(store: Store) -> dict[int, set[int]]:
    """For each person of a library the others who are in view with them, clearly at another place."""
    persons = store.persons()
    found: dict[int, set[int]] = {}
    for source in store.sources():
        ids = store.tracklet_ids(Filter(sources=(source.id,)))
        tracklets = [stored.tracklet for stored in store.tracklets(ids.tolist())]
        owners = persons.person_ids[np.searchsorted(persons.tracklet_ids, ids)].tolist()
        starts = np.array([one.times[0] for one in tracklets])
        ends = np.array([one.times[-1] for one in tracklets])
        for first, second in seen_together(np.zeros(len(ids), np.int64), starts, ends).tolist():
            one, other = owners[first], owners[second]
            if one != other and _side_by_side(tracklets[first], tracklets[second]):
                found.setdefault(one, set()).add(other)
                found.setdefault(other, set()).add(one)
    return found


def _side_by_side(one: Tracklet, other: Tracklet) -> bool:
    """Whether a frame shows both, with boxes that share no column: head and legs of one person may be two boxes."""
    _, first, second = np.intersect1d(one.times, other.times, return_indices=True)
    seen = one.observed[first] & other.observed[second]
    a, b = one.boxes[first[seen]], other.boxes[second[seen]]
    return bool(((a[:, 2] <= b[:, 0]) | (b[:, 2] <= a[:, 0])).any())


def _pairs(
    store: Store, people: list[int], beside: dict[int, set[int]], scoring: ScoringSettings, usual: float | None
) -> Pairs:
    """Each person looked for by one shot: the scores of those beside them, and of their tracklet's other shots."""
    same: list[float] = []
    different: list[float] = []
    persons = store.persons()
    cameras = {source.id: source.camera for source in store.sources()}
    names = {name: number for number, name in enumerate(sorted(set(cameras.values())))}
    for shots, vectors in _queries(store, people):
        found = store.likeness(vectors)
        owner = persons.person_ids[np.searchsorted(persons.tracklet_ids, found.tracklet_ids)]
        order = np.argsort(owner, kind="stable")
        ids, starts = np.unique(owner[order], return_index=True)
        seen_by = np.array([names[cameras[source]] for source in found.source_ids[order][starts].tolist()], np.int64)
        for shot, cosines in zip(shots, found.cosines, strict=True):
            place = int(np.searchsorted(found.shot_ids, shot))
            own = int(np.searchsorted(ids, owner[place]))
            others = (found.tracklet_ids == found.tracklet_ids[place]) & (found.shot_ids != shot)
            values = raw_scores(cosines[None, order], starts, scoring)
            if others.any():
                values[own] = aggregate(cosines[None, others], scoring)
            if usual is not None:
                values = normalise(values, seen_by, usual, scoring)
            if others.any():
                same.append(float(values[own]))
            with_them = np.isin(ids, list(beside[int(ids[own])]))
            different.extend(values[with_them].tolist())
    return Pairs(np.array(same, np.float64), np.array(different, np.float64))


def _queries(store: Store, people: list[int]) -> Iterator[tuple[list[int], NDArray[np.float32]]]:
    """For each person that has one the first shot, of a tracklet with several if there is one; a few at a time."""
    chosen: list[int] = []
    for person in people:
        shots = store.shots(store.chain(person))
        counts: dict[int, int] = {}
        for shot in shots:
            counts[shot.tracklet_id] = counts.get(shot.tracklet_id, 0) + 1
        best = next((shot for shot in shots if counts[shot.tracklet_id] > 1), shots[0] if shots else None)
        if best is not None:
            chosen.append(best.id)
    for start in range(0, len(chosen), _QUERIES_AT_ONCE):
        some = chosen[start : start + _QUERIES_AT_ONCE]
        yield some, store.vectors_of(some)


def read_calibration(folder: Path) -> Calibration | None:
    """What a library's folder holds, if anything.

    Raises:
        InputError: The file is there, and cannot be read or is no calibration.
    """
    path = folder / CALIBRATION
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        return _CALIBRATION.validate_json(json.dumps(data), strict=True)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
    except (ValidationError, TypeError, ValueError) as error:
        raise InputError(f"{path}: is no calibration; delete it, or write it anew with reseen calibrate") from error


def write_calibration(folder: Path, calibration: Calibration) -> Path:
    """Keep a calibration in a library's folder, whole or not at all; searches use it from then on.

    Raises:
        InputError: The folder cannot be written to.
    """
    path = folder / CALIBRATION
    data = _CALIBRATION.dump_python(calibration, mode="json", exclude_none=True)
    try:
        with replacing(path) as stream:
            stream.write(tomli_w.dumps(data).encode())
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror or error})") from error
    return path


def calibrated(card: Card, folder: Path, sha256: str) -> Card:
    """A card with a library's own threshold and curve, where it holds them for this network."""
    own = read_calibration(folder)
    if own is None or own.embedder_sha256 != sha256:
        return card
    return replace(card, threshold=own.threshold, curve=own.curve, strangers=own.strangers)
