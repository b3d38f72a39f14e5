"""Which crops of a tracked person are kept to be embedded: the best shots."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from reseen.errors import UsageError
from reseen.media import Frame
from reseen.tracking.boxes import Boxes
from reseen.tracking.quality import QualitySettings, sharpness_factor
from reseen.tracking.tracklet import Shot


@dataclass(frozen=True)
class ShotSettings:
    """How best shots are chosen.

    Attributes:
        k: Shots per tracklet; 1 is a capture camera, ``"all"`` keeps every detection (and so needs memory).
        min_gap: Seconds between two shots of a tracklet; nearer ones show the same.
        least: Share of the best shot's quality that another one must have, unless it is the best of its side of a
            crossing; poor pictures add nothing.
        candidates: Most crops kept per track while it goes on; at least ``2 * k`` are.
        max_height: Crops higher than this are shrunk to it, in pixels.
        crossing: Overlap with another person that may hide a change of person: shots from both sides are kept.
        quality: What makes a crop a good picture.
    """

    k: int | Literal["all"] = 4
    min_gap: float = 0.35
    least: float = 0.25
    candidates: int = 12
    max_height: int = 512
    crossing: float = 0.25
    quality: QualitySettings = field(default_factory=QualitySettings)

    def __post_init__(self) -> None:
        """Refuse what cannot work.

        Raises:
            UsageError: ``k`` is below 1.
        """
        if self.k != "all" and self.k < 1:
            raise UsageError(f"at least one shot per tracklet is needed, not {self.k}")


class ShotPool:
    """The candidates of one track: the best one of each stretch of time.

    When there are too many stretches their length doubles and neighbours compete, so memory is bounded however
    long the track.
    """

    def __init__(self, settings: ShotSettings):
        self._settings = settings
        self._capacity = settings.candidates if settings.k == "all" else max(settings.candidates, 2 * settings.k)
        self._length = settings.min_gap
        self._origin: float | None = None
        self._best: dict[int, Shot] = {}
        self._all: list[Shot] = []

    def __len__(self) -> int:
        return len(self._best) + len(self._all)

    def offer(self, frame: Frame, box: Boxes, score: float, promise: float) -> None:
        """Take a crop of the frame if it is better than what is there for its stretch of time.

        Args:
            frame: The frame.
            box: ``(4,)`` box in pixels.
            score: Score of the detection in 0..1.
            promise: Quality in 0..1 as far as known without the pixels.
        """
        everything = self._settings.k == "all"
        if self._origin is None:
            self._origin = frame.time
        slot = int((frame.time - self._origin) / self._length)
        rival = self._best.get(slot)
        if not everything and rival is not None and rival.quality >= promise:
            return
        image = _crop(frame.bgr, box)
        if image is None:
            return
        value = promise * sharpness_factor(image, self._settings.quality)
        if not everything and rival is not None and rival.quality >= value:
            return
        kept = _shrunk(image, self._settings.max_height)
        shot = Shot(frame.time, np.asarray(box, np.float32), score, value, kept)
        if everything:
            self._all.append(shot)
            return
        self._best[slot] = shot
        while max(self._best) >= self._capacity:
            self._merge()

    def shots(self) -> tuple[Shot, ...]:
        """The candidates, in order of time."""
        return tuple(self._all) or tuple(self._best[slot] for slot in sorted(self._best))

    def _merge(self) -> None:
        self._length *= 2
        merged: dict[int, Shot] = {}
        for slot, shot in sorted(self._best.items()):
            rival = merged.get(slot // 2)
            if rival is None or shot.quality > rival.quality:
                merged[slot // 2] = shot
        self._best = merged


def choose(
    candidates: tuple[Shot, ...],
    times: NDArray[np.float64],
    overlaps: NDArray[np.float32],
    settings: ShotSettings,
) -> tuple[Shot, ...]:
    """The best shots of a tracklet.

    First the best of each side of every crossing, then the best of the rest, where a shot counts less the nearer
    it is to one already chosen.

    Args:
        candidates: Crops, in order of time.
        times: ``(N,)`` times of the tracklet in seconds.
        overlaps: ``(N,)`` how much of the person others covered at these times.
        settings: How to choose.

    Returns:
        At most ``k`` shots, in order of time.
    """
    if settings.k == "all" or not candidates:
        return candidates
    chosen = _one_per_side(candidates, crossings(times, overlaps, settings.crossing))[: settings.k]
    gap = max(float(times[-1] - times[0]) / settings.k, settings.min_gap)
    good = [shot for shot in candidates if shot.quality >= settings.least * chosen[0].quality]
    while len(chosen) < settings.k:
        best, worth = None, 0.0
        for shot in good:
            distance = min(abs(shot.time - other.time) for other in chosen)
            if distance < settings.min_gap - 1e-6:
                continue
            value = shot.quality * min(distance / gap, 1.0)
            if value > worth:
                best, worth = shot, value
        if best is None:
            break
        chosen.append(best)
    return tuple(sorted(chosen, key=lambda shot: shot.time))


def crossings(times: NDArray[np.float64], overlaps: NDArray[np.float32], least: float) -> NDArray[np.float64]:
    """When others covered the person most: one time in seconds per stretch of overlap of at least ``least``."""
    over = np.concatenate([[False], overlaps >= least, [False]]).astype(np.int8)
    starts, ends = np.flatnonzero(np.diff(over) == 1), np.flatnonzero(np.diff(over) == -1)
    return np.array([times[a + int(np.argmax(overlaps[a:b]))] for a, b in zip(starts, ends, strict=True)])


def _one_per_side(candidates: tuple[Shot, ...], at: NDArray[np.float64]) -> list[Shot]:
    best: dict[int, Shot] = {}
    for shot in candidates:
        side = int(np.searchsorted(at, shot.time))
        if side not in best or shot.quality > best[side].quality:
            best[side] = shot
    return sorted(best.values(), key=lambda shot: (-shot.quality, shot.time))


def _crop(bgr: NDArray[np.uint8], box: Boxes) -> NDArray[np.uint8] | None:
    """The pixels of a box, clipped to the picture; ``None`` if nothing is left."""
    height, width = bgr.shape[:2]
    left, top = max(int(np.floor(box[0])), 0), max(int(np.floor(box[1])), 0)
    right, bottom = min(int(np.ceil(box[2])), width), min(int(np.ceil(box[3])), height)
    if right - left < 2 or bottom - top < 2:
        return None
    return bgr[top:bottom, left:right]


def _shrunk(image: NDArray[np.uint8], max_height: int) -> NDArray[np.uint8]:
    """A copy of the crop, so that the frame can be forgotten, at most ``max_height`` high."""
    height, width = image.shape[:2]
    if height <= max_height:
        return image.copy()
    size = (max(round(width * max_height / height), 1), max_height)
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
