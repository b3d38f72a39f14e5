"""The pictures of shots: JPEG files in numbered folders, one folder a segment.

``shots/0007/7123/0012-1.jpg`` is the second shot of the thirteenth tracklet of segment 7123. A segment's
folder is written before its rows are committed, so that a folder whose segment is not committed is a
leftover, whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from reseen.library.durable import TEMPORARY, sync_files, sync_folder, wipe_files
from reseen.library.errors import LibraryError

_SEGMENTS_A_FOLDER = 1000
_NAME = re.compile(r"\d+/\d+/\d+-\d+\.jpg")


@dataclass(frozen=True)
class WrittenShot:
    """A picture on the disk: its name within the shots' folder, with forward slashes, and its bytes."""

    name: str
    size: int


class ShotFolder:
    """The folder of pictures of a library.

    Args:
        folder: ``shots`` in the library.
        quality: JPEG quality, 1..100.
    """

    def __init__(self, folder: Path, quality: int) -> None:
        self.folder = folder
        self._quality = quality

    def segment_folder(self, segment_id: int) -> Path:
        """Where the pictures of a segment lie."""
        return self.folder / f"{segment_id // _SEGMENTS_A_FOLDER:04d}" / str(segment_id)

    def write(self, segment_id: int, tracklets: Sequence[Sequence[NDArray[np.uint8]]]) -> list[list[WrittenShot]]:
        """Writes the shots of a segment's tracklets; they are on the disk, whole, when this returns.

        Args:
            segment_id: The segment.
            tracklets: For each tracklet its shots, ``(h, w, 3)`` uint8 BGR.

        Raises:
            LibraryError: The disk is full, or the folder cannot be written to.
        """
        if not any(len(images) for images in tracklets):
            return [[] for _ in tracklets]
        folder = self.segment_folder(segment_id)
        prefix = f"{folder.parent.name}/{folder.name}"
        written: list[list[WrittenShot]] = []
        try:
            self.remove_segments([segment_id])
            folder.mkdir(parents=True)
            for i, images in enumerate(tracklets):
                written.append([])
                for j, image in enumerate(images):
                    content = self._encode(image)
                    name = f"{i:04d}-{j}.jpg"
                    (folder / (name + TEMPORARY)).write_bytes(content)
                    written[-1].append(WrittenShot(f"{prefix}/{name}", len(content)))
            self._settle(folder)
        except OSError as error:
            raise LibraryError(
                f"{folder}: cannot write shots ({error.strerror}): free some space or check the permissions"
            ) from error
        return written

    def read(self, name: str) -> bytes:
        """The JPEG of a shot.

        Raises:
            LibraryError: It is not there.
        """
        try:
            return self.path(name).read_bytes()
        except OSError as error:
            raise LibraryError(
                f"{self.folder / name}: the picture of a shot is missing: run 'reseen library verify'"
            ) from error

    def path(self, name: str) -> Path:
        """The file of a shot; a name that no library writes is refused, since it comes from a database."""
        if not _NAME.fullmatch(name):
            raise LibraryError(
                f"{self.folder}: a shot has the impossible name {name!r}: this library was tampered with"
            )
        return self.folder / name

    def remove_segments(self, segment_ids: Iterable[int]) -> None:
        """Wipes and deletes the pictures of segments."""
        for segment_id in segment_ids:
            folder = self.segment_folder(segment_id)
            if folder.is_dir():
                wipe_files(list(folder.iterdir()))
                folder.rmdir()
                with suppress(OSError):  # other segments are in it
                    folder.parent.rmdir()

    def segments_present(self) -> Iterator[int]:
        """Ids of the segments that have a folder."""
        for shard in _folders(self.folder):
            for folder in _folders(shard):
                if folder.name.isdecimal() and self.segment_folder(int(folder.name)) == folder:
                    yield int(folder.name)

    def files_present(self) -> Iterator[tuple[str, int]]:
        """Name and size of every file."""
        for file in sorted(self.folder.rglob("*")):
            if file.is_file():
                yield file.relative_to(self.folder).as_posix(), file.stat().st_size

    def as_kept(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """A picture as it will be read back, ``(h, w, 3)`` uint8 BGR each."""
        return decode(self._encode(image), "a shot")

    def _encode(self, image: NDArray[np.uint8]) -> bytes:
        if image.ndim != 3 or image.shape[2] != 3 or 0 in image.shape or image.dtype != np.uint8:
            raise ValueError(f"a shot is (h, w, 3) uint8, not {image.shape} {image.dtype}")
        done, content = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, self._quality])
        if not done:
            raise ValueError(f"a shot of {image.shape} cannot be a JPEG")
        return content.tobytes()

    def _settle(self, folder: Path) -> None:
        temporary = sorted(folder.iterdir())
        sync_files(temporary)
        for file in temporary:
            file.replace(file.with_name(file.name.removesuffix(TEMPORARY)))
        for level in (folder, folder.parent, self.folder):
            sync_folder(level)


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []


def decode(content: bytes, name: str) -> NDArray[np.uint8]:
    """The pixels of a stored shot, ``(h, w, 3)`` uint8 BGR.

    Raises:
        LibraryError: It is damaged.
    """
    image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR) if content else None
    if image is None:
        raise LibraryError(f"{name}: the picture of a shot is damaged: run 'reseen library verify'")
    return image.astype(np.uint8, copy=False)
