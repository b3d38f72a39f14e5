"""Whether everybody else is hidden in the clips that are taken away: the yard's moments against the truth.

Every query of the yard is asked; each moment reported becomes a clip with two seconds before and after, in which
others are hidden as an export hides them. In every frame the boxes of all other people (the truth's, also those who
stand behind something) are compared with what is hidden; where the wanted person's own box overlaps them, the pixels
are the wanted person's. Given are the share of the area that is hidden, of the frames in which it is 0.99 or more, and
of the boxes for which it is, first with what the analysis knows, then with a second look at every picture.

    python benchmarks/blur.py --truth ../shared/footage --models ../shared/models/files
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from moments import read_truth
from overlay import FPS, Track, overlap, read_tracks
from reseen import Library
from reseen.detection import DetectionSettings
from reseen.media import pictures_between
from reseen.reports.blurring import hidden_pixels
from reseen.reports.bystanders import BlurSettings, Bystanders, Glances, paths_of
from reseen.searching import Moment

PADDING = 2.0
SEEN = 0.2
"""Somebody of whom less than this share is outside the wanted person's box is not counted."""

Mask = NDArray[np.bool_]


def inside(box: NDArray[np.float64], shape: tuple[int, int]) -> tuple[slice, slice]:
    """The pixels of a box."""
    x1, y1, x2, y2 = np.clip(box.round().astype(int), 0, [shape[1], shape[0]] * 2)
    return slice(y1, y2), slice(x1, x2)


def shown_in(people: Bystanders, moment: Moment, truth: dict[int, Track], whose: dict[int, str]) -> str:
    """Whom the moment's boxes lie on most often."""
    best: Counter[str] = Counter()
    for frame in range(round(moment.start * FPS), round(moment.end * FPS) + 1):
        for box in people.wanted(frame / FPS):
            best.update(
                whose[number]
                for number, own in truth.get(frame, {}).items()
                if overlap(np.asarray(box, np.float64), own) >= 0.5
            )
    return best.most_common(1)[0][0] if best else ""


def judge(
    people: Bystanders, moment: Moment, truth: dict[int, Track], whose: dict[int, str], settings: BlurSettings,
    shape: tuple[int, int],
) -> Iterator[list[tuple[int, int]]]:  # fmt: skip
    """For each frame of the clip, of each other person: pixels, and how many of them are hidden."""
    wanted = shown_in(people, moment, truth, whose)
    first, last = max(moment.start - PADDING, 0.0), moment.end + PADDING
    for frame in range(int(np.ceil(first * FPS)), min(round(last * FPS), max(truth)) + 1):
        hidden = hidden_pixels((*shape, 3), people.boxes(frame / FPS), people.wanted(frame / FPS), settings)
        own: Mask = np.zeros(shape, np.bool_)
        for number, box in truth.get(frame, {}).items():
            if whose[number] == wanted:
                own[inside(box, shape)] = True
        found = []
        for number, box in truth.get(frame, {}).items():
            area = inside(box, shape)
            theirs = ~own[area]
            if whose[number] != wanted and theirs.sum() >= SEEN * theirs.size:
                found.append((int(theirs.sum()), int((theirs & hidden[area]).sum())))
        yield found


def row(name: str, frames: Sequence[list[tuple[int, int]]]) -> str:
    """One row of the table."""
    some = [frame for frame in frames if frame]
    boxes = [box for frame in some for box in frame]
    sums = np.array([np.sum(frame, axis=0) for frame in some], np.float64)
    area = sums[:, 1].sum() / sums[:, 0].sum()
    whole = np.mean(sums[:, 1] >= 0.99 * sums[:, 0])
    each = np.mean([hidden >= 0.99 * size for size, hidden in boxes])
    return f"| {name} | {len(some)} | {len(boxes)} | {area:.4f} | {whole:.4f} | {each:.4f} |"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--truth", type=Path, default=Path("../shared/footage"), help="folder with truth.json")
    parser.add_argument("--models", type=Path, default=None, help="folder of model files (else RESEEN_MODELS)")
    parser.add_argument("--detector", default="yolox_nano")
    parser.add_argument("--embedder", default="person-reidentification-retail-0286")
    parser.add_argument("--faint", type=float, default=0.05, help="score from which the second look hides")
    parser.add_argument("--keep", type=Path, default=None, help="keep the library here and use it again")
    chosen = parser.parse_args()
    if chosen.models is not None:
        os.environ["RESEEN_MODELS"] = str(chosen.models)
    truth = json.loads((chosen.truth / "truth.json").read_text(encoding="utf-8"))
    clips = {clip["source"]: clip for clip in truth["clips"] if clip["source"].startswith("yard")}
    whose = {number: person for person, numbers in truth["yard_track_ids"].items() for number in numbers}
    tracks = {name: read_tracks(chosen.truth / clip["tracks"]) for name, clip in clips.items()}
    settings = BlurSettings()
    plain: list[list[tuple[int, int]]] = []
    looked: list[list[tuple[int, int]]] = []
    with tempfile.TemporaryDirectory() as temporary:
        home = (chosen.keep or Path(temporary)) / chosen.detector
        with Library(home, detector=chosen.detector, embedder=chosen.embedder, reembed=True) as library:
            library.add([file for name, file in read_truth(chosen.truth)[0] if name.startswith("yard")])
            detector = library.detector_for(DetectionSettings(low=chosen.faint, tiles=library.settings.tiles))
            names = {source.id: source.path.stem for source in library.store.sources()}
            glances = {}
            for name, clip in clips.items():
                seen = [(time, detector.detect(picture).boxes)
                        for time, picture in pictures_between(chosen.truth / clip["file"], 0.0, 1e9)]  # fmt: skip
                glances[name] = Glances([time for time, _ in seen], [boxes for _, boxes in seen], settings)
            for question in read_truth(chosen.truth)[1]:
                for moment in library.find(question.photos).moments if question.name.startswith("yard") else ():
                    name = names[moment.source_id]
                    if name not in clips:
                        continue
                    shape = clips[name]["height"], clips[name]["width"]
                    around = PADDING + max(settings.hold, settings.bridge) + 1.0
                    paths = paths_of(library.store, moment.source_id, moment.start - around, moment.end + around,
                                     moment.tracklets)  # fmt: skip
                    for people, into in ((Bystanders(*paths, settings), plain),
                                         (Bystanders(*paths, settings, glances[name]), looked)):  # fmt: skip
                        into.extend(judge(people, moment, tracks[name], whose, settings, shape))
    print("| others hidden by | frames | boxes | area | frames whole | boxes whole |\n|---|---|---|---|---|---|")
    print(row("what the analysis knows", plain))
    print(row("and a second look at every picture", looked))


if __name__ == "__main__":
    main()
