"""The error of this room."""

from __future__ import annotations

from os import PathLike, fspath

from reseen.errors import InputError


class MediaError(InputError):
    """A file cannot be used as footage or photo; one plain line.

    Attributes:
        path: The file, as it was named.
        reason: What is wrong and what to do, without the name of the file.
    """

    def __init__(self, path: str | PathLike[str], reason: str) -> None:
        super().__init__(f"{fspath(path)}: {reason}")
        self.path = fspath(path)
        self.reason = reason
