"""Pictures decoded once and kept as one uint8 array, in memory or as a file mapped into it."""

from __future__ import annotations

import hashlib
import io
import json
import logging
import os
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from reseen.errors import InputError
from reseen.training.data.samples import Samples
from reseen.training.whole import whole

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

    Bad pictures are skipped; each is reported in one warning, the first time it is met in an opened data set.

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
    told = samples.files.reported
    for name, reason in found.bad:
        if name not in told:
            log.warning("%s/%s: skipped (%s)", samples.files.shown, name, reason)
            told.add(name)
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
    pictures = _pictures(samples, size, resampling, threads)
    if stem is None:
        images: NDArray[np.uint8] = np.empty((len(samples), *size, 3), np.uint8)
        kept, bad = _gather(samples, pictures, images.__setitem__)
        return Packed(samples.take(np.asarray(kept, np.int64)), images[: len(kept)], tuple(bad), key)
    array = stem.with_suffix(".npy")
    with whole(array, "decoded pictures") as temporary:
        kept, bad = _write(temporary, samples, pictures, size)
    with whole(stem.with_suffix(".json"), "list of decoded pictures") as temporary:
        temporary.write_text(json.dumps({"key": key, "kept": kept, "bad": bad}), encoding="utf-8")
    mapped = np.load(array, mmap_mode="r", allow_pickle=False)
    return Packed(samples.take(np.asarray(kept, np.int64)), mapped, tuple(bad), key)


def _write(
    path: Path, samples: Samples, pictures: Iterator[NDArray[np.uint8] | str], size: tuple[int, int]
) -> tuple[list[int], list[tuple[str, str]]]:
    """Writes the array as it comes. A mapped file would be simpler, but a full disk then kills the process."""

    def header(count: int) -> dict[str, object]:
        return {"descr": "|u1", "fortran_order": False, "shape": (count, *size, 3)}

    with path.open("wb") as stream:
        # numpy leaves room in the header for the first number, so that the true one fits in at the end.
        np.lib.format.write_array_header_1_0(stream, header(len(samples)))
        start = stream.tell()
        kept, bad = _gather(samples, pictures, lambda _, image: stream.write(image.tobytes()))
        stream.seek(0)
        np.lib.format.write_array_header_1_0(stream, header(len(kept)))
        if stream.tell() != start:
            raise OSError("the header changed its length")
    return kept, bad


def _gather(
    samples: Samples,
    pictures: Iterator[NDArray[np.uint8] | str],
    put: Callable[[int, NDArray[np.uint8]], object],
) -> tuple[list[int], list[tuple[str, str]]]:
    """Puts every good picture in its row; gives the samples kept, and the bad ones with the reason."""
    kept: list[int] = []
    bad: list[tuple[str, str]] = []
    for i, result in enumerate(pictures):
        if isinstance(result, str):
            bad.append((samples.names[i], result))
        else:
            put(len(kept), result)
            kept.append(i)
    return kept, bad


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
