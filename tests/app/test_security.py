"""What keeps others out: names, origins, headers, cookies, keys, limits, and the end of what was revoked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import anyio
import httpx
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse
from fastapi.testclient import TestClient

from app.conftest import BASE, Serve, client_of
from reseen.app import AppSettings, create_app
from reseen.app.routing import Routes
from reseen.app.security.hosts import own_names
from reseen.library import Store

SESSION = "/api/v1/session"
TOKENS = "/api/v1/tokens"
ORIGIN = {"Origin": BASE}


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example:8080", "evil.example:8080", "", "127.0.0.1:8080@evil.example", "[::1",
     "192.168.1.7", "localhost:x", "localhost/evil"],
)  # fmt: skip
def test_another_name_is_refused(client: TestClient, host: str) -> None:
    answer = client.get(SESSION, headers={"Host": host})
    assert answer.status_code == 421
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("host", ["localhost", "localhost:9000", "127.0.0.1:8080", "[::1]:8080", "LOCALHOST:1"])
def test_the_names_of_this_machine_are_not(client: TestClient, host: str) -> None:
    assert client.get(SESSION, headers={"Host": host}).status_code == 200


def test_names_can_be_added_and_plain_addresses_reach_an_open_server(settings: AppSettings) -> None:
    wide = own_names(replace(settings, host="0.0.0.0", names=("Cameras.Example",)))
    assert {"cameras.example", "localhost"} <= wide
    assert "cameras.example" not in own_names(settings)


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "null", "http://127.0.0.1:9999", "http://127.0.0.1:8080.evil.example", "http://localhost:8080",
     "ftp://127.0.0.1:8080", "127.0.0.1:8080", "http://[", ""],
)  # fmt: skip
def test_a_change_from_another_origin_is_refused(client: TestClient, store: Store, origin: str) -> None:
    answer = client.post(TOKENS, json={"name": "mine", "role": "admin"}, headers={"Origin": origin})
    assert answer.status_code == 403
    assert store.tokens() == ()


def test_reading_from_another_site_is_refused_too(client: TestClient) -> None:
    for site in ("cross-site", "same-site"):
        assert client.get("/api/v1/settings", headers={"Sec-Fetch-Site": site}).status_code == 403
    assert client.get("/api/v1/settings", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 200


def test_a_change_with_a_cookie_needs_an_origin(client: TestClient) -> None:
    secret = client.post(TOKENS, json={"name": "desk", "role": "admin"}, headers=ORIGIN).json()["token"]
    browser = TestClient(client.app, base_url=BASE)
    assert browser.post(SESSION, json={"token": secret}, headers=ORIGIN).status_code == 200
    assert browser.post(TOKENS, json={"name": "two", "role": "viewer"}).status_code == 403
    assert browser.post(TOKENS, json={"name": "two", "role": "viewer"}, headers=ORIGIN).status_code == 201


def test_every_answer_carries_the_headers(client: TestClient) -> None:
    for path in (SESSION, "/api/v1/nothing", "/api/v1/audit?limit=0", "/enter"):
        answer = client.get(path, follow_redirects=False)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'self'" in policy and "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy and "http" not in policy and "*" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert "server" not in answer.headers
        assert "access-control-allow-origin" not in answer.headers
    refused = client.get(SESSION, headers={"Host": "evil.example"})
    assert refused.headers["content-security-policy"] == policy


def test_a_sign_in_is_a_cookie_that_scripts_cannot_read(
    client: TestClient, store: Store, settings: AppSettings
) -> None:
    _, secret = store.add_token("desk", "searcher", ["Gate 1"])
    answer = client.post(SESSION, json={"token": secret}, headers=ORIGIN)
    assert answer.json() == {
        "name": "desk", "role": "searcher", "cameras": ["Gate 1"], "language": None, "signed_in": True
    }  # fmt: skip
    (cookie,) = answer.headers.get_list("set-cookie")
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie and "Path=/" in cookie and "Secure" not in cookie
    assert secret not in cookie
    assert client.get(SESSION).json()["name"] == "desk"
    assert client.delete(SESSION, headers=ORIGIN).status_code == 204
    assert client.get(SESSION).json()["name"] is None


def test_the_cookie_is_secure_under_tls(settings: AppSettings, store: Store) -> None:
    _, secret = store.add_token("desk", "searcher")
    tls = create_app(replace(settings, tls_cert=settings.library / "none.pem", tls_key=settings.library / "none.pem"))
    with TestClient(tls, base_url="https://127.0.0.1:8080") as client:
        good = {"Origin": "https://127.0.0.1:8080"}
        assert client.post(SESSION, json={"token": secret}, headers=ORIGIN).status_code == 403
        answer = client.post(SESSION, json={"token": secret}, headers=good)
    assert "Secure" in answer.headers["set-cookie"]


def test_signing_in_with_a_wrong_token_is_refused(client: TestClient, store: Store) -> None:
    store.add_token("desk", "searcher")
    answer = client.post(SESSION, json={"token": "wrong"}, headers=ORIGIN)
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers
    assert answer.json() == {
        "type": "about:blank", "title": "Unauthorized", "status": 401,
        "detail": "this token is not valid; it may be mistyped or revoked",
    }  # fmt: skip


def test_the_key_of_the_browser_works_once(app: FastAPI, client: TestClient, store: Store) -> None:
    store.add_token("desk", "searcher")
    app.state.context.doors.tokens.changed()
    assert client.get("/api/v1/settings").status_code == 401
    key = app.state.context.doors.sessions.make_key()
    entered = client.get(f"/enter?key={key}", follow_redirects=False)
    assert (entered.status_code, entered.headers["location"]) == (303, "/")
    assert client.get("/api/v1/settings").status_code == 200
    other = client_of(app)
    again = other.get(f"/enter?key={key}", follow_redirects=False)
    assert again.headers["location"] == "/sign-in"
    assert other.get("/api/v1/settings").status_code == 401


def test_whoever_makes_the_first_token_is_not_locked_out(client: TestClient, app: FastAPI) -> None:
    made = client.post(TOKENS, json={"name": "desk", "role": "viewer"}, headers=ORIGIN)
    assert made.status_code == 201
    assert client.get(TOKENS).status_code == 200
    assert client_of(app).get(TOKENS).status_code == 401


def test_without_loopback_nobody_comes_in_without_a_token(settings: AppSettings) -> None:
    with TestClient(create_app(replace(settings, host="0.0.0.0")), base_url=BASE) as client:
        assert client.get(TOKENS).status_code == 401
        assert client.get(SESSION).json()["role"] is None


def test_wrong_tokens_are_counted(client: TestClient, store: Store, app: FastAPI) -> None:
    _, known = store.add_token("known", "viewer")
    _, fresh = store.add_token("fresh", "viewer")
    assert client_of(app, known).get("/api/v1/models").status_code == 200
    statuses = [client_of(app, f"guess-{number}").get("/api/v1/models").status_code for number in range(12)]
    assert statuses == [401] * 10 + [429] * 2
    limited = client.post(SESSION, json={"token": fresh}, headers=ORIGIN)
    assert limited.status_code == 429
    assert 1 <= int(limited.headers["retry-after"]) <= 62
    # One whose token was right before is not kept out by a neighbour who guesses.
    assert client_of(app, known).get("/api/v1/models").status_code == 200


def test_other_ways_to_authorise_are_refused(app: FastAPI) -> None:
    for given in ("Basic YTpi", "Bearer", "Bearer  ", "token", "Bearer \udcff".encode("latin-1", "replace").decode()):
        client = TestClient(app, base_url=BASE, headers={"Authorization": given})
        assert client.get("/api/v1/models").status_code == 401, given


@pytest.fixture
def probe(app: FastAPI) -> Iterator[list[int]]:
    """A route that takes any amount of words and one that takes a photo; what reached them."""
    reached: list[int] = []
    routes = Routes("probe")

    @routes.post("/probe", role="searcher")
    async def words(request: Request) -> int:
        reached.append(len(await request.body()))
        return reached[-1]

    app.include_router(routes.router)
    yield reached


def test_what_is_too_large_is_refused_whatever_it_announces(client: TestClient, probe: list[int]) -> None:
    def flood() -> Iterator[bytes]:
        for _ in range(64):
            yield b"x" * 65536

    assert client.post("/api/v1/probe", content=b"x" * 900_000).json() == 900_000
    assert client.post("/api/v1/probe", content=b"x" * 2_000_000).status_code == 413
    assert client.post("/api/v1/probe", content=flood()).status_code == 413
    assert probe == [900_000]


def test_nothing_is_read_from_whom_may_not_send(app: FastAPI, store: Store, probe: list[int]) -> None:
    _, secret = store.add_token("looks", "viewer")
    app.state.context.doors.tokens.changed()
    assert client_of(app).post("/api/v1/probe", content=b"x").status_code == 401
    assert client_of(app, secret).post("/api/v1/probe", content=b"x").status_code == 403
    assert probe == []


def test_no_problem_says_where_the_library_lies(client: TestClient, settings: AppSettings) -> None:
    for path in ("/api/v1/sources/99", "/api/v1/shots/99", "/api/v1/people/99", "/api/v1/cases/99", "/api/v1/jobs/99"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert str(settings.library.parent) not in answer.text
        assert answer.json()["detail"]


def test_a_bug_is_a_problem_without_its_insides(app: FastAPI) -> None:
    routes = Routes("bugs")

    @routes.get("/bug", role="viewer")
    def bug() -> int:
        return int("secret words")

    app.include_router(routes.router)
    answer = TestClient(app, base_url=BASE).get("/api/v1/bug")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "secret words" not in answer.text and "ValueError" in answer.json()["detail"]
    assert answer.headers["content-security-policy"]


def _endless(routes: Routes) -> None:
    @routes.get("/endless", role="viewer")
    async def endless() -> StreamingResponse:
        async def drops() -> AsyncIterator[bytes]:
            yield b"first"
            await anyio.sleep(600)
            yield b"last"

        return StreamingResponse(drops())


def test_what_is_open_ends_soon_after_its_token_was_revoked(serve: Serve) -> None:
    server = serve(revoked_seconds=1.0)
    routes = Routes("endless")
    _endless(routes)
    server.app.include_router(routes.router)
    store: Store = server.app.state.context.store
    _, secret = store.add_token("looks", "viewer")
    with (
        httpx.Client(base_url=server.address, headers={"Authorization": f"Bearer {secret}"}, timeout=120) as client,
        client.stream("GET", "/api/v1/endless") as answer,
    ):
        parts = answer.iter_raw()
        assert next(parts) == b"first"
        # Another process revokes it: this one is not told.
        with Store.open(server.settings.library) as elsewhere:
            elsewhere.revoke_token("looks")
        assert b"last" not in b"".join(parts)
    assert (
        httpx.get(f"{server.address}/api/v1/models", headers={"Authorization": f"Bearer {secret}"}).status_code == 401
    )


def test_a_sign_in_that_ended_ends_what_it_opened(serve: Serve) -> None:
    server = serve(revoked_seconds=1.0)
    routes = Routes("endless")
    _endless(routes)
    server.app.include_router(routes.router)
    store: Store = server.app.state.context.store
    _, secret = store.add_token("looks", "viewer")
    origin = {"Origin": server.address}
    with httpx.Client(base_url=server.address, timeout=120) as client:
        assert client.post(SESSION, json={"token": secret}, headers=origin).status_code == 200
        with client.stream("GET", "/api/v1/endless") as answer:
            parts = answer.iter_raw()
            assert next(parts) == b"first"
            assert client.delete(SESSION, headers=origin).status_code == 204
            assert b"last" not in b"".join(parts)
