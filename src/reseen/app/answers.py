"""The photos and searches that visitors have made, each known to its owner alone."""

from __future__ import annotations

from reseen.api import Library
from reseen.app.looking import PhotoReader


class Searches:
    """Photos and searches by their unguessable ids.

    Args:
        library: The library that is searched.
        photos: Looks at photos.
    """

    def __init__(self, library: Library, photos: PhotoReader) -> None:
        self.library = library
        self.photos = photos

    def close(self) -> None:
        """Forget them all."""
