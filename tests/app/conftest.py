"""The application in a world of tiny networks: a small library made once, copied for each test that changes it."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient

from cli.tiny_world import CYAN, MAGENTA, YELLOW, Stay, make_models, write_clip, write_photo
from reseen.api import Library
from reseen.app import AppSettings, create_app
from reseen.indexing import Workers
from reseen.library import Store
from reseen.runtime import SessionSettings

BASE = "http://127.0.0.1:8080"
STARTED = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
CAMERAS = ("Gate 1", "Yard")


@dataclass(frozen=True)
class World:
    """Footage, photos and the library made of them; to be copied before it is changed.

    Attributes:
        models: The folder of tiny models (``RESEEN_MODELS``).
        footage: The folder of the clips: ``gate.mp4`` (camera Gate 1, with a clock) and ``yard.mp4`` (Yard, without).
        library: The library that holds both.
        photos: ``yellow.png``, ``cyan.png``, ``two.png`` (cyan and yellow), ``nobody.png``.
    """

    models: Path
    footage: Path
    library: Path
    photos: Path


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Yellow passes both cameras, cyan only the gate, magenta only the yard."""
    folder = tmp_path_factory.mktemp("world")
    footage, photos, models = folder / "footage", folder / "photos", folder / "models"
    for made in (footage, photos, models):
        made.mkdir()
    make_models(models)
    gate = [Stay(YELLOW, 0, 1, 1.0, 4.0), Stay(CYAN, 2, 1, 3.0, 7.0)]
    write_clip(footage / "gate.mp4", 10.0, gate)
    write_clip(footage / "yard.mp4", 10.0, [Stay(MAGENTA, 1, 1, 1.0, 4.0), Stay(YELLOW, 3, 1, 5.0, 9.0)])
    write_photo(photos / "yellow.png", YELLOW)
    write_photo(photos / "cyan.png", CYAN)
    write_photo(photos / "two.png", CYAN, YELLOW)
    write_photo(photos / "nobody.png")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RESEEN_MODELS", str(models))
        workers = Workers(threads=1)
        with Library(folder / "my.reseen", detector="tiny-detector", embedder="tiny-reid", workers=workers) as library:
            library.add(footage / "gate.mp4", camera=CAMERAS[0], start=STARTED)
            library.add(footage / "yard.mp4", camera=CAMERAS[1])
    return World(models, footage, folder / "my.reseen", photos)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test sees the user's models, settings or cache."""
    for name in ("RESEEN_LIBRARY", "RESEEN_DETECTOR", "RESEEN_EMBEDDER", "RESEEN_PROVIDER"):
        monkeypatch.delenv(name, raising=False)
    for name in ("CACHE", "DATA", "CONFIG"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    monkeypatch.setenv("RESEEN_MODELS", str(world.models))
    return tmp_path


@pytest.fixture
def library(world: World, tmp_path: Path) -> Path:
    """A copy of the library, for one test."""
    copy: Path = tmp_path / "my.reseen"
    shutil.copytree(world.library, copy)
    return copy


@pytest.fixture
def footage(world: World, tmp_path: Path) -> Path:
    """A copy of the clips, for one test; the only root from which footage may be added."""
    copy: Path = tmp_path / "footage"
    shutil.copytree(world.footage, copy)
    return copy


@pytest.fixture
def settings(library: Path, footage: Path) -> AppSettings:
    """How the application of a test is run: without processes of its own for jobs."""
    session = SessionSettings(threads=1)
    return AppSettings(
        library=library, roots=(footage,), session=session, workers=False,
        detector="tiny-detector", embedder="tiny-reid",
    )  # fmt: skip


@pytest.fixture
def app(settings: AppSettings) -> Iterator[FastAPI]:
    """The application, open."""
    made = create_app(settings)
    with TestClient(made, base_url=BASE):
        yield made


@pytest.fixture
def store(app: FastAPI) -> Store:
    """The application's own library."""
    found: Store = app.state.context.store
    return found


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    """The local user while there is no token: an admin who need not sign in."""
    return client_of(app)


def client_of(app: FastAPI, token: str | None = None) -> TestClient:
    """A script with a token, or without one."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    # The application is open already: a client that is not entered does not open it again.
    return TestClient(app, base_url=BASE, headers=headers, raise_server_exceptions=False)


@dataclass(frozen=True)
class Clients:
    """Scripts with a token each; ``limited`` is a searcher who may see the camera Gate 1 alone."""

    nobody: TestClient
    wrong: TestClient
    revoked: TestClient
    viewer: TestClient
    searcher: TestClient
    admin: TestClient
    limited: TestClient


@pytest.fixture
def clients(app: FastAPI) -> Clients:
    """One client for each sort of visitor, once there are tokens."""
    return clients_of(app)


def store_of(client: TestClient) -> Store:
    """The library of the application that a client asks."""
    found: Store = client.app.state.context.store  # type: ignore[attr-defined]
    return found


def clients_of(app: FastAPI) -> Clients:
    """One client for each sort of visitor to an application that is open."""
    store: Store = app.state.context.store

    def with_token(name: str, role: str, cameras: tuple[str, ...] | None = None) -> TestClient:
        _token, secret = store.add_token(name, role, cameras)
        return client_of(app, secret)

    revoked = with_token("revoked", "admin")
    store.revoke_token("revoked")
    app.state.context.doors.tokens.changed()
    return Clients(
        nobody=client_of(app),
        wrong=client_of(app, "x" * 43),
        revoked=revoked,
        viewer=with_token("viewer", "viewer"),
        searcher=with_token("searcher", "searcher"),
        admin=with_token("admin", "admin"),
        limited=with_token("limited", "searcher", CAMERAS[:1]),
    )


@pytest.fixture(scope="session")
def everybody(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clients]:
    """As ``clients``, to one application, and one process that looks at photos, for all tests.

    They may search, send photos and make cases, but change neither people nor footage nor tokens. Wrong tokens do not
    count.
    """
    library = tmp_path_factory.mktemp("everybody") / "my.reseen"
    shutil.copytree(world.library, library)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RESEEN_MODELS", str(world.models))
        app = create_app(
            AppSettings(
                library=library, workers=False, token_failures=1_000_000, session=SessionSettings(threads=1),
                max_photo_bytes=3_000_000,
            )
        )  # fmt: skip
        with TestClient(app, base_url=BASE):
            yield clients_of(app)


@dataclass(frozen=True)
class Server:
    """The application at a real address, ``http://127.0.0.1:PORT``."""

    address: str
    app: FastAPI
    settings: AppSettings

    @property
    def entrance(self) -> str:
        """The address that lets a browser in, once."""
        return f"{self.address}/enter?key={self.app.state.context.doors.sessions.make_key()}"


Serve = Callable[..., Server]


@pytest.fixture
def serve(settings: AppSettings) -> Iterator[Serve]:
    """Starts live servers: ``serve(workers=True, language="zh")``; what is named differs from ``settings``."""
    with ExitStack() as running:

        def start(**changes: object) -> Server:
            chosen = replace(settings, **({"port": free_port()} | changes))  # type: ignore[arg-type]
            return running.enter_context(Running(chosen))

        yield start


@pytest.fixture
def server(serve: Serve) -> Server:
    """A live server on a free port, without processes for jobs."""
    return serve()


def free_port() -> int:
    """A port that nobody listens at."""
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


class Running:
    """The application at a real address, while the block lasts."""

    def __init__(self, settings: AppSettings) -> None:
        self._settings = settings
        self._app = create_app(settings)
        tls = {} if settings.tls_cert is None else {"ssl_certfile": settings.tls_cert, "ssl_keyfile": settings.tls_key}
        config = uvicorn.Config(
            self._app, settings.host, settings.port, log_level="warning", proxy_headers=False, server_header=False,
            timeout_graceful_shutdown=2, **tls,  # type: ignore[arg-type]
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run)

    def __enter__(self) -> Server:
        self._thread.start()
        while not self._server.started:
            assert self._thread.is_alive(), "the server did not start"
            time.sleep(0.02)
        return Server(self._settings.address, self._app, self._settings)

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join()
