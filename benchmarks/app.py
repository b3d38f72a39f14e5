"""How quick the application is over a library of 100,000 people while it looks through more footage.

    python benchmarks/app.py --footage ../shared/footage --models ../shared/models/files

A library of made-up people (clustered random embeddings, four shots each) is served by ``reseen app``, a real
Chromium opens its pages, twenty scripts search, and a long video is being indexed all the while. ``--small`` tries the
benchmark itself over fewer people in less time.
"""

from __future__ import annotations

import argparse
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import httpx
import psutil

from crowded_library import make_library
from reseen.library import ModelsUsed
from reseen.models import Catalogue

PHOTOS = ("hall-3.jpg", "hall-7.jpg", "yard-p8.jpg")
THINK = 2.0

SLIDE = """async (steps) => {
  const slider = document.querySelector('#slider'), [low, high] = [Number(slider.min), Number(slider.max)], took = [];
  for (let step = 0; step < steps; step += 1) {
    const began = performance.now();
    slider.value = low + (high - low) * ((step * 7) % steps) / steps;
    slider.dispatchEvent(new Event('input', { bubbles: true }));
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    took.push(performance.now() - began);
  }
  return took;
}"""

SCROLL = """async (frames) => {
  const middle = document.documentElement.scrollHeight / 2, pauses = [];
  let before = performance.now();
  for (let frame = 1; frame <= frames; frame += 1) {
    scrollTo(0, middle * frame / frames);
    await new Promise((done) => requestAnimationFrame(done));
    const now = performance.now();
    pauses.push(now - before);
    before = now;
  }
  return pauses;
}"""


@dataclass
class Measured:
    """A line of the table: figures in ms or MB, what was asked for, and CPU seconds of the application."""

    what: str
    asked: str
    got: str
    cpu: float


@dataclass
class Served:
    """The application as it runs, and the most memory its own process took, in bytes."""

    address: str
    process: psutil.Process
    peak: int = 0
    done: threading.Event = field(default_factory=threading.Event)

    def watch(self) -> None:
        while not self.done.wait(0.2):
            self.peak = max(self.peak, self.process.memory_info().rss)

    def cpu(self) -> float:
        """CPU seconds of the process that serves pages and answers, not of its workers."""
        times = self.process.cpu_times()
        return times.user + times.system


@contextmanager
def served(library: Path, root: Path) -> Iterator[Served]:
    """``reseen app`` on the library."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "reseen", "app", "--no-browser", "--port", str(port)]
    started = subprocess.Popen([*command, "--library", str(library), "--root", str(root)])
    running = Served(f"http://127.0.0.1:{port}", psutil.Process(started.pid))
    try:
        for _ in range(600):
            try:
                httpx.get(running.address + "/api/v1/session").raise_for_status()
                break
            except httpx.HTTPError:
                time.sleep(0.2)
        threading.Thread(target=running.watch, daemon=True).start()
        yield running
    finally:
        running.done.set()
        started.terminate()
        started.wait(30)


def repeat(clip: Path, target: Path, times: int) -> None:
    """A long video: the packets of a clip, again and again."""
    with av.open(str(clip)) as source, av.open(str(target), "w") as made:
        stream = source.streams.video[0]
        out = made.add_stream_from_template(stream)
        packets = [packet for packet in source.demux(stream) if packet.dts is not None and packet.pts is not None]
        length = max(p.pts + (p.duration or 1) for p in packets) - min(p.pts for p in packets)
        kept = [(p.pts, p.dts, bytes(p), p.is_keyframe, p.duration, p.time_base) for p in packets]
        for turn in range(times):
            for pts, dts, content, key, duration, base in kept:
                packet = av.Packet(content)
                packet.pts, packet.dts, packet.duration = pts + turn * length, dts + turn * length, duration
                packet.time_base, packet.is_keyframe, packet.stream = base, key, out
                made.mux(packet)


def in_browser(running: Served, photos: Sequence[Path], rounds: int) -> list[Measured]:
    """Pages, searches, slider and wall in Chromium."""
    from playwright.sync_api import sync_playwright

    lines: list[Measured] = []
    with sync_playwright() as playwright:
        program = os.environ.get("RESEEN_CHROMIUM", "/usr/bin/chromium")
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page(base_url=running.address, viewport={"width": 1280, "height": 800})
        page.set_default_timeout(120_000)
        before = running.cpu()
        ready = [_ready(page) for _ in range(rounds)]
        lines.append(Measured("page ready", "< 2000 ms", _ms(ready), running.cpu() - before))
        before = running.cpu()
        searched = [_search(page, photos[turn % len(photos)]) for turn in range(rounds)]
        lines.append(Measured("photo sent to results shown", "median < 1500 ms", _ms(searched), running.cpu() - before))
        before = running.cpu()
        slid = page.evaluate(SLIDE, 40)
        lines.append(Measured("slider to repaint", "< 150 ms", _ms(slid), running.cpu() - before))
        before = running.cpu()
        page.goto("/browse")
        page.wait_for_selector(".tile button")
        pauses = page.evaluate(SCROLL, 240)
        page.wait_for_selector(".tile button")
        lines.append(
            Measured("pauses on the way to the wall's middle", "< 200 ms", _ms(pauses), running.cpu() - before)
        )
        browser.close()
    return lines


def _ready(page: Any) -> float:
    began = time.perf_counter()
    page.goto("/")
    page.wait_for_selector("#shown .empty")
    return 1000 * (time.perf_counter() - began)


def _search(page: Any, photo: Path) -> float:
    page.goto("/")
    page.evaluate("sessionStorage.clear()")
    page.goto("/")
    page.wait_for_selector("#shown .empty")
    began = time.perf_counter()
    page.set_input_files("#choose-photo", str(photo))
    page.wait_for_selector("#headline:not(:empty)")
    page.wait_for_selector("#results[aria-busy='false']")
    return 1000 * (time.perf_counter() - began)


def by_scripts(running: Served, photos: Sequence[Path], clients: int, seconds: float) -> Measured:
    """Scripts that send a photo, search with it, and think for two seconds."""
    took: list[float] = []
    errors: list[str] = []
    until = time.monotonic() + seconds

    def work(number: int) -> None:
        content = photos[number % len(photos)].read_bytes()
        with httpx.Client(base_url=running.address + "/api/v1", timeout=60) as client:
            time.sleep(THINK * number / clients)
            while time.monotonic() < until:
                began = time.perf_counter()
                try:
                    photo = client.post("/photos", files={"file": ("photo.jpg", content)}).raise_for_status().json()
                    answer = client.post("/searches", json={"photos": [{"id": photo["id"]}]})
                    answer.raise_for_status().json()["moments"]
                except (httpx.HTTPError, KeyError) as error:
                    errors.append(repr(error))
                took.append(1000 * (time.perf_counter() - began))
                time.sleep(THINK)

    before = running.cpu()
    threads = [threading.Thread(target=work, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for text in sorted(set(errors)):
        print(text, file=sys.stderr)
    at_95 = statistics.quantiles(took, n=20)[-1] if len(took) > 1 else float("nan")
    got = f"{len(took)} searches, {len(errors)} errors, median {statistics.median(took):.0f}, p95 {at_95:.0f} ms"
    return Measured(f"{clients} scripts for {seconds:.0f} s", "no error, p95 < 5000 ms", got, running.cpu() - before)


def _ms(values: Sequence[float]) -> str:
    return f"median {statistics.median(values):.0f}, most {max(values):.0f} ms"


def index(running: Served, clip: Path) -> str:
    """Have a long video indexed; the id of the job."""
    asked = httpx.post(running.address + "/api/v1/footage", json={"paths": [str(clip)], "camera": "Gate"}, timeout=60)
    return str(asked.raise_for_status().json()["id"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--footage", type=Path, required=True, help="folder of test footage (clips/, photos/)")
    parser.add_argument("--models", type=Path, default=None, help="folder of model files (else RESEEN_MODELS)")
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--small", action="store_true", help="2,000 people, a few seconds")
    chosen = parser.parse_args()
    if chosen.models is not None:
        os.environ["RESEEN_MODELS"] = str(chosen.models.resolve())
    people, rounds, seconds = (2_000, 3, 6.0) if chosen.small else (chosen.people, 10, 60.0)
    photos = sorted(path for path in chosen.footage.rglob("*.jpg") if path.name in PHOTOS) or sorted(
        chosen.footage.rglob("*.jpg")
    )
    detector, embedder = Catalogue.load().pair(None, None)
    assert embedder.card.embedder is not None
    models = ModelsUsed(
        detector.card.name, detector.sha256, embedder.card.name, embedder.sha256, embedder.card.embedder.dim
    )
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        make_library(folder / "big.reseen", models, people, 4)
        clip = max(chosen.footage.rglob("*.mp4"), key=lambda path: path.stat().st_size)
        repeat(clip, folder / "long.mp4", 60)
        with served(folder / "big.reseen", folder) as running:
            job = index(running, folder / "long.mp4")
            lines = [*in_browser(running, photos, rounds), by_scripts(running, photos, 20, seconds)]
            state = httpx.get(f"{running.address}/api/v1/jobs/{job}").json()
            lines.append(Measured("memory of the application", "< 800 MB", f"{running.peak / 1e6:.0f} MB", 0.0))
    print(
        f"{people} people, {detector.card.name} + {embedder.card.name}; the job: {state['state']}, {state['progress']}"
    )
    print("| what | goal | measured | CPU s of the application |\n|---|---|---|---|")
    for line in lines:
        print(f"| {line.what} | {line.asked} | {line.got} | {line.cpu:.1f} |")


if __name__ == "__main__":
    main()
