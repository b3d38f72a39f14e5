"""A library of very many made-up people: clustered random embeddings, real rows and paths, a few pictures."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
from sqlalchemy import insert, update

from clustered import clustered
from reseen.indexing import IndexSettings
from reseen.library import ModelsUsed, NewSource, Store
from reseen.library.codec import pack_path, pack_vectors
from reseen.library.tables import SegmentRow, ShotRow, TrackletRow
from reseen.media import Span
from reseen.synthetic import SceneSettings, people_crops
from reseen.tracking.tracklet import Tracklet

SOURCES = 100
SECONDS = 3600.0
CAMERAS = 8
PICTURES = 64


def make_library(folder: Path, models: ModelsUsed, people: int, shots: int) -> None:
    """Fill a new library; every person is one tracklet of an hour's source with ``shots`` shots.

    The pictures are a few rendered ones, linked under the names of each person's best shots.
    """
    _, made = clustered(1, people * shots, identities=people // 4, cameras=CAMERAS, width=models.dim)
    vectors = pack_vectors(made.features)
    each = people // SOURCES
    with Store.create(folder, models, IndexSettings().to_json()) as store:
        for number in range(SOURCES):
            source = store.add_source(_source(folder, number))
            (segment,) = store.plan_segments(source.id, [Span(0, 0.0, SECONDS)])
            part = vectors[number * each * shots : (number + 1) * each * shots]
            _fill(store, source.id, segment.id, number * each, part, shots)
        _link_pictures(store, people // SOURCES)


def _source(folder: Path, number: int) -> NewSource:
    return NewSource(
        path=folder / f"{number:03d}.mp4",
        shown=f"{number:03d}.mp4",
        camera=f"Camera {number % CAMERAS + 1}",
        sha256=f"{number:064x}",
        size=1,
        kind="video",
        width=1920,
        height=1080,
        duration=SECONDS,
        frame_rate=25.0,
        codec="h264",
        started_at=datetime(2026, 5, 1, tzinfo=UTC) + timedelta(hours=number // CAMERAS),
        started_from="given",
    )


def _fill(store: Store, source: int, segment: int, first: int, vectors: Sequence[bytes], shots: int) -> None:
    rng = np.random.default_rng(source)
    starts = np.sort(rng.uniform(0, SECONDS - 30, len(vectors) // shots))
    tracklets, pictures = [], []
    for place, start in enumerate(starts):
        path = _path(float(start), rng)
        tracklet = first + place + 1
        tracklets.append(
            {"id": tracklet, "segment_id": segment, "source_id": source, "start": path.start, "end": path.end,
             "count": len(path.times), "continues": None, "path": pack_path(path)}
        )  # fmt: skip
        for number in range(shots):
            box = path.boxes[number].tolist()
            pictures.append(
                {"tracklet_id": tracklet, "time": float(path.times[number]), "x1": box[0], "y1": box[1],
                 "x2": box[2], "y2": box[3], "score": 0.9, "quality": 0.9 - 0.1 * number,
                 "file": _name(segment, place, number), "size": 1000, "vector": vectors[place * shots + number]}
            )  # fmt: skip
    with store._db.write() as session:  # rows without pictures: a library of this size cannot be indexed here
        session.execute(insert(TrackletRow), tracklets)
        session.execute(insert(ShotRow), pictures)
        session.execute(
            update(SegmentRow)
            .where(SegmentRow.id == segment)
            .values(done_at=datetime(2026, 5, 2, tzinfo=UTC), seconds=SECONDS, frames=int(SECONDS * 5))
        )


def _path(start: float, rng: np.random.Generator) -> Tracklet:
    """Somebody who walks through the picture in 4 to 12 seconds."""
    times = start + np.arange(int(rng.integers(20, 60))) / 5
    left = rng.uniform(0, 1400) + 40 * (times - start)
    top, height = rng.uniform(100, 500), rng.uniform(150, 400)
    boxes = np.stack([left, 0 * left + top, left + height / 2.5, 0 * left + top + height], 1).astype(np.float32)
    count = len(times)
    return Tracklet(
        times=times,
        boxes=boxes,
        scores=np.full(count, 0.9, np.float32),
        observed=np.ones(count, np.bool_),
        overlaps=np.zeros(count, np.float32),
        shots=(),
        warmup_times=np.zeros(0),
        warmup_boxes=np.zeros((0, 4), np.float32),
    )


def _name(segment: int, place: int, number: int) -> str:
    return f"{segment // 1000:04d}/{segment}/{place:04d}-{number}.jpg"


def _link_pictures(store: Store, each: int) -> None:
    originals = list(_pictures(store.folder))
    for segment in range(1, SOURCES + 1):
        target = store.folder / "shots" / f"{segment // 1000:04d}" / str(segment)
        target.mkdir(parents=True, exist_ok=True)
        for place in range(each):
            with suppress(FileExistsError):
                os.link(originals[(segment + place) % PICTURES], target / f"{place:04d}-0.jpg")


def _pictures(folder: Path) -> Iterator[Path]:
    made = folder.parent / "pictures"
    made.mkdir(exist_ok=True)
    crops = people_crops(SceneSettings(people=PICTURES, cameras=1, seed=1), each=1).images
    for number, crop in enumerate(crops):
        path = made / f"{number}.jpg"
        cv2.imwrite(str(path), crop)
        yield path
