"""What a file is, by its first bytes: names and endings are not believed."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Literal

Kind = Literal["image", "video", "unknown"]

HEAD = 1024
"""Bytes read from the start of a file; enough for five MPEG-TS packets."""

_IMAGE_STARTS = (
    b"\xff\xd8\xff",  # JPEG
    b"\x89PNG\r\n\x1a\n",
    b"GIF87a",
    b"GIF89a",
    b"II*\x00",  # TIFF, little endian
    b"MM\x00*",  # TIFF, big endian
    b"\x00\x00\x00\x0cjP  ",  # JPEG 2000
    b"\xff\x4f\xff\x51",  # JPEG 2000 code stream
)
_IMAGE_BRANDS = frozenset({b"avif", b"avis", b"heic", b"heix", b"heif", b"mif1", b"msf1", b"hevc"})
_VIDEO_STARTS = (
    b"\x1a\x45\xdf\xa3",  # Matroska, WebM
    b"FLV\x01",
    b"OggS",
    b"\x30\x26\xb2\x75\x8e\x66\xcf\x11",  # ASF, WMV
    b"\x00\x00\x01\xba",  # MPEG program stream
    b"\x00\x00\x01\xb3",  # MPEG video
    b"\x00\x00\x01\xb0",  # MPEG-4 part 2
    b"\x06\x0e\x2b\x34",  # MXF
    b".RMF",
    b"DKIF",  # IVF
    b"DHAV",  # a recorder's own
    b"nut/multimedia container",
)
_ATOMS = frozenset({b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot", b"styp", b"moof"})
# The first unit of a bare H.264 or HEVC stream: parameter sets or a delimiter.
_H264_UNITS = frozenset({0x67, 0x27, 0x47, 0x09})
_HEVC_UNITS = frozenset({0x40, 0x42, 0x46})


def kind_of(path: str | PathLike[str]) -> Kind:
    """Says what a file is by its content.

    Args:
        path: A readable file.

    Returns:
        ``"image"``, ``"video"``, or ``"unknown"`` for everything else, sound and text among it.

    Raises:
        OSError: If the file cannot be read.
    """
    with Path(path).open("rb") as file:
        return kind_of_head(file.read(HEAD))


def kind_of_head(head: bytes) -> Kind:
    """The same for bytes: the first ``HEAD`` of a file, or all of them where there are fewer."""
    if head.startswith(_IMAGE_STARTS) or _is_bitmap(head):
        return "image"
    if head[:4] == b"RIFF":
        return {b"WEBP": "image", b"AVI ": "video"}.get(head[8:12], "unknown")  # type: ignore[return-value]
    if head[4:8] in _ATOMS:
        return "image" if head[4:8] == b"ftyp" and head[8:12] in _IMAGE_BRANDS else "video"
    if head.startswith(_VIDEO_STARTS) or _is_transport_stream(head) or _is_bare_stream(head):
        return "video"
    return "unknown"


def _is_bitmap(head: bytes) -> bool:
    # "BM" alone begins many a text; the four reserved bytes of the header are zero.
    return (head[:2] == b"BM" and len(head) > 26 and head[6:10] == b"\0\0\0\0") or (
        head[:2] in {b"P5", b"P6"} and head[2:3] in {b"\n", b" ", b"\r", b"\t"}
    )


def _is_transport_stream(head: bytes) -> bool:
    for start, step in ((0, 188), (4, 192), (0, 204)):
        syncs = head[start::step]
        if len(syncs) >= 2 and set(syncs) == {0x47}:
            return True
    return False


def _is_bare_stream(head: bytes) -> bool:
    for prefix in (b"\0\0\0\1", b"\0\0\1"):
        if head.startswith(prefix) and len(head) > len(prefix):
            return head[len(prefix)] in _H264_UNITS | _HEVC_UNITS
    return False
