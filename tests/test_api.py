from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest

import reseen
from coloured_people import BLUE, DIM, RED, SIZE, WIDTH, Walk, catalogue, film, linear_card, picture, put_model
from reseen.caching import cache_library
from reseen.errors import InputError, UsageError
from reseen.indexing import Clock, IndexReport, IndexSettings, Intake, Progress, Refused
from reseen.library import LibraryLockedError, ModelsDifferError, NoLibraryError, Store
from reseen.media import expand_footage
from reseen.models import Catalogue, EmbedderSpec
from reseen.runtime import SessionSettings
from reseen.searching import PersonChoice, SearchSettings

PAIR = {"detector": "colours", "embedder": "linear"}
FAST = SessionSettings(threads=1)
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return catalogue(tmp_path_factory.mktemp("models"), linear_card("other", embedder=EmbedderSpec(dim=16)))


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two clips, with blue in both and red in the first, and photos of them."""
    folder = tmp_path_factory.mktemp("originals")
    film(folder / "a.mp4", 6, [Walk(BLUE, 0, 3.5), Walk(RED, 1, 6, float(WIDTH), -SIZE[0], y=20)])
    film(folder / "b.mp4", 5, [Walk(BLUE, 1, 4)])
    for name, walk in (("blue", Walk(BLUE, 0, 1, 150, 150)), ("red", Walk(RED, 0, 1, 150, 150))):
        cv2.imwrite(str(folder / f"{name}.png"), picture(0, [walk]))
    return folder


@pytest.fixture
def clips(tmp_path: Path, originals: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "clips"
    shutil.copytree(originals, folder)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory, originals: Path, models: Catalogue) -> Path:
    """A library of both clips."""
    path = tmp_path_factory.mktemp("indexed") / "my.reseen"
    with reseen.Library(path, catalogue=models, session=FAST, **PAIR) as library:
        library.add(originals / "a.mp4", camera="Gate 1", start=NOON)
        library.add(originals / "b.mp4", camera="Gate 2", start="2026-05-01T13:00:00Z")
    return path


@pytest.fixture
def library(tmp_path: Path, indexed: Path, models: Catalogue) -> Iterator[reseen.Library]:
    """A copy of it, open."""
    path = tmp_path / "copy.reseen"
    shutil.copytree(indexed, path)
    with reseen.Library(path, catalogue=models, session=FAST) as opened:
        yield opened


def test_a_photo_in_the_moments_out(library: reseen.Library, originals: Path) -> None:
    result = library.find(originals / "blue.png")
    moments = sorted(result.moments, key=lambda moment: moment.source)
    assert [(moment.camera, Path(moment.source).name) for moment in moments] == [
        ("Gate 1", "a.mp4"),
        ("Gate 2", "b.mp4"),
    ]
    assert all(isinstance(moment, reseen.Moment) for moment in moments)
    assert moments[0].start == pytest.approx(0.2, abs=0.3)
    assert moments[0].end == pytest.approx(3.4, abs=0.3)
    assert moments[1].start == pytest.approx(1.2, abs=0.3)
    assert moments[1].end == pytest.approx(3.8, abs=0.3)
    assert min(moment.score for moment in moments) > 0.9
    assert moments[0].wall_start == NOON + timedelta(seconds=moments[0].start)
    assert (result.people, result.coverage.sources, result.coverage.seconds) == (3, 2, 11.0)
    assert result.threshold == 0.8
    (red,) = library.find([originals / "red.png"]).moments
    assert (red.camera, red.start > 0.8) == ("Gate 1", True)


def test_the_search_can_be_narrowed(library: reseen.Library, originals: Path) -> None:
    blue = originals / "blue.png"

    def cameras(**narrowed: object) -> list[str]:
        return sorted(moment.camera for moment in library.find(blue, **narrowed).moments)  # type: ignore[arg-type]

    assert cameras(cameras=["Gate 2"]) == ["Gate 2"]
    assert cameras(start=NOON + timedelta(minutes=30)) == ["Gate 2"]
    assert cameras(end=NOON + timedelta(minutes=30)) == ["Gate 1"]
    assert cameras(sources=[1]) == ["Gate 1"]
    assert cameras(sources=[]) == []
    assert cameras(settings=SearchSettings(threshold=0.999999)) == []
    assert cameras(choice=PersonChoice(box=(0, 0, 40, 120))) == []  # a piece of the background


def test_every_search_is_in_the_audit_log(library: reseen.Library, originals: Path) -> None:
    before = len(library.store.audit())
    photos = [str(originals / "blue.png"), str(originals / "red.png")]
    result = library.find(photos, cameras=["Gate*"], start=NOON)
    nothing = library.find(photos[0], settings=SearchSettings(threshold=1.0))
    first, second = library.store.audit()[before:]
    assert (first.action, first.results, second.results) == ("search", len(result.moments), 0)
    assert nothing.moments == ()
    assert first.photos == tuple(hashlib.sha256(Path(photo).read_bytes()).hexdigest() for photo in photos)
    assert json.loads(first.detail) == {"photos": photos, "threshold": 0.8}
    assert json.loads(first.filters or "") == {"cameras": ["Gate*"], "start": "2026-05-01 12:00:00+00:00"}
    assert json.loads(second.filters or "") == {}
    assert first.who


def test_a_query_can_be_asked_again(library: reseen.Library, originals: Path) -> None:
    query = library.query([originals / "blue.png"])
    assert query.vectors.shape == (1, DIM)
    one, other = library.answer(query), library.answer(query)
    assert one.moments == other.moments
    assert len(one.moments) == 2


def test_adding_says_what_was_done(tmp_path: Path, clips: Path, models: Catalogue) -> None:
    told: list[Progress] = []
    Path("stills").mkdir()
    shutil.copy("red.png", "stills/red.png")
    Path("empty.mp4").write_bytes(b"")
    with reseen.Library(tmp_path / "new.reseen", catalogue=models, session=FAST, **PAIR) as library:
        report = library.add(["a.mp4", "stills", "empty.mp4", "nowhere.mp4"], on_progress=told.append)
        assert isinstance(report, IndexReport)
        assert report.indexed == ("a.mp4", "stills/red.png")
        assert {item.shown: item.reason for item in report.refused} == {
            "empty.mp4": "the file is empty (0 bytes)",
            "nowhere.mp4": "no such file or folder",
        }
        assert (report.people, report.seconds) == (3, 6.0)
        assert [item.done_seconds for item in told] == [6.0, 6.0]
        assert [source.camera for source in library.store.sources()] == ["a", "red"]
        again = library.add("a.mp4")
        assert (again.indexed, again.known) == ((), ("a.mp4",))


def test_what_is_said_about_footage_arrives(tmp_path: Path, clips: Path, models: Catalogue) -> None:
    shutil.copy("a.mp4", "cam_20260501_120000.mp4")
    with reseen.Library(tmp_path / "new.reseen", catalogue=models, session=FAST, **PAIR) as library:
        pattern = "_%Y%m%d_%H%M%S"
        library.add(
            "cam_20260501_120000.mp4",
            intake=Intake("Roof", Clock(name_pattern=pattern, zone="Europe/Berlin")),
        )
        (source,) = library.store.sources()
        assert (source.camera, source.started_at) == ("Roof", NOON - timedelta(hours=2))
        library.add("b.mp4", camera="Yard", start=NOON)
        assert library.store.source(2).started_at == NOON
        with pytest.raises(UsageError, match="not a time"):
            library.add("b.mp4", start="at noon")


def test_only_the_footage_named_is_answered_for(library: reseen.Library, clips: Path) -> None:
    shutil.copy("b.mp4", "monday.mp4")
    Path("empty.mp4").write_bytes(b"")
    listing = expand_footage(["monday.mp4", "empty.mp4"])
    query = library.query(["blue.png"])
    done = library.add_listing(listing, Intake())
    assert done.known == ("monday.mp4",)
    result = library.answer_for(query, listing, done)
    assert [moment.source for moment in result.moments] == ["monday.mp4"]
    assert result.coverage.sources == 1
    (gap,) = result.coverage.skipped
    assert (gap.source, gap.reason) == ("empty.mp4", "the file is empty (0 bytes)")
    assert done.refused == (Refused("empty.mp4", "the file is empty (0 bytes)"),)


def test_answered_for_footage_counts_as_used(library: reseen.Library, clips: Path) -> None:
    listing = expand_footage(["b.mp4"])
    before = {source.id: source.last_used for source in library.store.sources()}
    done = library.add_listing(listing, Intake())
    library.answer_for(library.query(["blue.png"]), listing, done)
    after = {source.id: source.last_used for source in library.store.sources()}
    assert after[1] == before[1]
    assert after[2] > before[2]


def test_nothing_usable_is_not_everything(library: reseen.Library, clips: Path) -> None:
    listing = expand_footage(["nowhere.mp4"])
    done = library.add_listing(listing, Intake())
    result = library.answer_for(library.query(["blue.png"]), listing, done)
    assert result.moments == ()
    assert result.coverage.sources == 0
    assert [gap.source for gap in result.coverage.skipped] == ["nowhere.mp4"]


def test_a_closed_library_says_so(tmp_path: Path, indexed: Path, models: Catalogue, originals: Path) -> None:
    library = reseen.Library(indexed, catalogue=models)
    library.close()
    library.close()  # a second time does nothing
    for work in (
        lambda: library.store,
        lambda: library.find(originals / "blue.png"),
        lambda: library.add(originals / "a.mp4"),
        lambda: library.settings,
        lambda: library.reembed("other"),
        lambda: library.set_areas("Gate 1", (), ()),
    ):
        with pytest.raises(UsageError, match="the library is closed"):
            work()


def test_the_block_closes_it_whatever_happens(indexed: Path, models: Catalogue) -> None:
    with pytest.raises(RuntimeError, match="mine"), reseen.Library(indexed, catalogue=models) as library:
        raise RuntimeError("mine")
    with pytest.raises(UsageError, match="closed"):
        _ = library.store


def test_where_there_is_none_it_is_made_or_not(tmp_path: Path, models: Catalogue) -> None:
    path = tmp_path / "deep" / "down.reseen"
    with pytest.raises(NoLibraryError, match="no library there"):
        reseen.Library(path, catalogue=models, create=False)
    assert not path.exists()
    settings = IndexSettings(rate=2.0, shots=1)
    with reseen.Library(path, catalogue=models, analysis=settings, **PAIR) as library:
        used = library.store.models
        assert (used.detector_name, used.embedder_name, used.dim) == ("colours", "linear", DIM)
        assert used.detector_sha256 == models.locate("colours").sha256
        assert library.settings == settings
    with reseen.Library(path, catalogue=models, create=False) as library:
        assert library.settings == settings


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"detector": "linear", "embedder": "linear"}, "linear is made for reid"),
        ({"detector": "colours", "embedder": "colours"}, "colours is made for detection"),
        ({"detector": "colour", "embedder": "linear"}, "no model is called 'colour': did you mean colours?"),
    ],
)
def test_models_that_do_not_fit_their_place_are_refused(
    tmp_path: Path, models: Catalogue, wrong: dict[str, str], words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        reseen.Library(tmp_path / "new.reseen", catalogue=models, **wrong)
    assert not (tmp_path / "new.reseen").exists()


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"detector": "yolox_nano"}, "made with the detector colours; make another library for yolox_nano"),
        ({"embedder": "other"}, "holds embeddings of linear; give it to another with: reseen index"),
        ({"analysis": IndexSettings(rate=1.0)}, "made with other analysis settings"),
    ],
)
def test_what_an_existing_library_is_not_is_refused(
    tmp_path: Path, indexed: Path, models: Catalogue, asked: dict, words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        reseen.Library(indexed, catalogue=models, **asked)
    with reseen.Library(indexed, catalogue=models, analysis=IndexSettings(), **PAIR) as library:
        assert len(library.store.sources()) == 2


def test_what_was_refused_holds_no_lock(library: reseen.Library, models: Catalogue) -> None:
    path = library.path
    library.close()
    with pytest.raises(InputError) as caught:
        # The writer's lock is taken before the network turns out to be none for people.
        reseen.Library(path, catalogue=models, embedder="colours", reembed=True)
    assert caught.traceback  # whoever keeps the error keeps the library that never came to be
    with Store.open(path, write=True) as store:
        assert store.models.embedder_name == "linear"


def test_one_writer_at_a_time_and_readers_beside_it(
    tmp_path: Path, library: reseen.Library, originals: Path, models: Catalogue
) -> None:
    with Store.open(library.path, write=True):
        with pytest.raises(LibraryLockedError):
            library.add(originals / "a.mp4")
        # Refused to write it still reads.
        assert len(library.find(originals / "blue.png").moments) == 2
    assert library.add(originals / "a.mp4").known == (str(originals / "a.mp4"),)


def test_the_reader_is_closed_when_it_becomes_a_writer(
    library: reseen.Library, originals: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = library.store
    closed: list[bool] = []
    close = reader.close
    monkeypatch.setattr(reader, "close", lambda: closed.append(True) or close())
    assert not reader.writable
    library.add(originals / "a.mp4")
    assert closed == [True]
    assert library.store is not reader
    assert library.store.writable
    library.add(originals / "a.mp4")
    assert closed == [True]


def test_another_embedder_from_the_stored_shots(library: reseen.Library, originals: Path, models: Catalogue) -> None:
    old = library.query([originals / "blue.png"])
    library.reembed("other")
    assert (library.store.models.embedder_name, library.store.models.dim) == ("other", 16)
    assert library.store.vectors().matrix.shape[1] == 16
    found = library.find(originals / "blue.png")
    assert (found.query.embedder, len(found.moments)) == ("other", 2)
    with pytest.raises(ModelsDifferError, match="holds embeddings of other, the query is one of linear"):
        library.answer(old)
    library.close()
    with reseen.Library(library.path, catalogue=models, embedder="linear", reembed=True) as back:
        assert back.store.models.embedder_name == "linear"
        assert len(back.find(originals / "blue.png").moments) == 2


def test_stored_shots_embedded_again_are_what_they_were(library: reseen.Library, models: Catalogue) -> None:
    before = library.store.vectors()
    library.reembed("other")
    library.reembed("linear")
    after = library.store.vectors()
    np.testing.assert_array_equal(after.shot_ids, before.shot_ids)
    # What is embedded when footage is looked through is the shot as it is kept; float16 holds 3 digits.
    np.testing.assert_allclose(after.matrix, before.matrix, atol=1e-3)


def test_another_file_of_the_same_name_is_refused_until_it_is_asked_for(
    tmp_path: Path, library: reseen.Library, originals: Path
) -> None:
    path = library.path
    library.close()
    changed = catalogue(tmp_path / "changed")
    onnx_file = changed.locate("linear").path
    network = onnx.load(str(onnx_file))
    network.producer_name = "somebody else"
    onnx.save(network, str(onnx_file))
    put_model(onnx_file.parent, linear_card(), onnx_file)
    changed.refresh()
    with (
        reseen.Library(path, catalogue=changed, session=FAST, embedder="linear") as opened,
        pytest.raises(UsageError, match="made with another file of linear"),
    ):
        opened.find(originals / "blue.png")
    with reseen.Library(path, catalogue=changed, session=FAST, embedder="linear", reembed=True) as opened:
        assert opened.store.models.embedder_sha256 == changed.locate("linear").sha256
        assert len(opened.find(originals / "blue.png").moments) == 2


def test_areas_are_kept_and_used(library: reseen.Library, clips: Path) -> None:
    library.set_areas("b-left", [[(0, 0), (0.5, 0), (0.5, 1), (0, 1)]], [])
    with Path("b.mp4").open("ab") as file:
        file.write(b"\0\0\0\x08free")  # other bytes, the same pictures
    library.add("b.mp4", camera="b-left")
    (moment,) = library.find("blue.png", cameras=["b-left"]).moments
    whole = library.find("blue.png", cameras=["Gate 2"]).moments[0]
    assert moment.start == whole.start
    assert moment.end < whole.end - 0.8
    with pytest.raises(UsageError, match="at least 3 points"):
        library.set_areas("b-left", [[(0, 0), (1, 1)]], [])


def cache(folder: Path, models: Catalogue, **changes: object) -> Path:
    values: dict = {"detector": "colours", "embedder": "linear", "analysis": None, "max_bytes": 10**9, "max_days": 30.0}
    values |= changes
    pair = (values.pop("detector"), values.pop("embedder"), values.pop("analysis"))
    return cache_library(folder, *pair, models, **values)


def age(path: Path, days: float) -> None:
    """Make all sources of a library look unused for some days."""
    database = sqlite3.connect(path / "library.sqlite")
    then = (datetime.now(UTC) - timedelta(days=days)).strftime("%Y-%m-%d %H:%M:%S.%f")
    with database:
        database.execute("UPDATE sources SET last_used = ?", (then,))
    database.close()


def test_each_pair_and_analysis_has_a_cache_of_its_own(tmp_path: Path, models: Catalogue) -> None:
    usual = cache(tmp_path, models)
    assert usual.parent == tmp_path
    assert usual.name.startswith("found-colours-linear-")
    assert usual.suffix == ".reseen"
    assert cache(tmp_path, models) == usual
    assert cache(tmp_path, models, analysis=IndexSettings()) == usual  # the default said aloud
    others = {
        cache(tmp_path, models, embedder="other"),
        cache(tmp_path, models, analysis=IndexSettings(rate=2.0)),
        cache(tmp_path, models, analysis=IndexSettings(shots="all")),
    }
    assert len(others | {usual}) == 4
    assert not usual.exists()  # nothing is made by asking


@pytest.fixture
def cached(tmp_path: Path, indexed: Path, models: Catalogue) -> Path:
    """A cache folder with a library in it."""
    folder = tmp_path / "cache"
    folder.mkdir()
    shutil.copytree(indexed, cache(folder, models))
    return folder


def sources(path: Path) -> int:
    with Store.open(path) as store:
        return len(store.sources())


def test_what_is_young_and_small_stays_in_the_cache(cached: Path, models: Catalogue) -> None:
    assert sources(cache(cached, models)) == 2


def test_what_is_old_is_dropped_from_the_cache(cached: Path, models: Catalogue) -> None:
    path = cache(cached, models)
    age(path, 29)
    assert sources(cache(cached, models)) == 2
    age(path, 31)
    assert sources(cache(cached, models)) == 0


def test_what_is_too_much_is_dropped_from_the_cache(cached: Path, models: Catalogue) -> None:
    path = cache(cached, models)
    with Store.open(path, write=True) as store:
        size = store.plan_removal(sources=[1, 2]).bytes
        store.touch([1])  # the second was used longest ago
    assert sources(cache(cached, models, max_bytes=size)) == 2
    cache(cached, models, max_bytes=size - 1)
    with Store.open(path) as store:
        assert [source.camera for source in store.sources()] == ["Gate 1"]


def test_the_caches_of_other_models_grow_old_too(cached: Path, models: Catalogue) -> None:
    path = cache(cached, models)
    age(path, 31)
    cache(cached, models, embedder="other")
    assert sources(path) == 0


def test_the_cache_at_hand_keeps_its_footage_longest(cached: Path, indexed: Path, models: Catalogue) -> None:
    old, new = cache(cached, models), cache(cached, models, analysis=IndexSettings(rate=2.0))
    shutil.copytree(indexed, new)
    with Store.open(old, write=True) as store:
        size = store.plan_removal(sources=[1, 2]).bytes
    cache(cached, models, analysis=IndexSettings(rate=2.0), max_bytes=size)
    assert (sources(new), sources(old)) == (2, 0)


def test_a_cache_in_use_is_left_alone(cached: Path, models: Catalogue) -> None:
    path = cache(cached, models)
    age(path, 31)
    with Store.open(path, write=True):
        assert cache(cached, models) == path
        assert sources(path) == 2
    cache(cached, models)
    assert sources(path) == 0


def test_a_real_person_in_a_real_clip(tmp_path: Path, footage: Path, model_files: Path) -> None:
    """The man of ``home-b`` by a photo of him: found when he is there, and the absent never."""
    real = Catalogue.load([model_files], environment={}, user_folder=tmp_path / "user", cache_folder=tmp_path / "cache")
    detector, embedder = real.best_pair()
    with reseen.Library(
        tmp_path / "real.reseen", detector=detector, embedder=embedder, catalogue=real, session=FAST
    ) as library:
        library.add(footage / "clips" / "home-b.mp4", camera="Hall")
        truth = json.loads((footage / "truth.json").read_text())
        queries = {query["query"]: query for query in truth["queries"]}
        (moment,) = library.find(footage / queries["home-man-front"]["photos"][0]).moments
        (seen,) = [item for item in queries["home-man-front"]["appearances"] if item["source"] == "home-b"]
        shared = min(moment.end, seen["end_s"]) - max(moment.start, seen["start_s"])
        together = max(moment.end, seen["end_s"]) - min(moment.start, seen["start_s"])
        assert shared / together > 0.8
        assert moment.expected_false_matches is not None
        assert moment.expected_false_matches < 0.1
        assert library.find(footage / queries["absent-1"]["photos"][0]).moments == ()
