"""The OpenAPI document of this interface."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import JSONResponse

from reseen.app.routing import Routes

routes = Routes("description")


@routes.get("/openapi.json", role=None, include_in_schema=False)
def describe(request: Request) -> JSONResponse:
    """The OpenAPI document."""
    return JSONResponse(request.app.openapi())
