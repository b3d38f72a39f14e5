"""Invented people of coloured blocks, as data sets small enough to train on in a test."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def picture(person: int, camera: int, number: int, size: tuple[int, int] = (32, 16)) -> NDArray[np.uint8]:
    """(height, width, 3) uint8: a person's two garments before a camera's wall, with noise."""
    colours = np.random.default_rng(person).integers(30, 226, (3, 3))
    rng = np.random.default_rng([person, camera, number])
    height, width = size
    wall = np.random.default_rng(1000 + camera).integers(60, 200, 3)
    canvas = np.broadcast_to(wall, (height, width, 3)).astype(np.float64).copy()
    shift = int(rng.integers(-1, 2))
    left, right = width // 4 + shift, 3 * width // 4 + shift
    for part, (top, bottom) in enumerate(((0.05, 0.2), (0.2, 0.55), (0.55, 0.98))):
        canvas[int(top * height) : int(bottom * height), left:right] = colours[part]
    canvas = canvas * (0.85 + 0.1 * camera) + rng.normal(0, 8, canvas.shape)
    return np.clip(canvas, 0, 255).astype(np.uint8)


def write_market(
    root: Path, people: int = 6, cameras: int = 2, each: int = 4, size: tuple[int, int] = (32, 16)
) -> Path:
    """A folder in Market-1501's layout; the same people are trained on and searched for."""
    for folder in ("bounding_box_train", "query", "bounding_box_test"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    for person in range(1, people + 1):
        for camera in range(1, cameras + 1):
            for number in range(each):
                name = f"{person:04d}_c{camera}s1_{number:06d}_00.jpg"
                image = Image.fromarray(picture(person, camera, number, size))
                image.save(root / "bounding_box_train" / name, quality=95)
                folder = "query" if number == 0 else "bounding_box_test"
                later = Image.fromarray(picture(person, camera, 100 + number, size))
                later.save(root / folder / name, quality=95)
    return root


def zipped(folder: Path, path: Path, prefix: str = "") -> Path:
    """The same files in a zip file, names starting with ``prefix``."""
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.write(file, prefix + file.relative_to(folder).as_posix())
    return path
