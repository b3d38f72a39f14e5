"""Files that are there whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError

from reseen.errors import InputError


@contextmanager
def whole(path: Path, what: str = "file") -> Iterator[Path]:
    """A temporary file beside ``path``, which takes its name when the block ends well and vanishes otherwise.

    What was there before stays until the new file is complete and on the disk.

    Args:
        path: The file to be written; its folder is made.
        what: What it is, for the message.

    Raises:
        InputError: It could not be written (a full disk); the old file is untouched.
    """
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.tmp{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        with temporary.open("rb+") as stream:
            os.fsync(stream.fileno())
        temporary.replace(path)
    except (OSError, SafetensorError) as error:
        kept = "the last one is kept" if path.exists() else "there is none before it"
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InputError(f"{path}: the {what} could not be saved ({reason}); {kept}") from error
    finally:
        _forget(temporary)


def _forget(path: Path) -> None:
    """Removes what is left of a file; a disk that refuses even this must not hide the first error."""
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return
