"""The application: the HTTP API ``/api/v1`` and the pages on it.

In: requests. Out: JSON, pictures, video, pages. FastAPI and uvicorn do the work; whatever can be done here is done by
the rooms below, this one only speaks HTTP. Who may do what is decided in one place (``access``), for every route.
"""

from reseen.app.application import create_app
from reseen.app.settings import AppSettings

__all__ = ["AppSettings", "create_app"]
