"""Forgetting persons: what was kept of them is nowhere in the folder and in no answer; everybody else stays."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from library.samples import add_indexed, found, new_source, picture, spans, unit
from reseen.library import CasePhoto, LibraryError, ModelsUsed, Store, UnknownRowError
from reseen.library.shotfolder import ShotFolder

WIDE = ModelsUsed("detector-a", "d" * 64, "embedder-a", "ab" * 32, 128)
JPEG_TABLES = 640
PATH_HEADER = 24


def pieces(*blobs: bytes) -> list[bytes]:
    return [blob[i : i + 16] for blob in blobs for i in range(0, len(blob) - 16, 61)]


def traces(store: Store, tracklets: list[int]) -> list[bytes]:
    """Pieces of the pictures, embeddings and paths of tracklets."""
    shots = [shot.id for shot in store.shots(tracklets)]
    blobs = [row.astype("<f2").tobytes() for row in store.vectors_of(shots)]
    blobs += [store.shot_image(shot)[JPEG_TABLES:] for shot in shots]
    with store._db.read() as session:
        wanted = f"SELECT path FROM tracklets WHERE id IN ({','.join(map(str, tracklets))})"
        blobs += [path[PATH_HEADER:] for (path,) in session.connection().exec_driver_sql(wanted)]
    return pieces(*blobs)


def present_in(folder: Path, wanted: list[bytes]) -> list[bytes]:
    content = b"\n".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())
    return [trace for trace in wanted if trace in content]


def count_in(folder: Path, wanted: list[bytes]) -> int:
    return len(present_in(folder, wanted))


def jpeg(rng: np.random.Generator) -> bytes:
    return ShotFolder(Path(), 90)._encode(picture(rng, 200, 100))


def photo(rng: np.random.Generator, sha256: str) -> CasePhoto:
    return CasePhoto("me.jpg", sha256, jpeg(rng), np.zeros(4, np.float32), unit(rng, 1, WIDE.dim)[0], "ab" * 32)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nothing_of_a_forgotten_person_is_left_in_the_folder(folder: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    with Store.create(folder, WIDE) as store:
        source = store.add_source(new_source("a.mp4"))
        before: tuple[int, ...] = ()
        for segment in store.plan_segments(source.id, spans(3)):
            before = store.commit_segment(segment.id, found(rng, segment.start, 4, dim=128, continues=before[:2]))
        add_indexed(store, new_source("b.mp4"), seed + 10)
        (folder / "before-0002-from-0001-x.sqlite").write_bytes((folder / "library.sqlite").read_bytes())
        (folder / "cache").mkdir()
        store.rebuild_index()

        mine, other = photo(rng, "a" * 64), photo(rng, "b" * 64)
        case = store.add_case("The bag", "Ann", [mine, other])
        same = store.add_case("The coat", "Bob", [photo(rng, "a" * 64)])
        strange = store.add_case("Another", "Bob", [photo(rng, "c" * 64)])
        gone = sorted({*store.chain(1), *store.chain(14)})
        kept = sorted(set(store.tracklet_ids().tolist()) - set(gone))
        shot = store.shot_image(store.shots([1])[0].id)
        thumbnails = [jpeg(rng) for _ in range(4)]
        queries = (["a" * 64], [hashlib.sha256(shot).hexdigest()], ["c" * 64], [])
        entries = [
            store.record("search", {"i": i}, photos=photos, thumbnail=thumbnail)
            for i, (photos, thumbnail) in enumerate(zip(queries, thumbnails, strict=True))
        ]
        export = store.add_export("clips", "Ann", tracklets=[1, 2])
        store.exports_folder.mkdir()
        making = store.exports_folder / "making.zip"
        zipped = rng.bytes(5000)
        making.write_bytes(zipped)
        store.finish_export(export.id, making, "f" * 64)
        cached = rng.bytes(5000)
        (folder / "cache" / "1.mp4").write_bytes(cached)
        store.set_verdict(case.id, gone, "confirmed", "Ann")
        store.set_verdict(case.id, kept[:2], "rejected", "Ann")
        store.hide_person(14, True, "Ann")

        pictures = [one.jpeg or b"" for one in (mine, other, *same.photos)]
        vectors = [one.vector.tobytes() for one in (mine, other, *same.photos) if one.vector is not None]
        lost = traces(store, gone) + pieces(zipped, cached)
        lost += pieces(*(one[JPEG_TABLES:] for one in (*pictures, *thumbnails[:2])), *vectors)
        stays = traces(store, kept) + pieces(*(one[JPEG_TABLES:] for one in thumbnails[2:]))
        # A picture in the database lies on several pages: a few pieces are cut by their borders.
        assert count_in(folder, lost) > 0.99 * len(lost) > 1000
        present = present_in(folder, stays)
        assert len(present) > 0.99 * len(stays) > 1000
        query = store.vectors_of([shot.id for shot in store.shots([1])])

        plan = store.plan_forget([1, 14], case_id=case.id)
        assert plan.tracklets == tuple(gone)
        assert (plan.persons, plan.shots, plan.photos, plan.thumbnails) == (2, 2 * len(gone), 3, 2)
        assert plan.sources == ("clips/a.mp4", "clips/b.mp4")
        assert plan.unfinished == ()
        assert plan.exports == ("clips",)
        assert store.tracklet_ids().tolist() == sorted(gone + kept)  # nothing has happened yet
        forgotten = store.forget(plan, who="Ann")

        assert forgotten.unfinished == ()
        assert count_in(folder, lost) == 0
        assert count_in(folder, present) == len(present)
        assert store.verify(deep=True) == ()
        assert store.tracklet_ids().tolist() == kept
        scores, ids = store.search(query, 100)
        assert scores[:, 0].max() < 0.9
        assert set(store.vectors().tracklet_ids.tolist()) == set(kept)
        assert set(ids[ids >= 0].tolist()) == set(store.vectors().shot_ids.tolist())
        assert {person.person for person in store.people_page(hidden=True)}.isdisjoint(gone)
        assert store.exports() == ()
        assert store.hidden_tracklets().tolist() == []
        assert [(one.sha256, one.jpeg, one.vector) for one in store.case(case.id).photos] == [
            ("a" * 64, None, None), ("b" * 64, None, None),
        ]  # fmt: skip
        assert store.case(case.id).photos[0].forgotten_at is not None
        assert store.case(same.id).photos[0].jpeg is None
        assert store.case(strange.id).photos[0].jpeg is not None
        assert [one.tracklets for one in store.verdicts(case.id)] == [tuple(kept[:2])]
        assert store.audit_thumbnails(entries) == {
            entries[0]: False, entries[1]: False, entries[2]: True, entries[3]: True,
        }  # fmt: skip
        assert store.audit_entry(entries[0]).photos == ("a" * 64,)
        last = store.audit()[-1]
        assert (last.action, last.who, last.results) == ("forget", "Ann", 2)
        assert json.loads(last.detail)["tracklets"] == len(gone)


def test_the_bytes_of_segments_are_those_that_are_left(store: Store) -> None:
    source = add_indexed(store, new_source("a.mp4"), seed=1)
    store.forget(store.plan_forget([1, 5]))
    plan = store.plan_removal(sources=[source.id])
    pictures = sum(shot.size for shot in store.shots(store.tracklet_ids()))
    with store._db.read() as session:
        paths = session.connection().exec_driver_sql("SELECT sum(length(path)) FROM tracklets").scalar()
    assert (plan.tracklets, plan.shots) == (7, 14)
    assert plan.bytes == pictures + 14 * 32 + paths


def test_going_on_with_a_source_brings_nobody_back(folder: Path, rng: np.random.Generator) -> None:
    """A committed segment is not looked through again; who goes on into the next one is said in the plan."""
    from library.samples import MODELS

    with Store.create(folder, MODELS) as store:
        source = store.add_source(new_source("a.mp4"))
        first, second = store.plan_segments(source.id, spans(2))
        gone = store.commit_segment(first.id, found(rng, 0.0))[0]
        plan = store.plan_forget([gone])
        assert plan.unfinished == ("clips/a.mp4",)
        store.forget(plan)
    with Store.open(folder, write=True) as store:
        assert [segment.id for segment in store.pending(source.id)] == [second.id]
        assert store.commit_segment(first.id, found(rng, 0.0)) == (2, 3)
        store.commit_segment(second.id, found(rng, 30.0))
        assert gone not in store.tracklet_ids().tolist()
        assert store.tracklet_ids().tolist() == [2, 3, 4, 5, 6]
        assert store.verify(deep=True) == ()


def test_a_forgetting_that_was_killed_is_finished_by_the_next_writer(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(*_: object, **__: object) -> None:
        raise Killed

    with Store.create(folder, WIDE) as store:
        add_indexed(store, new_source("a.mp4"), seed=1)
        store.rebuild_index()
        (folder / "before-0002-from-0001-x.sqlite").write_bytes((folder / "library.sqlite").read_bytes())
        lost, stays = traces(store, [4]), traces(store, [5, 6])
        with monkeypatch.context() as patch, pytest.raises(Killed):
            patch.setattr(type(store), "_wipe_traces", die)
            store.forget(store.plan_forget([4]))
        assert count_in(folder, lost) > 10
        store._index.forget()
        with monkeypatch.context() as patch:
            patch.setattr(type(store._index), "save", lambda *_, **__: False)
            store.close()
    with Store.open(folder, write=True) as store:
        assert count_in(folder, lost) == 0
        assert count_in(folder, stays) == len(stays)
        assert store.verify(deep=True) == ()
        with pytest.raises(LibraryError, match="nothing is left to be forgotten"):
            store.plan_forget([4])


def test_what_is_gone_already_is_passed_over(store: Store, rng: np.random.Generator) -> None:
    add_indexed(store, new_source("a.mp4"), seed=1)
    assert store.plan_forget([1, 999]).tracklets == (1,)
    case = store.add_case("a", "me", [photo(rng, "a" * 64)])
    plan = store.plan_forget([], case_id=case.id)
    assert (plan.tracklets, plan.photos) == ((), 1)
    store.forget(plan)
    assert store.case(case.id).photos[0].jpeg is None
    with pytest.raises(UnknownRowError):
        store.plan_forget([1], case_id=77)


def test_a_reader_neither_forgets_nor_is_misled(store: Store, folder: Path) -> None:
    add_indexed(store, new_source("a.mp4", started_at=datetime(2026, 5, 1, tzinfo=UTC)), seed=1)
    with Store.open(folder) as reader:
        query = reader.vectors_of([1])
        assert reader.search(query, 1)[1].tolist() == [[1]]
        epoch = reader.epoch
        plan = reader.plan_forget([1])
        with pytest.raises(LibraryError, match="opened for reading only"):
            reader.forget(plan)
        store.forget(plan)
        assert reader.epoch > epoch
        assert reader.search(query, 18)[1].min() == -1
        assert 1 not in reader.search(query, 18)[1]
        assert reader.people_count() == 8
