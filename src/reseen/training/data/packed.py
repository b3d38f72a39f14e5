"""Pictures decoded once and kept as one uint8 array, in memory or as a file mapped into it."""

from __future__ import annotations

import hashlib
import io
import json
import logging
import os
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from reseen.errors import InputError
from reseen.training.data.samples import Samples

log = logging.getLogger(__name__)

Resampling = Literal["bicubic", "bilinear"]
_FILTERS = {"bicubic": Image.Resampling.BICUBIC, "bilinear": Image.Resampling.BILINEAR}
_WORK = 512


@dataclass(frozen=True)
class Packed:
    """Decoded pictures.

    Attributes:
        samples: The samples whose pictures could be read, in the order of ``images``.
        images: (N, H, W, 3) uint8, RGB; possibly a read-only memory map.
        bad: (name, reason) of every picture that could not be read.
        key: Hex digest of what went in, equal for equal content.
    """

    samples: Samples
    images: NDArray[np.uint8]
    bad: tuple[tuple[str, str], ...]
    key: str


def resized(image: Image.Image, size: tuple[int, int], resampling: Resampling) -> NDArray[np.uint8]:
    """Resize an RGB picture to ``size`` = (height, width) as Pillow does.

    Training pictures are resized bicubic, test pictures bilinear, as in the published recipes.
    """
    return np.asarray(image.resize((size[1], size[0]), _FILTERS[resampling]), np.uint8)


def pack(
    samples: Samples,
    size: tuple[int, int],
    resampling: Resampling,
    *,
    cache: Path | None = None,
    threads: int = 0,
) -> Packed:
    """Decode and resize every picture once.

    Bad pictures are reported once, in one warning each, and skipped.

    Args:
        samples: What to decode.
        size: (height, width) in pixels.
        resampling: ``bicubic`` for training, ``bilinear`` for testing.
        cache: Folder for the array, reused when the content is the same; ``None`` keeps it in memory.
        threads: Decoding threads; 0 for one per core, at most 8.

    Raises:
        InputError: No picture could be read.
    """
    key = _key(samples, size, resampling)
    stem = None if cache is None else cache / f"pack-{key[:24]}"
    found = None if stem is None else _load(samples, stem, key)
    if found is None:
        found = _decode(samples, size, resampling, stem=stem, key=key, threads=threads)
    for name, reason in found.bad:
        log.warning("%s/%s: skipped (%s)", samples.files.shown, name, reason)
    if len(samples) and not len(found.samples):
        raise InputError(f"{samples.files.shown}: none of its {len(samples)} pictures could be read")
    return found


def _key(samples: Samples, size: tuple[int, int], resampling: Resampling) -> str:
    digest = hashlib.sha256(json.dumps([1, size, resampling]).encode())
    for i, name in enumerate(samples.names):
        try:
            digest.update(f"{name}\0{samples.files.checksum(name):x}\n".encode())
        except (InputError, KeyError):
            digest.update(f"{name}\0unreadable\n".encode())
        if samples.boxes is not None:
            digest.update(samples.boxes[i].tobytes())
    return digest.hexdigest()


def _load(samples: Samples, stem: Path, key: str) -> Packed | None:
    try:
        facts = json.loads(stem.with_suffix(".json").read_text(encoding="utf-8"))
        images = np.load(stem.with_suffix(".npy"), mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError):
        return None
    kept = np.asarray(facts["kept"], np.int64)
    if facts["key"] != key or len(images) != len(kept):
        return None
    return Packed(samples.take(kept), images, tuple((n, r) for n, r in facts["bad"]), key)


def _decode(
    samples: Samples,
    size: tuple[int, int],
    resampling: Resampling,
    *,
    stem: Path | None,
    key: str,
    threads: int,
) -> Packed:
    shape = (len(samples), *size, 3)
    temporary = None if stem is None else stem.with_suffix(f".{os.getpid()}.npy")
    if temporary is None:
        images: NDArray[np.uint8] = np.empty(shape, np.uint8)
    else:
        temporary.parent.mkdir(parents=True, exist_ok=True)
        images = np.lib.format.open_memmap(temporary, "w+", np.uint8, shape)
    kept: list[int] = []
    bad: list[tuple[str, str]] = []
    for i, result in enumerate(_pictures(samples, size, resampling, threads)):
        if isinstance(result, str):
            bad.append((samples.names[i], result))
        else:
            images[len(kept)] = result
            kept.append(i)
    images = images[: len(kept)]
    if stem is not None and temporary is not None:
        if bad:  # the array in the file must be exactly as long as the list of rows
            whole = np.array(images)
            np.save(temporary, whole, allow_pickle=False)
        elif isinstance(images, np.memmap):
            images.flush()
        del images
        temporary.replace(stem.with_suffix(".npy"))
        facts = {"key": key, "kept": kept, "bad": bad}
        beside = stem.with_suffix(f".{os.getpid()}.json")
        beside.write_text(json.dumps(facts), encoding="utf-8")
        beside.replace(stem.with_suffix(".json"))
        images = np.load(stem.with_suffix(".npy"), mmap_mode="r", allow_pickle=False)
    return Packed(samples.take(np.asarray(kept, np.int64)), images, tuple(bad), key)


def _pictures(
    samples: Samples, size: tuple[int, int], resampling: Resampling, threads: int
) -> Iterator[NDArray[np.uint8] | str]:
    """The decoded pictures in order, or for each bad one the reason."""

    def one(index: int) -> NDArray[np.uint8] | str:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                opened = Image.open(io.BytesIO(samples.files.read(samples.names[index])))
                image: Image.Image = opened.convert("RGB")
                if samples.boxes is not None:
                    x1, y1, x2, y2 = (float(v) for v in samples.boxes[index])
                    image = image.crop((round(x1), round(y1), round(x2), round(y2)))
                return resized(image, size, resampling)
        except (InputError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            return str(error) or type(error).__name__

    with ThreadPoolExecutor(threads or min(8, os.cpu_count() or 1)) as pool:
        for start in range(0, len(samples), _WORK):
            yield from pool.map(one, range(start, min(len(samples), start + _WORK)))
