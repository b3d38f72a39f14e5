"""Running the application: at an address, with a browser or a window of its own, until Ctrl-C."""

from __future__ import annotations

import errno
import socket
import ssl
import threading
import webbrowser
from collections.abc import Callable
from contextlib import suppress

import uvicorn
from fastapi import FastAPI

from reseen.api import Library
from reseen.app.application import create_app
from reseen.app.security.ending import GRACE_SECONDS
from reseen.app.settings import AppSettings
from reseen.errors import InputError, UsageError

OnReady = Callable[[str], None]


def serve(settings: AppSettings, *, browser: bool = True, window: bool = False, on_ready: OnReady = print) -> None:
    """Run the application until it is stopped.

    Args:
        settings: How it is run.
        browser: Open a browser at it.
        window: Open a window of its own instead, and end when that is closed.
        on_ready: Told the address as soon as it answers there.

    Raises:
        InputError: The library cannot be opened or made, models are missing, or the port is taken.
        UsageError: Others could come in without a token, or a setting cannot be used.
    """
    _check_tls(settings)
    show = _window() if window else None
    # Whatever is wrong with the library is said here, in one line, before anything is started.
    with Library(
        settings.library, detector=settings.detector, embedder=settings.embedder, session=settings.session
    ) as library:
        if not settings.loopback and not library.store.tokens():
            raise UsageError(
                f"at {settings.host} others can come in, so a token is needed; make one with: "
                f"reseen token create NAME --role admin --library {settings.library}"
            )
    with _listening(settings) as listener:
        server = _Server(settings, create_app(settings))
        if show is None:
            server.ready = lambda: _announce(settings, server, on_ready, browser)
            with suppress(KeyboardInterrupt):  # the usual way to end it
                server.run(sockets=[listener])
            return
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="server")
        server.ready = lambda: on_ready(settings.address)
        thread.start()
        try:
            server.answers.wait()
            if thread.is_alive():
                show(server.entrance())
        finally:
            server.should_exit = True
            thread.join()


class _Server(uvicorn.Server):
    """The web server, which says when it answers, and when it ends."""

    def __init__(self, settings: AppSettings, app: FastAPI) -> None:
        self.app, self.settings = app, settings
        self.answers = threading.Event()
        self.ready: Callable[[], None] = lambda: None
        super().__init__(
            uvicorn.Config(
                app,
                log_config=None,
                log_level="warning",
                access_log=False,
                ws="none",
                # Nothing stands in front of it whose word on where a request came from is to be taken.
                proxy_headers=False,
                server_header=False,
                # Before that each request has ended by itself (see ``Ending``).
                timeout_graceful_shutdown=round(2 * GRACE_SECONDS),
                ssl_certfile=settings.tls_cert,
                ssl_keyfile=settings.tls_key,
            )
        )

    def entrance(self) -> str:
        """The address that lets the browser which is opened here come in."""
        key = self.app.state.context.doors.sessions.make_key()
        return f"{self.settings.address}/enter?key={key}"

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's; says when it is done."""
        await super().startup(sockets)
        if self.started:
            self.ready()
        self.answers.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's; streams that are open would keep it from ending."""
        self.app.state.context.leaving.set()
        await super().shutdown(sockets)


def _announce(settings: AppSettings, server: _Server, on_ready: OnReady, browser: bool) -> None:
    on_ready(settings.address)
    if browser:
        # A browser may take its time to start; the server must not wait for it.
        threading.Thread(target=webbrowser.open, args=(server.entrance(),), daemon=True).start()


def _listening(settings: AppSettings) -> socket.socket:
    """The socket to listen at."""
    where = f"{settings.host}:{settings.port}"
    try:
        family = socket.getaddrinfo(settings.host or None, settings.port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((settings.host, settings.port), family=family, backlog=2048)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            words = "something listens there already, perhaps Reseen itself; choose another with --port"
        elif error.errno == errno.EACCES:
            words = "this port may not be used by you; choose one above 1023 with --port"
        else:
            words = f"cannot listen there ({error.strerror or error}); choose another with --host"
        raise InputError(f"{where}: {words}") from None


def _check_tls(settings: AppSettings) -> None:
    if (settings.tls_cert is None) != (settings.tls_key is None):
        raise UsageError("--tls-cert and --tls-key belong together: the certificate, and its private key")
    if settings.tls_cert is None:
        return
    for file in (settings.tls_cert, settings.tls_key):
        if file is not None and not file.is_file():
            raise InputError(f"{file}: no such file")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(settings.tls_cert, settings.tls_key, lambda: "")
    except (ssl.SSLError, OSError, ValueError):
        raise InputError(
            f"{settings.tls_cert}, {settings.tls_key}: no certificate with its private key (both as PEM, no password)"
        ) from None


def _window() -> Callable[[str], None]:
    """What shows an address in a window of its own, until that is closed."""
    try:
        import webview
    except ImportError:
        raise UsageError('a window of its own takes an extra: pip install "reseen[window]"') from None

    def show(address: str) -> None:
        webview.create_window("Reseen", address, width=1280, height=860)
        webview.start(private_mode=True)

    return show
