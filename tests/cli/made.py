"""A library as the command line makes it, and what is in it."""

from __future__ import annotations

from pathlib import Path

from cli.running import Ran, reseen
from cli.tiny_world import MODELS
from reseen.library import Store


def index(*arguments: object, library: object = "my.reseen") -> Ran:
    return reseen("index", *arguments, "--library", library, *MODELS)


def search(*arguments: object, library: object = "my.reseen") -> Ran:
    return reseen("search", *arguments, "--library", library)


def contents(library: Path) -> dict[str, object]:
    """All that was found, by source and time and without ids: what must be the same after any interruption."""
    with Store.open(library) as store:
        assert store.verify(deep=True) == ()
        names = {source.id: (source.shown, source.camera, source.sha256, source.state) for source in store.sources()}
        rows = store.tracklets(store.tracklet_ids())
        place = {row.id: number for number, row in enumerate(rows)}
        vectors = store.vectors()
        shots = {shot.id: shot for shot in store.shots([row.id for row in rows])}
        return {
            "sources": sorted(names.values()),
            "coverage": store.coverage(),
            "tracklets": [
                (
                    names[row.source_id][0], row.tracklet.times.tobytes(), row.tracklet.boxes.tobytes(),
                    row.tracklet.scores.tobytes(), row.tracklet.observed.tobytes(), row.tracklet.overlaps.tobytes(),
                    None if row.continues is None else place[row.continues],
                )
                for row in rows
            ],
            "shots": [
                (place[shots[i].tracklet_id], shots[i].time, shots[i].box.tobytes(), store.shot_image(i))
                for i in vectors.shot_ids.tolist()
            ],
            "vectors": vectors.matrix.tobytes(),
        }  # fmt: skip
