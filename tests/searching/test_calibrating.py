from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from library.samples import DIM, MODELS, Span, new_source, picture, unit
from reseen.errors import InputError
from reseen.library import Filter, FoundTracklet, SegmentFound, Store
from reseen.models import Card, EmbedderSpec
from reseen.searching.calibrating import (
    CALIBRATION,
    CalibrationSettings,
    calibrated,
    measure,
    read_calibration,
    seen_beside,
    write_calibration,
)
from reseen.searching.scoring import ScoringSettings, score_persons
from reseen.tracking.tracklet import Shot, Tracklet
from tiny_networks import reid_card

Vectors = NDArray[np.float32]


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Store]:
    with Store.create(tmp_path / "my.reseen", MODELS) as made:
        yield made


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(3)


def seen(vectors: Vectors, x: float, start: float = 0.0, before: int | None = None, y: float = 0.0) -> FoundTracklet:
    """Somebody who stands at a place for two seconds, with a shot for each vector."""
    times = start + 0.2 * np.arange(11)
    box = np.array([x, y, x + 40, y + 120], np.float32)
    none = np.zeros(0), np.zeros((0, 4), np.float32)
    shots = tuple(
        Shot(float(times[i]), box, 0.9, 0.5, picture(np.random.default_rng(0), 8, 4)) for i in range(len(vectors))
    )
    count = len(times)
    return FoundTracklet(
        Tracklet(
            times, np.tile(box, (count, 1)), np.full(count, 0.9, np.float32), np.ones(count, np.bool_),
            np.zeros(count, np.float32), shots, *none,
        ),
        vectors,
        before,
    )  # fmt: skip


def add(store: Store, name: str, *segments: Sequence[FoundTracklet]) -> None:
    source = store.add_source(new_source(name, camera=name))
    spans = [Span(i, 30.0 * i, 30.0 * (i + 1)) for i in range(len(segments))]
    for segment, people in zip(store.plan_segments(source.id, spans), segments, strict=True):
        store.commit_segment(segment.id, SegmentFound(people, (), seconds=30.0, frames=150))


def shots_of(rng: np.random.Generator, person: Vectors, count: int, noise: float) -> Vectors:
    rows = person + noise * rng.normal(size=(count, DIM)) / np.sqrt(DIM)
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def crowd(store: Store, rng: np.random.Generator, sources: int = 3, people: int = 12, noise: float = 0.3) -> None:
    """Sources in which many stand side by side, each with four shots."""
    for number in range(sources):
        persons = unit(rng, people)
        add(store, f"{number}.mp4", [seen(shots_of(rng, one, 4, noise), 50.0 * i) for i, one in enumerate(persons)])


def card(threshold: float = 0.5, strangers: float | None = None) -> Card:
    return reid_card(MODELS.embedder_name, embedder=EmbedderSpec(dim=DIM), threshold=threshold, strangers=strangers)


def test_beside_are_those_in_one_frame_at_another_place(library: Store) -> None:
    rows = unit(np.random.default_rng(0), 2)
    add(
        library,
        "a.mp4",
        [
            seen(rows, 0.0),  # 1
            seen(rows, 100.0),  # 2, beside 1
            seen(rows, 110.0, y=200.0),  # 3, beside 1; below 2, so perhaps the legs of 2
            seen(rows, 300.0, start=10.0),  # 4, alone
        ],
        [seen(rows, 0.0, 31.0, before=1), seen(rows, 300.0, 31.0, before=4)],
    )
    add(library, "b.mp4", [seen(rows, 500.0)])  # at the same seconds of other footage
    assert seen_beside(library) == {1: {2, 3, 4}, 2: {1}, 3: {1}, 4: {1}}


def test_scores_are_those_of_a_search(library: Store, rng: np.random.Generator) -> None:
    crowd(library, rng)
    for usual in (None, 0.1):
        found = measure(library, card(strangers=usual))
        assert (found.people, len(found.pairs.same), len(found.pairs.different)) == (36, 36, 36 * 11)
        first = library.shots([1])[0]
        shown = score_persons(library, library.vectors_of([first.id]), Filter(), ScoringSettings(), usual)
        # The crowd of a search holds the query's own shot, that of the calibration does not; he is left out as the
        # most alike in either.
        np.testing.assert_allclose(found.pairs.different[:11], shown.values[1:12], atol=1e-5)
        own = np.sort(library.vectors_of([s.id for s in library.shots([1])[1:]]) @ library.vectors_of([first.id])[0])
        if usual is None:
            assert found.pairs.same[0] == pytest.approx(own[-2:].mean(), abs=1e-5)


def test_the_threshold_keeps_the_rate(library: Store, rng: np.random.Generator) -> None:
    crowd(library, rng)
    found = measure(library, card(), CalibrationSettings(rate=0.05))
    kept = found.calibration
    assert np.mean(found.pairs.different >= kept.threshold) == pytest.approx(0.05, abs=0.01)
    assert found.expected.value == pytest.approx(0.05, abs=0.02)
    assert not found.expected.at_most
    assert found.missed == pytest.approx(np.mean(found.pairs.same < kept.threshold))
    assert found.before == 0.5
    assert kept.curve.pairs == 396
    assert kept.embedder_sha256 == MODELS.embedder_sha256
    # Nobody of 396 may reach a rate that so few pairs do not support.
    strict = measure(library, card(), CalibrationSettings(rate=1e-4))
    assert strict.expected.at_most
    assert strict.calibration.threshold >= found.pairs.different.max() - 1e-4


def test_few_of_many_people_are_looked_for(library: Store, rng: np.random.Generator) -> None:
    crowd(library, rng)
    found = measure(library, card(), CalibrationSettings(queries=10, fewest=50))
    assert (found.people, len(found.pairs.different)) == (10, 110)


def test_shots_alone_say_nothing_of_the_same_person(library: Store, rng: np.random.Generator) -> None:
    for number in range(3):
        add(library, f"{number}.mp4", [seen(unit(rng, 1), 50.0 * i) for i in range(12)])
    found = measure(library, card(strangers=0.0))
    assert found.missed is None
    assert len(found.pairs.different) == 396


@pytest.mark.parametrize("people", [0, 1, 5])
def test_too_few_are_refused_in_one_line(library: Store, rng: np.random.Generator, people: int) -> None:
    crowd(library, rng, sources=2, people=people)
    with pytest.raises(InputError, match=f"{2 * people * (people - 1) if people else 0} pairs.*needs 300") as refused:
        measure(library, card())
    assert "\n" not in str(refused.value)


def test_what_is_kept_takes_the_place_of_the_card(library: Store, rng: np.random.Generator) -> None:
    crowd(library, rng)
    assert read_calibration(library.folder) is None
    assert calibrated(card(), library.folder, MODELS.embedder_sha256) == card()
    kept = measure(library, card(strangers=0.1)).calibration
    write_calibration(library.folder, kept)
    assert read_calibration(library.folder) == kept
    own = calibrated(card(strangers=0.3), library.folder, MODELS.embedder_sha256)
    assert (own.threshold, own.curve, own.strangers) == (kept.threshold, kept.curve, 0.1)
    assert calibrated(card(), library.folder, "c" * 64) == card()  # another network's scores mean something else
    assert library.verify() == ()
    assert [path.name for path in library.folder.glob("calibration*")] == [CALIBRATION]


@pytest.mark.parametrize("text", ["threshold = ", "threshold = 0.5\n", "\0", 'embedder_sha256 = "é"'])
def test_a_damaged_file_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / CALIBRATION).write_text(text, encoding="latin-1")
    with pytest.raises(InputError, match="is no calibration") as refused:
        read_calibration(tmp_path)
    assert "\n" not in str(refused.value)
