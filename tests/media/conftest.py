"""Footage made on the spot for the tests of this room."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from recordings import SIZE, encode, numbered, x264

Record = Callable[..., Path]


@pytest.fixture
def record(tmp_path: Path) -> Record:
    """Makes a video of numbered pictures: ``record(name, times or count, **encode's arguments)``."""

    def make(name: str, times: Sequence[float] | int = 50, **arguments: Any) -> Path:
        if isinstance(times, int):
            times = [index / 25 for index in range(times)]
        size = arguments.pop("size", SIZE)
        arguments.setdefault("options", x264() if arguments.get("codec", "libx264") == "libx264" else {})
        pictures = (numbered(index, size) for index in range(len(times)))
        return encode(tmp_path / name, pictures, times, **arguments)

    return make
