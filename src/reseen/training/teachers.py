"""Teachers: embedders of the catalogue whose outputs a student learns from."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reseen.errors import InputError
from reseen.training.data import Packed
from reseen.training.whole import whole

log = logging.getLogger(__name__)

BATCH = 32


@dataclass(frozen=True)
class Teacher:
    """One opened teacher.

    Attributes:
        name: As the recipe names it.
        digest: SHA-256 of its files.
        size: (height, width) it looks at.
        embed: Maps (N, height, width, 3) uint8 RGB to (N, D) float32.
    """

    name: str
    digest: str
    size: tuple[int, int]
    embed: Callable[[NDArray[np.uint8]], NDArray[np.float32]]


def teacher_outputs(packed: Packed, teacher: Teacher, cache: Path | None) -> NDArray[np.float16]:
    """Unit embeddings of every picture and of its mirror image, computed once and kept.

    Args:
        packed: Pictures at the teacher's size.
        teacher: The teacher.
        cache: Folder for the array; ``None`` keeps it in memory.

    Returns:
        (N, 2, D) float16: as it is, mirrored.
    """
    key = hashlib.sha256(f"1 {packed.key} {teacher.digest}".encode()).hexdigest()
    path = None if cache is None else cache / f"teach-{key[:24]}.npy"
    if path is not None and path.exists():
        known: NDArray[np.float16] = np.load(path, allow_pickle=False)
        if len(known) == len(packed.images):
            return known
    log.info("teacher %s: looking at %d pictures and their mirror images", teacher.name, len(packed.images))
    parts: list[NDArray[np.float16]] = []
    for start in range(0, len(packed.images), BATCH):
        pictures = np.asarray(packed.images[start : start + BATCH])
        views = [unit_rows(teacher.embed(view)) for view in (pictures, np.ascontiguousarray(pictures[:, :, ::-1]))]
        parts.append(np.stack(views, axis=1).astype(np.float16))
    out = np.concatenate(parts)
    if path is not None:
        with whole(path, "teacher's output") as temporary:
            np.save(temporary, out, allow_pickle=False)
    return out


def join(outputs: Sequence[NDArray[np.float16]]) -> NDArray[np.float16]:
    """Join several teachers' (N, 2, D_i) unit outputs, of equal weight, into unit rows (N, 2, sum D_i)."""
    joined = np.concatenate([part.astype(np.float32) for part in outputs], axis=2)
    unit: NDArray[np.float16] = (joined / np.float32(len(outputs)) ** 0.5).astype(np.float16)
    return unit


def unit_rows(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows divided by their length."""
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    if not np.isfinite(length).all() or (length == 0).any():
        raise InputError("a teacher gave an embedding that is zero or not a number")
    unit: NDArray[np.float32] = rows / length
    return unit


def open_teacher(name: str, threads: int = 0, folders: Sequence[Path] = ()) -> Teacher:
    """Open a catalogue model by name, or a model file by path (then read as BGR 0..255 unless it has a card).

    Raises:
        InputError: The model is not here.
    """
    from reseen.models import Catalogue, read_card
    from reseen.runtime import Session, SessionSettings

    path = Path(name)
    if path.suffix in (".xml", ".onnx"):
        card, file = read_card(path.with_suffix(".toml")), path
    else:
        located = Catalogue.load(folders).locate(name)
        card, file = located.card, located.path
    session = Session(file, SessionSettings(threads=threads))
    spec = card.input
    mean, std = np.asarray(spec.mean, np.float32), np.asarray(spec.std, np.float32)

    def embed(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        ordered = pictures[..., ::-1] if spec.colour == "BGR" else pictures
        x = (ordered.astype(np.float32) / np.float32(spec.divisor) - mean) / std
        out = session.run(np.ascontiguousarray(x.transpose(0, 3, 1, 2)))[0]
        return np.asarray(out, np.float32).reshape(len(pictures), -1)

    return Teacher(name, _digest(file), (spec.height, spec.width), embed)


def _digest(file: Path) -> str:
    weights = file.with_suffix(".bin")
    more = weights.read_bytes() if file.suffix == ".xml" and weights.exists() else b""
    return hashlib.sha256(file.read_bytes() + more).hexdigest()
