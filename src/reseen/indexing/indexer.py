"""The indexer: threads around the pure function, commits by segment, resume, progress.

Decode, detect and track, embed, commit run side by side: decoding in a thread of its own per segment,
detection and tracking in a second, embedding and committing in the caller's. Queues are bounded.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from reseen.detection import Areas, Detector
from reseen.embedding import Embedder
from reseen.indexing.intake import Refused, Taken
from reseen.indexing.progress import OnProgress, Progress, Stopwatch, mark
from reseen.indexing.segment import SegmentTracker, Stopped, TrackedSegment, embed_segment
from reseen.indexing.settings import IndexSettings, Workers
from reseen.indexing.splitting import EmbeddedTracklet, SplitSettings
from reseen.library import FoundTracklet, Segment, SegmentFound, Store
from reseen.media import MediaError
from reseen.tracking import Tracklet, link


@dataclass(frozen=True)
class IndexReport:
    """What a run did.

    Attributes:
        indexed: Sources looked through in this run (the last one in part, if it was stopped), as the user named
            them.
        known: Sources that had been looked through before.
        refused: Sources that could not be used, with the reason.
        warnings: Plain words about what was used only in part.
        seconds: Footage looked through in this run.
        people: Tracklets found in this run.
        elapsed: Wall-clock seconds.
        stages: CPU and wall seconds of each stage.
        stopped: True when the run was stopped before its end; run again to go on.
        sources: Name of each source as the user gave it -> its id.
    """

    indexed: tuple[str, ...]
    known: tuple[str, ...]
    refused: tuple[Refused, ...]
    warnings: tuple[str, ...]
    seconds: float
    people: int
    elapsed: float
    stages: Stopwatch
    stopped: bool = False
    sources: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class _Work:
    taken: Taken
    number: int
    segment: Segment


# A segment on its way to be committed, what went wrong with its source, what went wrong altogether, or the end.
_Item = tuple[_Work, TrackedSegment | MediaError] | BaseException | None
_Tracked = queue.Queue[_Item]


@dataclass
class _Tally:
    """What the run has come to so far."""

    total: float
    sources: int
    began: float = field(default_factory=time.perf_counter)
    done: float = 0.0
    looked_through: float = 0.0
    people: int = 0
    indexed: dict[str, None] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    def progress(self, work: _Work) -> Progress:
        elapsed = time.perf_counter() - self.began
        return Progress(work.taken.file.shown, work.number, self.sources, self.done, self.total, self.people, elapsed)


class Indexer:
    """Looks through the pending segments of sources and commits what it finds.

    Args:
        store: The library, open for writing.
        detector: The detector.
        embedder: The embedder; its model is that of the library.
        settings: How footage is analysed.
        workers: How the machine is used.
    """

    def __init__(
        self,
        store: Store,
        detector: Detector,
        embedder: Embedder,
        settings: IndexSettings,
        workers: Workers | None = None,
    ) -> None:
        self._store, self._detector, self._embedder = store, detector, embedder
        self._settings, self._workers = settings, workers or Workers()
        self._split = SplitSettings()
        self._stop = threading.Event()
        self._watch = Stopwatch()

    def stop(self) -> None:
        """Ask a run in another thread to end; what was committed stays."""
        self._stop.set()

    def run(
        self,
        taken: Sequence[Taken],
        refused: Sequence[Refused] = (),
        on_progress: OnProgress | None = None,
        asked_to_stop: Callable[[], bool] | None = None,
    ) -> IndexReport:
        """Index what is pending of these sources; safe to be killed at any moment and run again.

        Args:
            taken: The sources.
            refused: What could not be taken in, for the report.
            on_progress: Called after every segment.
            asked_to_stop: Asked several times a second; once it says so, the run ends and drops the segment at hand.
        """
        works, known = self._plan(taken)
        tally = _Tally(sum(_seconds(work.segment) for work in works), len({work.number for work in works}))
        try:
            stopped = not self._run_all(works, tally, on_progress, asked_to_stop)
        except KeyboardInterrupt:
            stopped = True
        warnings = [f"{item.file.shown}: {text}" for item in taken for text in item.warnings]
        return IndexReport(
            indexed=tuple(name for name in tally.indexed if name not in tally.failed),
            known=known,
            refused=(*refused, *(Refused(name, reason) for name, reason in tally.failed.items())),
            warnings=tuple(warnings),
            seconds=tally.looked_through,
            people=tally.people,
            elapsed=time.perf_counter() - tally.began,
            stages=self._watch,
            stopped=stopped,
            sources={item.file.shown: item.source.id for item in taken},
        )

    def _plan(self, taken: Sequence[Taken]) -> tuple[list[_Work], tuple[str, ...]]:
        works: list[_Work] = []
        known: list[str] = []
        seen: set[int] = set()
        number = 0
        for item in taken:
            pending = () if item.source.id in seen else self._store.pending(item.source.id)
            seen.add(item.source.id)
            if pending:
                number += 1
                works.extend(_Work(item, number, segment) for segment in pending)
            else:
                known.append(item.file.shown)
        return works, tuple(known)

    def _run_all(
        self,
        works: Sequence[_Work],
        tally: _Tally,
        on_progress: OnProgress | None,
        asked_to_stop: Callable[[], bool] | None,
    ) -> bool:
        """Do the work; False when the run was stopped before its end."""
        self._stop.clear()
        tracked = _Tracked(2)
        thread = threading.Thread(target=self._track_all, args=(works, tracked), name="track", daemon=True)
        thread.start()
        try:
            while (item := self._get(tracked, thread, asked_to_stop)) is not None:
                if isinstance(item, Stopped):
                    return False
                if isinstance(item, BaseException):
                    raise item
                work, found = item
                if isinstance(found, MediaError):
                    self._give_up(work, found, works, tally)
                else:
                    tally.people += self._commit(work, found)
                    tally.looked_through += found.seconds
                    tally.done += _seconds(work.segment)
                    tally.indexed[work.taken.file.shown] = None
                if on_progress is not None:
                    on_progress(tally.progress(work))
            return True
        finally:
            self._stop.set()
            while thread.is_alive():
                _drain(tracked)
                thread.join(timeout=0.1)

    def _get(self, tracked: _Tracked, thread: threading.Thread, asked_to_stop: Callable[[], bool] | None) -> _Item:
        """Wait for the next segment; short waits, so that Ctrl-C is heard on Windows too."""
        while True:
            if asked_to_stop is not None and asked_to_stop():
                self._stop.set()
            try:
                return tracked.get(timeout=0.2)
            except queue.Empty:
                if not thread.is_alive() and tracked.empty():
                    return None

    def _give_up(self, work: _Work, error: MediaError, works: Sequence[_Work], tally: _Tally) -> None:
        """Leave the rest of a source; what was committed of it stays."""
        source = work.taken.source
        tally.failed[work.taken.file.shown] = error.reason
        rest = (other.segment for other in works if other.taken.source.id == source.id)
        tally.done += sum(_seconds(segment) for segment in rest if segment.index >= work.segment.index)
        self._store.fail_source(source.id, error.reason)

    def _track_all(self, works: Sequence[_Work], tracked: _Tracked) -> None:
        broken: set[int] = set()
        try:
            for work in works:
                source = work.taken.source
                if source.id in broken:
                    continue
                detector = self._detector.with_areas(self._areas(source.camera))
                tracker = SegmentTracker(detector, self._settings, self._workers, self._stop, self._watch)
                span = work.taken.spans[work.segment.index]
                try:
                    tracked.put((work, tracker.run(source.path, span)))
                except MediaError as error:
                    broken.add(source.id)
                    tracked.put((work, error))
            tracked.put(None)
        except BaseException as error:
            tracked.put(error)

    def _areas(self, camera: str) -> Areas:
        """Where people count in a camera's picture."""
        text = next((item.areas for item in self._store.cameras() if item.name == camera), "")
        return Areas.from_json(text) if text else Areas()

    def _commit(self, work: _Work, found: TrackedSegment) -> int:
        items = embed_segment(found, self._embedder, self._split, self._watch, self._store.as_kept)
        since = mark()
        tracklets = [
            FoundTracklet(item.tracklet, item.vectors, before)
            for item, before in zip(items, self._predecessors(work, items), strict=True)
        ]
        self._store.commit_segment(work.segment.id, SegmentFound(tracklets, found.gaps, found.seconds, found.frames))
        self._watch.lap("commit", since)
        return len(tracklets)

    def _predecessors(self, work: _Work, items: Sequence[EmbeddedTracklet]) -> list[int | None]:
        """For each tracklet the one in the segment before that it continues; each is continued once."""
        before: list[tuple[int, Tracklet]] = []
        if work.segment.index > 0:
            earlier = self._store.segments(work.taken.source.id)[work.segment.index - 1]
            before = [(row.id, row.tracklet) for row in self._store.segment_tracklets(earlier.id)]
        links: list[int | None] = []
        for item in items:
            found = link(before, item.tracklet)
            if found is not None:
                before = [pair for pair in before if pair[0] != found]
            links.append(found)
        return links


def _drain(tracked: _Tracked) -> None:
    while not tracked.empty():
        tracked.get_nowait()


def _seconds(segment: Segment) -> float:
    return max(segment.end - segment.start, 0.0)
