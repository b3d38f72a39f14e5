from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from reports.samples import OTHER, SIZE, WANTED, add_source, box_of, moment_of, picture, tracklet
from reseen.errors import InputError, UsageError
from reseen.library import Store
from reseen.media import MediaError
from reseen.reports import ClipSettings, WrittenClip, write_clips
from reseen.reports.clip_names import LONGEST, clip_name, moment_key, plain
from reseen.searching import Moment

NINE = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)
Pixels = NDArray[np.uint8]


def frames(path: Path) -> list[tuple[float, Pixels]]:
    with av.open(str(path)) as container:
        return [(frame.time or 0.0, frame.to_ndarray(format="bgr24")) for frame in container.decode(video=0)]


def clips(store: Store, moments: Sequence[Moment], folder: Path, **settings: object) -> list[WrittenClip]:
    return list(write_clips(store, moments, folder, ClipSettings(**settings)))  # type: ignore[arg-type]


def written(clip: WrittenClip) -> Path:
    assert clip.path is not None
    return clip.path


def error(one: Pixels, other: Pixels) -> float:
    """Mean difference in brightness; codecs keep colour at half the size."""
    gray, truth = (cv2.cvtColor(np.ascontiguousarray(part), cv2.COLOR_BGR2GRAY) for part in (one, other))
    return float(np.abs(gray.astype(np.float64) - truth).mean())


def inside(person: int, time: float, rim: int = 6) -> tuple[slice, slice]:
    """The pixels of a person at a time, less a rim."""
    x1, y1, x2, y2 = (round(float(value)) for value in box_of(person, time))
    return slice(y1 + rim, y2 - rim), slice(x1 + rim, x2 - rim)


def test_is_the_original_picture(store: Store, video: Path, tmp_path: Path) -> None:
    source = add_source(store, video)
    moment = replace(moment_of(store, source), start=3.0, end=4.0)
    (clip,) = clips(store, [moment], tmp_path / "clips", padding=0.5)
    assert clip.moment is moment
    assert clip.note.startswith("the original picture, without sound; other people are not blurred")
    found = frames(written(clip))
    # Cut at the key frame at 2.0 s (one a second), kept up to 4.5 s.
    assert len(found) == pytest.approx(25, abs=2)
    original = frames(video)[20:]
    for (_, one), (_, other) in zip(found, original, strict=False):
        assert (one == other).all()


def test_padding_stays_inside_the_footage(store: Store, video: Path, tmp_path: Path) -> None:
    source = add_source(store, video)
    (clip,) = clips(store, [moment_of(store, source)], tmp_path, padding=60.0)
    assert len(frames(written(clip))) == 80


def test_others_are_blurred_in_every_frame(store: Store, video: Path, tmp_path: Path) -> None:
    source = add_source(store, video)
    (clip,) = clips(store, [moment_of(store, source)], tmp_path, padding=0.0, blur=True)
    assert "encoded anew" in clip.note and "blurred where they were found" in clip.note
    found = frames(written(clip))
    assert len(found) == pytest.approx(51, abs=1)
    for offset, shown in found:
        time = 1.0 + offset
        truth = picture(time)
        assert error(shown[inside(OTHER, time)], truth[inside(OTHER, time)]) > 15
        if abs(box_of(OTHER, time)[0] - box_of(WANTED, time)[0]) > 1.4 * SIZE[0]:
            assert error(shown[inside(WANTED, time)], truth[inside(WANTED, time)]) < 8
        assert error(shown[:60], truth[:60]) < 8


def test_the_wanted_person_stays_visible_in_front_of_others(store: Store, video: Path, tmp_path: Path) -> None:
    source = add_source(store, video)
    (clip,) = clips(store, [moment_of(store, source)], tmp_path, padding=0.0, blur=True)
    meeting = (270 - 20) / 56  # seconds at which they pass each other
    _, shown = min(frames(written(clip)), key=lambda frame: abs(1.0 + frame[0] - meeting))
    rows, columns = inside(WANTED, meeting, rim=12)
    assert error(shown[rows, columns], picture(meeting)[rows, columns]) < 25
    above = slice(round(float(box_of(OTHER, meeting)[1])) + 2, 126)
    assert error(shown[above, columns], picture(meeting)[above, columns]) > 25


def test_nobody_may_be_kept(store: Store, video: Path, tmp_path: Path) -> None:
    source = add_source(store, video)
    (clip,) = clips(store, [moment_of(store, source)], tmp_path, padding=0.0, blur=True, keep="nobody")
    for offset, shown in frames(written(clip)):
        time = 1.0 + offset
        assert error(shown[inside(WANTED, time)], picture(time)[inside(WANTED, time)]) > 20


def test_people_found_late_are_blurred_in_the_padding(store: Store, video: Path, tmp_path: Path) -> None:
    """The other one is tracked from 3 s on only, but is in the picture before."""
    source = add_source(store, video, tracklets=[tracklet(WANTED, 1.0, 6.0), tracklet(OTHER, 3.0, 6.0)])
    (clip,) = clips(store, [moment_of(store, source)], tmp_path, padding=0.0, blur=True)
    found = {round(1.0 + offset, 1): shown for offset, shown in frames(written(clip))}
    for time in (2.1, 2.5, 2.9):
        assert error(found[time][inside(OTHER, time)], picture(time)[inside(OTHER, time)]) > 20


def test_what_continues_the_wanted_person_is_not_blurred(store: Store, video: Path, tmp_path: Path) -> None:
    first = tracklet(WANTED, 1.0, 3.0)
    source = add_source(store, video, tracklets=[first, tracklet(WANTED, 3.2, 6.0)])
    rows = store.segment_tracklets(store.segments(source.id)[0].id)
    store.link([(rows[1].id, rows[0].id)])
    (clip,) = clips(store, [moment_of(store, source)], tmp_path, padding=1.5, blur=True)
    for offset, shown in frames(written(clip)):
        if offset > 2.2 and offset < 3.0:
            time = offset
            assert error(shown[inside(WANTED, time)], picture(time)[inside(WANTED, time)]) < 8


def test_a_still_image_stays_a_still(store: Store, tmp_path: Path) -> None:
    photo = tmp_path / "still.png"
    cv2.imwrite(str(photo), picture(3.0))
    people = [tracklet(WANTED, 0.0, 0.0), tracklet(OTHER, 0.0, 0.0)]
    boxes = [np.stack([box_of(person, 3.0)]) for person in (WANTED, OTHER)]
    people = [replace(one, tracklet=replace(one.tracklet, boxes=box)) for one, box in zip(people, boxes, strict=True)]
    source = add_source(store, photo, kind="image", seconds=0.0, tracklets=people)
    moment = moment_of(store, source)
    (plain_still,) = clips(store, [moment], tmp_path / "out")
    assert written(plain_still).suffix == ".png"
    assert written(plain_still).read_bytes() == photo.read_bytes()
    assert plain_still.note == "the original picture, other people are not blurred"
    (blurred,) = clips(store, [moment], tmp_path / "out", blur=True)
    shown = cv2.imread(str(written(blurred)))
    assert shown is not None
    assert error(shown[inside(OTHER, 3.0)], picture(3.0)[inside(OTHER, 3.0)]) > 20  # type: ignore[arg-type]
    assert error(shown[inside(WANTED, 3.0)], picture(3.0)[inside(WANTED, 3.0)]) < 8  # type: ignore[arg-type]


def test_footage_that_is_gone_leaves_the_best_shot(store: Store, video: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copy(video, tmp_path / "gone.mp4"))
    source = add_source(store, copy)
    copy.unlink()
    moment = moment_of(store, source)
    (clip,) = clips(store, [moment], tmp_path / "out")
    assert written(clip).read_bytes() == store.shot_image(moment.best_shot)
    assert clip.note == f"the footage is not at {copy} any more; this is the best shot in the library"
    for shot in (tmp_path / "my.reseen" / "shots").rglob("*.jpg"):
        shot.unlink()
    (clip,) = clips(store, [moment], tmp_path / "none")
    assert clip.path is None and clip.note.endswith("and its best shot is missing")
    assert list((tmp_path / "none").iterdir()) == []


def test_in_a_best_shot_others_are_blurred_too(store: Store, video: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copy(video, tmp_path / "gone.mp4"))
    meeting = (270 - 20) / 56
    source = add_source(
        store, copy, tracklets=[tracklet(WANTED, meeting - 0.4, meeting + 0.4), tracklet(OTHER, 1.0, 6.0)]
    )
    copy.unlink()
    moment = moment_of(store, source)
    (open_,) = clips(store, [moment], tmp_path / "out")
    (blurred,) = clips(store, [moment], tmp_path / "out", blur=True)
    one, other = cv2.imread(str(written(open_))), cv2.imread(str(written(blurred)))
    assert one is not None and other is not None
    assert one.shape == other.shape
    edge = np.s_[5:30, :4]
    assert error(one[edge], other[edge]) > 10  # type: ignore[arg-type]
    core = np.s_[30:60, 12:20]
    assert error(one[core], other[core]) < 3  # type: ignore[arg-type]


def test_footage_that_was_damaged_since_leaves_the_best_shot(store: Store, video: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copy(video, tmp_path / "broken.mp4"))
    source = add_source(store, copy)
    copy.write_bytes(bytes(copy.stat().st_size))
    (clip,) = clips(store, [moment_of(store, source)], tmp_path / "out")
    assert clip.note.startswith("no clip can be cut (") and written(clip).suffix == ".jpg"


def test_the_same_moment_replaces_its_clip_and_no_other(store: Store, video: Path, tmp_path: Path) -> None:
    source = add_source(store, video, started_at=NINE)
    moment = moment_of(store, source)
    later = replace(moment, start=1.5)
    first = clips(store, [moment], tmp_path / "out")
    second = clips(store, [moment], tmp_path / "out")
    third = clips(store, [later, later], tmp_path / "out")
    fourth = clips(store, [moment], tmp_path / "out", blur=True)
    names = {written(clip).name for clip in (*first, *third, *fourth)}
    assert first[0].path == second[0].path
    assert len(names) == 4
    assert {path.name for path in (tmp_path / "out").iterdir()} == names


def test_long_and_hostile_names_fit_everywhere(store: Store, video: Path, tmp_path: Path) -> None:
    camera = "../../etc/" + "摄" * 74 + ":?*|<>\n.mp4"
    source = add_source(store, video, camera=camera, started_at=NINE)
    moments = [moment_of(store, source), replace(moment_of(store, source), start=2.0)]
    for clip in clips(store, moments, tmp_path / "out"):
        name = written(clip).name
        assert len(name.encode()) <= LONGEST
        assert written(clip).parent == tmp_path / "out" and written(clip).exists()
        assert not set(name) & set(':?*|<>"/\\\n')


def test_export_is_audited_before_anything_is_written(store: Store, video: Path, tmp_path: Path) -> None:
    source = add_source(store, video)
    steps: list[tuple[int, int]] = []
    writing = write_clips(
        store,
        [moment_of(store, source)] * 2,
        tmp_path / "out",
        ClipSettings(padding=0.0),
        lambda done, total: steps.append((done, total)),
    )
    assert store.audit(action="export") == ()
    next(writing)
    (entry,) = store.audit(action="export")
    assert json.loads(entry.detail) == {
        "kind": "clips",
        "folder": str(tmp_path / "out"),
        "blur": False,
        "padding": 0.0,
    }
    assert entry.results == 2
    list(writing)
    assert steps == [(1, 2), (2, 2)]
    assert len(store.audit(action="export")) == 1


def test_errors_are_one_line(store: Store, video: Path, tmp_path: Path) -> None:
    source = add_source(store, video)
    file = tmp_path / "file"
    file.write_text("x")
    with pytest.raises(InputError, match="this is a file, not a folder"):
        clips(store, [moment_of(store, source)], file)
    with pytest.raises(UsageError, match="padded by 0 seconds or more"):
        ClipSettings(padding=-1.0)
    with pytest.raises(UsageError):
        ClipSettings(padding=float("nan"))


def test_trouble_with_the_target_is_not_blamed_on_the_footage(
    store: Store, video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = add_source(store, video)

    def full(source: object, start: float, end: float, target: Path) -> None:
        raise MediaError(target, "it cannot be written (no space left on device)")

    monkeypatch.setattr("reseen.reports.clips.cut_clip", full)
    with pytest.raises(InputError, match="no space left"):
        clips(store, [moment_of(store, source)], tmp_path / "out")


@given(camera=st.text(max_size=300), start=st.floats(0, 1e6), number=st.integers(1, 99_999), blurred=st.booleans())
def test_names(camera: str, start: float, number: int, blurred: bool) -> None:
    key = moment_key("ab" * 32, start, start + 1)
    name = clip_name(number, camera, start=start, wall_start=None, key=key, ending=".mp4", blurred=blurred)
    assert len(name.encode()) <= LONGEST
    assert name.endswith("_blurred.mp4" if blurred else f"{key}.mp4")
    assert name.startswith(f"{number:03d}_")
    assert all(sign.isalnum() or sign in "._-" for sign in name)


def test_name_is_readable() -> None:
    when = datetime(2026, 5, 1, 10, 34, 5, tzinfo=UTC)
    name = clip_name(3, "Gate 3", start=75.25, wall_start=when, key="1f2e3d4c", ending=".mp4", blurred=False)
    assert name == f"003_Gate-3_{when.astimezone():%Y-%m-%dT%H-%M-%S}_1f2e3d4c.mp4"
    name = clip_name(3, "Gate 3", start=75.25, wall_start=None, key="1f2e3d4c", ending=".mp4", blurred=True)
    assert name == "003_Gate-3_0h01m15.2s_1f2e3d4c_blurred.mp4"
    assert plain("中文 (1)") == "中文-1"
