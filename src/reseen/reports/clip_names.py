"""Names of clips: safe on every system, short, the same again for the same moment."""

from __future__ import annotations

import hashlib
import unicodedata
from datetime import datetime

LONGEST = 120
"""Bytes of a clip's name at most; file systems take 255, and folders and archives want some of them."""


def clip_name(
    number: int, camera: str, *, start: float, wall_start: datetime | None, key: str, ending: str, blurred: bool
) -> str:
    """A name such as ``003_Gate-3_2026-05-01T10-34-05_1f2e3d4c.mp4``.

    Args:
        number: Place of the moment in the result, from 1.
        camera: Name of the camera; may be anything.
        start: Seconds from the start of the source.
        wall_start: Wall-clock time, if known; shown in this machine's zone.
        key: What tells this moment from all others, see ``moment_key``.
        ending: Ending of the file with its dot.
        blurred: Said in the name, too.
    """
    when = _offset(start) if wall_start is None else f"{wall_start.astimezone():%Y-%m-%dT%H-%M-%S}"
    first, last = f"{number:03d}_", f"_{when}_{key}{'_blurred' if blurred else ''}{plain(ending)}"
    middle = _cut(plain(camera) or "camera", LONGEST - len((first + last).encode()))
    return first + middle + last


def moment_key(sha256: str, start: float, end: float) -> str:
    """Eight hex digits for a stretch (seconds) of the footage with this hash."""
    return hashlib.sha256(f"{sha256} {start:.3f} {end:.3f}".encode()).hexdigest()[:8]


def plain(text: str) -> str:
    """A text with letters, digits, dots and dashes alone; all else becomes a dash."""
    composed = unicodedata.normalize("NFC", text)
    kept = "".join(sign if sign.isalnum() or sign in "._-" else "-" for sign in composed)
    while "--" in kept:
        kept = kept.replace("--", "-")
    return kept.strip("-")


def _cut(text: str, size: int) -> str:
    return text.encode()[: max(size, 0)].decode(errors="ignore").rstrip("-.")


def _offset(seconds: float) -> str:
    """Seconds without a colon: ``0h01m12.5s``."""
    tenths = round(seconds * 10)
    return f"{tenths // 36000}h{tenths // 600 % 60:02d}m{tenths % 600 / 10:04.1f}s"
