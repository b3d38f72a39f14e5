"""Made-up finds: tracklets with noisy pictures and random unit vectors, the same for the same seed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reseen.library import FoundTracklet, ModelsUsed, NewSource, SegmentFound, Source, Store
from reseen.tracking.tracklet import Shot, Tracklet

DIM = 16
MODELS = ModelsUsed("detector-a", "d" * 64, "embedder-a", "ab" * 32, DIM)


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


def spans(count: int, length: float = 30.0) -> tuple[Span, ...]:
    return tuple(Span(i, i * length, (i + 1) * length) for i in range(count))


def unit(rng: np.random.Generator, count: int, dim: int = DIM) -> NDArray[np.float32]:
    rows = rng.normal(size=(count, dim))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def tracklet(rng: np.random.Generator, start: float, count: int = 5, shots: int = 2) -> Tracklet:
    times = start + 0.25 * np.arange(count)
    boxes = rng.uniform(0, 500, (count, 4)).astype(np.float32)
    chosen = np.linspace(0, count - 1, shots).astype(int) if shots else np.zeros(0, int)
    return Tracklet(
        times=times,
        boxes=boxes,
        scores=rng.uniform(0.5, 1.0, count).astype(np.float32),
        observed=rng.random(count) < 0.8,
        overlaps=rng.random(count).astype(np.float32),
        shots=tuple(Shot(float(times[i]), boxes[i], 0.9, 0.5, picture(rng)) for i in chosen),
        warmup_times=start - 0.25 * np.arange(3, 0, -1),
        warmup_boxes=rng.uniform(0, 500, (3, 4)).astype(np.float32),
    )


def picture(rng: np.random.Generator, height: int = 32, width: int = 16) -> NDArray[np.uint8]:
    return rng.integers(0, 256, (height, width, 3), dtype=np.uint8)


def found(
    rng: np.random.Generator,
    start: float,
    tracklets: int = 3,
    shots: int = 2,
    *,
    dim: int = DIM,
    gaps: tuple[Gap, ...] = (),
    continues: tuple[int | None, ...] = (),
) -> SegmentFound:
    made = []
    for i in range(tracklets):
        before = continues[i] if i < len(continues) else None
        made.append(FoundTracklet(tracklet(rng, start + i, shots=shots), unit(rng, shots, dim), before))
    return SegmentFound(made, gaps, seconds=30.0, frames=150)


def new_source(
    name: str, *, camera: str = "Gate 1", started_at: datetime | None = None, duration: float = 90.0
) -> NewSource:
    return NewSource(
        path=Path("/footage") / name,
        shown=f"clips/{name}",
        camera=camera,
        sha256=f"{name.encode().hex():0>64}",
        size=1000,
        kind="video",
        width=640,
        height=360,
        duration=duration,
        frame_rate=25.0,
        codec="h264",
        started_at=started_at,
        started_from=None if started_at is None else "given",
    )


def add_indexed(
    store: Store, new: NewSource, seed: int, *, segments: int = 3, tracklets: int = 3, shots: int = 2
) -> Source:
    """A source whose segments are all committed."""
    source = store.add_source(new)
    for segment in store.plan_segments(source.id, spans(segments)):
        rng = np.random.default_rng((seed, segment.index))
        made = found(rng, segment.start, tracklets, shots, dim=store.models.dim)
        store.commit_segment(segment.id, made)
    return store.source(source.id)
