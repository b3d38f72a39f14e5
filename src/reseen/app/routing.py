"""Routes that say who may use them.

Every route of the application is made by ``Routes``, which cannot make one without a role. The check stands in front
of it, before anything that was sent is read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive

from reseen.app.access import Role
from reseen.app.problems import MEDIA_TYPE, Problem, ProblemDocument, bug_response
from reseen.app.security.ending import VISIT
from reseen.app.settings import MEGABYTE, AppSettings
from reseen.errors import ReseenError

_F = TypeVar("_F", bound=Callable[..., Any])

API = "/api/v1"
Sent = Literal["words", "photo", "photos", "footage"]
"""What a request may bring along: a little JSON, a photo, a few photos, or any amount of footage."""

_PHOTOS = 8


@dataclass(frozen=True)
class Entry:
    """A route: its method, its path, and the role it takes (None: open to all)."""

    method: str
    path: str
    role: Role | None

    @property
    def described(self) -> str:
        """The path as the OpenAPI document has it: ``{name}`` for ``{name:path}``."""
        return re.sub(r":\w+}", "}", self.path)


class Routes:
    """The routes of one resource.

    ``get``, ``post``, ``put``, ``patch`` and ``delete`` take the path, the role, what may be sent, and FastAPI's own
    options.

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
        """A route that reads."""
        return self._route("GET", path, role, "words", options)

    def post(self, path: str, *, role: Role | None, sent: Sent = "words", **options: Any) -> Callable[[_F], _F]:
        """A route that makes something."""
        return self._route("POST", path, role, sent, options)

    def put(self, path: str, *, role: Role | None, sent: Sent = "words", **options: Any) -> Callable[[_F], _F]:
        """A route that replaces something."""
        return self._route("PUT", path, role, sent, options)

    def patch(self, path: str, *, role: Role | None, sent: Sent = "words", **options: Any) -> Callable[[_F], _F]:
        """A route that changes a part."""
        return self._route("PATCH", path, role, sent, options)

    def delete(self, path: str, *, role: Role | None, **options: Any) -> Callable[[_F], _F]:
        """A route that deletes."""
        return self._route("DELETE", path, role, "words", options)

    def _route(
        self, method: str, path: str, role: Role | None, sent: Sent, options: dict[str, Any]
    ) -> Callable[[_F], _F]:
        self._table.append(Entry(method, self.prefix + path, role))
        responses = {**_problems(path, method), **_described(options.pop("responses", {}))}

        def add(endpoint: _F) -> _F:
            self.router.add_api_route(
                path,
                endpoint,
                methods=[method],
                responses=responses,
                route_class_override=_guarded(role, sent),
                **options,
            )
            return endpoint

        return add


def _guarded(role: Role | None, sent: Sent) -> type[APIRoute]:
    """A kind of route that looks who asks, and how much they send, before anything else."""

    class Guarded(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handle = super().get_route_handler()

            async def guarded(request: Request) -> Response:
                await run_sync(_authorise, request, role)
                most = _most(request.app.state.context.settings, sent)
                if _announced(request) > most:
                    raise _too_much(most)
                try:
                    return await handle(Request(request.scope, _limited(request.receive, most), request._send))
                except (Problem, ReseenError, HTTPException, RequestValidationError):
                    raise
                except Exception as error:
                    return bug_response(request, error)

            return guarded

    return Guarded


def _authorise(request: Request, role: Role | None) -> None:
    """The authorising layer: every request to every route passes here, and nowhere else is a role asked for."""
    visitor = request.app.state.context.doors.admit(request)
    request.state.visitor = visitor
    request.scope[VISIT].visitor = visitor
    if role is None:
        return
    if visitor is None:
        raise Problem(401, "sign in with a token first", headers={"WWW-Authenticate": "Bearer"})
    if not visitor.may(role):
        raise Problem(403, f"this takes the role {role}; {visitor.name} is a {visitor.role}")


def _most(settings: AppSettings, sent: Sent) -> int:
    return {
        "words": MEGABYTE,
        "photo": settings.max_photo_bytes + MEGABYTE,
        "photos": _PHOTOS * settings.max_photo_bytes + MEGABYTE,
        "footage": settings.max_upload_bytes,
    }[sent]


def _announced(request: Request) -> int:
    text = request.headers.get("content-length", "0")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else 0


def _limited(receive: Receive, most: int) -> Receive:
    """What is received, up to a limit: what a request announces may be a lie, or nothing."""
    left = most

    async def receiving() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise _too_much(most)
        return message

    return receiving


def _too_much(most: int) -> HTTPException:
    return HTTPException(413, f"at most {most / MEGABYTE:.0f} MB may be sent here")


def _problems(path: str, method: str) -> dict[int | str, dict[str, Any]]:
    """The problems that a route may answer with, for the OpenAPI document."""
    words = {
        400: "What was sent cannot be used.",
        401: "The token is wrong, or one is needed.",
        403: "The role does not suffice, or the request came from another site.",
        409: "It does not go with how things stand now.",
        421: "The request is addressed to another machine.",
        422: "The request is not as it should be.",
        429: "Too many wrong tokens; wait a little.",
        503: "Too much is asked at once; try again.",
    }
    if "{" in path or method != "GET":
        words[404] = "There is no such thing, or not for this visitor."
    if method != "GET":
        words |= {413: "What was sent is too large.", 415: "What was sent is of another kind."}
    return _described({status: {"description": text} for status, text in sorted(words.items())})


def _described(responses: dict[int | str, dict[str, Any]]) -> dict[int | str, dict[str, Any]]:
    """Answers that are problems say so."""
    content = {MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{ProblemDocument.__name__}"}}}
    return {
        status: {"content": content, **answer} if int(status) >= 400 else answer for status, answer in responses.items()
    }
