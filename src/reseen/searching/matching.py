"""Scored persons to matches: their times and boxes, read from the library."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reseen.library import Filter, Store, StoredTracklet
from reseen.searching.moments import Match, SourceClock
from reseen.searching.scoring import Scores


def matches_of(store: Store, scores: Scores, order: NDArray[np.intp], wanted: Filter) -> list[Match]:
    """The matches of some persons, in the order given.

    Args:
        store: The library.
        scores: All scores of the search.
        order: ``(N,)`` places in ``scores`` of the persons wanted.
        wanted: The filter: a person's tracklets outside it are left out.
    """
    members = {place: scores.tracklets_of(int(place)) for place in order}
    rows = {row.id: row for row in store.tracklets(sorted({t for ids in members.values() for t in ids}))}
    shots = {shot.id: shot for shot in store.shots_by_id([int(scores.best_shots[place]) for place in order])}
    clocks = {
        source.id: SourceClock(source.id, source.shown, source.camera, source.started_at, source.duration)
        for source in store.sources(wanted)
    }
    found: list[Match] = []
    for place in order:
        tracklets = [rows[number] for number in members[place]]
        shot = shots[int(scores.best_shots[place])]
        times, boxes = _joined(tracklets)
        x1, y1, x2, y2 = (float(value) for value in shot.box)
        found.append(
            Match(
                source=clocks[tracklets[0].source_id],
                tracklets=tuple(row.id for row in tracklets),
                times=times,
                boxes=boxes,
                score=float(scores.values[place]),
                best_time=shot.time,
                best_box=(x1, y1, x2, y2),
                best_shot=shot.id,
            )
        )
    return found


def _joined(tracklets: list[StoredTracklet]) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Times and boxes of one person over segments."""
    ordered = sorted(tracklets, key=lambda row: row.tracklet.start)
    times = np.concatenate([row.tracklet.times for row in ordered])
    boxes = np.concatenate([row.tracklet.boxes for row in ordered])
    unique, first = np.unique(times, return_index=True)
    return unique, boxes[first]
