"""What indexing costs: CPU seconds of looking through a 1080p25 clip over those of plain full decoding by PyAV.

The clip is made of the footage: pictures scaled up to 1920x1080 and repeated to 25 a second, with people in view all
the time, coded with x264 as a camera would. Both are whole processes of their own, one after the other in the same run;
the ratio of each pair of runs is what counts, since machines are shared.

    python benchmarks/index_speed.py --footage ../shared/footage --models ../shared/models/files

``--pair DETECTOR EMBEDDER`` measures that pair; several may be named.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PAIRS = (
    ("person-detection-0201", "osnet_x0_25_msmt17"),
    ("yolox_nano", "osnet_x0_25_msmt17"),
    ("yolox_nano", "person-reidentification-retail-0286"),
    ("person-detector", "person-reid"),
)

DECODE = """
import av, sys
with av.open(sys.argv[1]) as container:
    container.streams.video[0].thread_count = 1
    for frame in container.decode(video=0):
        pass
"""

INDEX = """
import json, resource, sys
from reseen import Library
from reseen.indexing import Workers
clip, home, detector, embedder, threads = sys.argv[1:6]
with Library(home, detector=detector, embedder=embedder, workers=Workers(threads=int(threads))) as library:
    done = library.add(clip)
print(json.dumps({"stages": done.stages.cpu, "people": done.people, "seconds": done.seconds}))
"""


@dataclass(frozen=True)
class Cost:
    """CPU seconds (user and system) and peak memory in MB of one process, and what it printed."""

    cpu: float
    peak: float
    printed: str


def run(program: str, *arguments: str) -> Cost:
    """Run a Python program and account for it."""
    process = subprocess.Popen([sys.executable, "-c", program, *arguments], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    printed = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"a measured process ended with status {status}")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / (1024 if sys.platform != "darwin" else 1e6), printed)


def make_clip(source: Path, target: Path, seconds: float, size: tuple[int, int] = (1920, 1080), rate: int = 25) -> None:
    """Scale footage up to 1080p25, repeating it until it is long enough."""
    import av
    import numpy as np

    pictures: list[np.ndarray] = []
    with av.open(str(source)) as container:
        base = float(container.streams.video[0].average_rate or rate)
        for frame in container.decode(video=0):
            pictures.append(frame.reformat(*size, format="yuv420p").to_ndarray())
            if len(pictures) >= seconds * base:
                break
    with av.open(str(target), "w") as out:
        stream = out.add_stream("libx264", rate=rate, options={"crf": "23", "preset": "fast", "g": str(2 * rate)})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for number in range(int(seconds * rate)):
            picture = pictures[int(number * base / rate) % len(pictures)]
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="yuv420p")))
        out.mux(stream.encode())


def present(pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The pairs whose networks are both here."""
    from reseen.models import Catalogue

    catalogue = Catalogue.load()
    here = {card.name for card in catalogue.cards() if catalogue.present(card.name)}
    return [pair for pair in pairs if here.issuperset(pair)]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--footage", type=Path, default=Path("../shared/footage"))
    parser.add_argument("--models", type=Path, default=None, help="folder of model files (else RESEEN_MODELS)")
    parser.add_argument("--clip", default="yard-1")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1, help="threads of a network")
    parser.add_argument("--pair", nargs=2, action="append", default=[], metavar=("DETECTOR", "EMBEDDER"))
    chosen = parser.parse_args()
    if chosen.models is not None:
        os.environ["RESEEN_MODELS"] = str(chosen.models.resolve())
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "clip.mp4"
        # In a process of its own: a child inherits the peak memory of the process that it was forked from.
        source = chosen.footage / "clips" / f"{chosen.clip}.mp4"
        multiprocessing.get_context("spawn").Pool(1).apply(make_clip, (source, clip, chosen.seconds))
        print("| pair | CPU s of indexing | CPU s of decoding | ratio (median) | peak MB | people | stages, CPU s |")
        print("|---|---|---|---|---|---|---|")
        for detector, embedder in chosen.pair or present(PAIRS):
            indexing, decoding = [], []
            for number in range(chosen.runs):
                decoding.append(run(DECODE, str(clip)))
                home = str(Path(folder) / f"{detector}-{embedder}-{number}")
                indexing.append(run(INDEX, str(clip), home, detector, embedder, str(chosen.threads)))
            ratios = [one.cpu / other.cpu for one, other in zip(indexing, decoding, strict=True)]
            told = json.loads(indexing[-1].printed)
            stages = ", ".join(f"{name} {cpu:.1f}" for name, cpu in sorted(told["stages"].items(), key=lambda x: -x[1]))
            print(
                f"| {detector} + {embedder} | {statistics.median(one.cpu for one in indexing):.1f} "
                f"| {statistics.median(one.cpu for one in decoding):.1f} | {statistics.median(ratios):.2f} "
                f"| {max(one.peak for one in indexing):.0f} | {told['people']} | {stages} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
