from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from library.samples import add_indexed, found, new_source, spans
from reseen.library import Filter, PersonSeen, Store, UnknownRowError

NOON = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def chained(store: Store, rng: np.random.Generator) -> tuple[int, ...]:
    """Three segments; the first person of each goes on in the next."""
    source = store.add_source(new_source("a.mp4", started_at=NOON))
    ids: list[int] = []
    before: tuple[int | None, ...] = ()
    for segment in store.plan_segments(source.id, spans(3)):
        made = store.commit_segment(segment.id, found(rng, segment.start, continues=before))
        before = (made[0],)
        ids.extend(made)
    return tuple(ids)


def test_a_person_is_the_whole_chain(store: Store, chained: tuple[int, ...]) -> None:
    page = store.people_page()
    assert store.people_count() == len(page) == 9 - 2
    [one] = [person for person in page if len(person.tracklets) > 1]
    assert one.tracklets == (chained[0], chained[3], chained[6])
    assert (one.person, one.source_id, one.camera, one.start, one.hidden) == (chained[0], 1, "Gate 1", 0.0, False)
    assert one.end == pytest.approx(61.0)
    assert one.wall_start == NOON
    assert len(one.shots) == 6
    assert list(one.shots) == [shot.id for shot in sorted(store.shots(one.tracklets), key=lambda shot: shot.time)]
    assert one.best_shot in one.shots
    assert store.person_seen(chained[3]) == one
    with pytest.raises(UnknownRowError):
        store.person_seen(999)


def test_newest_first_by_the_wall_clock(store: Store) -> None:
    add_indexed(store, new_source("early", started_at=NOON), seed=1, segments=1)
    add_indexed(store, new_source("late", started_at=NOON + timedelta(hours=1)), seed=2, segments=1)
    add_indexed(store, new_source("unknown"), seed=3, segments=1)  # by the time it was added: today
    page = store.people_page()
    assert [(person.source_id, person.start) for person in page] == [
        (3, 2.0), (3, 1.0), (3, 0.0), (2, 2.0), (2, 1.0), (2, 0.0), (1, 2.0), (1, 1.0), (1, 0.0),
    ]  # fmt: skip
    assert page[0].wall_start is None
    assert page[3].wall_start == NOON + timedelta(hours=1, seconds=2)
    assert [person.moment for person in page] == sorted((person.moment for person in page), reverse=True)


def _all(store: Store, limit: int, wanted: Filter) -> list[int]:
    people: list[int] = []
    after = None
    while page := store.people_page(wanted, after=after, limit=limit):
        people.extend(person.person for person in page)
        after = (page[-1].moment, page[-1].person)
    return people


@pytest.mark.parametrize("limit", [1, 2, 5, 100])
def test_pages_are_parts_of_the_whole(store: Store, limit: int) -> None:
    for i, start in enumerate((NOON, NOON, None, NOON + timedelta(days=1))):
        add_indexed(store, new_source(f"{i}", camera=f"c{i % 2}", started_at=start), seed=i, segments=1)
    for wanted in (Filter(), Filter(cameras=("c0",)), Filter(start=NOON + timedelta(seconds=2))):
        whole = [person.person for person in store.people_page(wanted, limit=1000)]
        assert len(whole) == store.people_count(wanted) > 0
        assert _all(store, limit, wanted) == whole
        jumped = [person.person for person in store.people_page(wanted, offset=2, limit=limit)]
        assert jumped == whole[2 : 2 + limit]
    assert store.people_page(offset=100) == ()


def test_a_page_goes_on_when_somebody_came_or_went_in_between(store: Store) -> None:
    for i in range(3):
        add_indexed(store, new_source(f"{i}", started_at=NOON + timedelta(hours=i)), seed=i, segments=1)
    whole = [person.person for person in store.people_page()]
    page = store.people_page(limit=5)
    add_indexed(store, new_source("newer", started_at=NOON + timedelta(hours=9)), seed=9, segments=1)
    store.remove(store.plan_removal(sources=[2]))  # the last one of the page is gone
    rest = store.people_page(after=(page[-1].moment, page[-1].person))
    assert [person.person for person in rest] == whole[6:]


def test_what_comes_and_goes_is_seen_at_once(store: Store, chained: tuple[int, ...]) -> None:
    assert store.people_count() == 7
    add_indexed(store, new_source("b.mp4"), seed=5, segments=1)
    assert store.people_count() == 10
    store.link([(chained[4], chained[1])])
    assert store.people_count() == 9
    store.remove(store.plan_removal(sources=[1]))
    assert store.people_count() == 3
    store.set_camera(2, "Yard")
    assert store.people_count(Filter(cameras=("Gate 1",))) == 0
    assert {person.camera for person in store.people_page()} == {"Yard"}


def test_hidden_ones_are_shown_when_asked_for(store: Store, chained: tuple[int, ...]) -> None:
    store.hide_person(chained[3], True, "me")
    assert store.people_count() == 6
    assert store.people_count(hidden=True) == 7
    [one] = [person for person in store.people_page(hidden=True) if person.hidden]
    assert one.person == chained[0]
    # Whoever is hidden only in part also walked about.
    with store._db.write() as session:
        session.connection().exec_driver_sql(f"DELETE FROM hidden_tracklets WHERE tracklet_id = {chained[3]}")
    assert store.people_count() == 7


def test_an_empty_library_has_an_empty_wall(store: Store) -> None:
    assert store.people_page() == ()
    assert store.people_count() == 0
    assert store.people_page(after=(0.0, 1)) == ()


def test_as_a_naive_loop_finds_them(store: Store, rng: np.random.Generator) -> None:
    for i in range(4):
        source = store.add_source(new_source(f"{i}", started_at=NOON + timedelta(minutes=i)))
        before: list[int] = []
        for segment in store.plan_segments(source.id, spans(4)):
            chosen = [j for j in before if rng.random() < 0.5]
            made = found(rng, segment.start, 4, continues=tuple(chosen))
            before = list(store.commit_segment(segment.id, made))
    persons = store.persons()
    naive: dict[int, list[int]] = {}
    for tracklet, person in zip(persons.tracklet_ids.tolist(), persons.person_ids.tolist(), strict=True):
        naive.setdefault(person, []).append(tracklet)
    page: tuple[PersonSeen, ...] = store.people_page(limit=1000)
    assert {person.person: list(person.tracklets) for person in page} == naive
