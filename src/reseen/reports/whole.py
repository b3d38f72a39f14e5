"""Files that are whole or absent."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from reseen.errors import InputError


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A temporary file to fill, which takes the name ``path`` when the block ends well and vanishes otherwise.

    Its own name is short, whatever the length of the real one, and has the same ending.

    Raises:
        InputError: It cannot be written there.
    """
    temporary = path.with_name(f".reseen-{secrets.token_hex(6)}{path.suffix[:16]}")
    try:
        temporary.touch(exist_ok=False)
    except (OSError, ValueError) as error:
        raise unwritable(path, error) from error
    try:
        yield temporary
        with temporary.open("r+b") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise unwritable(path, error) from error
    finally:
        temporary.unlink(missing_ok=True)


def probe(path: Path) -> None:
    """Whether something can be written at ``path`` one day: tried in the nearest folder that is there.

    Raises:
        InputError: It cannot.
    """
    folder = next((parent for parent in path.absolute().parents if parent.exists()), Path(path.absolute().anchor))
    trial = folder / f".reseen-{secrets.token_hex(6)}"
    try:
        trial.touch(exist_ok=False)
    except (OSError, ValueError) as error:
        raise unwritable(path, error) from error
    finally:
        with suppress(OSError, ValueError):
            trial.unlink(missing_ok=True)


def unwritable(path: Path, error: Exception) -> InputError:
    """The one line that says so."""
    why = (getattr(error, "strerror", None) or str(error) or type(error).__name__).lower()
    return InputError(f"{path}: cannot be written ({why}): choose another place, or make room there")
