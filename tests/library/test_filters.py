from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from library.samples import MODELS, add_indexed, new_source, unit
from reseen.errors import UsageError
from reseen.library import Filter, Store

NOON = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
CAMERAS = ("Gate 1", "Gate 2", "Yard")
STARTS = {1: NOON, 2: NOON + timedelta(seconds=40), 3: None, 4: NOON - timedelta(hours=1), 5: NOON, 6: None}


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Six sources of three cameras, two of them without a clock."""
    with Store.create(tmp_path_factory.mktemp("filters") / "my.reseen", MODELS) as store:
        for i, start in STARTS.items():
            new = new_source(f"{i}.mp4", camera=CAMERAS[i % 3], started_at=start)
            assert add_indexed(store, new, seed=i).id == i
        yield store


_SECONDS = st.integers(-3700, 200).map(lambda s: NOON + timedelta(seconds=s))


@st.composite
def _filters(draw: st.DrawFn) -> Filter:
    start = draw(st.none() | _SECONDS)
    end = draw(st.none() | _SECONDS)
    if start is not None and end is not None and end <= start:
        start, end = end, start + timedelta(seconds=1)
    return Filter(
        sources=draw(st.none() | st.lists(st.integers(1, 7), max_size=5).map(tuple)),
        cameras=draw(st.none() | st.lists(st.sampled_from(["Gate*", "Yard", "*2", "Gate 1", "none"])).map(tuple)),
        start=start,
        end=end,
    )


def _named(camera: str, patterns: tuple[str, ...]) -> bool:
    gates = {"Gate 1", "Gate 2"}
    fitting = {"Gate*": gates, "Yard": {"Yard"}, "*2": {"Gate 2"}, "Gate 1": {"Gate 1"}, "none": set[str]()}
    return any(camera in fitting[pattern] for pattern in patterns)


def _let_through(store: Store, wanted: Filter) -> tuple[set[int], int]:
    """Tracklets by asking each one, and the number of sources without a clock."""
    ids: set[int] = set()
    without_clock = 0
    for source in store.sources():
        if wanted.sources is not None and source.id not in wanted.sources:
            continue
        if wanted.cameras is not None and not _named(source.camera, wanted.cameras):
            continue
        if wanted.timed and source.started_at is None:
            without_clock += 1
            continue
        for one in store.tracklets(store.tracklet_ids()):
            if one.source_id != source.id:
                continue
            if source.started_at is not None:
                first = source.started_at + timedelta(seconds=one.tracklet.start)
                last = source.started_at + timedelta(seconds=one.tracklet.end)
                if wanted.start is not None and last < wanted.start:
                    continue
                if wanted.end is not None and first >= wanted.end:
                    continue
            ids.add(one.id)
    return ids, without_clock


@settings(max_examples=40, deadline=None)
@given(_filters(), st.integers(1, 120), st.integers(0, 99))
def test_a_filter_lets_through_what_a_plain_loop_does(filled: Store, wanted: Filter, top: int, seed: int) -> None:
    expected, without_clock = _let_through(filled, wanted)
    coverage = filled.coverage(wanted)
    assert set(filled.tracklet_ids(wanted).tolist()) == expected
    assert (coverage.tracklets, coverage.without_clock) == (len(expected), without_clock)
    assert set(filled.persons(wanted).tracklet_ids.tolist()) == expected

    everything = filled.vectors()
    inside = np.isin(everything.tracklet_ids, sorted(expected))
    chosen = filled.vectors(wanted)
    np.testing.assert_array_equal(chosen.shot_ids, everything.shot_ids[inside])
    np.testing.assert_array_equal(chosen.matrix, everything.matrix[inside])
    np.testing.assert_array_equal(chosen.source_ids, everything.source_ids[inside])

    queries = unit(np.random.default_rng(seed), 2)
    scores, ids = filled.search(queries, top, wanted)
    assert scores.shape == ids.shape == (2, top)
    for query, row, row_ids in zip(queries, scores, ids, strict=True):
        exact = np.sort(chosen.matrix @ query)[::-1][:top]
        found = row_ids >= 0
        assert found.sum() == len(exact) == min(top, len(chosen))
        np.testing.assert_allclose(row[found], exact, atol=1e-6)
        assert np.all(np.isneginf(row[~found]))
        assert set(row_ids[found].tolist()) <= set(chosen.shot_ids.tolist())
        own = {int(i): float(v @ query) for i, v in zip(chosen.shot_ids, chosen.matrix, strict=True)}
        np.testing.assert_allclose(row[found], [own[int(i)] for i in row_ids[found]], atol=1e-6)


def test_the_clock_counts_as_it_is_now(store: Store) -> None:
    source = add_indexed(store, new_source("a.mp4"), seed=1)
    early = Filter(end=NOON + timedelta(seconds=29))
    assert len(store.vectors(early)) == 0
    assert store.coverage(early).without_clock == 1
    store.set_start(source.id, NOON)
    assert len(store.vectors(early)) == 6
    assert store.coverage(early).without_clock == 0
    store.shift_clock("Gate 1", timedelta(days=1))
    assert len(store.vectors(early)) == 0


def test_zones_are_only_ways_to_write_a_moment(filled: Store) -> None:
    from zoneinfo import ZoneInfo

    utc = Filter(start=NOON + timedelta(seconds=30))
    there = Filter(start=(NOON + timedelta(seconds=30)).astimezone(ZoneInfo("Asia/Shanghai")))
    np.testing.assert_array_equal(filled.tracklet_ids(utc), filled.tracklet_ids(there))


def test_a_range_that_ends_before_it_starts_is_wrong() -> None:
    with pytest.raises(UsageError, match="ends before it starts"):
        Filter(start=NOON, end=NOON)


def test_many_sources_may_be_named(filled: Store, tmp_path: Path) -> None:
    assert len(filled.tracklet_ids(Filter(sources=tuple(range(100_000))))) == 54
