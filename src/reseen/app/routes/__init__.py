"""The routes, one file a resource; each has ``routes = Routes("resource")`` and the shapes of its JSON."""

from reseen.app import pages
from reseen.app.routes import (
    audit,
    cameras,
    cases,
    description,
    exports,
    footage,
    jobs,
    models,
    people,
    photos,
    searches,
    session,
    settings,
    shots,
    sources,
    tokens,
    uploads,
    verdicts,
    video,
    watched,
)
from reseen.app.routing import Routes

ALL: tuple[Routes, ...] = (
    session.routes,
    session.entrance,
    tokens.routes,
    audit.routes,
    settings.routes,
    models.routes,
    photos.routes,
    searches.routes,
    people.routes,
    shots.routes,
    cases.routes,
    verdicts.routes,
    sources.routes,
    cameras.routes,
    footage.routes,
    uploads.routes,
    watched.routes,
    jobs.routes,
    exports.routes,
    video.routes,
    description.routes,
    pages.texts_routes,
    pages.routes,
)
"""The routes of every resource, in the order of the OpenAPI document; a route that is not here does not exist."""
