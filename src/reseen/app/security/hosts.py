"""Requests that another site made a browser send: refused before anything is done with them.

A page of another site can send requests here in a visitor's name (its ``Origin`` tells), or have its own name point
at this machine (DNS rebinding; the ``Host`` tells).
"""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Receive, Scope, Send

from reseen.app.problems import Problem, problem_response
from reseen.app.security.doors import cookie_name
from reseen.app.settings import AppSettings

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_SITE = frozenset({"same-origin", "none"})


class Hosts:
    """Lets through what is addressed to this machine by one of its names, and comes from its own pages.

    Args:
        app: What comes behind.
        settings: How the application is run.
    """

    def __init__(self, app: ASGIApp, settings: AppSettings) -> None:
        self._app = app
        self._settings = settings
        self._names = own_names(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request or pass it on."""
        if scope["type"] == "http":
            problem = self._problem(scope["method"], scope["path"], Headers(scope=scope))
            if problem is not None:
                await problem_response(problem)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _problem(self, method: str, path: str, headers: Headers) -> Problem | None:
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._own(hosts[0]):
            return Problem(421, "this machine does not go by that name; name it with reseen app --name")
        site = headers.get("sec-fetch-site")
        if path.startswith("/api/") and site is not None and site not in _OWN_SITE:
            return _foreign()
        if method in _READING:
            return None
        origins = headers.getlist("origin")
        if not origins:
            # Scripts send none; a browser with a sign-in always does.
            own_cookie = cookie_name(self._settings) in cookie_parser(headers.get("cookie", ""))
            return _unclear() if own_cookie and "authorization" not in headers else None
        return None if len(origins) == 1 and self._same(origins[0], hosts[0]) else _foreign()

    def _own(self, host: str) -> bool:
        name = _name(host)
        if name is None:
            return False
        # A plain address is nobody's to rebind.
        return name in self._names or (_is_address(name) and not self._settings.loopback)

    def _same(self, origin: str, host: str) -> bool:
        try:
            parts = urlsplit(origin)
        except ValueError:
            return False
        if parts.scheme not in ({"https"} if self._settings.tls else {"http", "https"}):
            return False
        return parts.netloc.lower() == host.lower()


def own_names(settings: AppSettings) -> frozenset[str]:
    """The names, in small letters, by which a browser may call this machine."""
    names = {"localhost", "127.0.0.1", "::1", *(name.lower() for name in settings.names)}
    if settings.host not in {"", "0.0.0.0", "::"}:
        names.add(settings.host.lower())
    if not settings.loopback:
        own = socket.gethostname().lower()
        names |= {own, f"{own}.local"}
    return frozenset(names)


def _name(host: str) -> str | None:
    """A ``Host`` without its port; None where it is none."""
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port
    except ValueError:
        return None
    if parts.path or parts.query or parts.fragment or "@" in host or parts.hostname is None:
        return None
    return parts.hostname.rstrip(".")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _foreign() -> Problem:
    return Problem(403, "this request came from another site")


def _unclear() -> Problem:
    return Problem(403, "a change with a sign-in must say its Origin, as browsers do; scripts send a token instead")
