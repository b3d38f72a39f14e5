"""``index``, ``search`` and the care of a library, in a world of tiny networks."""

from __future__ import annotations

import hashlib
import json
import shutil
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import av
import jsonschema
import numpy as np
import pyarrow.parquet as pq
import pytest

from cli.made import contents, index, search
from cli.running import Ran, reseen
from cli.tiny_world import (
    CYAN,
    DETECTOR,
    EMBEDDER,
    MAGENTA,
    OTHER_DETECTOR,
    OTHER_EMBEDDER,
    YELLOW,
    Stay,
    write_clip,
    write_photo,
)
from conftest import ROOT
from reseen.library import Store

SCHEMA = json.loads((ROOT / "docs" / "search-result.schema.json").read_text("utf-8"))


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    write_clip(folder / "north.mp4", 4, [Stay(YELLOW, 0, 1, 1.0, 3.0), Stay(CYAN, 2, 1, 0.0, 4.0)])
    write_clip(folder / "south.mp4", 3, [Stay(YELLOW, 1, 1, 1.0, 3.0)])
    write_photo(folder / "yellow.jpg", YELLOW)
    write_photo(folder / "cyan.jpg", CYAN)
    write_photo(folder / "magenta.jpg", MAGENTA)
    return folder


@pytest.fixture(scope="session")
def indexed(made: Path, tiny_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working folder with a library of both clips, each with a camera and a clock."""
    folder = tmp_path_factory.mktemp("indexed")
    shutil.copytree(made, folder, dirs_exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RESEEN_MODELS", str(tiny_models))
        patch.setenv("RESEEN_THREADS", "1")
        patch.chdir(folder)
        index("north.mp4", "--camera", "Gate North", "--start", "2026-05-01T08:00:00Z").well()
        index("south.mp4", "--camera", "Gate South", "--start", "2026-05-01T09:00:00Z").well()
    return folder


@pytest.fixture
def work(tiny: Path, indexed: Path) -> Path:
    """The working folder with a copy of that library; its sources lie beside it."""
    shutil.copytree(indexed, tiny, dirs_exist_ok=True)
    with Store.open(tiny / "my.reseen", write=True) as store:
        for source in store.sources():
            store.relink(source.id, tiny / source.shown, source.sha256, source.shown)
    return tiny


def library(*arguments: object) -> Ran:
    return reseen("library", *arguments, "--library", "my.reseen")


def sources() -> dict[str, dict[str, object]]:
    listed = library("list", "--json").well().json["sources"]
    return {item["shown"]: item for item in listed}


# --- index and search ---


def test_what_is_indexed_is_found(work: Path) -> None:
    found = search("yellow.jpg", "--json").well().json
    jsonschema.validate(found, SCHEMA)
    assert {(one["source"], one["camera"]) for one in found["moments"]} == {
        ("north.mp4", "Gate North"),
        ("south.mp4", "Gate South"),
    }
    north = next(one for one in found["moments"] if one["source"] == "north.mp4")
    assert (north["start"], north["end"]) == (1.0, 2.8)
    assert datetime.fromisoformat(north["wall_start"]) == datetime(2026, 5, 1, 8, 0, 1, tzinfo=UTC)


def test_the_same_again_is_no_work(work: Path) -> None:
    before = contents(work / "my.reseen")
    done = index("north.mp4", "south.mp4", "--json").well().json
    assert (done["indexed"], sorted(done["known"]), done["seconds"]) == ([], ["north.mp4", "south.mp4"], 0)
    assert contents(work / "my.reseen") == before


def test_index_tells_what_it_did(work: Path) -> None:
    write_clip(work / "new.mp4", 2, [Stay(MAGENTA, 1, 1, 0.0, 2.0)])
    ran = index("new.mp4", "north.mp4", "missing.mp4")
    assert ran.status == 1
    assert ran.out.startswith("1 looked through (1.9 s of footage, 1 people), 1 known already, 1 could not be used")
    assert "not used: missing.mp4: no such file" in ran.err
    done = index("new.mp4", "missing.mp4", "--json")
    assert done.status == 1
    assert done.json["refused"] == [{"source": "missing.mp4", "reason": "no such file or folder"}]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--camera", "Gate North"], {"north.mp4"}),
        (["--camera", "Gate*"], {"north.mp4", "south.mp4"}),
        (["--camera", "* South", "--camera", "nowhere"], {"south.mp4"}),
        (["--camera", "Door*"], set()),
        (["--from", "2026-05-01T08:30:00Z"], {"south.mp4"}),
        (["--to", "2026-05-01T08:30:00Z"], {"north.mp4"}),
        (
            ["--from", "2026-05-01T10:00", "--to", "2026-05-01T11:30", "--zone", "Europe/Berlin"],
            {"north.mp4", "south.mp4"},
        ),
        (["--from", "2026-05-01T08:00:03Z", "--to", "2026-05-01T09:00:00Z"], set()),
    ],
)
def test_camera_and_time_filter(work: Path, options: list[str], expected: set[str]) -> None:
    found = search("yellow.jpg", *options, "--json").well().json
    assert {one["source"] for one in found["moments"]} == expected


def test_a_time_filter_says_how_many_sources_have_no_clock(work: Path) -> None:
    write_clip(work / "new.mp4", 2, [Stay(YELLOW, 1, 1, 0.0, 2.0)])
    write_clip(work / "newer.mp4", 2.5, [Stay(YELLOW, 1, 1, 0.0, 2.0)])
    index("new.mp4", "newer.mp4").well()
    ran = search("yellow.jpg", "--from", "2026-05-01T00:00:00Z").well()
    assert "2 sources have no clock and were left out by the time filter" in ran.out
    assert "new.mp4" not in ran.out
    assert "new.mp4" in search("yellow.jpg").well().out


def test_a_time_filter_turned_round(work: Path) -> None:
    ran = search("yellow.jpg", "--from", "2026-05-01T09:00Z", "--to", "2026-05-01T08:00Z")
    assert ran.status == 2
    assert len(ran.err.splitlines()) == 1


def test_several_photos(work: Path) -> None:
    found = search("yellow.jpg", "yellow.jpg", "--json").well().json
    assert found["query"]["photos"] == ["yellow.jpg", "yellow.jpg"]
    assert len(found["moments"]) == 2


def test_search_takes_away_too(work: Path) -> None:
    ran = search("yellow.jpg", "--report", "out.html", "--clips", "clips", "--top", 1).well()
    assert len(list((work / "clips").iterdir())) == 1
    assert (work / "out.html").read_text("utf-8").count("Gate") > 0
    assert ran.out.splitlines()[0].split()[:2] == ["source", "camera"]
    assert search("yellow.jpg", "--csv").well().out.splitlines()[0].startswith("source,camera,start")


def test_without_a_library(tiny: Path, made: Path) -> None:
    for arguments in (["search", made / "yellow.jpg"], ["index", made / "north.mp4"], ["library", "info"], ["audit"]):
        ran = reseen(*arguments)
        assert ran.status == 2
        assert "--library" in ran.err
    for arguments in (["search", made / "yellow.jpg"], ["library", "info"], ["library", "verify"], ["audit"]):
        ran = reseen(*arguments, "--library", "nowhere")
        assert ran.status == 1
        assert "nowhere" in ran.err
        assert len(ran.err.splitlines()) == 1
    assert not (tiny / "nowhere").exists()


def test_index_of_nothing(tiny: Path) -> None:
    assert reseen("index", "--library", "my.reseen").status == 2
    # An embedder for a library that is not there.
    assert index().status == 1
    assert not (tiny / "my.reseen").exists()


def test_the_library_of_the_environment(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESEEN_LIBRARY", "my.reseen")
    assert len(reseen("search", "yellow.jpg", "--json").well().json["moments"]) == 2


# --- models and settings of a library ---


def test_another_embedder_embeds_the_stored_shots_anew(work: Path) -> None:
    for name in ("north.mp4", "south.mp4"):
        (work / name).unlink()
    before = contents(work / "my.reseen")
    refused = reseen("index", work / "yellow.jpg", "--library", "my.reseen", "--embedder", OTHER_EMBEDDER)
    assert refused.status == 2
    assert f"holds embeddings of {EMBEDDER}" in refused.err
    assert contents(work / "my.reseen") == before
    shots = len(before["shots"])
    said = reseen("index", "--library", "my.reseen", "--embedder", OTHER_EMBEDDER).well().out
    assert said.startswith(f"{shots} shots embedded anew by {OTHER_EMBEDDER}")
    again = reseen("index", "--library", "my.reseen", "--embedder", OTHER_EMBEDDER, "--json").well().json
    assert again == {"embedder": OTHER_EMBEDDER, "shots": 0}
    after = contents(work / "my.reseen")
    assert after["tracklets"] == before["tracklets"]
    assert after["shots"] == before["shots"]
    assert after["vectors"] != before["vectors"]
    found = search("yellow.jpg", "--json").well().json
    assert found["query"]["embedder"] == OTHER_EMBEDDER
    assert {one["source"] for one in found["moments"]} == {"north.mp4", "south.mp4"}


def test_another_detector_is_refused(work: Path) -> None:
    ran = reseen("index", "south.mp4", "--library", "my.reseen", "--detector", OTHER_DETECTOR)
    assert ran.status == 2
    assert f"made with the detector {DETECTOR}" in ran.err


@pytest.mark.parametrize(
    "change", [["--rate", 2], ["--shots", "all"], ["--segment", 5], ["--no-gate"], ["--min-height", 40]]
)
def test_other_settings_are_refused(work: Path, change: list[object]) -> None:
    ran = index("south.mp4", *change)
    assert ran.status == 2
    assert "other analysis settings" in ran.err
    assert index("south.mp4").status == 0


def test_settings_name_models_of_new_libraries_only(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESEEN_EMBEDDER", OTHER_EMBEDDER)
    monkeypatch.setenv("RESEEN_DETECTOR", OTHER_DETECTOR)
    reseen("index", "south.mp4", "--library", "my.reseen").well()
    reseen("find", "yellow.jpg", "south.mp4", "--library", "my.reseen").well()
    reseen("index", "south.mp4", "--library", "new.reseen").well()
    facts = reseen("library", "info", "--library", "new.reseen", "--json").well().json
    assert (facts["models"]["detector_name"], facts["models"]["embedder_name"]) == (OTHER_DETECTOR, OTHER_EMBEDDER)


def test_another_file_of_the_same_model_is_refused(
    work: Path, tiny_models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(tiny_models, work / "models")
    shutil.copy(work / "models" / f"{OTHER_EMBEDDER}.onnx", work / "models" / f"{EMBEDDER}.onnx")
    monkeypatch.setenv("RESEEN_MODELS", str(work / "models"))
    ran = search("yellow.jpg")
    assert ran.status == 2
    assert f"another file of {EMBEDDER}" in ran.err


def test_shots_of_one_and_of_all(tiny: Path, made: Path) -> None:
    counts = {}
    for shots in ("1", "all"):
        index(made / "south.mp4", "--shots", shots, "--no-gate", library=f"{shots}.reseen").well()
        facts = reseen("library", "info", "--library", f"{shots}.reseen", "--json").json
        counts[shots] = facts["shots"] / facts["tracklets"]
    assert counts["1"] == 1
    assert counts["all"] > 2


def test_areas_of_a_camera(tiny: Path, made: Path) -> None:
    left = "0,0 0.4,0 0.4,1 0,1"
    index(made / "north.mp4", "--camera", "Gate", "--include", left).well()
    found = search(made / "cyan.jpg", "--json", "--all").well().json
    assert found["moments"]
    assert all(one["best_box"][2] < 60 for one in found["moments"])
    assert index(made / "south.mp4", "--include", left).status == 2
    assert index(made / "south.mp4", "--camera", "Gate", "--exclude", "0,0").status in (1, 2)


# --- consecutive files of one camera ---


def cut_in_two(source: Path, at: float, first: Path, second: Path) -> None:
    """Copies the packets before and from a key frame on into two files, each with times of its own."""
    for target, wanted in ((first, lambda time: time < at), (second, lambda time: time >= at)):
        with av.open(str(source)) as reader, av.open(str(target), "w") as writer:
            stream = reader.streams.video[0]
            copy = writer.add_stream_from_template(stream)
            shift = 0 if target == first else round(Fraction(at) / stream.time_base)
            for packet in reader.demux(stream):
                if packet.dts is not None and wanted(float(packet.pts * stream.time_base)):
                    packet.pts, packet.dts = packet.pts - shift, packet.dts - shift
                    packet.stream = copy
                    writer.mux(packet)


@pytest.mark.parametrize("clock", ["start", "names"])
def test_moments_join_across_consecutive_files(tiny: Path, made: Path, clock: str) -> None:
    whole = write_clip(tiny / "whole.mp4", 8, [Stay(YELLOW, 1, 1, 2.0, 6.0)])
    first, second = tiny / "gate_20260501_080000.mp4", tiny / "gate_20260501_080004.mp4"
    cut_in_two(whole, 4.0, first, second)
    options = {
        "start": ["--start", "2026-05-01T08:00:00Z"],
        "names": ["--start-from-name", "gate_%Y%m%d_%H%M%S", "--zone", "UTC"],
    }
    index(first.name, second.name, "--camera", "Gate", *options[clock]).well()
    found = search(made / "yellow.jpg", "--json").well().json
    assert [one["source"] for one in found["moments"]] == [first.name, second.name]
    assert len({one["score"] for one in found["moments"]}) == 1
    assert [(one["start"], one["end"]) for one in found["moments"]] == [
        pytest.approx((2.0, 3.8), abs=0.11),
        pytest.approx((0.0, 1.8), abs=0.11),
    ]
    starts = [datetime.fromisoformat(one["wall_start"]) for one in found["moments"]]
    assert (starts[1] - starts[0]).total_seconds() == pytest.approx(2.0, abs=0.11)
    origin = {item["started_from"] for item in sources().values()}
    assert origin == {"given" if clock == "start" else "name"}


def test_without_a_clock_nothing_is_joined(tiny: Path, made: Path) -> None:
    whole = write_clip(tiny / "whole.mp4", 8, [Stay(YELLOW, 1, 1, 2.0, 6.0)])
    cut_in_two(whole, 4.0, tiny / "1.mp4", tiny / "2.mp4")
    index("1.mp4", "2.mp4", "--camera", "Gate").well()
    found = search(made / "yellow.jpg", "--json").well().json
    assert len(found["moments"]) == 2
    assert {one["wall_start"] for one in found["moments"]} == {None}


# --- the care of a library ---


def test_info(work: Path) -> None:
    facts = library("info", "--json").well().json
    assert (facts["cameras"], facts["sources"], facts["segments"], facts["segments_done"]) == (2, 2, 2, 2)
    assert facts["models"]["embedder_name"] == EMBEDDER
    assert facts["tracklets"] > 0
    assert json.loads(facts["analysis"])["rate"] == 5.0
    assert "footage gone" in library("info").well().out


def test_list(work: Path) -> None:
    listed = sources()
    assert set(listed) == {"north.mp4", "south.mp4"}
    assert listed["north.mp4"]["camera"] == "Gate North"
    assert listed["north.mp4"]["state"] == "done"
    assert listed["north.mp4"]["footage_present"] is True
    (work / "north.mp4").unlink()
    assert sources()["north.mp4"]["footage_present"] is False
    assert "footage gone, shots kept" in library("list").well().out
    # What was found in it stays.
    assert len(search("yellow.jpg", "--json").well().json["moments"]) == 2


def test_where_footage_is_gone_its_shot_stands_for_the_clip(work: Path) -> None:
    (work / "north.mp4").unlink()
    ran = search("yellow.jpg", "--clips", "clips", "--report", "out.html").well()
    assert sorted(file.suffix for file in (work / "clips").iterdir()) == [".jpg", ".mp4"]
    assert "gone" in next(line for line in ran.out.splitlines() if ".jpg" in line)


def test_verify_and_rebuild(work: Path) -> None:
    assert "no problem found" in library("verify").well().out
    assert library("verify", "--deep", "--json").well().json == {"problems": []}
    shots = sorted((work / "my.reseen" / "shots").rglob("*.jpg"))
    assert shots
    shots[0].write_bytes(b"no picture")
    bad = library("verify", "--deep", "--json")
    assert bad.status == 1
    assert bad.json["problems"][0]["kind"] in ("shot damaged", "shot missing")
    table = library("verify", "--deep")
    assert table.status == 1
    assert "shot" in table.out


def test_a_lost_index_is_made_anew(work: Path) -> None:
    before = search("yellow.jpg", "--json").well().json
    with Store.open(work / "my.reseen") as store:
        count = len(store.vectors())
    assert library("rebuild-index", "--json").well().json == {"shots": count}
    for file in (work / "my.reseen").rglob("*.faiss"):
        file.write_bytes(b"garbage")
    assert search("yellow.jpg", "--json").well().json["moments"] == before["moments"]
    library("verify", "--repair")
    library("verify").well()


def test_remove_deletes_for_good(work: Path) -> None:
    asked = library("remove", "north.mp4", "--json")
    assert asked.status == 2
    assert "--yes" in asked.err
    assert set(sources()) == {"north.mp4", "south.mp4"}
    with Store.open(work / "my.reseen") as store:
        ids = [row.id for row in store.tracklets(store.tracklet_ids()) if row.source_id == 1]
        vectors = [store.vectors().matrix[i] for i in range(len(store.vectors())) if store.vectors().source_ids[i] == 1]
    assert ids
    done = library("remove", "north.mp4", "--yes", "--json").well().json
    assert done["sources"] == ["north.mp4"]
    assert done["tracklets"] == len(ids)
    assert set(sources()) == {"south.mp4"}
    assert {one["source"] for one in search("yellow.jpg", "--json").json["moments"]} == {"south.mp4"}
    library("verify", "--deep").well()
    assert (work / "north.mp4").exists()
    kept = b"".join(file.read_bytes() for file in (work / "my.reseen").rglob("*") if file.is_file())
    for vector in vectors:
        assert vector.astype(np.float16).tobytes() not in kept
    # It can be taken in again.
    assert index("north.mp4", "--json").well().json["indexed"] == ["north.mp4"]


def test_remove_by_camera_number_and_nothing(work: Path) -> None:
    assert library("remove", "--yes").status == 2
    assert library("remove", "nowhere.mp4", "--yes").status == 1
    number = sources()["south.mp4"]["id"]
    library("remove", str(number), "--yes").well()
    library("remove", "--camera", "Gate*", "--yes")
    assert set(sources()) <= {"north.mp4"}


def test_relink(work: Path) -> None:
    (work / "archive").mkdir()
    (work / "north.mp4").rename(work / "archive" / "n.mp4")
    assert library("relink", "north.mp4", "south.mp4").status == 1
    assert library("relink", "north.mp4", "nowhere.mp4").status == 1
    library("relink", "north.mp4", "archive/n.mp4").well()
    listed = {Path(str(item["path"])).name: item for item in sources().values()}
    assert listed["n.mp4"]["footage_present"] is True


def test_moved_footage_is_relinked_by_itself(work: Path) -> None:
    (work / "north.mp4").rename(work / "moved.mp4")
    done = index("moved.mp4", "--json").well().json
    assert done["known"] == ["moved.mp4"]
    assert Path(str(sources()["moved.mp4"]["path"])).name == "moved.mp4"


def test_set_start(work: Path) -> None:
    library("set-start", "north.mp4", "2026-05-02T10:00:00+02:00").well()
    assert datetime.fromisoformat(str(sources()["north.mp4"]["started_at"])) == datetime(2026, 5, 2, 8, tzinfo=UTC)
    library("set-start", "--camera", "Gate North", "--shift=-3600").well()
    assert datetime.fromisoformat(str(sources()["north.mp4"]["started_at"])) == datetime(2026, 5, 2, 7, tzinfo=UTC)
    found = search("yellow.jpg", "--from", "2026-05-02T00:00:00Z", "--json").well().json
    assert {one["source"] for one in found["moments"]} == {"north.mp4"}
    for wrong in (["north.mp4"], ["--camera", "Gate North"], ["north.mp4", "noon"]):
        assert library("set-start", *wrong).status == 2
    assert library("set-start", "--camera", "Nowhere", "--shift=5").status != 2


def test_export(work: Path) -> None:
    done = library("export", "out", "--json").well().json
    assert sorted(Path(name).name for name in done["files"]) == [
        "boxes.parquet",
        "tracklets.parquet",
        "vectors.parquet",
    ]
    tracklets = pq.read_table(work / "out" / "tracklets.parquet").to_pylist()
    vectors = pq.read_table(work / "out" / "vectors.parquet")
    assert {row["source"] for row in tracklets} == {"north.mp4", "south.mp4"}
    with Store.open(work / "my.reseen") as store:
        assert vectors.num_rows == len(store.vectors())


def test_every_search_export_and_deletion_is_on_record(work: Path) -> None:
    search("yellow.jpg", "--camera", "Gate N*", "--from", "2026-05-01T00:00:00Z").well()
    library("export", "out")
    library("remove", "south.mp4", "--yes")
    entries = reseen("audit", "--library", "my.reseen", "--json").well().json["entries"]
    actions = [entry["action"] for entry in entries]
    assert [name for name in actions if name in ("search", "export", "remove")] == ["search", "export", "remove"]
    entry = next(entry for entry in entries if entry["action"] == "search")
    assert entry["photos"] == [hashlib.sha256((work / "yellow.jpg").read_bytes()).hexdigest()]
    assert entry["filters"]["cameras"] == ["Gate N*"]
    assert entry["filters"]["start"].startswith("2026-05-01")
    assert entry["results"] == 1
    assert entry["who"]
    assert datetime.fromisoformat(entry["at"]).tzinfo is not None
    only = reseen("audit", "--library", "my.reseen", "--action", "export", "--limit", 1, "--json").json["entries"]
    assert [entry["action"] for entry in only] == ["export"]
    table = reseen("audit", "--library", "my.reseen").well().out.splitlines()
    line = next(line for line in table if " remove " in line)
    assert "sources south.mp4" in line
    assert "cameras Gate N*" in next(line for line in table if " search " in line)


def test_a_searched_report_is_on_record_too(work: Path) -> None:
    search("yellow.jpg", "--clips", "clips", "--report", "out.html").well()
    entries = reseen("audit", "--library", "my.reseen", "--json").well().json["entries"]
    assert sum(entry["action"] == "export" for entry in entries) >= 1


# --- models, doctor ---


def test_models(tiny: Path) -> None:
    listed = {item["name"]: item for item in reseen("models", "list", "--json").well().json["models"]}
    assert listed[EMBEDDER]["present"] is True
    assert listed["yolox_nano"]["task"] == "detection"
    assert listed["person-detection-0201"]["requires"] == "openvino"
    assert EMBEDDER in reseen("models", "list").well().out
    card = reseen("models", "info", EMBEDDER, "--json").well().json
    assert card["threshold"] == 0.8
    assert "threshold = 0.8" in reseen("models", "info", EMBEDDER).well().out
    ran = reseen("models", "info", "tiny-ried")
    assert ran.status == 2
    assert "did you mean" in ran.err
    checked = {item["name"]: item["problem"] for item in reseen("models", "verify", "--json").well().json["models"]}
    assert checked[DETECTOR] is None


def test_a_model_of_ones_own(tiny: Path, tiny_models: Path) -> None:
    card = (tiny_models / f"{EMBEDDER}.toml").read_text("utf-8").replace(EMBEDDER, "mine")
    (tiny / "mine.toml").write_text(card, "utf-8")
    shutil.copy(tiny_models / f"{EMBEDDER}.onnx", tiny / "mine.onnx")
    assert reseen("models", "import", "mine.onnx", "--card", "mine.toml", "--json").well().json["name"] == "mine"
    (tiny / "mine.onnx").unlink()
    assert reseen("models", "info", "mine").well()
    ran = reseen("models", "import", "nothing.onnx", "--card", "mine.toml")
    assert ran.status == 1
    assert len(ran.err.splitlines()) == 1


def test_doctor(tiny: Path) -> None:
    ran = reseen("doctor", "--json")
    checks = {item["what"]: item for item in ran.json["checks"]}
    assert checks["decoder h264"]["good"]
    assert checks["provider cpu"]["good"]
    assert checks["models"]["good"]
    assert EMBEDDER in checks["models"]["words"]
    assert "disk" in checks
    assert "decoder h264" in reseen("doctor").out
