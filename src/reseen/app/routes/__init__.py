"""The routes, one file a resource; each has ``routes = Routes("resource")`` and the shapes of its JSON."""

from reseen.app.routes import description, session
from reseen.app.routing import Routes

ALL: tuple[Routes, ...] = (
    session.routes,
    session.entrance,
    description.routes,
)
"""The routes of every resource, in the order of the OpenAPI document; a route that is not here does not exist."""
