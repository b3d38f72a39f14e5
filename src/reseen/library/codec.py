"""How arrays lie in rows: embeddings as float16, a tracklet's path as one compressed, lossless blob."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from reseen.library.errors import LibraryError

if TYPE_CHECKING:
    from reseen.tracking.tracklet import Tracklet

_HEADER = struct.Struct("<BII")
_VERSION = 1
_BYTES_A_FRAME = 8 + 16 + 4 + 1 + 4
_BYTES_A_WARMUP_FRAME = 8 + 16
_LENGTH_TOLERANCE = 0.01


def pack_vectors(vectors: NDArray[np.float32]) -> list[bytes]:
    """Embeddings ``(N, D)`` float32 as N blobs of D little-endian float16."""
    half = np.ascontiguousarray(vectors, dtype="<f2")
    return [row.tobytes() for row in half]


def check_vectors(vectors: NDArray[np.float32], count: int, dim: int) -> None:
    """Refuses (``ValueError``) what is not ``(count, dim)`` unit rows."""
    if vectors.shape != (count, dim):
        raise ValueError(f"{count} shots need embeddings ({count}, {dim}), not {vectors.shape}")
    lengths = np.linalg.norm(vectors.astype(np.float64), axis=1)
    if not np.all(np.abs(lengths - 1.0) < _LENGTH_TOLERANCE):
        raise ValueError(f"embeddings are unit vectors; their lengths here are {lengths}")


def unpack_vectors(blobs: Sequence[bytes], dim: int) -> NDArray[np.float32]:
    """The embeddings ``(N, dim)`` float32 in N blobs.

    Raises:
        LibraryError: A blob has another length than dim float16.
    """
    if any(len(blob) != 2 * dim for blob in blobs):
        raise LibraryError(f"a stored embedding has not {dim} numbers: run 'reseen library verify'")
    return np.frombuffer(b"".join(blobs), dtype="<f2").reshape(-1, dim).astype(np.float32)


def pack_path(tracklet: Tracklet) -> bytes:
    """Times, boxes, scores, marks and overlaps of a tracklet, warm-up included, as one blob.

    The bytes are sorted by their place in the number before they are compressed: exponents beside exponents
    shrink, and nothing is rounded.
    """
    n, m = len(tracklet.times), len(tracklet.warmup_times)
    planes = b"".join(
        (
            _planes(tracklet.times, "<f8"),
            _planes(tracklet.boxes.T, "<f4"),
            _planes(tracklet.scores, "<f4"),
            _planes(tracklet.observed, "u1"),
            _planes(tracklet.overlaps, "<f4"),
            _planes(tracklet.warmup_times, "<f8"),
            _planes(tracklet.warmup_boxes.T, "<f4"),
        )
    )
    if len(planes) != n * _BYTES_A_FRAME + m * _BYTES_A_WARMUP_FRAME:
        raise ValueError("the arrays of a tracklet differ in length")
    return _HEADER.pack(_VERSION, n, m) + zlib.compress(planes, 6)


def unpack_path(blob: bytes) -> Tracklet:
    """The tracklet in a blob; its ``shots`` are empty, since those are rows of their own.

    Raises:
        LibraryError: The blob is damaged.
    """
    from reseen.tracking.tracklet import Tracklet

    try:
        version, n, m = _HEADER.unpack_from(blob)
        expected = n * _BYTES_A_FRAME + m * _BYTES_A_WARMUP_FRAME
        stream = zlib.decompressobj()
        planes = stream.decompress(blob[_HEADER.size :], expected + 1)
        if version != _VERSION or len(planes) != expected or not stream.eof:
            raise ValueError("lengths differ")
    except (struct.error, zlib.error, ValueError) as error:
        raise LibraryError("a stored tracklet is damaged: run 'reseen library verify'") from error
    reader = _PlaneReader(planes)
    return Tracklet(
        times=reader.take(n, "<f8"),
        boxes=np.ascontiguousarray(reader.take(4 * n, "<f4").reshape(4, n).T),
        scores=reader.take(n, "<f4"),
        observed=reader.take(n, "u1").astype(np.bool_),
        overlaps=reader.take(n, "<f4"),
        shots=(),
        warmup_times=reader.take(m, "<f8"),
        warmup_boxes=np.ascontiguousarray(reader.take(4 * m, "<f4").reshape(4, m).T),
    )


def _planes(values: NDArray[np.generic], dtype: str) -> bytes:
    flat = np.ascontiguousarray(values, dtype=dtype).reshape(-1)
    return flat.view(np.uint8).reshape(len(flat), -1).T.tobytes() if len(flat) else b""


class _PlaneReader:
    """Takes arrays one after the other from what ``_planes`` wrote."""

    def __init__(self, planes: bytes) -> None:
        self._planes = np.frombuffer(planes, np.uint8)
        self._at = 0

    def take(self, count: int, dtype: str) -> NDArray[Any]:
        """The next ``count`` numbers."""
        width = np.dtype(dtype).itemsize
        part = self._planes[self._at : self._at + count * width].reshape(width, count)
        self._at += count * width
        return np.ascontiguousarray(part.T).reshape(-1).view(np.dtype(dtype))
