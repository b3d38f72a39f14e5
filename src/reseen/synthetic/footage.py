"""Rendered footage as files: clips, photos of people, boxes and what is true of them."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from reseen.synthetic.encoding import Encoder, write_whole
from reseen.synthetic.scene import RenderedFrame, Scene
from reseen.synthetic.settings import SceneSettings
from reseen.synthetic.truth import ClipRecord, ClipTruth, FootageTruth, Interval, PersonTruth, QueryTruth

_BEGIN = datetime(2024, 5, 6, 9, 0, tzinfo=UTC)  # any day will do, as long as it is always the same
_MARGIN = 0.12  # of a photo around the person, in shares of the height

Progress = Callable[[int, int], None]
"""Told the frames that are done and the frames there are."""


@dataclass(frozen=True)
class _Clip:
    """A stretch of one camera's frames that becomes a file."""

    source: str
    camera: int
    first: int
    stop: int


def write_footage(
    settings: SceneSettings, folder: str | Path, progress: Progress | None = None, *, workers: int = 2
) -> FootageTruth:
    """Render a scene into a folder: ``clips/*.mp4``, ``queries/*.jpg``, ``tracks/*.gt.txt`` and ``truth.json``.

    ``truth.json`` is written last: a folder that has it is whole.

    Args:
        settings: What to render.
        folder: Where to; made if it is missing.
        progress: Called after every frame, by one thread at a time.
        workers: Cameras that are rendered side by side.

    Returns:
        What is true of the footage.
    """
    folder = Path(folder)
    for name in ("clips", "queries", "tracks"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    scene = Scene(settings)
    scene.visits  # noqa: B018 - computed once, before threads ask for it
    counter = _Counter(settings.frames * settings.cameras, progress)

    def film(camera: int) -> list[ClipRecord]:
        return _film(scene, camera, folder, counter)

    with ThreadPoolExecutor(max(min(workers, settings.cameras), 1)) as pool:
        records = list(pool.map(film, range(settings.cameras)))
    truth = _truth(scene, records, folder)
    write_whole(folder / "truth.json", json.dumps(truth.as_json(), indent=1).encode())
    return truth


class _Counter:
    """Counts frames over threads and passes the sum on."""

    def __init__(self, total: int, progress: Progress | None) -> None:
        self._total, self._progress = total, progress
        self._done = 0
        self._lock = threading.Lock()

    def step(self) -> None:
        with self._lock:
            self._done += 1
            if self._progress is not None:
                self._progress(self._done, self._total)


def _clips(settings: SceneSettings, camera: int) -> list[_Clip]:
    edges = np.linspace(0, settings.frames, settings.clips + 1).round().astype(int).tolist()
    name = f"camera-{camera + 1}"
    return [
        _Clip(name if settings.clips == 1 else f"{name}-{part + 1}", camera, first, stop)
        for part, (first, stop) in enumerate(pairwise(edges))
        if stop > first
    ]


def _film(scene: Scene, camera: int, folder: Path, counter: _Counter) -> list[ClipRecord]:
    """Render and encode all clips of one camera."""
    settings = scene.settings
    frames = scene.render(camera)
    records = []
    for clip in _clips(settings, camera):
        record = ClipRecord(clip.source, settings.fps)
        target = folder / "clips" / f"{clip.source}.mp4"
        begin = _BEGIN + timedelta(seconds=clip.first / settings.fps)
        with Encoder(target, settings, begin) as encoder:
            for _ in range(clip.stop - clip.first):
                frame = next(frames)
                encoder.add(frame.bgr)
                record.add(frame.truth)
                counter.step()
        write_whole(folder / "tracks" / f"{clip.source}.gt.txt", record.boxes.encode())
        records.append(record)
    return records


def _truth(scene: Scene, records: list[list[ClipRecord]], folder: Path) -> FootageTruth:
    settings = scene.settings
    flat = [record for camera in records for record in camera]
    people = tuple(
        PersonTruth(
            _name(person),
            tuple(interval for record in flat for interval in record.appearances(person)),
            tuple(interval for record in flat for interval in record.in_view(person)),
        )
        for person in range(settings.people)
    )
    cameras = {clip.source: clip.camera for camera in range(settings.cameras) for clip in _clips(settings, camera)}
    queries = [
        _query(scene, person, truth, {cameras[interval.source] for interval in truth.appearances}, folder)
        for person, truth in enumerate(people)
        if truth.appearances
    ]
    queries += [
        _query(scene, absent, PersonTruth(_name(absent), (), ()), set(), folder)
        for absent in range(settings.people, settings.people + settings.absent)
    ]
    return FootageTruth(
        clips=tuple(
            _clip_truth(scene, camera, clip) for camera in range(settings.cameras) for clip in _clips(settings, camera)
        ),
        people=people,
        queries=tuple(queries),
        track_ids={
            _name(person): tuple(track for record in flat for track in record.track_ids(person))
            for person in range(settings.people)
        },
    )


def _name(person: int) -> str:
    return f"person-{person + 1}"


def _clip_truth(scene: Scene, camera: int, clip: _Clip) -> ClipTruth:
    settings = scene.settings
    return ClipTruth(
        source=clip.source,
        file=f"clips/{clip.source}.mp4",
        camera=f"camera-{camera + 1}",
        width=settings.width,
        height=settings.height,
        fps=f"{settings.fps}/1",
        frames=clip.stop - clip.first,
        duration_s=round((clip.stop - clip.first) / settings.fps, 3),
        recorded_at=(_BEGIN + timedelta(seconds=clip.first / settings.fps)).isoformat().replace("+00:00", "Z"),
        tracks=f"tracks/{clip.source}.gt.txt",
        note=f"rendered; {scene.places[camera].name}",
    )


def _query(scene: Scene, person: int, truth: PersonTruth, seen_by: set[int], folder: Path) -> QueryTruth:
    """Take a person's photos and say what they are good for."""
    rng = np.random.default_rng([scene.settings.seed, 10, person])
    camera = int(rng.integers(scene.settings.cameras))
    count = 2 if rng.random() < 0.25 else 1
    whole = bool(rng.random() < 0.2)
    photos = []
    for number in range(count):
        frame = scene.photo(person, camera, number)
        name = f"queries/{_name(person)}{'' if count == 1 else f'-{number + 1}'}.jpg"
        picture = frame.bgr if whole else _cut(frame)
        write_whole(folder / name, cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 93])[1].tobytes())
        photos.append(name)
    if not truth.appearances:
        kind, difficulty = "absent", "middle"
    elif seen_by <= {camera}:
        kind, difficulty = "same-camera-other-time", "easy"
    else:
        kind, difficulty = "cross-camera", "easy" if camera in seen_by else "middle"
    return QueryTruth(
        query=_name(person),
        photos=tuple(photos),
        person=truth.person,
        kind=kind,
        difficulty=difficulty,
        note=f"{'the whole frame' if whole else 'a crop'}, by camera-{camera + 1} before the footage begins",
        appearances=_sorted(truth.appearances),
        also_in_view=_sorted(truth.also_in_view),
    )


def _sorted(intervals: tuple[Interval, ...]) -> tuple[Interval, ...]:
    return tuple(sorted(intervals, key=lambda interval: (interval.source, interval.start_s)))


def _cut(frame: RenderedFrame) -> NDArray[np.uint8]:
    left, top, right, bottom = frame.truth.boxes[0].tolist()
    margin = _MARGIN * (bottom - top)
    rows = slice(max(int(top - margin), 0), int(bottom + margin))
    columns = slice(max(int(left - margin), 0), int(right + margin))
    return frame.bgr[rows, columns]
