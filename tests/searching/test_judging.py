from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from reseen.library import Persons, Store
from reseen.searching import Judged, SearchResult, SearchSettings, search
from searching import crowd
from searching.crowd import MODELS, Seen, add

ALL = SearchSettings(below=True)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.create(tmp_path / "my.reseen", MODELS)


def found(result: SearchResult) -> list[tuple[int, ...]]:
    return [moment.tracklets for moment in (*result.moments, *result.below)]


def ask(store: Store, judged: Judged | None = None, threshold: float = 0.5) -> SearchResult:
    return search(store, crowd.query(), crowd.card(threshold=threshold), settings=ALL, judged=judged)


def test_without_verdicts_nothing_changes(store: Store) -> None:
    add(store, "a.mp4", [Seen(0, 5, (0.9, 0.8)), Seen(20, 25, (0.6,)), Seen(40, 45, (0.3,))])
    plain, judged = ask(store), ask(store, Judged())
    assert found(plain) == found(judged) == [(1,), (2,), (3,)]
    assert [m.score for m in plain.moments] == [m.score for m in judged.moments]
    assert {m.verdict for m in (*plain.moments, *plain.below)} == {None}


def test_whoever_is_alike_to_the_confirmed_rises_above_a_stranger(store: Store) -> None:
    # Tracklet 1 and 8 leave the wanted direction the same way (turn 1), the strangers another way.
    add(
        store,
        "a.mp4",
        [Seen(0, 5, (0.8,)), Seen(20, 25, (0.62,)), *(Seen(40, 45, (0.1,), x=9.0 * n) for n in range(5))],
    )
    add(store, "b.mp4", [Seen(0, 5, (0.55,))])
    before = ask(store)
    order = [tracklets for tracklets in found(before) if tracklets[0] in {2, 8}]
    assert order == [(2,), (8,)]
    after = ask(store, Judged(confirmed=((1,),)))
    assert [tracklets for tracklets in found(after) if tracklets[0] in {2, 8}] == [(8,), (2,)]


def test_a_confirmed_match_stays_first_whatever_its_score(store: Store) -> None:
    add(store, "a.mp4", [Seen(0, 5, (0.9,)), Seen(20, 25, (0.1,))])
    result = ask(store, Judged(confirmed=((2,),)))
    assert [(m.tracklets, m.verdict) for m in result.moments] == [((2,), "confirmed"), ((1,), None)]


def test_a_confirmed_match_is_not_compared_with_itself(store: Store) -> None:
    add(store, "a.mp4", [Seen(0, 5, (0.6,)), Seen(20, 25, (0.5,))])
    alone = next(m.score for m in ask(store).moments if m.tracklets == (1,))
    confirmed = next(m.score for m in ask(store, Judged(confirmed=((1,),))).moments if m.tracklets == (1,))
    assert confirmed == pytest.approx(alone, abs=1e-6)


def test_what_was_rejected_is_at_the_end_and_nowhere_else(store: Store) -> None:
    add(store, "a.mp4", [Seen(0, 5, (0.9,)), Seen(20, 25, (0.7,)), Seen(40, 45, (0.2,))])
    result = ask(store, Judged(rejected=((1,),)))
    assert found(result)[-1] == (1,)
    assert result.below[-1].verdict == "rejected"
    assert (1,) not in [m.tracklets for m in result.moments]
    plain = search(store, crowd.query(), crowd.card(threshold=0.5), judged=Judged(rejected=((1,),)))
    assert (1,) not in found(plain)


def test_a_double_of_the_rejected_is_pushed_below_the_right_one(store: Store) -> None:
    # 1 and 8 are one stranger; 2 is the wanted person, a little less alike the photo.
    add(
        store,
        "a.mp4",
        [Seen(0, 5, (0.7,)), Seen(20, 25, (0.65,)), *(Seen(40, 45, (0.1,), x=9.0 * n) for n in range(5))],
    )
    add(store, "b.mp4", [Seen(0, 5, (0.7,))])
    assert found(ask(store)).index((8,)) < found(ask(store)).index((2,))
    after = found(ask(store, Judged(rejected=((1,),))))
    assert after.index((2,)) < after.index((8,)) < after.index((1,))


def test_a_verdict_on_what_is_gone_says_nothing(store: Store) -> None:
    add(store, "a.mp4", [Seen(0, 5, (0.9,)), Seen(20, 25, (0.6,))])
    assert found(ask(store, Judged(confirmed=((77,),), rejected=((78,),)))) == [(1,), (2,)]


def test_both_verdicts_on_one_match_leave_it_confirmed(store: Store) -> None:
    add(store, "a.mp4", [Seen(0, 5, (0.9,)), Seen(20, 25, (0.6,))])
    result = ask(store, Judged(confirmed=((1,),), rejected=((1,),)))
    assert [m.verdict for m in result.moments if m.tracklets == (1,)] == ["confirmed"]


def test_joined_by_hand_is_one_moment(store: Store) -> None:
    add(store, "a.mp4", [Seen(0, 5, (0.9,)), Seen(20, 25, (0.6,)), Seen(40, 45, (0.55,))])
    result = ask(store, Judged(persons=((1, 2),)))
    assert found(result) == [(1, 2), (3,)]
    assert (result.moments[0].start, result.moments[0].end) == (0, 25)


def test_joined_with_somebody_sure_is_sure_and_judged_as_one(store: Store) -> None:
    add(store, "a.mp4", [Seen(0, 5, (0.9,)), Seen(20, 25, (0.2,))])
    result = ask(store, Judged(persons=((1, 2),)))
    assert [m.tracklets for m in result.moments] == [(1, 2)]
    rejected = ask(store, Judged(rejected=((2,),), persons=((1, 2),)))
    assert [(m.tracklets, m.verdict) for m in rejected.below] == [((1, 2), "rejected")]


def test_split_by_hand_are_two_moments_with_scores_of_their_own(store: Store) -> None:
    add(store, "a.mp4", [Seen(55, 60, (0.9,))], [Seen(60, 65, (0.6,), continues=1)])
    together = ask(store)
    assert found(together) == [(1, 2)]
    apart = ask(store, Judged(persons=((1,), (2,))))
    assert found(apart) == [(1,), (2,)]
    assert apart.moments[0].score > apart.moments[1].score


def test_a_split_chain_gets_ids_of_its_own() -> None:
    persons = Persons(np.array([1, 2, 3, 4]), np.array([1, 1, 1, 4]))
    parted = Judged(persons=((1,), (2, 3))).regrouped(persons)
    assert parted.person_ids.tolist() == [1, 2, 2, 4]


def test_what_was_hidden_is_not_searched_and_counted(store: Store) -> None:
    add(store, "a.mp4", [Seen(0, 5, (0.9,), x=0.0), Seen(20, 25, (0.6,), x=600.0)])
    assert (ask(store).people, ask(store).hidden) == (2, 0)
    store.hide_person(1, True, "me")
    result = ask(store)
    assert (found(result), result.people, result.hidden) == ([(2,)], 1, 1)
