"""Whether the box that the player draws lies on the right person: against the truth of the yard clips, frame by frame.

Every query of the yard is asked. In every moment reported, at every frame of the footage (ten a second, the analysis
looks at five), the box drawn is that of the moment's person on the straight line between two looks, as the page draws
it. Counted are the frames in which the truth has that person: those in which a drawn box overlaps theirs with an IoU of
0.5 or more. Whom a moment shows is whom its boxes lie on most often: whether that is the one who was asked for is not
the overlay's affair, but where the tracker goes over to somebody else the box is wrong.

    python benchmarks/overlay.py --truth ../shared/footage --models ../shared/models/files
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from moments import read_truth
from reseen import Library
from reseen.searching import Moment
from reseen.searching.whereabouts import Whereabouts, whereabouts

LONGEST, EDGE = 1.6, 0.25  # as tracks.js has them
FPS = 10.0
Boxes = NDArray[np.float64]
Track = dict[int, Boxes]


@dataclass(frozen=True)
class Drawn:
    """One moment: how many of its frames have the person, how many a box right on them, the mean overlap."""

    query: str
    clip: str
    start: float
    end: float
    frames: int
    right: int
    overlap: float


def read_tracks(file: Path) -> dict[int, Track]:
    """By frame (from 0), by identity: ``x1, y1, x2, y2``."""
    frames: dict[int, Track] = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        frame, number, x, y, w, h = (float(part) for part in line.split(",")[:6])
        frames.setdefault(int(frame) - 1, {})[int(number)] = np.array([x, y, x + w, y + h])
    return frames


def overlap(one: Boxes, other: Boxes) -> float:
    """Intersection over union."""
    corner = np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2])
    shared = float(np.prod(np.maximum(corner, 0)))
    return shared / float(np.prod(one[2:] - one[:2]) + np.prod(other[2:] - other[:2]) - shared)


def drawn_at(track: Whereabouts, time: float) -> Boxes | None:
    """The box that the page draws."""
    times, boxes = track.times, track.boxes
    if time < times[0] - EDGE or time > times[-1] + EDGE:
        return None
    after = int(np.searchsorted(times, time))
    if after == 0 or after == len(times):
        return np.asarray(boxes[min(after, len(times) - 1)], np.float64)
    if times[after] - times[after - 1] > LONGEST:
        near = after if times[after] - time < time - times[after - 1] else after - 1
        return np.asarray(boxes[near], np.float64) if abs(times[near] - time) <= EDGE else None
    return np.array([np.interp(time, times, column) for column in boxes.T])


def judge(question: str, moment: Moment, clip: str, truth: dict[int, Track], whose: dict[int, str],
          tracks: list[Whereabouts]) -> Drawn:  # fmt: skip
    """Compare one moment with the truth."""
    frames: list[dict[str, float]] = []
    for frame in range(round(moment.start * FPS), round(moment.end * FPS) + 1):
        shown = [box for track in tracks if (box := drawn_at(track, frame / FPS)) is not None]
        here = truth.get(frame, {}).items()
        frames.append({whose[number]: max((overlap(box, own) for box in shown), default=0.0) for number, own in here})
    best = Counter(max(one, key=one.__getitem__) for one in frames if one and max(one.values()) >= 0.5)
    person = best.most_common(1)[0][0] if best else ""
    overlaps = [one[person] for one in frames if person in one]
    right = sum(value >= 0.5 for value in overlaps)
    mean = float(np.mean(overlaps)) if overlaps else 0.0
    return Drawn(question, clip, moment.start, moment.end, len(overlaps), right, mean)


def measure(library: Library, folder: Path) -> Iterator[Drawn]:
    """Every moment of every yard query."""
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    clips = {clip["source"]: clip for clip in truth["clips"] if clip["source"].startswith("yard")}
    tracks = {name: read_tracks(folder / clip["tracks"]) for name, clip in clips.items()}
    whose = {number: person for person, numbers in truth["yard_track_ids"].items() for number in numbers}
    names = {source.id: source.path.stem for source in library.store.sources()}
    for question in read_truth(folder)[1]:
        if not question.name.startswith("yard"):
            continue
        for moment in library.find(question.photos).moments:
            name = names[moment.source_id]
            if name not in clips:
                continue
            around = whereabouts(library.store, moment.source_id, moment.start - 5, moment.end + 5, moment.tracklets)
            own = [one for one in around if one.wanted]
            yield judge(question.name, moment, name, tracks[name], whose, own)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--truth", type=Path, default=Path("../shared/footage"), help="folder with truth.json")
    parser.add_argument("--models", type=Path, default=None, help="folder of model files (else RESEEN_MODELS)")
    parser.add_argument("--detector", default="yolox_nano")
    parser.add_argument("--embedder", default="person-reidentification-retail-0286")
    parser.add_argument("--keep", type=Path, default=None, help="keep the library here and use it again")
    chosen = parser.parse_args()
    if chosen.models is not None:
        os.environ["RESEEN_MODELS"] = str(chosen.models)
    with tempfile.TemporaryDirectory() as temporary:
        home = (chosen.keep or Path(temporary)) / chosen.detector
        with Library(home, detector=chosen.detector, embedder=chosen.embedder, reembed=True) as library:
            library.add([file for name, file in read_truth(chosen.truth)[0] if name.startswith("yard")])
            drawn = list(measure(library, chosen.truth))
    print("| query | clip | from | to | frames | right | mean IoU |\n|---|---|---|---|---|---|---|")
    for one in drawn:
        share = one.right / one.frames
        print(f"| {one.query} | {one.clip} | {one.start:.1f} | {one.end:.1f} | {one.frames} | {share:.3f} | "
              f"{one.overlap:.2f} |")  # fmt: skip
    frames, right = sum(one.frames for one in drawn), sum(one.right for one in drawn)
    enough = sum(one.right >= 0.95 * one.frames for one in drawn)
    print(f"\n{right} of {frames} frames right ({right / frames:.3f}); {enough} of {len(drawn)} moments reach 0.95")


if __name__ == "__main__":
    main()
