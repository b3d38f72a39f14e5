"""Who comes in: by token, by sign-in, or as the local user while no token is asked for."""

from __future__ import annotations

import getpass

from fastapi import Request, Response

from reseen.app.access import Visitor
from reseen.app.problems import Problem
from reseen.app.security.failures import Failures
from reseen.app.security.sessions import Sessions
from reseen.app.security.tokens import TokenBook
from reseen.app.settings import AppSettings
from reseen.library import Store
from reseen.library.work_records import Token


class Doors:
    """Tells who asks.

    Args:
        settings: How the application is run.
        store: The library, which keeps the tokens.
    """

    def __init__(self, settings: AppSettings, store: Store) -> None:
        self.settings = settings
        self.tokens = TokenBook(store)
        self.sessions = Sessions(settings.session_hours)
        self.failures = Failures(settings.token_failures)
        self._user = local_user()

    @property
    def cookie(self) -> str:
        """The name of the cookie; another for each port, since cookies do not tell ports apart."""
        return cookie_name(self.settings)

    def admit(self, request: Request) -> Visitor | None:
        """Who asks; None for somebody who has not signed in.

        Raises:
            Problem: The token is wrong, or too many wrong ones came from that address.
        """
        given = request.headers.get("authorization")
        if given is not None:
            scheme, _, secret = given.partition(" ")
            if scheme.lower() != "bearer":
                raise _unauthorised("use Authorization: Bearer TOKEN")
            return self.by_secret(secret.strip(), address_of(request))
        key = request.cookies.get(self.cookie)
        visitor = None if key is None else self._signed_in(key)
        if visitor is None and self._open_to_local_user():
            return Visitor(self._user, "admin")
        return visitor

    def by_secret(self, secret: str, address: str) -> Visitor:
        """The visitor whose token this is.

        Raises:
            Problem: It is wrong or revoked, or too many wrong ones came from that address.
        """
        if not self.tokens.met(secret):
            # Whoever guesses must wait; those beside them whose tokens were right before need not.
            self.failures.check(address)
        token = self.tokens.find(secret)
        if token is None:
            self.failures.failed(address)
            raise _unauthorised("this token is not valid; it may be mistyped or revoked")
        return _visitor(token, None)

    def sign_in(self, response: Response, token: int | None) -> None:
        """Let the browser that gets this response stay signed in."""
        response.set_cookie(
            self.cookie,
            self.sessions.begin(token),
            httponly=True,
            samesite="strict",
            secure=self.settings.tls,
            path="/",
        )

    def sign_out(self, request: Request, response: Response) -> None:
        """End the sign-in of a browser."""
        key = request.cookies.get(self.cookie)
        if key is not None:
            self.sessions.end(key)
        response.delete_cookie(self.cookie, httponly=True, samesite="strict", secure=self.settings.tls, path="/")

    def still(self, visitor: Visitor) -> bool:
        """Whether somebody who came in may still be here."""
        if visitor.session is not None:
            return self._signed_in(visitor.session) is not None
        if visitor.token is not None:
            return visitor.token in self.tokens.active()
        return self._open_to_local_user()

    def _signed_in(self, key: str) -> Visitor | None:
        found = self.sessions.find(key)
        if found is None:
            return None
        if found.token is None:
            return Visitor(self._user, "admin", session=key)
        token = self.tokens.active().get(found.token)
        return None if token is None else _visitor(token, key)

    def _open_to_local_user(self) -> bool:
        return self.settings.loopback and not self.tokens.active()


def cookie_name(settings: AppSettings) -> str:
    """The name of the cookie of sign-ins."""
    return f"reseen-{settings.port}"


def address_of(request: Request) -> str:
    """The address a request came from."""
    return "unknown" if request.client is None else request.client.host


def local_user() -> str:
    """The user of the operating system."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a user id without a name, in containers
        return "unknown"


def _visitor(token: Token, session: str | None) -> Visitor:
    return Visitor(token.name, token.role, token.cameras, token.id, session)


def _unauthorised(words: str) -> Problem:
    return Problem(401, words, headers={"WWW-Authenticate": "Bearer"})
