"""How fast footage is rendered, relative to real time: ``python benchmarks/synthetic.py [--fps 25] ...``."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

from reseen.synthetic import Scene, SceneSettings, write_footage


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--people", type=int, default=6)
    parser.add_argument("--cameras", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--fps", type=int, default=25)
    parser.add_argument("--size", default="1280x720")
    parser.add_argument("--crowd", type=float, default=2.5)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    options = parser.parse_args()
    width, height = (int(side) for side in options.size.split("x"))
    settings = SceneSettings(
        seed=options.seed,
        people=options.people,
        cameras=options.cameras,
        seconds=options.seconds,
        width=width,
        height=height,
        fps=options.fps,
        crowd=options.crowd,
    )
    figures = measure(settings, options.workers)
    if options.json:
        json.dump(figures, sys.stdout, indent=1)
        return
    print(f"{settings.cameras} cameras, {settings.seconds:g} s each, {options.size} at {settings.fps} a second")
    for name, value in figures.items():
        print(f"{name:38} {value:10.3f}")


def measure(settings: SceneSettings, workers: int) -> dict[str, float]:
    """Seconds and CPU seconds of the parts, and camera seconds rendered per second."""
    footage = settings.seconds * settings.cameras
    scene = Scene(settings)
    setup = _timed(lambda: (scene.places, scene.visits))
    in_view = 0

    def draw() -> None:
        nonlocal in_view
        in_view = sum(len(frame.truth) for frame in scene.render(0))

    drawing = _timed(draw)
    with tempfile.TemporaryDirectory() as folder:
        whole = _timed(lambda: write_footage(settings, Path(folder), workers=workers))
        size = sum(path.stat().st_size for path in Path(folder).rglob("*.mp4"))
    return {
        "cores": float(os.cpu_count() or 1),
        "people in view, mean": in_view / settings.frames,
        "places and walks, CPU s": setup[1],
        "drawing, CPU ms a frame": drawing[1] / settings.frames * 1000,
        "whole, wall s": whole[0],
        "whole, CPU s": whole[1],
        "CPU s a camera second": whole[1] / footage,
        "times real time, one camera (CPU)": footage / whole[1],
        "times real time, as run (wall)": footage / whole[0],
        "megabytes a camera minute": size / 1e6 / footage * 60,
    }


def _timed(work: object) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    work()  # type: ignore[operator]
    return time.perf_counter() - wall, time.process_time() - cpu


if __name__ == "__main__":
    main()
