"""Libraries of made-up people: who was seen where and when, and what their shots look like to an embedder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import insert

from reseen.library import FoundTracklet, ModelsUsed, NewSource, SegmentFound, Source, Store
from reseen.library.codec import pack_path, pack_vectors
from reseen.library.tables import ShotRow, TrackletRow
from reseen.models import Card, EmbedderSpec
from reseen.searching import Query
from reseen.tracking.tracklet import Shot, Tracklet
from tiny_networks import reid_card

DIM = 8
MODELS = ModelsUsed("detector-a", "d" * 64, "tiny-reid", "e" * 64, DIM)
RATE = 5.0
WANTED = np.eye(DIM, dtype=np.float32)[0]


@dataclass(frozen=True)
class Span:
    index: int
    start: float
    end: float


@dataclass(frozen=True)
class Seen:
    """A person from ``start`` to ``end`` (seconds) at ``x``, with shots whose cosines with ``WANTED`` are given."""

    start: float
    end: float
    alike: tuple[float, ...]
    x: float = 100.0
    height: float = 120.0
    hidden: tuple[float, float] | None = None
    continues: int | None = None
    shot_times: tuple[float, ...] = field(default=())


def vector(alike: float, turn: int = 1) -> NDArray[np.float32]:
    """A unit vector with a cosine of ``alike`` with ``WANTED``; ``turn`` says in which direction it leaves it."""
    made = np.zeros(DIM, np.float32)
    made[0], made[turn] = alike, np.sqrt(1 - alike**2)
    return made


def tracklet(seen: Seen, turn: int = 1) -> FoundTracklet:
    times = np.arange(round(seen.start * RATE), round(seen.end * RATE) + 1) / RATE
    count = len(times)
    box = np.array([seen.x, 100, seen.x + seen.height / 3, 100 + seen.height], np.float32)
    boxes = np.tile(box, (count, 1))
    overlaps = np.zeros(count, np.float32)
    if seen.hidden is not None:
        overlaps[(times >= seen.hidden[0]) & (times <= seen.hidden[1])] = 0.9
    at = seen.shot_times or tuple(float(times[i]) for i in np.linspace(0, count - 1, len(seen.alike)).astype(int))
    pixels = np.full((8, 4, 3), 99, np.uint8)
    return FoundTracklet(
        Tracklet(
            times=times,
            boxes=boxes,
            scores=np.full(count, 0.9, np.float32),
            observed=np.ones(count, np.bool_),
            overlaps=overlaps,
            shots=tuple(Shot(time, box, 0.9, 0.8, pixels) for time in at),
            warmup_times=np.zeros(0),
            warmup_boxes=np.zeros((0, 4), np.float32),
        ),
        np.array([vector(alike, turn) for alike in seen.alike], np.float32).reshape(-1, DIM),
        seen.continues,
    )


def add(
    store: Store,
    name: str,
    *segments: Sequence[Seen],
    camera: str | None = None,
    started_at: datetime | None = None,
    length: float = 60.0,
    kind: str = "video",
    picture_height: int = 720,
) -> Source:
    """A source of segments of ``length`` seconds, with who was seen in each."""
    source = store.add_source(
        NewSource(
            path=Path("/footage") / name,
            shown=name,
            camera=camera or name.split(".", maxsplit=1)[0],
            sha256=f"{name.encode().hex():0>64}"[-64:],
            size=1,
            kind=kind,  # type: ignore[arg-type]
            width=1280,
            height=picture_height,
            duration=length * len(segments),
            started_at=started_at,
            started_from=None if started_at is None else "given",
        )
    )
    spans = [Span(i, i * length, (i + 1) * length) for i in range(len(segments))]
    for planned, people in zip(store.plan_segments(source.id, spans), segments, strict=True):
        found = [tracklet(seen, 1 + place % (DIM - 1)) for place, seen in enumerate(people)]
        store.commit_segment(planned.id, SegmentFound(found, (), length, round(length * RATE)))
    return store.source(source.id)


def fill(store: Store, people: int, shots: int, cameras: int, seed: int = 0) -> None:
    """Many people at once, straight into the rows (pictures of shots are left out)."""
    rng = np.random.default_rng(seed)
    paths = [pack_path(tracklet(Seen(0, 5, (0.5,), x=50.0 * place)).tracklet) for place in range(64)]
    for camera in range(cameras):
        source = add(store, f"camera-{camera}.mp4", (), length=3600.0)
        (segment,) = store.segments(source.id)
        own = range(camera, people, cameras)
        vectors = rng.normal(size=(len(own) * shots, DIM)) + np.repeat(rng.normal(size=(len(own), DIM)), shots, axis=0)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        blobs = iter(pack_vectors(vectors.astype(np.float32)))
        rows, values = [], []
        for person in own:
            place = {"segment_id": segment.id, "source_id": source.id, "start": 0.0, "end": 5.0, "count": 26}
            rows.append({"id": person + 1, "continues": None, "path": paths[person % 64], **place})
            values += [
                {"tracklet_id": person + 1, "time": float(number), "x1": 1.0, "y1": 1.0, "x2": 40.0, "y2": 120.0}
                | {"score": 0.9, "quality": 0.8, "file": f"{person}-{number}.jpg", "size": 1, "vector": next(blobs)}
                for number in range(shots)
            ]
        with store._db.write() as session:
            session.execute(insert(TrackletRow), rows)
            session.execute(insert(ShotRow), values)


def query(*vectors: NDArray[np.float32], embedder: str = "tiny-reid") -> Query:
    """A query of vectors, ``WANTED`` when none is given."""
    return Query((), (), np.array(vectors or (WANTED,), np.float32), "detector-a", embedder)


def card(**changes: object) -> Card:
    return reid_card(**({"embedder": EmbedderSpec(dim=DIM), "threshold": 0.5} | changes))  # type: ignore[arg-type]
