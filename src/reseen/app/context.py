"""What the routes work with: the library, the photo process, the searches, the workers."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Annotated, cast

from fastapi import Depends, Request

from reseen.api import Library
from reseen.app.answers import Answers
from reseen.app.looking import PhotoReader
from reseen.app.places import Places
from reseen.app.playing import Playing
from reseen.app.security.doors import Doors
from reseen.app.sent_photos import SentPhotos
from reseen.app.settings import AppSettings
from reseen.app.supervisor import Supervisor
from reseen.library import Store


@dataclass(frozen=True, eq=False)
class Context:
    """What the routes work with; one for the whole application.

    Attributes:
        settings: How the application is run.
        library: The library, open for reading.
        doors: Who comes in.
        photos: Looks at photos, in a process of its own.
        sent: The photos that visitors have sent.
        answers: The answers that they were given.
        supervisor: The processes that index and export.
        places: The folders that a client may name paths in.
        playing: Footage as browsers play it.
        leaving: Set when the application is about to end, so that what is open ends too.
    """

    settings: AppSettings
    library: Library
    doors: Doors
    photos: PhotoReader
    sent: SentPhotos
    answers: Answers
    supervisor: Supervisor
    places: Places
    playing: Playing
    leaving: threading.Event = field(default_factory=threading.Event)

    @property
    def store(self) -> Store:
        """Rows, shots and vectors of the library."""
        return self.library.store

    def forget_visits(self) -> None:
        """Forget what visitors sent and were answered: somebody in it is forgotten."""
        self.sent.forget_all()
        self.answers.forget_all()


def context_of(request: Request) -> Context:
    """The context of the application that a request reached."""
    return cast(Context, request.app.state.context)


Here = Annotated[Context, Depends(context_of)]
"""What a route works with: ``def show(here: Here) -> ...``."""
