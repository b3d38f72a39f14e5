"""Where everybody is in a stretch of a source: what the player draws over the picture."""

from __future__ import annotations

from collections.abc import Collection

from pydantic import BaseModel, Field

from reseen.app.shapes import Box
from reseen.library import Store
from reseen.searching.whereabouts import whereabouts


class Track(BaseModel):
    """Where one person is; between two of the times they are on the straight line between the boxes."""

    person: int
    wanted: bool = Field(description="Whether this is the person of the moment.")
    times: list[float] = Field(description="Seconds from the start of the source, rising.")
    boxes: list[Box]


def tracks_between(store: Store, source_id: int, start: float, end: float, own: Collection[int] = ()) -> list[Track]:
    """Everybody seen between two times of a source.

    Args:
        store: The library.
        source_id: The source.
        start: Seconds from its start; people who are there before and after are told of from half a second on.
        end: Seconds.
        own: Tracklets of the wanted person.
    """
    return [
        Track(
            person=path.person,
            wanted=path.wanted,
            times=[round(float(time), 3) for time in path.times],
            boxes=[[round(float(value), 1) for value in box] for box in path.boxes],
        )
        for path in whereabouts(store, source_id, start, end, own)
    ]
