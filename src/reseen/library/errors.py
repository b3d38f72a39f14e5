"""What can be wrong with a library, one line each."""

from __future__ import annotations

from reseen.errors import InputError


class LibraryError(InputError):
    """A library cannot be used, or cannot do what was asked."""


class NoLibraryError(LibraryError):
    """There is no library in that folder."""


class NotALibraryError(LibraryError):
    """The folder holds something else, or a damaged database."""


class NewerLibraryError(LibraryError):
    """The library was written by a newer Reseen."""


class LibraryLockedError(LibraryError):
    """Another process writes to the library."""


class ModelsDifferError(LibraryError):
    """The library holds embeddings (or tracklets) of other models than those at hand."""


class UnknownRowError(LibraryError):
    """No such source, segment, shot or camera in this library."""
