"""Routes that say who may use them.

Every route of the application is made by ``Routes``, which cannot make one without a role; the check stands in front
of it before anything of the request is looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from fastapi import APIRouter, Depends, Request
from fastapi.params import Depends as Dependency

from reseen.app.access import Role
from reseen.app.problems import MEDIA_TYPE, Problem, ProblemDocument
from reseen.app.security.ending import VISIT

_F = TypeVar("_F", bound=Callable[..., Any])

API = "/api/v1"


@dataclass(frozen=True)
class Entry:
    """A route: its method, its path as in the OpenAPI document, and the role it takes (None: open to all)."""

    method: str
    path: str
    role: Role | None


class Routes:
    """The routes of one resource.

    Args:
        resource: Its name: ``sources``, ``pages``.
        prefix: What all its paths begin with; the API when not given.
    """

    def __init__(self, resource: str, prefix: str = API) -> None:
        self.resource = resource
        self.prefix = prefix
        self.router = APIRouter(prefix=prefix, tags=[resource])
        self._table: list[Entry] = []

    def table(self) -> tuple[Entry, ...]:
        """All routes, as they were made."""
        return tuple(self._table)

    def get(self, path: str, *, role: Role | None, **options: Any) -> Callable[[_F], _F]:
        """A route that reads; options as of FastAPI's."""
        return self._route("GET", path, role, options)

    def post(self, path: str, *, role: Role | None, **options: Any) -> Callable[[_F], _F]:
        """A route that makes something; options as of FastAPI's."""
        return self._route("POST", path, role, options)

    def put(self, path: str, *, role: Role | None, **options: Any) -> Callable[[_F], _F]:
        """A route that replaces something; options as of FastAPI's."""
        return self._route("PUT", path, role, options)

    def patch(self, path: str, *, role: Role | None, **options: Any) -> Callable[[_F], _F]:
        """A route that changes a part; options as of FastAPI's."""
        return self._route("PATCH", path, role, options)

    def delete(self, path: str, *, role: Role | None, **options: Any) -> Callable[[_F], _F]:
        """A route that deletes; options as of FastAPI's."""
        return self._route("DELETE", path, role, options)

    def _route(self, method: str, path: str, role: Role | None, options: dict[str, Any]) -> Callable[[_F], _F]:
        self._table.append(Entry(method, self.prefix + path, role))
        own = options.pop("responses", {})
        responses = {**_problems(role, path, method), **own}
        dependencies = [_authorised(role), *options.pop("dependencies", [])]
        return self.router.api_route(path, methods=[method], dependencies=dependencies, responses=responses, **options)


def _authorised(role: Role | None) -> Dependency:
    def authorise(request: Request) -> None:
        visitor = request.app.state.context.doors.admit(request)
        request.state.visitor = visitor
        request.scope[VISIT].visitor = visitor
        if role is None:
            return
        if visitor is None:
            raise Problem(401, "sign in with a token first", headers={"WWW-Authenticate": "Bearer"})
        if not visitor.may(role):
            raise Problem(403, f"this takes the role {role}; {visitor.name} is a {visitor.role}")

    found: Dependency = Depends(authorise)
    return found


def _problems(role: Role | None, path: str, method: str) -> dict[int | str, dict[str, Any]]:
    """The problems that a route may answer with, for the OpenAPI document."""
    words = {400: "What was sent cannot be used.", 409: "It does not go with how things stand now."}
    words |= {422: "The request is not as it should be."}
    words |= {429: "Too many wrong tokens; wait a little.", 503: "Too much is asked at once; try again."}
    if role is not None:
        words |= {401: "A token is needed.", 403: "The role of the token does not suffice."}
    elif method != "GET":
        words |= {401: "The token is not valid.", 403: "The request came from another site."}
    if "{" in path or method != "GET":
        words[404] = "There is no such thing, or not for this visitor."
    if method != "GET":
        words |= {413: "What was sent is too large.", 415: "What was sent is of another kind."}
    content = {MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{ProblemDocument.__name__}"}}}
    return {status: {"description": text, "content": content} for status, text in sorted(words.items())}
