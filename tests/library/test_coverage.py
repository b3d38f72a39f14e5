from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

import numpy as np

from library.samples import Gap, add_indexed, found, new_source, spans
from reseen.library import Filter, SegmentFound, Skipped, Store

NOON = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


def _mixed(store: Store) -> None:
    """One whole source with gaps, one half indexed, one that failed half-way, one not planned yet."""
    whole = store.add_source(new_source("whole.mp4", started_at=NOON))
    for segment in store.plan_segments(whole.id, spans(3)):
        gaps = (Gap(40.0, 42.0, "damaged packets"),) if segment.index == 1 else ()
        made = found(np.random.default_rng(segment.index), segment.start, gaps=gaps)
        store.commit_segment(segment.id, dataclasses.replace(made, seconds=28.0 if gaps else 30.0))
    half = store.add_source(new_source("half.mp4", started_at=NOON + timedelta(hours=1), duration=150.0))
    plan = store.plan_segments(half.id, spans(5))
    for i in (0, 3):
        store.commit_segment(plan[i].id, SegmentFound((), (), 30.0, 150))
    failed = store.add_source(new_source("failed.mp4"))
    store.commit_segment(store.plan_segments(failed.id, spans(3))[0].id, SegmentFound((), (), 30.0, 150))
    store.fail_source(failed.id, "the file ends early")
    store.add_source(new_source("new.mp4", camera="Yard"))


def test_coverage_says_what_was_seen_and_what_was_not(store: Store) -> None:
    _mixed(store)
    coverage = store.coverage()
    assert (coverage.sources, coverage.tracklets, coverage.without_clock) == (4, 9, 0)
    assert coverage.seconds == 88.0 + 60.0 + 30.0
    assert coverage.skipped == (
        Skipped(1, "clips/whole.mp4", 40.0, 42.0, "damaged packets"),
        Skipped(2, "clips/half.mp4", 30.0, 90.0, "not looked through yet"),
        Skipped(2, "clips/half.mp4", 120.0, 150.0, "not looked through yet"),
        Skipped(3, "clips/failed.mp4", 30.0, 90.0, "the file ends early"),
        Skipped(4, "clips/new.mp4", 0.0, 90.0, "not looked through yet"),
    )


def test_a_time_filter_cuts_what_it_counts(store: Store) -> None:
    _mixed(store)
    coverage = store.coverage(Filter(start=NOON + timedelta(seconds=41), end=NOON + timedelta(seconds=75)))
    assert coverage.sources == 1
    assert coverage.without_clock == 2
    assert coverage.skipped == (Skipped(1, "clips/whole.mp4", 41.0, 42.0, "damaged packets"),)
    assert coverage.seconds == 28.0 * 19 / 30 + 30.0 * 15 / 30


def test_a_camera_filter_counts_only_its_sources(store: Store) -> None:
    _mixed(store)
    coverage = store.coverage(Filter(cameras=("Yard",)))
    assert (coverage.sources, coverage.seconds, coverage.tracklets) == (1, 0.0, 0)
    assert [gap.source for gap in coverage.skipped] == ["clips/new.mp4"]
    assert store.coverage(Filter(sources=())).sources == 0


def test_a_source_outside_the_time_range_is_not_counted(store: Store) -> None:
    add_indexed(store, new_source("a.mp4", started_at=NOON), seed=1)
    coverage = store.coverage(Filter(start=NOON + timedelta(minutes=10)))
    assert (coverage.sources, coverage.seconds, coverage.skipped) == (0, 0.0, ())


def test_a_still_image_that_failed_is_skipped_with_its_reason(store: Store) -> None:
    new = dataclasses.replace(new_source("a.jpg", duration=0.0), kind="image")
    source = store.add_source(new)
    store.fail_source(source.id, "not an image")
    assert store.coverage().skipped == (Skipped(1, "clips/a.jpg", 0.0, 0.0, "not an image"),)
