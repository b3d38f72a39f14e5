"""Detections of one frame after the other in, tracklets out."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from reseen.detection import Detections
from reseen.media import Frame
from reseen.tracking.assembly import assemble
from reseen.tracking.association import (
    AssociationSettings,
    Expectations,
    Stage,
    assign_in_stages,
    doubtful_rows,
    likeness,
)
from reseen.tracking.boxes import Boxes, areas, intersections
from reseen.tracking.motion import MotionSettings
from reseen.tracking.quality import quality
from reseen.tracking.shots import ShotPool, ShotSettings
from reseen.tracking.track import Track
from reseen.tracking.tracklet import Tracklet


@dataclass(frozen=True)
class TrackerSettings:
    """How people are followed from frame to frame.

    Attributes:
        low: Detections below this score are not looked at.
        low_start: Share of the detector's threshold from which on a doubtful detection may start a track; the
            track counts only if a sure detection joins it.
        least_sure: Likeness needed to continue a track by a sure detection, in 0..1.
        least_doubtful: The same for a doubtful one.
        exchange: Two tracks that could be exchanged at less than this loss of likeness may have been; their
            tracklets end there and others begin.
        max_gap: Seconds that a person may stay undetected before the track ends.
        max_step: Most seconds between two frames that follow each other (a time lapse, a hole in the footage).
        contradicted: A single detection is dropped if a frame within so many seconds after it lacks the person.
        sure_alone: A single detection of at least this score is kept all the same.
        duplicate: A doubtful detection starts nothing if this share of it, or of a tracked box, is common.
        doubtful_noise: Error of a doubtful detection's box relative to that of a sure one.
        motion: How people move.
        association: What counts as the same person one step later.
    """

    low: float = 0.1
    low_start: float = 0.4
    least_sure: float = 0.2
    least_doubtful: float = 0.3
    exchange: float = 0.03
    max_gap: float = 1.2
    max_step: float = 2.0
    contradicted: float = 0.5
    sure_alone: float = 0.8
    duplicate: float = 0.5
    doubtful_noise: float = 2.0
    motion: MotionSettings = field(default_factory=MotionSettings)
    association: AssociationSettings = field(default_factory=AssociationSettings)


class Tracker:
    """Follows the people of one segment; the same frames give the same tracklets.

    Sure detections are given to tracks first, doubtful ones then to the tracks that are left (ByteTrack, Zhang et
    al., ECCV 2022). A doubtful detection that no track takes may start one, which counts only once a sure
    detection has joined it: so a person is known from the first doubtful sight on.
    """

    def __init__(self, settings: TrackerSettings, high: float, shots: ShotSettings | None = None):
        """Start with nobody.

        Args:
            settings: How people are followed.
            high: The detector's threshold: detections from this score on are sure.
            shots: How best shots are chosen.
        """
        self._settings = settings
        self._high = high
        self._shots = shots or ShotSettings()
        self._time: float | None = None
        self._live: list[tuple[Track, ShotPool]] = []
        self._ended: list[tuple[Track, ShotPool]] = []

    def update(
        self,
        time: float,
        detections: Detections,
        frame: Frame | None = None,
        *,
        cut: bool = False,
        warmup: bool = False,
    ) -> None:
        """Take in the next frame.

        Args:
            time: Seconds from the start of the source; later than that of the frame before.
            detections: The people in it, doubtful ones included.
            frame: The frame, from which shots are cropped; without it there are no shots.
            cut: Whether a hard cut lies before this frame: all tracks end there.
            warmup: Whether the frame lies before the segment: it is tracked, but not part of the tracklets.

        Raises:
            ValueError: The frame is not later than the one before.
        """
        self._advance(time, cut=cut)
        seen = detections.scores >= min(self._settings.low, self._high)
        boxes = detections.boxes[seen].astype(np.float64)
        scores = detections.scores[seen].astype(np.float64)
        owners = self._continue(time, boxes, scores, warmup=warmup)
        self._begin(time, boxes, scores, owners, warmup=warmup)
        if frame is not None and not warmup:
            self._offer(frame, boxes, scores, owners)

    def skip(self, time: float, frame: Frame | None = None, *, warmup: bool = False) -> None:
        """Take in a frame in which nothing moved, and which was not searched for people.

        Whoever was found in the frame before stands there still: the tracklet goes on with the same box, marked
        as not observed, so that it covers the time. Whoever was already missing stays missing.

        Args:
            time: Seconds from the start of the source; later than that of the frame before.
            frame: The frame; somebody of whom the segment has no shot yet is cropped from it.
            warmup: Whether the frame lies before the segment.

        Raises:
            ValueError: The frame is not later than the one before.
        """
        self._advance(time, cut=False)
        for track, pool in self._live:
            if track.missing:
                track.miss(time, warmup=warmup)
                continue
            track.hold(time, warmup=warmup)
            if frame is not None and not warmup and not pool:
                box = track.last.box
                promise = self._promise(frame, box[None], np.array([track.best_score]))[0]
                pool.offer(frame, box, track.best_score, float(promise))

    def finish(self) -> tuple[Tracklet, ...]:
        """End all tracks and give the tracklets of the segment, in order of their start; then start anew."""
        self._end(self._live)
        ended, self._ended, self._live, self._time = self._ended, [], [], None
        return assemble(ended, self._shots)

    def _advance(self, time: float, *, cut: bool) -> None:
        if self._time is not None and time <= self._time:
            raise ValueError(f"the frame at {time:g} s does not come after the one at {self._time:g} s")
        self._time = time
        lost = [cut or self._lost(track, time) for track, _ in self._live]
        self._end([pair for pair, over in zip(self._live, lost, strict=True) if over])
        self._live = [pair for pair, over in zip(self._live, lost, strict=True) if not over]

    def _lost(self, track: Track, time: float) -> bool:
        settings = self._settings
        most = settings.max_gap if track.missing else max(settings.max_step, settings.max_gap)
        return time - track.last.time > most

    def _end(self, over: list[tuple[Track, ShotPool]]) -> None:
        self._ended.extend(pair for pair in over if self._counts(pair[0]))

    def _counts(self, track: Track) -> bool:
        """Whether a track that ends is a person, as far as one can tell."""
        if not track.proven:
            return False
        if len(track.sights) > 1 or track.best_score >= self._settings.sure_alone or track.first_missed is None:
            return True
        return track.first_missed - track.last.time > self._settings.contradicted

    def _continue(self, time: float, boxes: Boxes, scores: NDArray[np.float64], *, warmup: bool) -> NDArray[np.intp]:
        """Give detections to tracks; returns for each detection the index of its live track, or -1."""
        settings = self._settings
        if not self._live:
            return np.full(len(boxes), -1, np.intp)
        values = likeness(self._expectations(time), boxes, settings.association)
        proven = np.array([track.proven for track, _ in self._live])
        fresh = np.array([not track.missing for track, _ in self._live])
        sure = scores >= self._high
        owners = assign_in_stages(
            values,
            (
                Stage(proven, sure, settings.least_sure),
                Stage(proven, ~sure, settings.least_doubtful),
                Stage(~proven, np.ones_like(sure), settings.least_doubtful),
            ),
        )
        for row in doubtful_rows(values, owners, fresh, settings.least_sure, settings.exchange):
            self._live[row][0].doubted = True
        found = {int(row): column for column, row in enumerate(owners) if row >= 0}
        for row, (track, _) in enumerate(self._live):
            if row in found:
                self._see(row, time, boxes[found[row]], float(scores[found[row]]), warmup=warmup)
            else:
                track.miss(time, warmup=warmup)
        return owners

    def _see(self, row: int, time: float, box: Boxes, score: float, *, warmup: bool) -> None:
        """A live track goes on, or its heir if it is in doubt."""
        track, pool = self._live[row]
        sure = score >= self._high
        noise = 1.0 if sure else self._settings.doubtful_noise
        if track.doubted:
            heir = track.heir(time, box, score, warmup=warmup, noise=noise)
            track.miss(time, warmup=warmup)
            self._end([(track, pool)])
            self._live[row] = heir, ShotPool(self._shots)
        else:
            track.see(time, box, score, warmup=warmup, noise=noise)
        self._live[row][0].proven |= sure

    def _begin(
        self,
        time: float,
        boxes: Boxes,
        scores: NDArray[np.float64],
        owners: NDArray[np.intp],
        *,
        warmup: bool,
    ) -> None:
        """Start tracks from detections without one; enters them into ``owners``."""
        taken = boxes[owners >= 0]
        for column in np.flatnonzero(owners < 0):
            box, score = boxes[column], float(scores[column])
            if score < self._high and (score < self._settings.low_start * self._high or self._duplicate(box, taken)):
                continue
            owners[column] = len(self._live)
            track = Track(time, box, score, warmup=warmup, motion=self._settings.motion)
            track.proven = score >= self._high
            self._live.append((track, ShotPool(self._shots)))
            taken = np.concatenate([taken, box[None]])

    def _duplicate(self, box: Boxes, taken: Boxes) -> bool:
        common = intersections(taken, box[None])
        least = np.minimum(areas(taken), areas(box[None]))
        return bool(np.any(common > self._settings.duplicate * least))

    def _expectations(self, time: float) -> Expectations:
        motions = [track.expect(time) for track, _ in self._live]
        last = np.array([track.last.box for track, _ in self._live])
        return Expectations(
            boxes=np.array([motion.box for motion in motions]),
            spreads=np.array([motion.spread[:2] for motion in motions]),
            origins=(last[:, :2] + last[:, 2:]) / 2,
            strides=np.array([track.stride() for track, _ in self._live]),
            ages=np.array([track.missed for track, _ in self._live]),
        )

    def _offer(self, frame: Frame, boxes: Boxes, scores: NDArray[np.float64], owners: NDArray[np.intp]) -> None:
        given = np.flatnonzero(owners >= 0)
        promises = self._promise(frame, boxes[given], scores[given])
        for column, promise in zip(given, promises, strict=True):
            pool = self._live[owners[column]][1]
            pool.offer(frame, boxes[column], float(scores[column]), float(promise))

    def _promise(self, frame: Frame, boxes: Boxes, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        return quality(boxes, scores, self._high, (frame.width, frame.height), self._shots.quality)
