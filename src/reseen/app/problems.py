"""What went wrong, as RFC 9457 problem details; never a traceback."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from reseen.errors import InputError, ReseenError, UsageError
from reseen.library import LibraryLockedError, ModelsDifferError, UnknownRowError

LOG = logging.getLogger("reseen.app")
MEDIA_TYPE = "application/problem+json"
SIGN_IN = "/sign-in"


class ProblemDocument(BaseModel):
    """A problem as RFC 9457 writes it."""

    type: str = Field("about:blank", description="What sort of problem; about:blank where the status says it all.")
    title: str = Field(description="The status in words.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="What is wrong with this request, in one plain line.")


class Problem(Exception):  # noqa: N818 - it is the answer
    """Raised by a route to answer with a problem.

    Args:
        status: The HTTP status.
        detail: What is wrong and what to do, one plain line.
        title: The status in words, when not given.
        headers: Further headers of the answer.
    """

    def __init__(self, status: int, detail: str, title: str = "", headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.title = title or HTTPStatus(status).phrase
        self.detail = " ".join(detail.split())
        self.headers = dict(headers or {})


def not_found(what: str) -> Problem:
    """The answer for what is not there, and for what this visitor may not see."""
    return Problem(404, f"there is no such {what}")


def problem_response(problem: Problem) -> Response:
    """A problem as a response."""
    document = ProblemDocument(type="about:blank", title=problem.title, status=problem.status, detail=problem.detail)
    return JSONResponse(document.model_dump(), problem.status, problem.headers, MEDIA_TYPE)


def problem_of(error: ReseenError) -> Problem:
    """What an error meant for people is in HTTP."""
    if isinstance(error, UnknownRowError):
        return Problem(404, str(error))
    if isinstance(error, LibraryLockedError | ModelsDifferError):
        return Problem(409, str(error))
    if isinstance(error, UsageError):
        return Problem(422, str(error))
    return Problem(400 if isinstance(error, InputError) else 500, str(error))


def add_handlers(app: FastAPI) -> None:
    """Make every error of the application a problem document."""
    for kind, handler in (
        (Problem, _on_problem),
        (ReseenError, _on_reseen),
        (HTTPException, _on_http),
        (RequestValidationError, _on_invalid),
        (Exception, bug_response),
    ):
        app.add_exception_handler(cast(Any, kind), cast(Any, handler))


def _on_problem(request: Request, problem: Problem) -> Response:
    page = not request.url.path.startswith("/api/") and "text/html" in request.headers.get("accept", "")
    if problem.status == 401 and page and request.method == "GET":
        return RedirectResponse(SIGN_IN, 303)
    return problem_response(problem)


def _on_reseen(request: Request, error: ReseenError) -> Response:
    problem = problem_of(error)
    # Where the library lies on the server is nothing to visitors.
    folder = f"{request.app.state.context.settings.library}"
    problem.detail = problem.detail.replace(f"{folder}: ", "").replace(folder, "the library")
    return problem_response(problem)


def _on_http(_request: Request, error: HTTPException) -> Response:
    words = {404: "there is nothing at this address", 405: "this address does not answer to this method"}
    detail = words.get(error.status_code, str(error.detail))
    return problem_response(Problem(error.status_code, detail, headers=error.headers))


def _on_invalid(_request: Request, error: RequestValidationError) -> Response:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"] if part not in {"body", "query", "path"})
    words = str(first["msg"]).removeprefix("Value error, ")
    return problem_response(Problem(422, f"{where or first['loc'][0]}: {words}"))


def bug_response(request: Request, error: Exception) -> Response:
    """The answer where something broke that should not; the log says what."""
    LOG.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return problem_response(
        Problem(500, f"this is a bug in Reseen ({type(error).__name__}); the log of reseen app says more")
    )
