"""The application: the HTTP API ``/api/v1`` and the pages on it.

In: requests. Out: JSON, pictures, video, pages. FastAPI and uvicorn do the work; whatever can be done here is done by
the rooms below, this one only speaks HTTP. Who may do what is decided in one place (``access``), for every route.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reseen.app.application import create_app
    from reseen.app.settings import AppSettings

__all__ = ["AppSettings", "create_app"]

_HOMES = {"create_app": "reseen.app.application", "AppSettings": "reseen.app.settings"}


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used: the processes that do the work need no web server."""
    if name not in _HOMES:
        raise AttributeError(f"module 'reseen.app' has no attribute '{name}'")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
