from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from library.samples import add_indexed, found, new_source, spans, unit
from reseen.library import CasePhoto, Filter, LibraryError, Store, UnknownRowError


def photo(rng: np.random.Generator, sha256: str = "a" * 64) -> CasePhoto:
    box = np.array([1, 2, 30, 40], np.float32)
    return CasePhoto("me.jpg", sha256, b"\xff\xd8" + rng.bytes(50), box, unit(rng, 1)[0], "ab" * 32)


def test_a_case_is_as_it_was_kept(store: Store, folder: Path, rng: np.random.Generator) -> None:
    one = photo(rng)
    with Store.open(folder) as reader:
        made = reader.add_case("The bag", "Ann", [one], {"cameras": ["Gate*"]}, 0.7, "seen by Bob")
    case = store.case(made.id)
    assert (case.name, case.who, case.threshold, case.notes) == ("The bag", "Ann", 0.7, "seen by Bob")
    assert case.filters == {"cameras": ["Gate*"]}
    [kept] = case.photos
    assert (kept.name, kept.sha256, kept.jpeg, kept.embedder_sha256) == (one.name, one.sha256, one.jpeg, "ab" * 32)
    assert kept.vector is not None
    assert one.vector is not None
    np.testing.assert_array_equal(kept.vector, one.vector)
    np.testing.assert_array_equal(kept.box, one.box)
    assert [entry.photos for entry in store.audit(action="case")] == [("a" * 64,)]


def test_a_case_is_changed_in_part(store: Store) -> None:
    case = store.add_case("a", "me", threshold=0.5)
    changed = store.change_case(case.id, notes="more")
    assert (changed.name, changed.notes, changed.threshold) == ("a", "more", 0.5)
    assert changed.changed_at > case.changed_at
    assert store.change_case(case.id, name="b", threshold=0.6).name == "b"
    with pytest.raises(UnknownRowError):
        store.change_case(7, name="c")


def test_further_photos_are_there_once(store: Store, rng: np.random.Generator) -> None:
    one, two = photo(rng), photo(rng, "b" * 64)
    case = store.add_case("a", "me", [one])
    assert len(store.add_case_photos(case.id, [one, two]).photos) == 2


def test_cases_are_listed_newest_first_and_by_owner(store: Store) -> None:
    for i in range(4):
        store.add_case(str(i), "Ann" if i % 2 else "Bob")
    assert [case.name for case in store.cases(limit=2)] == ["3", "2"]
    assert [case.name for case in store.cases(before=3)] == ["1", "0"]
    assert [case.name for case in store.cases(who="Ann")] == ["3", "1"]


def test_a_case_is_deleted_with_all_that_was_judged(store: Store, rng: np.random.Generator) -> None:
    add_indexed(store, new_source("a.mp4"), seed=1)
    case = store.add_case("a", "me", [photo(rng)])
    store.set_verdict(case.id, [1], "confirmed", "me")
    store.join(case.id, [[1], [2]], "me")
    store.delete_case(case.id, "me")
    assert store.cases() == ()
    with pytest.raises(UnknownRowError):
        store.verdicts(case.id)
    assert store.verify(deep=True) == ()
    assert [entry.action for entry in store.audit()] == ["case", "verdict", "join", "delete case"]


def test_verdicts_are_given_changed_and_taken_back(store: Store) -> None:
    add_indexed(store, new_source("a.mp4"), seed=1)
    case = store.add_case("a", "me")
    store.set_verdict(case.id, [2, 1], "confirmed", "Ann", "the coat")
    store.set_verdict(case.id, [5], "rejected", "Bob")
    said = [(one.tracklets, one.verdict, one.note, one.who) for one in store.verdicts(case.id)]
    assert said == [((1, 2), "confirmed", "the coat", "Ann"), ((5,), "rejected", "", "Bob")]
    store.set_verdict(case.id, [2], "rejected", "Ann")
    assert [(one.tracklets, one.verdict) for one in store.verdicts(case.id)] == [
        ((1,), "confirmed"), ((5,), "rejected"), ((2,), "rejected"),
    ]  # fmt: skip
    assert len(store.set_verdict(case.id, [1, 5, 2], None, "Ann")) == 0
    entries = store.audit(action="verdict")
    assert [json.loads(entry.detail)["verdict"] for entry in entries] == ["confirmed", "rejected", "rejected", None]
    with pytest.raises(LibraryError, match="no tracklet with id 99"):
        store.set_verdict(case.id, [99], "confirmed", "Ann")
    with pytest.raises(LibraryError, match="no tracklets are named"):
        store.set_verdict(case.id, [], "confirmed", "Ann")


def test_verdicts_go_with_what_they_are_about(store: Store) -> None:
    source = add_indexed(store, new_source("a.mp4"), seed=1)
    case = store.add_case("a", "me")
    store.set_verdict(case.id, [1, 2], "confirmed", "me")
    store.join(case.id, [[1], [3]], "me")
    store.remove(store.plan_removal(sources=[source.id]))
    assert store.verdicts(case.id) == ()
    assert len(store.persons_of_case(case.id).tracklet_ids) == 0


def test_joined_and_split_by_hand(store: Store) -> None:
    add_indexed(store, new_source("a.mp4"), seed=1)
    case = store.add_case("a", "me")

    def persons() -> dict[int, int]:
        found = store.persons_of_case(case.id)
        return dict(zip(found.tracklet_ids.tolist(), found.person_ids.tolist(), strict=True))

    store.join(case.id, [[1, 2], [4]], "me")
    assert persons() == {1: 1, 2: 1, 4: 1}
    store.join(case.id, [[1, 2, 4], [7]], "me")
    assert persons() == {1: 1, 2: 1, 4: 1, 7: 1}
    store.split(case.id, [[1, 2], [4, 7]], "me")
    assert persons() == {1: 1, 2: 1, 4: 4, 7: 4}
    for wrong in ([[1]], [[1], []], [[1], [1, 2]]):
        with pytest.raises(LibraryError, match="at least two groups"):
            store.join(case.id, wrong, "me")


def test_what_is_new_since_a_case_was_opened(store: Store, rng: np.random.Generator) -> None:
    noon = datetime(2026, 5, 1, 12, tzinfo=UTC)
    source = store.add_source(new_source("a.mp4", started_at=noon))
    first, second, third = store.plan_segments(source.id, spans(3))
    ids = store.commit_segment(first.id, found(rng, 0.0))
    case = store.add_case("a", "me")
    assert (store.new_since(case).people, store.new_since(case).seconds) == (0, 0.0)
    store.commit_segment(second.id, found(rng, 30.0, continues=(ids[0],)))
    add_indexed(store, new_source("b.mp4", camera="Yard"), seed=3, segments=1)
    new = store.new_since(case)
    assert (new.people, new.seconds) == (2 + 3, 60.0)
    new = store.new_since(case, Filter(cameras=("Yard",)))
    assert (new.people, new.seconds) == (3, 30.0)
    opened = store.mark_opened(case.id)
    assert (store.new_since(opened).people, store.new_since(opened).seconds) == (0, 0.0)
    store.commit_segment(third.id, found(rng, 60.0))
    assert store.new_since(opened).people == 3
