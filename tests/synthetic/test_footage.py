"""Files of rendered footage decode, and their truth agrees with the boxes and the frames."""

from __future__ import annotations

import json
from pathlib import Path

import av
import numpy as np
import pytest

from reseen.synthetic import FootageTruth, Scene, SceneSettings, write_footage
from reseen.synthetic.truth import ClipRecord, stretches

SETTINGS = SceneSettings(seed=6, people=4, cameras=2, seconds=12.0, width=480, height=272, fps=5, clips=2, absent=1)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, FootageTruth, list[tuple[int, int]]]:
    folder = tmp_path_factory.mktemp("footage")
    calls: list[tuple[int, int]] = []
    truth = write_footage(SETTINGS, folder, lambda done, total: calls.append((done, total)))
    return folder, truth, calls


def test_the_files_are_those_of_the_truth(written: tuple[Path, FootageTruth, object]) -> None:
    folder, truth, _ = written
    told = json.loads((folder / "truth.json").read_text())
    assert told == json.loads(json.dumps(truth.as_json()))
    assert set(told) >= {"version", "tolerance_s", "clips", "people", "queries"}
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    photos = {photo for query in truth.queries for photo in query.photos}
    wanted = {clip.file for clip in truth.clips} | {clip.tracks for clip in truth.clips} | photos | {"truth.json"}
    assert files == wanted


def test_clips_decode_with_the_promised_frames(written: tuple[Path, FootageTruth, object]) -> None:
    folder, truth, _ = written
    assert [clip.source for clip in truth.clips] == ["camera-1-1", "camera-1-2", "camera-2-1", "camera-2-2"]
    for clip in truth.clips:
        with av.open(str(folder / clip.file)) as container:
            stream = container.streams.video[0]
            times = [frame.time for frame in container.decode(stream)]
            assert (stream.codec_context.name, stream.width, stream.height) == ("h264", 480, 272)
            assert container.metadata["creation_time"].startswith(clip.recorded_at[:19])
        assert len(times) == clip.frames == 30
        assert times == pytest.approx([k / 5 for k in range(30)])
        assert clip.duration_s == pytest.approx(6.0)


def test_what_is_decoded_is_what_was_rendered(written: tuple[Path, FootageTruth, object]) -> None:
    folder, _, _ = written
    with av.open(str(folder / "clips" / "camera-1-1.mp4")) as container:
        decoded = next(container.decode(video=0)).to_ndarray(format="bgr24")
    rendered = next(Scene(SETTINGS).render(0)).bgr
    error = np.abs(decoded.astype(int) - rendered).mean()
    assert error < 8


def test_progress_counts_every_frame_once(written: tuple[Path, FootageTruth, list[tuple[int, int]]]) -> None:
    assert written[2] == [(k + 1, 120) for k in range(120)]


def test_intervals_follow_from_the_boxes(written: tuple[Path, FootageTruth, object]) -> None:
    """Recomputed from the files of boxes: half visible and 80 pixels high, gaps under 2 s closed."""
    folder, truth, _ = written
    seen: dict[tuple[str, int], list[tuple[int, float, float]]] = {}
    person_of = {track: name for name, tracks in truth.track_ids.items() for track in tracks}
    for clip in truth.clips:
        for line in (folder / clip.tracks).read_text().splitlines():
            frame, track, left, top, width, height, _, _, visible = (float(cell) for cell in line.split(","))
            assert 1 <= frame <= clip.frames
            assert left >= 0
            assert left + width <= clip.width
            assert top + height <= clip.height
            seen.setdefault((clip.source, int(track)), []).append((int(frame), height, visible))
    for person in truth.people:
        expected, in_view = [], []
        for clip in truth.clips:
            rows = sorted(r for (source, track), rs in seen.items() if source == clip.source and person_of[track] == person.person for r in rs)  # fmt: skip  # noqa: E501
            clear = np.array([(f - 1) / 5 for f, height, visible in rows if visible >= 0.5 and height >= 80])
            expected += [(clip.source, *span) for span in stretches(clear, 2.0, 0.9)]
            in_view += [(clip.source, *span) for span in stretches(np.array([(f - 1) / 5 for f, *_ in rows]), 2.0, 0)]
        assert [(i.source, i.start_s, i.end_s) for i in person.appearances] == expected
        assert [(i.source, i.start_s, i.end_s) for i in person.also_in_view] == in_view


def test_appearances_lie_in_view(written: tuple[Path, FootageTruth, object]) -> None:
    truth = written[1]
    assert sum(len(person.appearances) for person in truth.people) >= 4
    for person in truth.people:
        for inner in person.appearances:
            assert any(
                inner.source == outer.source and outer.start_s <= inner.start_s and inner.end_s <= outer.end_s
                for outer in person.also_in_view
            )


def test_queries_say_what_they_are(written: tuple[Path, FootageTruth, object]) -> None:
    truth = written[1]
    present = {person.person: person for person in truth.people if person.appearances}
    assert {query.person for query in truth.queries if query.kind != "absent"} == set(present)
    for query in truth.queries:
        if query.kind == "absent":
            assert query.person not in present
            assert query.appearances == ()
            assert query.also_in_view == ()
        else:
            assert set(query.appearances) == set(present[query.person].appearances)
            assert query.kind in ("cross-camera", "same-camera-other-time")
    assert [query.kind for query in truth.queries].count("absent") == 1


def test_moments_are_joined_and_short_ones_left_out() -> None:
    times = np.array([0.0, 0.5, 1.0, 2.9, 3.0, 5.0, 5.1])
    assert stretches(times, 2.0, 0.9) == [(0.0, 3.0)]
    assert stretches(times, 2.0, 0.0) == [(0.0, 3.0), (5.0, 5.1)]
    assert stretches(np.zeros(0), 2.0, 0.0) == []


def test_a_record_gives_new_numbers_to_those_who_come_back() -> None:
    record = ClipRecord("a", 5)
    scene = Scene(SceneSettings(seed=6, people=2, cameras=1, seconds=40, width=160, height=96, fps=5))
    for frame in scene.render(0):
        record.add(frame.truth)
    assert record.frames == 200
    assert max(len(record.track_ids(person)) for person in (0, 1)) >= 2
    assert not set(record.track_ids(0)) & set(record.track_ids(1))
