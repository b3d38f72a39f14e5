"""Signing in and out."""

from __future__ import annotations

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from reseen.app.access import Anybody, Role
from reseen.app.context import Here
from reseen.app.problems import SIGN_IN
from reseen.app.routing import Routes
from reseen.app.security.doors import address_of
from reseen.app.settings import Language

routes = Routes("session")


class Session(BaseModel):
    """Who is here."""

    name: str | None = Field(description="The token's name, or the user of the operating system; null for nobody.")
    role: Role | None
    cameras: list[str] | None = Field(description="The only cameras this visitor may see; null for all.")
    language: Language | None = Field(description="The language of the pages, if one is set; null asks the browser.")
    signed_in: bool = Field(description="Whether there is a sign-in to end; false for scripts and the local user.")


class SignIn(BaseModel):
    """A token to sign in with."""

    token: str = Field(min_length=1, max_length=200)


@routes.get("/session", role=None)
def show_session(here: Here, visitor: Anybody) -> Session:
    """Who is here."""
    return _session(here, visitor)


@routes.post("/session", role=None)
def sign_in(here: Here, given: SignIn, request: Request, response: Response) -> Session:
    """Sign a browser in with a token; the answer sets a cookie."""
    visitor = here.doors.by_secret(given.token, address_of(request))
    here.doors.sign_in(response, visitor.token)
    return _session(here, visitor).model_copy(update={"signed_in": True})


@routes.delete("/session", role=None, status_code=204)
def sign_out(here: Here, request: Request, response: Response) -> None:
    """Sign this browser out."""
    here.doors.sign_out(request, response)


entrance = Routes("entrance", prefix="")


@entrance.get("/enter", role=None, include_in_schema=False)
def enter(here: Here, key: str = "") -> RedirectResponse:
    """The browser that the application opened itself comes in by a key that works once."""
    known = here.doors.sessions.use_key(key)
    response = RedirectResponse("/" if known else SIGN_IN, 303)
    if known:
        here.doors.sign_in(response, None)
    return response


def language_of(here: Here) -> Language | None:
    """The language of the pages: that named at the start, else that set; None asks the browser."""
    return here.settings.language or here.store.setting("language")


def _session(here: Here, visitor: Anybody) -> Session:
    if visitor is None:
        return Session(name=None, role=None, cameras=None, language=language_of(here), signed_in=False)
    return Session(
        name=visitor.name,
        role=visitor.role,
        cameras=None if visitor.cameras is None else list(visitor.cameras),
        language=language_of(here),
        signed_in=visitor.session is not None,
    )
