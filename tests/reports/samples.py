"""A small library whose footage is real: two people with patterned clothes cross a patterned floor."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from reseen.detection import Detections
from reseen.library import FoundTracklet, ModelsUsed, NewSource, SegmentFound, Source, Store
from reseen.models import Expected
from reseen.searching import Moment, PersonPhoto, Query, SearchResult
from reseen.tracking.tracklet import Shot, Tracklet

WIDTH, HEIGHT, RATE, SECONDS = 320, 240, 10, 8.0
MODELS = ModelsUsed("detector-a", "d" * 64, "embedder-a", "ab" * 32, 4)
ANALYSIS = '{"rate": 5.0, "shots": 4, "tiles": null}'
WANTED, OTHER = 0, 1
SIZE = (32, 90)  # width and height of a person, in pixels


@dataclass(frozen=True)
class Span:
    index: int
    start: float
    end: float


@dataclass(frozen=True)
class Gap:
    start: float
    end: float
    reason: str


def noise(seed: int, height: int, width: int, size: int = 4) -> NDArray[np.uint8]:
    """A coarse pattern that a codec keeps and a blur destroys."""
    rng = np.random.default_rng(seed)
    small = rng.integers(20, 236, (height // size + 1, width // size + 1, 3), dtype=np.uint8)
    return np.ascontiguousarray(np.kron(small, np.ones((size, size, 1), np.uint8))[:height, :width])


def box_of(person: int, time: float) -> NDArray[np.float32]:
    """Where a person is: the wanted one walks to the right, the other to the left; they pass each other."""
    x = 20 + 28 * time if person == WANTED else 270 - 28 * time
    y = 130 if person == WANTED else 100
    return np.array([x, y, x + SIZE[0], y + SIZE[1]], np.float32)


def picture(time: float, people: Sequence[int] = (OTHER, WANTED)) -> NDArray[np.uint8]:
    frame = noise(0, HEIGHT, WIDTH, 8)
    for person in people:
        x1, y1, _, _ = np.rint(box_of(person, time)).astype(int)
        frame[y1 : y1 + SIZE[1], x1 : x1 + SIZE[0]] = noise(person + 1, SIZE[1], SIZE[0])
    return frame


def write_video(path: Path, seconds: float = SECONDS, people: Sequence[int] = (OTHER, WANTED)) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.bit_rate, stream.gop_size = 4_000_000, RATE
        for index in range(round(seconds * RATE)):
            frame = av.VideoFrame.from_ndarray(picture(index / RATE, people), format="bgr24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def tracklet(person: int, start: float, end: float, rate: float = 5.0) -> FoundTracklet:
    times = np.arange(round(start * rate), round(end * rate) + 1) / rate
    boxes = np.stack([box_of(person, time) for time in times])
    count = len(times)
    best = count // 2
    x1, y1, x2, y2 = np.rint(boxes[best]).astype(int)
    crop = np.ascontiguousarray(picture(float(times[best]))[y1:y2, x1:x2])
    found = Tracklet(
        times=times,
        boxes=boxes,
        scores=np.full(count, 0.9, np.float32),
        observed=np.ones(count, np.bool_),
        overlaps=np.zeros(count, np.float32),
        shots=(Shot(float(times[best]), boxes[best], 0.9, 0.8, crop),),
        warmup_times=np.zeros(0),
        warmup_boxes=np.zeros((0, 4), np.float32),
    )
    vector = np.zeros((1, 4), np.float32)
    vector[0, person] = 1.0
    return FoundTracklet(found, vector)


def add_source(
    store: Store,
    path: Path,
    *,
    camera: str = "Gate 3",
    shown: str | None = None,
    started_at: datetime | None = None,
    kind: str = "video",
    seconds: float = SECONDS,
    gaps: Sequence[Gap] = (),
    tracklets: Sequence[FoundTracklet] | None = None,
) -> Source:
    """Add a file with both people in it from 1.0 to 6.0 s, as one segment that is committed."""
    content = path.read_bytes()
    source = store.add_source(
        NewSource(
            path=path,
            shown=shown or path.name,
            camera=camera,
            sha256=hashlib.sha256(content).hexdigest(),
            size=len(content),
            kind=kind,  # type: ignore[arg-type]
            width=WIDTH,
            height=HEIGHT,
            duration=seconds,
            frame_rate=RATE if seconds else None,
            codec="mpeg4" if seconds else "png",
            started_at=started_at,
            started_from=None if started_at is None else "given",
        )
    )
    (segment,) = store.plan_segments(source.id, [Span(0, 0.0, seconds)])
    if tracklets is None:
        tracklets = [tracklet(WANTED, 1.0, 6.0), tracklet(OTHER, 1.0, 6.0)]
    lost = sum(gap.end - gap.start for gap in gaps)
    store.commit_segment(segment.id, SegmentFound(tracklets, gaps, max(seconds - lost, 0.0), 40))
    return store.source(source.id)


def moment_of(store: Store, source: Source, person: int = WANTED, score: float = 0.8, group: int = 0) -> Moment:
    row = store.segment_tracklets(store.segments(source.id)[0].id)[person]
    (shot,) = store.shots([row.id])
    start = source.started_at
    wall = None
    if start is not None:
        wall = datetime.fromtimestamp(start.timestamp() + row.tracklet.start, start.tzinfo)
    return Moment(
        source=source.shown,
        source_id=source.id,
        camera=source.camera,
        start=row.tracklet.start,
        end=row.tracklet.end,
        best_time=shot.time,
        score=score,
        expected_false_matches=0.004,
        at_most=False,
        best_box=tuple(float(value) for value in shot.box),  # type: ignore[arg-type]
        best_shot=shot.id,
        wall_start=wall,
        tracklets=(row.id,),
        group=group,
    )


def query(warnings: tuple[str, ...] = (), name: str = "photo.jpg", *, whole: bool = False) -> Query:
    photo = PersonPhoto(
        path=name,
        picture=picture(3.0),
        box=None if whole else tuple(float(value) for value in box_of(WANTED, 3.0)),  # type: ignore[arg-type]
        people=Detections(np.zeros((0, 4), np.float32), np.zeros(0, np.float32)),
        warnings=warnings,
    )
    return Query((photo,), ("c" * 64,), np.eye(1, 4, dtype=np.float32), "detector-a", "embedder-a")


def result_of(store: Store, moments: Sequence[Moment], **more: object) -> SearchResult:
    values: dict[str, object] = {
        "query": query(),
        "threshold": 0.5,
        "coverage": store.coverage(),
        "people": 3104,
        "moments": tuple(moments),
        "by_chance": Expected(0.37, False),
    }
    return SearchResult(**{**values, **more})  # type: ignore[arg-type]


def jpeg_size(content: bytes) -> tuple[int, int]:
    pixels = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    return pixels.shape[1], pixels.shape[0]
