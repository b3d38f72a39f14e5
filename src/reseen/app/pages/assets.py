"""Styles, modules and pictures of the pages, under an address that changes with their content."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent / "static"

KINDS: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}

_IMPORT = re.compile(r'^import[^;]*?from "\./([\w-]+\.js)";', re.MULTILINE | re.DOTALL)


@cache
def asset(name: str) -> bytes | None:
    """The bytes of a file of the pages; None if it is none of them."""
    return (FOLDER / name).read_bytes() if name in names() else None


@cache
def names() -> frozenset[str]:
    """All files of the pages, as ``folder/name``."""
    files = (path for path in FOLDER.rglob("*") if path.suffix in KINDS)
    return frozenset(path.relative_to(FOLDER).as_posix() for path in files)


@cache
def version() -> str:
    """What the addresses of all files have in common until one of them changes."""
    digest = hashlib.sha256()
    for name in sorted(names()):
        digest.update(name.encode() + b"\0" + (FOLDER / name).read_bytes())
    return digest.hexdigest()[:12]


@cache
def modules(name: str) -> tuple[str, ...]:
    """A module and all that it imports, so that a browser can fetch them at once.

    Args:
        name: File name of the module, without its folder.
    """
    found: dict[str, None] = {}
    waiting = [name]
    while waiting:
        module = waiting.pop()
        if module not in found:
            found[module] = None
            waiting += _IMPORT.findall((FOLDER / "js" / module).read_text(encoding="utf-8"))
    return tuple(found)
