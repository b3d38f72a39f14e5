"""The application put together."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager
from importlib.metadata import version

from anyio.to_thread import current_default_thread_limiter, run_sync
from fastapi import FastAPI

from reseen.api import Library
from reseen.app.answers import Answers
from reseen.app.context import Context
from reseen.app.looking import PhotoReader
from reseen.app.places import Places
from reseen.app.playing import Playing
from reseen.app.problems import ProblemDocument, add_handlers
from reseen.app.routes import ALL
from reseen.app.security.doors import Doors
from reseen.app.security.ending import Ending
from reseen.app.security.headers import SafeHeaders
from reseen.app.security.hosts import Hosts
from reseen.app.sent_photos import SentPhotos
from reseen.app.settings import AppSettings
from reseen.app.supervisor import Supervisor

ABOUT = """Find a person in footage: photos in, moments out.

Everything that the pages do goes through this interface, so a script can do it too. Sign in with
`Authorization: Bearer TOKEN` (`reseen token create`). Errors are problem details (RFC 9457), lists come in pages with
a cursor. Times are seconds from the start of a source, or ISO 8601 with a zone. A match is visual similarity, not
identity.
"""

_THREADS = 100
"""Requests that are answered at a time; those that wait for the photo process must not keep out the others."""


def create_app(settings: AppSettings) -> FastAPI:
    """The application on a library, which is made where there is none.

    The library is opened when the application starts and closed when it ends; ``app.state.context`` holds it.

    Args:
        settings: How it is run.
    """
    app = FastAPI(
        title="Reseen",
        summary="A photo of a person and footage in; the moments at which that person is seen out.",
        description=ABOUT,
        version=version("reseen"),
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan(settings),
        generate_unique_id_function=lambda route: f"{route.tags[0]}-{route.name}",
    )
    add_handlers(app)
    for routes in ALL:
        app.include_router(routes.router)
    _describe(app)
    # The last one added sees a request first.
    app.add_middleware(Ending, every=settings.revoked_seconds)
    app.add_middleware(Hosts, settings=settings)
    app.add_middleware(SafeHeaders)
    return app


def _lifespan(settings: AppSettings) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        current_default_thread_limiter().total_tokens = _THREADS
        with ExitStack() as opened:
            app.state.context = await run_sync(_open, settings, opened)
            yield
            await run_sync(opened.close)

    return lifespan


def _open(settings: AppSettings, opened: ExitStack) -> Context:
    # A library that was just made is open for writing, which is the workers' to do.
    Library(settings.library, detector=settings.detector, embedder=settings.embedder, session=settings.session).close()
    library = opened.enter_context(Library(settings.library, session=settings.session, create=False))
    photos = PhotoReader(settings.library, settings.session, settings.photo_seconds)
    opened.callback(photos.close)
    sent = SentPhotos(library.store, photos, settings.max_photos)
    opened.callback(sent.close)
    supervisor = Supervisor(settings)
    opened.callback(supervisor.stop)
    if settings.workers:
        photos.start()
        supervisor.start()
    playing = Playing(library.store)
    opened.callback(playing.close)
    places = Places(settings.roots)
    doors = Doors(settings, library.store)
    return Context(settings, library, doors, photos, sent, Answers(library), supervisor, places, playing)


def _describe(app: FastAPI) -> None:
    """Make the OpenAPI document say what FastAPI cannot know: problems and tokens."""
    made = app.openapi

    def openapi() -> dict[str, object]:
        if app.openapi_schema is None:
            document = made()
            parts = document.setdefault("components", {})
            parts.setdefault("schemas", {})[ProblemDocument.__name__] = ProblemDocument.model_json_schema()
            parts["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
            for routes in ALL:
                for entry in routes.table():
                    operation = document["paths"].get(entry.path.replace(":path}", "}"), {}).get(entry.method.lower())
                    if operation is not None and entry.role is not None:
                        operation["security"] = [{"token": []}]
                        operation["x-role"] = entry.role
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
