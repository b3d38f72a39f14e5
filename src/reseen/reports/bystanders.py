"""Where everybody but the wanted person is in a picture, at any time between the analysed frames."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reseen.library import Store

Boxes = NDArray[np.float32]


@dataclass(frozen=True)
class BlurSettings:
    """How widely others are hidden; all of it errs on the side of hiding too much.

    Attributes:
        margin: By how much a box is widened on each side, in parts of its width and height.
        hold: Seconds before a person was first and after they were last seen for which they are hidden too,
            where they stood and where they were going.
        bridge: Seconds for which a person lost and found again near the same place is hidden in between.
        cells: A hidden person is this many patches high.
        core: Width of the wanted person's core, in parts of the box.
        linger: Seconds before and after a picture for which what was seen in it alone is hidden too.
        same: From this overlap (IoU) with the wanted person's box on, a box seen in a picture alone is theirs.
    """

    margin: float = 0.3
    hold: float = 1.0
    bridge: float = 5.0
    cells: int = 7
    core: float = 0.5
    linger: float = 0.5
    same: float = 0.4


@dataclass(frozen=True, eq=False)
class Path:
    """Where one person is: ``(N,)`` float64 seconds, rising, and ``(N, 4)`` float32 boxes in displayed pixels."""

    times: NDArray[np.float64]
    boxes: Boxes

    def at(self, time: float) -> Boxes | None:
        """The box at a time, ``(4,)``, straight between two known ones; None outside the path."""
        if not self.times[0] <= time <= self.times[-1]:
            return None
        return np.array([np.interp(time, self.times, column) for column in self.boxes.T], np.float32)

    def speed(self, end: int) -> Boxes:
        """Pixels a second of the box's four sides at the start (0) or the end (-1) of the path, ``(4,)``."""
        few = slice(None, 4) if end == 0 else slice(-4, None)
        times, boxes = self.times[few], self.boxes[few]
        span = float(times[-1] - times[0])
        if span <= 0:
            return np.zeros(4, np.float32)
        moved: Boxes = ((boxes[-1] - boxes[0]) / span).astype(np.float32)
        return moved


class Glances:
    """Boxes found by looking at every picture of a clip, with a sharper eye than the analysis has.

    Args:
        times: ``(N,)`` seconds of the pictures, rising.
        boxes: For each the boxes seen in it, ``(K, 4)`` float32.
        settings: How widely others are hidden.
    """

    def __init__(
        self, times: Sequence[float] | NDArray[np.float64], boxes: Sequence[Boxes], settings: BlurSettings
    ) -> None:
        self._times = np.asarray(times, np.float64)
        self._boxes = list(boxes)
        self._settings = settings

    def without(self, wanted: Callable[[float], Boxes]) -> Glances:
        """The same without the boxes that are the wanted person's, who is in those that ``wanted`` gives for a time.

        A box is theirs when it covers much the same place as theirs in its own picture: half a second later they
        have walked on.
        """
        own = [wanted(float(time)) for time in self._times]
        least = self._settings.same
        boxes = [
            np.array([box for box in seen if not any(_same(box, one, least) for one in mine)], np.float32).reshape(
                -1, 4
            )
            for seen, mine in zip(self._boxes, own, strict=True)
        ]
        return Glances(self._times, boxes, self._settings)

    def at(self, time: float) -> list[Boxes]:
        """Boxes at a time, those of pictures shortly before and after included, ``(4,)`` each."""
        reach = self._settings.linger
        low, high = np.searchsorted(self._times, [time - reach, time + reach + 1e-6])
        return [box for seen in self._boxes[int(low) : int(high)] for box in seen]


def _same(box: Boxes, own: Boxes, least: float) -> bool:
    """Whether two boxes are of one person: much the same, or the first a part of ``own`` that is not much smaller."""
    corner = np.minimum(box[2:], own[2:]) - np.maximum(box[:2], own[:2])
    shared = float(np.prod(np.maximum(corner, 0.0)))
    size, own_size = float(np.prod(box[2:] - box[:2])), float(np.prod(own[2:] - own[:2]))
    union = size + own_size - shared
    return shared >= least * union or (shared >= 0.8 * size and size >= 0.25 * own_size)


class Bystanders:
    """The others of one source, and the wanted person, through a stretch of time.

    Args:
        others: Paths of everybody else.
        wanted: Paths of the wanted person.
        settings: How widely others are hidden.
        glances: What a second look at every picture found.
    """

    def __init__(
        self,
        others: Sequence[Path],
        wanted: Sequence[Path],
        settings: BlurSettings | None = None,
        glances: Glances | None = None,
    ) -> None:
        self.settings = settings or BlurSettings()
        self._others = [*others, *bridges(others, self.settings.bridge)]
        self._wanted = list(wanted)
        self._glances = None if glances is None else glances.without(self.wanted)

    def boxes(self, time: float) -> Boxes:
        """What is to be hidden at a time: ``(K, 4)`` float32, widened, not clipped to the picture."""
        found = [box for path in self._others for box in self._of(path, time)]
        if self._glances is not None:
            found += self._glances.at(time)
        if not found:
            return np.zeros((0, 4), np.float32)
        boxes = np.stack(found)
        size = boxes[:, 2:] - boxes[:, :2]
        wider = np.float32(self.settings.margin) * np.concatenate([-size, size], axis=1)
        return (boxes + wider).astype(np.float32)

    def wanted(self, time: float) -> Boxes:
        """Where the wanted person is at a time: ``(K, 4)`` float32."""
        found = [box for path in self._wanted if (box := path.at(time)) is not None]
        return np.stack(found) if found else np.zeros((0, 4), np.float32)

    def _of(self, path: Path, time: float) -> list[Boxes]:
        box = path.at(time)
        if box is not None:
            return [box]
        before = path.times[0] - time
        away = float(before if before > 0 else time - path.times[-1])
        if away > self.settings.hold:
            return []
        end = 0 if before > 0 else -1
        where = path.boxes[end]
        step = path.speed(end) * np.float32(-away if end == 0 else away)
        moved = where + step
        # Whoever stops and whoever walks on are both hidden: the box that holds both places.
        both = np.concatenate([np.minimum(where[:2], moved[:2]), np.maximum(where[2:], moved[2:])])
        return [both.astype(np.float32)]


def paths_of(
    store: Store, source_id: int, start: float, end: float, own: Collection[int]
) -> tuple[list[Path], list[Path]]:
    """The people of a source between two times (seconds): everybody else, and the wanted person.

    Args:
        store: The library.
        source_id: The source.
        start: From when on; tracklets that touch the stretch count whole.
        end: Until when.
        own: Ids of the wanted person's tracklets; whatever they continue or is continued by is theirs too.
    """
    mine = {member for number in own for member in store.chain(number)}
    others: list[Path] = []
    wanted: list[Path] = []
    for row in store.tracklets_between(source_id, start, end):
        (wanted if row.id in mine else others).append(Path(row.tracklet.times, row.tracklet.boxes))
    return others, wanted


def bridges(paths: Iterable[Path], longest: float) -> list[Path]:
    """Paths over the gaps in which a person was lost and found again near the same place.

    Args:
        paths: The paths of people.
        longest: Seconds that a gap may last.
    """
    known = sorted(paths, key=lambda path: float(path.times[0]))
    made: list[Path] = []
    for path in known:
        end, last = float(path.times[-1]), path.boxes[-1]
        for later in known:
            begin = float(later.times[0])
            if end < begin <= end + longest and _near(last, later.boxes[0]):
                made.append(Path(np.array([end, begin]), np.stack([last, later.boxes[0]])))
    return made


def _near(one: Boxes, other: Boxes) -> bool:
    """Whether two boxes are not farther apart than a person is high."""
    centre = np.abs((one[:2] + one[2:]) - (other[:2] + other[2:])) / 2
    return bool(centre.max() <= max(float(one[3] - one[1]), float(other[3] - other[1])))
