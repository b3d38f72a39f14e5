from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from library.samples import new_source
from reseen.evaluation import rerank
from reseen.library import Filter, ModelsDifferError, Skipped, Store
from reseen.models import ScoreCurve
from reseen.searching import Moment, SearchSettings, how_sure, named_as_given, search
from reseen.searching.results import SearchResult
from reseen.searching.scoring import ScoringSettings
from searching.crowd import WANTED, Seen, Span, add, card, fill, query, vector

EIGHT = datetime(2026, 5, 1, 8, tzinfo=UTC)
RAW = SearchSettings(scoring=ScoringSettings(normalise=False))
CURVE = ScoreCurve(scores=(0.1, 0.3, 0.5, 0.7, 0.9), rates=(1.0, 0.3, 0.01, 0.001, 0.0), pairs=10_000)


def spans(moments: tuple[Moment, ...]) -> list[tuple[str, float, float]]:
    return [(moment.source, moment.start, moment.end) for moment in moments]


def scores(moments: tuple[Moment, ...]) -> list[float]:
    return [round(moment.score, 2) for moment in moments]


@pytest.fixture
def filled(store: Store) -> Store:
    """Two cameras: the wanted person three times, somebody alike, and a crowd that is not."""
    crowd = [Seen(30 + n, 31 + n, (0.1,), x=400) for n in range(4)]
    add(
        store,
        "a.mp4",
        [Seen(2, 8, (0.9, 0.8)), Seen(15, 20, (0.6, 0.6)), *crowd],
        camera="Gate 1",
        started_at=EIGHT,
        length=60,
    )
    add(
        store,
        "b.mp4",
        [Seen(5, 9, (0.7, 0.3), x=500), Seen(12, 18, (0.4, 0.4)), *crowd],
        camera="Gate 2",
        started_at=EIGHT + timedelta(hours=1),
    )
    add(store, "c.mp4", [Seen(1, 4, (0.8,))], camera="Yard")
    return store


def test_moments_from_the_cards_threshold_on_best_first(filled: Store) -> None:
    result = search(filled, query(), card(), settings=RAW)
    assert result.threshold == 0.5
    assert spans(result.moments) == [("a.mp4", 2, 8), ("c.mp4", 1, 4), ("a.mp4", 15, 20), ("b.mp4", 5, 9)]
    assert scores(result.moments) == [0.85, 0.8, 0.6, 0.5]
    assert [moment.camera for moment in result.moments] == ["Gate 1", "Yard", "Gate 1", "Gate 2"]
    assert result.below == ()
    assert result.warnings == ()
    assert result.people == 13


def test_a_moment_shows_its_most_alike_shot(filled: Store) -> None:
    best = search(filled, query(), card(), settings=RAW).moments[0]
    (shot,) = filled.shots_by_id([best.best_shot])
    assert (shot.time, best.best_time) == (2.0, 2.0)
    assert best.best_box == (100.0, 100.0, 140.0, 220.0)
    assert best.tracklets == (shot.tracklet_id,)
    assert best.wall_start == EIGHT + timedelta(seconds=2)
    assert search(filled, query(), card(), settings=RAW).moments[1].wall_start is None


def test_the_threshold_can_be_given(filled: Store) -> None:
    result = search(filled, query(), card(), settings=dataclasses.replace(RAW, threshold=0.7))
    assert (result.threshold, scores(result.moments)) == (0.7, [0.85, 0.8])
    nothing = search(filled, query(), card(), settings=dataclasses.replace(RAW, threshold=0.99))
    assert nothing.moments == ()
    assert nothing.people == 13
    assert search(filled, query(), card(threshold=0.7), settings=RAW).threshold == 0.7


def test_what_lies_below_is_shown_when_asked_for(filled: Store) -> None:
    result = search(filled, query(), card(), settings=dataclasses.replace(RAW, below=True, threshold=0.7))
    assert scores(result.moments) == [0.85, 0.8]
    assert scores(result.below)[:3] == [0.6, 0.5, 0.4]
    assert len(result.below) == 3 + 2  # the crowd walks by without a break


def test_above_and_below_never_melt_together(store: Store) -> None:
    add(store, "a.mp4", [Seen(0, 5, (0.8,)), Seen(6, 10, (0.4,)), Seen(11, 15, (0.7,))])
    joined = search(store, query(), card(threshold=0.3), settings=RAW)
    assert spans(joined.moments) == [("a.mp4", 0, 15)]
    parted = search(store, query(), card(), settings=dataclasses.replace(RAW, below=True))
    assert spans(parted.moments) == [("a.mp4", 0, 5), ("a.mp4", 11, 15)]
    assert spans(parted.below) == [("a.mp4", 6, 10)]
    groups = [moment.group for moment in (*parted.moments, *parted.below)]
    assert len(set(groups)) == 3


@pytest.mark.parametrize(
    ("top", "sure", "below"), [(0, 0, 0), (1, 1, 0), (2, 2, 0), (3, 2, 1), (50, 2, 5), (None, 2, 5)]
)
def test_at_most_so_many(filled: Store, top: int | None, sure: int, below: int) -> None:
    settings = dataclasses.replace(RAW, below=True, threshold=0.7, top=top)
    result = search(filled, query(), card(), settings=settings)
    assert (len(result.moments), len(result.below)) == (sure, below)
    assert scores(result.moments) == [0.85, 0.8][:sure]


def test_filters_by_camera_source_and_time(filled: Store) -> None:
    def found(**wanted: object) -> SearchResult:
        return search(filled, query(), card(), Filter(**wanted), RAW)  # type: ignore[arg-type]

    gates = found(cameras=("Gate*",))
    assert [moment.source for moment in gates.moments] == ["a.mp4", "a.mp4", "b.mp4"]
    assert (gates.people, gates.coverage.sources, gates.coverage.tracklets) == (12, 2, 12)
    assert gates.wanted == Filter(cameras=("Gate*",))
    assert spans(found(sources=(3,)).moments) == [("c.mp4", 1, 4)]
    timed = found(start=EIGHT + timedelta(seconds=10), end=EIGHT + timedelta(minutes=5))
    assert spans(timed.moments) == [("a.mp4", 15, 20)]
    assert timed.coverage.without_clock == 1
    assert timed.people == 5
    late = found(start=EIGHT + timedelta(minutes=30))
    assert spans(late.moments) == [("b.mp4", 5, 9)]
    assert found(cameras=("Roof",)).moments == ()
    assert found(cameras=("Roof",)).people == 0


def test_expected_false_matches_come_from_the_curve(filled: Store) -> None:
    result = search(filled, query(), card(curve=CURVE), settings=dataclasses.replace(RAW, below=True))
    best, *_, last = result.moments
    expected = CURVE.expected(best.score, 13)
    assert (best.expected_false_matches, best.at_most) == (expected.value, expected.at_most)
    # 0.5 is a measured score: one in a hundred of 13 people.
    assert last.expected_false_matches == pytest.approx(0.13, rel=2e-2)
    assert result.by_chance is not None
    assert result.by_chance.value == pytest.approx(0.13)
    values = [moment.expected_false_matches for moment in (*result.moments, *result.below)]
    assert values == sorted(values)  # the less alike, the more by chance
    assert result.below[-1].at_most or result.below[-1].expected_false_matches == 13.0


def test_fewer_people_are_fewer_false_matches(filled: Store) -> None:
    of_all = search(filled, query(), card(curve=CURVE), settings=RAW).moments[-1]
    of_gate = search(filled, query(), card(curve=CURVE), Filter(cameras=("Gate 2",)), RAW).moments[-1]
    assert of_all.score == of_gate.score
    assert of_all.expected_false_matches == pytest.approx(of_gate.expected_false_matches * 13 / 6)


def test_without_a_curve_nothing_is_claimed(filled: Store) -> None:
    result = search(filled, query(), card(), settings=RAW)
    assert {moment.expected_false_matches for moment in result.moments} == {None}
    assert result.by_chance is None


def test_normalised_scores_lose_what_a_camera_adds_to_everybody(store: Store) -> None:
    dark, bright = ([Seen(3.0 * n, 3.0 * n + 2, (alike,)) for n in range(18)] for alike in (0.1, 0.6))
    add(store, "dark.mp4", [*dark, Seen(56, 59, (0.65,))])
    add(store, "bright.mp4", [*bright, Seen(56, 59, (0.7,))])
    everybody = SearchSettings(below=True)
    raw = search(store, query(), card(), settings=dataclasses.replace(RAW, below=True))
    assert [moment.source for moment in raw.moments].count("bright.mp4") >= 1
    shown = search(store, query(), card(strangers=0.3), settings=everybody)
    assert spans(shown.moments)[0] == ("dark.mp4", 56, 59)
    assert {moment.source for moment in shown.moments} == {"dark.mp4"}
    assert raw.moments[0].source == "bright.mp4"


def test_without_a_measured_level_scores_stay_raw(filled: Store) -> None:
    plain = search(filled, query(), card(strangers=None))
    assert scores(plain.moments) == [0.85, 0.8, 0.6, 0.5]


def test_reranking_orders_and_changes_no_score(store: Store) -> None:
    fill(store, people=60, shots=1, cameras=1)
    settings = dataclasses.replace(RAW, threshold=-1.0)
    plain = search(store, query(), card(), settings=settings)
    ordered = search(store, query(), card(), settings=dataclasses.replace(settings, rerank=True))
    assert set(ordered.moments) == set(plain.moments)
    assert ordered.threshold == plain.threshold
    shots = [moment.best_shot for moment in plain.moments]
    distances = rerank(WANTED[None], store.vectors_of(shots)).matrix()[0]
    expected = [shots[place] for place in np.argsort(distances, kind="stable")]
    assert [moment.best_shot for moment in ordered.moments] == expected
    assert expected != shots


@pytest.mark.parametrize("people", [0, 1, 2])
def test_reranking_a_handful_works(store: Store, people: int) -> None:
    add(store, "a.mp4", [Seen(10.0 * n, 10.0 * n + 4, (0.7,)) for n in range(people)])
    result = search(store, query(), card(), settings=dataclasses.replace(RAW, rerank=True))
    assert len(result.moments) == people


def test_reranking_does_not_lift_what_lies_below(filled: Store) -> None:
    settings = dataclasses.replace(RAW, rerank=True, below=True)
    result = search(filled, query(), card(), settings=settings)
    assert all(moment.score >= 0.5 for moment in result.moments)
    assert all(moment.score < 0.5 for moment in result.below)
    assert sorted(scores(result.moments), reverse=True) == [0.85, 0.8, 0.6, 0.5]


def test_people_over_several_segments_are_one_moment(store: Store) -> None:
    add(
        store,
        "a.mp4",
        [Seen(50, 60, (0.9, 0.2)), Seen(5, 9, (0.1,))],
        [Seen(60, 70, (0.3, 0.7), continues=1)],
    )
    (moment,) = search(store, query(), card(), settings=RAW).moments
    assert (moment.start, moment.end, moment.tracklets) == (50.0, 70.0, (1, 3))
    assert round(moment.score, 2) == 0.8
    assert moment.best_time == 50.0


def test_moments_of_consecutive_files_share_a_group(store: Store) -> None:
    add(store, "1.mp4", [Seen(50, 60, (0.8,))], camera="Gate", started_at=EIGHT)
    add(store, "2.mp4", [Seen(0.4, 9, (0.7,))], camera="Gate", started_at=EIGHT + timedelta(seconds=60))
    result = search(store, query(), card(), settings=RAW)
    assert spans(result.moments) == [("1.mp4", 50, 60), ("2.mp4", 0.4, 9)]
    assert len({moment.group for moment in result.moments}) == 1
    assert scores(result.moments) == [0.8, 0.8]


def test_who_is_hidden_in_between_is_seen_twice_with_a_look_of_each(store: Store) -> None:
    add(store, "a.mp4", [Seen(0, 30, (0.8,), hidden=(10, 20), shot_times=(5.0,))])
    first, second = search(store, query(), card(), settings=RAW).moments
    assert {(first.start, round(first.end, 1)), (round(second.start, 1), second.end)} == {(0, 9.8), (20.2, 30)}
    by_start = sorted((first, second), key=lambda moment: moment.start)
    assert by_start[0].best_time == 5.0
    assert by_start[1].best_time == pytest.approx(20.2)  # the nearest look of its own
    assert all(moment.start <= moment.best_time <= moment.end for moment in by_start)


def test_still_pictures_start_and_end_at_nought(store: Store) -> None:
    add(store, "a.jpg", [Seen(0, 0, (0.8,)), Seen(0, 0, (0.7,), x=600)], length=0.0, kind="image")
    result = search(store, query(), card(), settings=RAW)
    assert spans(result.moments) == [("a.jpg", 0, 0), ("a.jpg", 0, 0)]


def test_coverage_says_what_was_not_seen(store: Store) -> None:
    done = add(store, "a.mp4", [Seen(5, 9, (0.8,))], [])
    open_ = store.add_source(new_source("b.mp4"))
    store.plan_segments(open_.id, [Span(0, 0, 30), Span(1, 30, 90)])
    result = search(store, query(), card(), settings=RAW)
    assert (result.coverage.sources, result.coverage.seconds, result.coverage.tracklets) == (2, 120.0, 1)
    (gap,) = result.coverage.skipped
    assert (gap.source_id, gap.start, gap.end, gap.reason) == (open_.id, 0.0, 90.0, "not looked through yet")
    assert search(store, query(), card(), Filter(sources=(done.id,)), RAW).coverage.skipped == ()


def test_an_empty_library_gives_an_empty_answer(store: Store) -> None:
    for settings in (RAW, SearchSettings(), dataclasses.replace(RAW, rerank=True, below=True)):
        result = search(store, query(), card(curve=CURVE, strangers=0.3), settings=settings)
        assert (result.moments, result.below, result.people) == ((), (), 0)
        assert result.by_chance is not None
        assert result.by_chance.value == 0


def test_a_query_of_another_model_is_refused(filled: Store) -> None:
    with pytest.raises(ModelsDifferError, match="holds embeddings of tiny-reid, the query is one of other-reid"):
        search(filled, query(embedder="other-reid"), card())


def test_who_is_left_out_because_there_are_too_many_is_said(filled: Store) -> None:
    few = dataclasses.replace(RAW, candidates=3)
    result = search(filled, query(), card(), settings=few)
    assert scores(result.moments) == [0.85, 0.8, 0.6]
    (words,) = result.warnings
    assert words.startswith("4 people reach the score 0.5; only the 3 most alike are shown")
    assert search(filled, query(), card(), settings=dataclasses.replace(RAW, candidates=4)).warnings == ()


def test_several_photos_are_combined(store: Store) -> None:
    add(store, "a.mp4", [Seen(0, 5, (0.9,)), Seen(10, 15, (0.7,))])
    side = vector(0.0, turn=2)  # only the second person resembles this photo
    alone = search(store, query(), card(), settings=RAW)
    both = search(store, query(WANTED, side), card(), settings=RAW)
    assert spans(alone.moments)[0] == ("a.mp4", 0, 5)
    assert spans(both.moments)[0] == ("a.mp4", 10, 15)
    assert both.moments[0].score == pytest.approx((0.7 + np.sqrt(1 - 0.49)) / 2, abs=1e-3)


def test_names_are_those_given_this_time(filled: Store) -> None:
    result = search(filled, query(), card(), settings=dataclasses.replace(RAW, below=True))
    coverage = dataclasses.replace(result.coverage, skipped=(Skipped(1, "a.mp4", 5.0, 6.0, "damaged"),))
    named = named_as_given(
        dataclasses.replace(result, coverage=coverage), {1: "tapes/monday.mp4"}, [("broken.mp4", "the file is empty")]
    )
    assert [moment.source for moment in named.moments] == ["tapes/monday.mp4", "c.mp4", "tapes/monday.mp4", "b.mp4"]
    assert {moment.source for moment in named.below} == {"tapes/monday.mp4", "b.mp4"}
    assert named.coverage.skipped == (
        Skipped(1, "tapes/monday.mp4", 5.0, 6.0, "damaged"),
        Skipped(0, "broken.mp4", 0.0, 0.0, "the file is empty"),
    )
    assert named.names == {1: "tapes/monday.mp4"}
    assert result.moments[0].source == "a.mp4"  # the first answer is left alone


@pytest.mark.parametrize(
    ("score", "expected", "at_most", "words"),
    [
        (0.6, 0.01, False, "very likely"),
        (0.6, 0.02, False, "likely"),
        (0.6, 0.1, False, "likely"),
        (0.6, 0.11, False, "unsure"),
        (0.6, 0.1, True, "very likely"),  # fewer than 0.1: above what strangers reached
        (0.6, 0.5, True, "likely"),
        (0.6, 3.0, True, "unsure"),
        (0.4, 0.01, False, "unsure"),  # below the threshold
        (0.6, None, False, "likely"),
        (0.4, None, False, "unsure"),
    ],
)
def test_how_sure_in_words(filled: Store, score: float, expected: float | None, at_most: bool, words: str) -> None:
    moment = search(filled, query(), card(), settings=RAW).moments[0]
    judged = dataclasses.replace(moment, score=score, expected_false_matches=expected, at_most=at_most)
    assert how_sure(judged, 0.5) == words


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (Filter(cameras=("Tor*",)), "no footage of such a camera; there are: Gate 1, Gate 2, Yard"),
        (Filter(start=EIGHT + timedelta(days=1)), "this footage lies between 2026-05-01"),
        (Filter(cameras=("Yard",), start=EIGHT), "none of this footage has a clock"),
    ],
)
def test_what_was_not_searched_is_not_called_not_found(filled: Store, wanted: Filter, words: str) -> None:
    result = search(filled, query(), card(), wanted, RAW)
    assert (result.moments, result.people, result.coverage.sources) == ((), 0, 0)
    (warning,) = result.warnings
    assert warning.startswith("nothing was searched: ")
    assert words in warning


def test_an_empty_library_says_so(store: Store) -> None:
    assert search(store, query(), card()).warnings == ("nothing was searched: the library holds no footage",)


def test_a_search_that_finds_nobody_gives_no_such_warning(filled: Store) -> None:
    result = search(filled, query(), card(), settings=dataclasses.replace(RAW, threshold=0.99))
    assert (result.moments, result.warnings) == ((), ())


def test_each_stretch_is_shown_by_a_picture_of_its_own(store: Store) -> None:
    """Somebody who is clearly seen twice in one tracklet has a picture from each stay."""
    add(store, "a.mp4", [Seen(0, 40, (0.9, 0.7, 0.8), hidden=(10, 30), shot_times=(5, 20, 35))], length=60)
    result = search(store, query(), card(), settings=RAW)
    stays = sorted(result.moments, key=lambda moment: moment.start)
    assert len(stays) == 2
    for moment in stays:
        (shot,) = store.shots_by_id([moment.best_shot])
        assert moment.start <= shot.time <= moment.end
        assert moment.best_time == shot.time
