"""Scored persons to matches: their times and boxes, read from the library."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reseen.library import Filter, Source, Store, StoredShot, StoredTracklet
from reseen.searching.match import Match, Path, SourceClock
from reseen.searching.scoring import Scores
from reseen.searching.visibility import VisibilitySettings, clear_stretches


def matches_of(store: Store, scores: Scores, order: NDArray[np.intp], visibility: VisibilitySettings) -> list[Match]:
    """The matches of some persons, in the order given; one for each stretch in which a person is clearly seen.

    Somebody who never is, is one match from first to last: small is better than not at all.

    Args:
        store: The library.
        scores: All scores of the search; tracklets that its filter left out stay left out.
        order: ``(N,)`` places in ``scores`` of the persons wanted.
        visibility: What counts as clearly seen.
    """
    members = {place: scores.tracklets_of(int(place)) for place in order}
    rows = {row.id: row for row in store.tracklets(sorted({t for ids in members.values() for t in ids}))}
    shots: dict[int, list[StoredShot]] = {}
    for shot in store.shots(rows):
        shots.setdefault(shot.tracklet_id, []).append(shot)
    named = Filter(sources=tuple({row.source_id for row in rows.values()}))
    sources = {source.id: source for source in store.sources(named)}
    found: list[Match] = []
    for place in order:
        tracklets = [rows[number] for number in members[place]]
        source = sources[tracklets[0].source_id]
        path = _joined(tracklets)
        pictures = [shot for number in members[place] for shot in shots.get(number, ())]
        score = float(scores.values[place])
        stretches = clear_stretches(path.times, path.boxes, path.overlaps, (source.width, source.height), visibility)
        best = int(scores.best_shots[place])
        found += [
            _match(source, path, stretch, _shown(path, stretch, pictures, best), score, clear=bool(stretches))
            for stretch in stretches or [(0, len(path.times) - 1)]
        ]
    return found


@dataclass(frozen=True, eq=False)
class _Path:
    """One person over segments: ids of the tracklets, ``(N,)`` times, ``(N, 4)`` boxes, ``(N,)`` overlaps, ids."""

    times: NDArray[np.float64]
    boxes: NDArray[np.float32]
    overlaps: NDArray[np.float32]
    tracklets: NDArray[np.int64]


def _joined(tracklets: list[StoredTracklet]) -> _Path:
    ordered = sorted(tracklets, key=lambda row: row.tracklet.start)
    times, first = np.unique(np.concatenate([row.tracklet.times for row in ordered]), return_index=True)
    return _Path(
        times,
        np.concatenate([row.tracklet.boxes for row in ordered])[first],
        np.concatenate([row.tracklet.overlaps for row in ordered])[first],
        np.concatenate([np.full(len(row.tracklet.times), row.id, np.int64) for row in ordered])[first],
    )


def _shown(path: _Path, stretch: tuple[int, int], shots: list[StoredShot], best: int) -> StoredShot:
    """The shot that stands for a stretch: the most alike if it lies in it, else the best picture that does.

    A stretch without a shot of its own is shown by the most alike one.
    """
    start, end = path.times[stretch[0]], path.times[stretch[1]]
    inside = [shot for shot in shots if start <= shot.time <= end] or shots
    return max(inside, key=lambda shot: (shot.id == best, shot.quality))


def _match(
    source: Source, path: _Path, stretch: tuple[int, int], shot: StoredShot, score: float, *, clear: bool
) -> Match:
    """One stretch of a person as a match; its best time lies in it."""
    part = slice(stretch[0], stretch[1] + 1)
    times = path.times[part]
    inside = times[0] <= shot.time <= times[-1]
    nearest = int(np.argmin(np.abs(times - shot.time)))
    x1, y1, x2, y2 = (float(value) for value in (shot.box if inside else path.boxes[part][nearest]))
    return Match(
        source=SourceClock(source.id, source.shown, source.camera, source.started_at, source.duration),
        tracklets=tuple(int(number) for number in np.unique(path.tracklets[part])),
        times=times,
        boxes=path.boxes[part],
        score=score,
        best_time=shot.time if inside else float(times[nearest]),
        best_box=(x1, y1, x2, y2),
        best_shot=shot.id,
        path=Path(path.times, path.boxes),
        clear=clear,
    )
