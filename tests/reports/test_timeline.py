from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.samples import Gap, add_source, moment_of, result_of, write_video
from reseen.library import Filter, Store
from reseen.reports.axis import Axis
from reseen.reports.timeline import Drawn, Timeline, timelines
from reseen.searching import SearchResult

NINE = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)

stretches = st.lists(
    st.tuples(st.floats(0, 1e9), st.floats(0, 1e5)).map(lambda pair: (pair[0], pair[0] + pair[1])),
    min_size=1,
    max_size=30,
)


@given(stretches)
def test_axis_keeps_the_order_of_time(spans: list[tuple[float, float]]) -> None:
    axis = Axis.over(spans)
    times = sorted({time for span in spans for time in span})
    places = [axis.x(time) for time in times]
    assert places == sorted(places)
    assert places[0] >= -1e-6 and places[-1] <= 100 + 1e-6
    assert axis.pieces[-1].right == pytest.approx(100.0)
    assert len(axis.pieces) <= 8


@given(stretches)
def test_labels_are_in_order_and_apart(spans: list[tuple[float, float]]) -> None:
    for wall in (False, True):
        ticks = Axis.over(spans).ticks(wall=wall)
        assert ticks
        places = [tick.x for tick in ticks]
        assert all(later - before >= 9.0 for before, later in pairwise(places))
        assert len(ticks) <= 12


def test_empty_hours_are_cut_out() -> None:
    axis = Axis.over([(0.0, 600.0), (86_400.0, 87_000.0)])
    assert [piece.right - piece.left for piece in axis.pieces] == pytest.approx([49.0, 49.0])
    assert axis.breaks == pytest.approx((50.0,))
    assert axis.x(300.0) == pytest.approx(24.5)
    assert axis.x(86_700.0) == pytest.approx(75.5)


def test_labels_are_round() -> None:
    labels = [tick.label for tick in Axis.over([(0.0, 7_500.0)]).ticks(wall=False)]
    assert labels == ["0:00", "30:00", "1:00:00", "1:30:00", "2:00:00"]
    labels = [tick.label for tick in Axis.over([(0.0, 8.0)]).ticks(wall=False)]
    assert labels == ["0:00", "0:02", "0:04", "0:06", "0:08"]


def drawn(store: Store, result: SearchResult) -> tuple[Timeline, ...]:
    sources = store.sources(result.wanted)
    return timelines(Drawn(result, sources, {source.id: source.shown for source in sources}))


def test_files_of_a_recorder_are_one_stretch_by_the_clock(store: Store, video: Path, tmp_path: Path) -> None:
    first = add_source(store, video, shown="a.mp4", started_at=NINE)
    write_video(tmp_path / "b.mp4", 4.0)
    second = add_source(
        store, tmp_path / "b.mp4", camera="Gate 3", seconds=4.0, started_at=NINE + timedelta(seconds=8.4), tracklets=[]
    )
    assert second.camera == first.camera
    (line,) = drawn(store, result_of(store, [moment_of(store, first)]))
    (lane,) = line.lanes
    (footage,) = lane.footage
    assert footage.title == "a.mp4 to b.mp4 (2 files), 0:12.4 long"
    (moment,) = lane.moments
    assert moment.x == pytest.approx(100 * 1.0 / 12.4, abs=0.01)
    assert moment.width == pytest.approx(100 * 5.0 / 12.4, abs=0.01)


def test_sources_without_a_clock_are_laid_end_to_end(store: Store, video: Path, tmp_path: Path) -> None:
    first = add_source(store, video, shown="a.mp4", camera="Hall")
    write_video(tmp_path / "b.mp4", 2.0)
    add_source(store, tmp_path / "b.mp4", camera="Hall", seconds=2.0, tracklets=[])
    (line,) = drawn(store, result_of(store, [moment_of(store, first)]))
    assert line.title == "From the start of the footage"
    assert [(bar.x, bar.width) for bar in line.lanes[0].footage] == [(0.0, 80.0), (80.0, 20.0)]


def test_what_a_file_promised_and_has_not_is_a_gap(store: Store, video: Path) -> None:
    source = add_source(store, video, gaps=[Gap(8.0, 16.0, "cut off: the file ends here")])
    (line,) = drawn(store, result_of(store, [moment_of(store, source)]))
    (gap,) = line.lanes[0].gaps
    assert (gap.x, gap.width) == (50.0, 50.0)


def test_gaps_side_by_side_are_drawn_once(store: Store, video: Path) -> None:
    gaps = [Gap(1 + index / 1000, 1.0005 + index / 1000, "damaged") for index in range(50)]
    source = add_source(store, video, gaps=gaps)
    (line,) = drawn(store, result_of(store, [moment_of(store, source)]))
    (gap,) = line.lanes[0].gaps
    assert gap.title.endswith(", and 49 more beside it")


def test_only_the_hours_asked_about_are_drawn(store: Store, video: Path) -> None:
    source = add_source(store, video, started_at=NINE)
    wanted = Filter(start=NINE + timedelta(seconds=2), end=NINE + timedelta(seconds=6))
    moment = replace(moment_of(store, source), start=3.0, end=4.0)
    (line,) = drawn(store, result_of(store, [moment], wanted=wanted))
    (bar,) = line.lanes[0].moments
    assert (bar.x, bar.width) == (25.0, 25.0)


def test_cameras_with_moments_come_first_and_the_rest_is_counted(store: Store, video: Path, tmp_path: Path) -> None:
    for number in range(3):
        write_video(tmp_path / f"{number}.mp4", 0.3 + number / 10)
        add_source(store, tmp_path / f"{number}.mp4", camera=f"A{number}", seconds=0.3, tracklets=[])
    seen = add_source(store, video, camera="Z")
    sources = store.sources()
    result = result_of(store, [moment_of(store, seen)])
    (line,) = timelines(Drawn(result, sources, {s.id: s.shown for s in sources}, most_lanes=2))
    assert [lane.camera for lane in line.lanes] == ["Z", "A0"]
    assert line.left_out == 2


def test_still_pictures_without_a_clock_have_no_lane(store: Store, video: Path) -> None:
    add_source(store, video, kind="image", seconds=0.0, tracklets=[])
    assert drawn(store, result_of(store, [])) == ()


def test_what_has_no_length_is_drawn_all_the_same(store: Store, video: Path) -> None:
    source = add_source(store, video, gaps=[Gap(4.0, 4.0, "the clock of the recording jumps here")])
    moment = replace(moment_of(store, source), start=2.0, end=2.0)
    (line,) = drawn(store, result_of(store, [moment]))
    assert line.lanes[0].gaps[0].width > 0 and line.lanes[0].moments[0].width > 0


def test_cameras_are_in_the_order_of_their_numbers(store: Store, tmp_path: Path) -> None:
    for number in (10, 9, 1):
        write_video(tmp_path / f"{number}.mp4", 0.3 + number / 10)
        add_source(store, tmp_path / f"{number}.mp4", camera=f"Gate {number}", seconds=0.3, tracklets=[])
    (line,) = drawn(store, result_of(store, []))
    assert [lane.camera for lane in line.lanes] == ["Gate 1", "Gate 9", "Gate 10"]
