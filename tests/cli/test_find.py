"""``reseen find``: a photo and footage in, moments out, in a world of tiny networks."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import av
import numpy as np
import pytest

from cli.running import Ran, command, process, reseen
from cli.tiny_world import (
    CYAN,
    DETECTOR,
    EMBEDDER,
    MAGENTA,
    MODELS,
    OTHER_EMBEDDER,
    YELLOW,
    Stay,
    write_clip,
    write_photo,
)
from conftest import ROOT
from reseen.indexing import Indexer

jsonschema = pytest.importorskip("jsonschema")

HALF_A_STEP = 0.11
SCHEMA = json.loads((ROOT / "docs" / "search-result.schema.json").read_text("utf-8"))


@pytest.fixture(scope="session")
def footage_made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Clips and photos: yellow is in ``a`` from 1 to 3 and from 5.4 to 6, cyan in ``b``, nobody in ``c``."""
    folder = tmp_path_factory.mktemp("made")
    write_clip(
        folder / "a.mp4", 8, [Stay(YELLOW, 0, 1, 1.0, 3.0), Stay(CYAN, 2, 1, 0.0, 8.0), Stay(YELLOW, 3, 1, 5.4, 7.0)]
    )
    write_clip(folder / "b.mp4", 3, [Stay(CYAN, 1, 1, 1.0, 3.0)])
    write_clip(folder / "c.mp4", 2)
    write_photo(folder / "yellow.jpg", YELLOW)
    write_photo(folder / "cyan.jpg", CYAN)
    write_photo(folder / "magenta.jpg", MAGENTA)
    write_photo(folder / "three.jpg", MAGENTA, CYAN, YELLOW)
    write_photo(folder / "nobody.jpg")
    (folder / "broken.mp4").write_bytes(b"\0" * 100)
    return folder


@pytest.fixture
def work(tiny: Path, footage_made: Path) -> Path:
    """The working folder with a copy of the footage in it."""
    shutil.copytree(footage_made, tiny, dirs_exist_ok=True)
    return tiny


def find(*arguments: object) -> Ran:
    return reseen("find", *arguments, *MODELS)


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The sources that were looked through, one entry a segment."""
    seen: list[str] = []
    whole = Indexer._commit

    def commit(self: Indexer, work: object, found: object) -> int:
        seen.append(work.taken.file.shown)  # type: ignore[attr-defined]
        return whole(self, work, found)  # type: ignore[arg-type]

    monkeypatch.setattr(Indexer, "_commit", commit)
    yield seen


# --- what is found ---


def test_the_moments_of_the_wanted_person(work: Path) -> None:
    found = find("yellow.jpg", "a.mp4", "b.mp4", "--json").well().json
    times = sorted((one["start"], one["end"]) for one in found["moments"])
    assert times == [pytest.approx((1.0, 2.8), abs=HALF_A_STEP), pytest.approx((5.4, 6.8), abs=HALF_A_STEP)]
    assert {one["source"] for one in found["moments"]} == {"a.mp4"}
    assert {one["camera"] for one in found["moments"]} == {"a"}
    assert all(one["start"] <= one["best_time"] <= one["end"] for one in found["moments"])
    assert all(one["score"] >= found["threshold"] == 0.8 for one in found["moments"])
    assert found["coverage"]["sources"] == 2
    assert found["coverage"]["seconds"] == pytest.approx(11.0, abs=0.2)
    assert found["coverage"]["tracklets"] >= 4
    assert found["coverage"]["skipped"] == []


def test_boxes_are_pixels_of_the_picture(work: Path) -> None:
    found = find("yellow.jpg", "a.mp4", "--json").well().json
    boxes = sorted(one["best_box"] for one in found["moments"])
    assert boxes == [pytest.approx([0, 16, 32, 80], abs=3), pytest.approx([96, 16, 128, 80], abs=3)]
    assert found["query"]["person_box"] == pytest.approx([0, 16, 32, 80], abs=3)


def test_somebody_who_is_not_there(work: Path) -> None:
    ran = find("magenta.jpg", "a.mp4", "b.mp4").well()
    assert "no moment found among" in ran.out
    assert "--all" in ran.out
    assert find("magenta.jpg", "a.mp4", "--json").well().json["moments"] == []


def test_below_the_threshold_only_when_asked(work: Path) -> None:
    plain = find("magenta.jpg", "a.mp4", "--json").well().json
    everything = find("magenta.jpg", "a.mp4", "--json", "--all").well().json
    assert plain["moments"] == []
    assert everything["moments"]
    assert all(one["score"] < everything["threshold"] for one in everything["moments"])
    lowered = find("magenta.jpg", "a.mp4", "--json", "--threshold=-1").well().json
    assert lowered["threshold"] == -1
    assert len(lowered["moments"]) >= 2
    assert len(find("magenta.jpg", "a.mp4", "--json", "--threshold=-1", "--top", 1).well().json["moments"]) == 1
    scores = [one["score"] for one in lowered["moments"]]
    assert scores == sorted(scores, reverse=True)


def test_it_says_how_sure_it_is(work: Path) -> None:
    found = find("yellow.jpg", "a.mp4", "--json").well().json
    people = found["coverage"]["tracklets"]
    assert all(0 < one["expected_false_matches"] <= 0.0001 * people for one in found["moments"])
    ran = find("yellow.jpg", "a.mp4").well()
    assert "very likely" in ran.out
    assert "false matches expected" in ran.out
    assert "not identity" in ran.out


def test_nobody_in_the_footage(work: Path) -> None:
    found = find("yellow.jpg", "c.mp4", "--json").well().json
    assert found["moments"] == []
    assert found["coverage"]["sources"] == 1
    assert found["coverage"]["seconds"] == pytest.approx(2.0, abs=0.1)


# --- the photo ---


def test_several_photos_of_one_person(work: Path) -> None:
    ran = find("yellow.jpg", "a.mp4", "--photo", "three.jpg", "--photo", "yellow.jpg", "--json").well()
    assert ran.json["query"]["photos"] == ["yellow.jpg", "three.jpg", "yellow.jpg"]
    assert "three.jpg: 3 people in the photo" in ran.err


def test_several_people_in_the_photo_are_said(work: Path) -> None:
    ran = find("three.jpg", "a.mp4").well()
    said = next(line for line in ran.err.splitlines() if "3 people" in line)
    assert "largest" in said and "--person N" in said and "--box" in said


@pytest.mark.parametrize(("number", "expected"), [(1, []), (2, ["a.mp4"]), (3, ["a.mp4"])])
def test_the_person_that_is_chosen(work: Path, number: int, expected: list[str]) -> None:
    found = find("three.jpg", "a.mp4", "--person", number, "--json").well().json
    assert sorted({one["source"] for one in found["moments"]}) == expected
    assert found["query"]["person_box"][0] == pytest.approx(32 * (number - 1), abs=3)
    assert found["query"]["warnings"] == []


def test_the_person_in_a_box(work: Path) -> None:
    found = find("three.jpg", "a.mp4", "--box", "64,16,96,80", "--json").well().json
    assert found["query"]["person_box"] == [64, 16, 96, 80]
    assert len(found["moments"]) == 2


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--person", "4"], "no person 4; 3 seen"),
        (["--person", "0"], "no person 0"),
        (["--box", "1,2,3"], "is no box"),
        (["--box", "500,500,600,600"], "outside"),
        (["--box", "a,b,c,d"], "is no box"),
    ],
)
def test_a_choice_that_cannot_be(work: Path, options: list[str], words: str) -> None:
    ran = find("three.jpg", "a.mp4", *options)
    assert ran.status == 2
    assert words in ran.err
    assert len(ran.err.splitlines()) == 1


def test_nobody_in_the_photo_is_a_warning(work: Path) -> None:
    ran = find("nobody.jpg", "a.mp4", "--json").well()
    assert ran.json["query"]["person_box"] is None
    assert "no person was found" in ran.json["query"]["warnings"][0]
    assert "no person was found" in ran.err


# --- footage ---


def test_sources_are_named_as_given(work: Path) -> None:
    (work / "day" / "north").mkdir(parents=True)
    shutil.copy(work / "a.mp4", work / "day" / "north" / "one.mp4")
    shutil.copy(work / "b.mp4", work / "day" / "two.MP4")

    def names(*footage: object) -> set[str]:
        found = find("cyan.jpg", *footage, "--json").well().json
        return {one["source"] for one in found["moments"]}

    assert names("day") == {os.path.join("day", "north", "one.mp4"), os.path.join("day", "two.MP4")}  # noqa: PTH118
    assert names("./day/two.MP4") == {"./day/two.MP4"}
    assert names("day/*.MP4") == {"day/two.MP4"}
    assert names(work / "a.mp4") == {str(work / "a.mp4")}


def test_it_answers_for_the_footage_named(work: Path, decoded: list[str]) -> None:
    find("cyan.jpg", "a.mp4", "b.mp4").well()
    found = find("cyan.jpg", "b.mp4", "--json").well().json
    assert {one["source"] for one in found["moments"]} == {"b.mp4"}
    assert found["coverage"]["sources"] == 1
    assert sorted(decoded) == ["a.mp4", "b.mp4"]


def test_a_second_search_decodes_nothing(work: Path, decoded: list[str]) -> None:
    first = find("yellow.jpg", "a.mp4", "--json").well().json
    assert decoded == ["a.mp4"]
    assert find("yellow.jpg", "a.mp4", "--json").well().json == first
    find("cyan.jpg", "a.mp4").well()
    assert decoded == ["a.mp4"]
    # Known by content: under another name too.
    (work / "a.mp4").rename(work / "moved.mp4")
    moved = find("yellow.jpg", "moved.mp4", "--json").well().json
    assert decoded == ["a.mp4"]
    assert {(one["source"], one["camera"]) for one in moved["moments"]} == {("moved.mp4", "moved")}


def test_other_models_or_settings_look_again(work: Path, decoded: list[str]) -> None:
    find("yellow.jpg", "a.mp4").well()
    find("yellow.jpg", "a.mp4", "--rate", 2).well()
    assert len(decoded) == 2
    ran = reseen("find", "yellow.jpg", "a.mp4", "--detector", DETECTOR, "--embedder", OTHER_EMBEDDER, "--json").well()
    assert len(decoded) == 3
    assert ran.json["query"]["embedder"] == OTHER_EMBEDDER
    find("yellow.jpg", "a.mp4").well()
    assert len(decoded) == 3


def test_no_keep_leaves_nothing_behind(
    home: Path, work: Path, monkeypatch: pytest.MonkeyPatch, decoded: list[str]
) -> None:
    temporary = home / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    before = sorted(work.iterdir())
    find("yellow.jpg", "a.mp4", "--no-keep").well()
    find("yellow.jpg", "a.mp4", "--no-keep").well()
    assert decoded == ["a.mp4", "a.mp4"]
    assert list(temporary.iterdir()) == []
    assert sorted(work.iterdir()) == before
    left = [path.name for path in (home / "cache").rglob("*") if path.is_file()]
    assert set(left) <= {"model-checksums.json"}


def test_no_keep_leaves_nothing_behind_after_an_error(home: Path, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temporary = home / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    assert find("yellow.jpg", "broken.mp4", "--no-keep").status == 1
    assert list(temporary.iterdir()) == []


def test_a_library_of_ones_own(work: Path, home: Path, decoded: list[str]) -> None:
    find("yellow.jpg", "a.mp4", "--library", "my.reseen").well()
    assert (work / "my.reseen" / "library.sqlite").is_file()
    assert not list((home / "cache").glob("*.reseen"))
    find("yellow.jpg", "a.mp4", "--library", "my.reseen").well()
    assert decoded == ["a.mp4"]


def test_the_same_file_twice_is_one_source(work: Path, decoded: list[str]) -> None:
    shutil.copy(work / "a.mp4", work / "copy.mp4")
    found = find("yellow.jpg", "a.mp4", "./a.mp4", "copy.mp4", "--json").well().json
    assert found["coverage"]["sources"] == 1
    assert decoded == ["a.mp4"]
    assert {(one["source"], one["camera"]) for one in found["moments"]} == {("a.mp4", "a")}


def test_an_unusable_file_among_good_ones(work: Path) -> None:
    ran = find("yellow.jpg", "missing.mp4", "broken.mp4", "a.mp4", "no*thing", "--json")
    assert ran.status == 1
    assert {one["source"] for one in ran.json["moments"]} == {"a.mp4"}
    skipped = {gap["source"]: gap["reason"] for gap in ran.json["coverage"]["skipped"]}
    assert set(skipped) == {"missing.mp4", "broken.mp4", "no*thing"}
    for name, reason in skipped.items():
        assert f"not used: {name}: {reason}" in ran.err
    said = find("yellow.jpg", "broken.mp4", "a.mp4")
    assert said.status == 1
    assert "not looked through: broken.mp4" in said.out


def test_a_folder_without_footage(work: Path) -> None:
    (work / "empty").mkdir()
    ran = find("yellow.jpg", "empty")
    assert ran.status == 1
    assert ran.err == "reseen: empty: there is no footage in this folder\n"


# --- clocks and cameras ---


def test_camera_and_start(work: Path) -> None:
    options = ["--camera", "Gate 3", "--start", "2026-05-01T08:00:00+02:00"]
    found = find("yellow.jpg", "a.mp4", *options, "--json").well().json
    first = min(found["moments"], key=lambda one: one["start"])
    assert first["camera"] == "Gate 3"
    assert _utc(first["wall_start"]) == "2026-05-01T06:00:01"
    table = find("yellow.jpg", "a.mp4", *options).well().out
    assert "wall clock" in table
    assert "2026-05-01" in table
    # What is said now counts, not what was said before.
    assert find("yellow.jpg", "a.mp4", "--json").well().json["moments"][0]["wall_start"] is None


def test_the_start_in_the_name(work: Path) -> None:
    shutil.copy(work / "a.mp4", work / "cam1_20260501_080000.mp4")
    pattern = "cam1_%Y%m%d_%H%M%S"
    found = find(
        "yellow.jpg", "cam1_20260501_080000.mp4", "--start-from-name", pattern, "--zone", "UTC", "--json"
    ).well()
    starts = sorted(_utc(one["wall_start"]) for one in found.json["moments"])
    assert starts == ["2026-05-01T08:00:01", "2026-05-01T08:00:05"]


def test_moments_join_over_consecutive_files(work: Path) -> None:
    write_clip(work / "c_080000.mp4", 3, [Stay(YELLOW, 1, 1, 1.4, 3.0)])
    write_clip(work / "c_080003.mp4", 3, [Stay(YELLOW, 1, 1, 0.0, 1.4)])
    given = ["yellow.jpg", "c_080000.mp4", "c_080003.mp4", "--camera", "C", "--json"]
    found = find(*given, "--start", "2026-05-01T08:00:00Z").well().json
    # One stay, in the order of time, with one score.
    assert [one["source"] for one in found["moments"]] == ["c_080000.mp4", "c_080003.mp4"]
    assert [(one["start"], one["end"]) for one in found["moments"]] == [(1.4, 2.8), (0.0, 1.2)]
    assert len({one["score"] for one in found["moments"]}) == 1
    apart = find(*given).well().json
    assert len(apart["moments"]) == 2
    assert {one["wall_start"] for one in apart["moments"]} == {None}


def _utc(text: str) -> str:
    return datetime.fromisoformat(text).astimezone(UTC).isoformat(timespec="seconds").removesuffix("+00:00")


# --- forms of output ---


@pytest.mark.parametrize(
    "arguments",
    [
        ["yellow.jpg", "a.mp4"],
        ["yellow.jpg", "a.mp4", "broken.mp4", "--all"],
        ["nobody.jpg", "b.mp4", "--start", "2026-05-01T08:00:00Z"],
        ["magenta.jpg", "c.mp4"],
        ["yellow.jpg", "yellow.jpg"],
    ],
)
def test_json_is_one_object_of_the_schema(work: Path, arguments: list[str]) -> None:
    value = find(*arguments, "--json").json
    jsonschema.validate(value, SCHEMA, format_checker=jsonschema.FormatChecker())


def test_a_still_image_is_footage(work: Path) -> None:
    found = find("yellow.jpg", "three.jpg", "--json").well().json
    assert [(one["start"], one["end"], one["best_time"]) for one in found["moments"]] == [(0.0, 0.0, 0.0)]
    assert found["coverage"] == {"sources": 1, "seconds": 0.0, "tracklets": 3, "skipped": []}


def test_csv(work: Path) -> None:
    ran = find("yellow.jpg", "a.mp4", "--csv").well()
    rows = list(csv.DictReader(io.StringIO(ran.out)))
    assert sorted(float(row["start"]) for row in rows) == [1.0, pytest.approx(5.4, abs=HALF_A_STEP)]
    assert {row["source"] for row in rows} == {"a.mp4"}
    assert {row["sure"] for row in rows} == {"very likely"}


def test_a_report_and_clips(work: Path) -> None:
    ran = find("yellow.jpg", "a.mp4", "--report", "out.html", "--clips", "clips", "--padding", 0.5).well()
    page = (work / "out.html").read_text("utf-8")
    assert "a.mp4" in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    clips = sorted((work / "clips").iterdir())
    assert len(clips) == 2
    assert "report: out.html" in ran.out
    assert all(str(clip.relative_to(work)) in ran.out for clip in clips)


def test_somebody_in_a_single_picture_between_two_looks_is_blurred(work: Path) -> None:
    write_clip(work / "d.mp4", 4, [Stay(YELLOW, 0, 1, 0.0, 4.0), Stay(CYAN, 2, 1, 2.5, 2.6)])
    find("yellow.jpg", "d.mp4", "--clips", "clips", "--padding", 0, "--blur", "--rate", 1).well()
    (clip,) = (work / "clips").iterdir()
    with av.open(str(clip)) as container:
        pictures = [frame.to_ndarray(format="gray").astype(float) for frame in container.decode(video=0)]
    passing = max(pictures, key=lambda picture: picture[48, 80])
    assert passing[48, 80] > 100
    # A coat ends sharply at its sides, a blurred one hardly.
    assert np.abs(np.diff(passing[48, 56:104])).max() < 80


def test_json_stays_one_object_beside_a_report(work: Path) -> None:
    ran = find("yellow.jpg", "a.mp4", "--report", "out.html", "--clips", "clips", "--json").well()
    assert len(ran.json["moments"]) == 2
    assert (work / "out.html").exists()


@pytest.mark.parametrize(
    "where",
    [("--report", "nowhere/out.html"), ("--report", "a.mp4"), ("--report", "."), ("--clips", "a.mp4"),
     ("--clips", "a.mp4/inside")],
)  # fmt: skip
def test_a_place_that_cannot_be_written_to_is_refused_before_the_search(
    work: Path, where: tuple[str, str], decoded: list[str]
) -> None:
    ran = find("yellow.jpg", "a.mp4", *where, "--json")
    assert ran.status == 1
    assert list(ran.json) == ["error"]
    assert len(ran.err.splitlines()) == 1
    assert where[1] in ran.err
    assert decoded == []


def test_the_result_is_not_lost_when_a_report_fails_after_it(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Indexer._commit

    def commit(self: Indexer, task: object, found: object) -> int:
        (work / "out.html").mkdir(exist_ok=True)  # somebody takes the name while footage is looked through
        return whole(self, task, found)  # type: ignore[arg-type]

    monkeypatch.setattr(Indexer, "_commit", commit)
    ran = find("yellow.jpg", "a.mp4", "--report", "out.html", "--json")
    assert ran.status == 1
    assert len(ran.json["moments"]) == 2
    assert len(ran.err.splitlines()) == 1


def test_checking_places_leaves_nothing_behind(work: Path) -> None:
    before = set(work.rglob("*"))
    assert find("missing.jpg", "a.mp4", "--report", "out.html", "--clips", "deep/clips").status == 1
    assert {path for path in work.rglob("*") if "models" not in path.parts} <= before


def test_the_table(work: Path) -> None:
    lines = find("yellow.jpg", "a.mp4", "b.mp4").well().out.splitlines()
    assert lines[0].split() == ["source", "camera", "start", "end", "score", "how", "sure"]
    assert {line.split()[0] for line in lines[1:3]} == {"a.mp4"}
    assert lines[3].startswith("2 moments (3 s) on 1 camera, among")
    assert lines[-1].startswith("looked through: 2 sources, 0:1")


def test_quiet_verbose_debug(work: Path) -> None:
    quiet = find("three.jpg", "a.mp4", "--quiet").well()
    assert quiet.err == ""
    assert "looked through: 1 source" in quiet.out
    assert "no moment found" in find("magenta.jpg", "a.mp4", "--quiet").well().out
    loud = find("three.jpg", "b.mp4", "--verbose").well()
    assert "detect:" in loud.err and "s CPU" in loud.err
    assert find("yellow.jpg", "missing.mp4", "--quiet").err.startswith("reseen: missing.mp4: ")


# --- wrong usage, and errors ---


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["yellow.jpg"],
        ["yellow.jpg", "a.mp4", "--no-such-option"],
        ["yellow.jpg", "a.mp4", "--top", "0"],
        ["yellow.jpg", "a.mp4", "--rate", "fast"],
        ["yellow.jpg", "a.mp4", "--rate", "0"],
        ["yellow.jpg", "a.mp4", "--shots", "some"],
        ["yellow.jpg", "a.mp4", "--shots", "0"],
        ["yellow.jpg", "a.mp4", "--tiles", "x"],
        ["yellow.jpg", "a.mp4", "--start", "yesterday"],
        ["yellow.jpg", "a.mp4", "--start-from-name", "%H%M"],
        ["yellow.jpg", "a.mp4", "--start-from-name", "cam_%Q"],
        ["yellow.jpg", "a.mp4", "--start", "2026-05-01T08:00", "--zone", "Mars/Olympus"],
        ["yellow.jpg", "a.mp4", "--json", "--csv"],
        ["yellow.jpg", "a.mp4", "--embedder", "no-such-model"],
        ["yellow.jpg", "a.mp4", "--embedder", DETECTOR],
        ["yellow.jpg", "a.mp4", "--detector", EMBEDDER],
        ["yellow.jpg", "a.mp4", "--threads", "-1"],
        ["yellow.jpg", "a.mp4", "--threshold", "nan"],
        ["yellow.jpg", "a.mp4", "--threshold", "3"],
        ["yellow.jpg", "a.mp4", "--blur"],
        ["yellow.jpg", "a.mp4", "--padding", "1"],
        ["yellow.jpg", "a.mp4", "--rate", "nan"],
        ["yellow.jpg", "a.mp4", "--box", "nan,0,1,1"],
    ],
)  # fmt: skip
def test_wrong_usage(work: Path, arguments: list[str]) -> None:
    ran = reseen("find", *arguments) if "--embedder" in arguments or "--detector" in arguments else find(*arguments)
    assert ran.status == 2, ran.err
    assert ran.err
    assert "a bug in Reseen" not in ran.err


@pytest.mark.parametrize(
    ("photo", "footage", "status"),
    [("missing.jpg", "a.mp4", 1), ("broken.mp4", "a.mp4", 1), ("yellow.jpg", "missing.mp4", 1), ("a.mp4", "a.mp4", 1)],
)
def test_errors_are_one_line_and_one_object(work: Path, photo: str, footage: str, status: int) -> None:
    ran = find(photo, footage, "--json")
    assert ran.status == status
    assert list(ran.json) == ["error"]
    assert ran.err == f"reseen: {ran.json['error']}\n"
    name = footage if photo == "yellow.jpg" else photo
    assert name in ran.json["error"]


def test_no_models_says_how_to_get_them(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESEEN_MODELS", "nowhere")
    ran = reseen("find", "yellow.jpg", "a.mp4", "--embedder", "osnet_x0_5_msmt17", "--detector", "yolox_tiny")
    assert ran.status == 1
    assert "reseen models pull yolox_tiny" in ran.err
    assert len(ran.err.splitlines()) == 1


def test_debug_shows_where(work: Path) -> None:
    words = command("find", "missing.jpg", "a.mp4", "--debug", *MODELS)
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Traceback" in done.stderr


def test_settings_from_the_environment_and_a_file(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("reseen.toml").write_text(f'detector = "{DETECTOR}"\nembedder = "{OTHER_EMBEDDER}"\n')
    assert reseen("find", "yellow.jpg", "a.mp4", "--json").well().json["query"]["embedder"] == OTHER_EMBEDDER
    monkeypatch.setenv("RESEEN_EMBEDDER", EMBEDDER)
    assert reseen("find", "yellow.jpg", "a.mp4", "--json").well().json["query"]["embedder"] == EMBEDDER
    ran = reseen("find", "yellow.jpg", "a.mp4", "--json", "--embedder", OTHER_EMBEDDER).well()
    assert ran.json["query"]["embedder"] == OTHER_EMBEDDER
    Path("reseen.toml").write_text("colour = 3\n")
    ran = reseen("find", "yellow.jpg", "a.mp4")
    assert ran.status == 2
    assert "colour" in ran.err


def test_the_command_as_a_process(work: Path) -> None:
    ran = process("find", "yellow.jpg", "a.mp4", "--json", *MODELS).well()
    jsonschema.validate(ran.json, SCHEMA)
    assert len(ran.json["moments"]) == 2
    assert ran.err == ""


# --- real clips, real networks ---


@pytest.fixture(scope="module")
def real_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def clips(real: Path, real_cache: Path, footage: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the real footage; what was looked through in one test is known in the next."""
    pytest.importorskip("openvino")
    monkeypatch.setenv("RESEEN_CACHE", str(real_cache))
    return footage


REAL = ("--detector", "yolox_nano", "--embedder", "person-reidentification-retail-0286")


def test_a_real_person_in_a_real_clip(clips: Path) -> None:
    truth = json.loads((clips / "truth.json").read_text("utf-8"))
    person = next(one for one in truth["people"] if one["person"] == "hall-3")
    wanted = person["appearances"][0]
    ran = reseen("find", "queries/hall-3.jpg", "clips/hall.mp4", "--json", *REAL, folder=clips).well()
    best = ran.json["moments"][0]
    assert best["source"] == "clips/hall.mp4"
    assert best["start"] == pytest.approx(wanted["start_s"], abs=0.5)
    assert best["end"] == pytest.approx(wanted["end_s"], abs=0.7)
    jsonschema.validate(ran.json, SCHEMA, format_checker=jsonschema.FormatChecker())


def test_a_real_person_who_is_absent(clips: Path, decoded: list[str]) -> None:
    for name in ("absent-1", "absent-2"):
        ran = reseen("find", f"queries/{name}.jpg", "clips/hall.mp4", "--json", *REAL, folder=clips).well()
        assert ran.json["moments"] == []
    assert decoded == []  # the test before has looked through it


def test_a_third_search_of_real_footage_decodes_nothing(clips: Path, decoded: list[str]) -> None:
    ran = reseen("find", "queries/hall-7.jpg", "clips/hall.mp4", *REAL, folder=clips).well()
    assert "0:15.7" in ran.out
    assert "looked through: 1 source, 0:20.6 of footage" in ran.out
    assert decoded == []
