"""``reseen app`` and ``reseen token`` as a user starts them."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import psutil
import pytest
import trustme

from cli.running import command, process, reseen
from cli.tiny_world import DETECTOR, EMBEDDER, MODELS

PATIENCE = 120.0


def free_port() -> int:
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@contextmanager
def running(folder: Path, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """The application as a process of its own, with its first line read."""
    started = subprocess.Popen(
        command("app", "--no-browser", *MODELS, *arguments), cwd=folder, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    try:
        yield started
    finally:
        started.kill()
        started.wait()
        assert started.stdout is not None
        started.stdout.close()


def line(started: subprocess.Popen[str]) -> str:
    assert started.stdout is not None
    return started.stdout.readline()


def test_from_nothing_to_an_answer_and_a_clean_end(tiny: Path) -> None:
    port = free_port()
    with running(tiny, "--port", port) as app:
        assert f"http://127.0.0.1:{port}" in line(app)
        assert httpx.get(f"http://127.0.0.1:{port}/api/v1/session").json()["role"] == "admin"
        assert (tiny / "my.reseen").is_dir()
        second = process("app", "--no-browser", "--port", port, folder=tiny)
        assert second.status == 1
        assert second.err.count("\n") == 1
        assert f"127.0.0.1:{port}: something listens there already" in second.err
        children = psutil.Process(app.pid).children(recursive=True)
        app.send_signal(signal.SIGINT)
        assert app.wait(PATIENCE) == 0
        assert app.stdout is not None
        assert app.stdout.read() == ""
        _gone, alive = psutil.wait_procs(children, timeout=PATIENCE)
        assert alive == []


def test_a_request_under_way_ends_with_the_application_and_nothing_is_said_of_it(tiny: Path) -> None:
    port = free_port()
    with running(tiny, "--port", port) as app, closing(socket.socket()) as asking:
        line(app)
        asking.settimeout(PATIENCE)
        asking.connect(("127.0.0.1", port))
        half = f"POST /api/v1/session HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 100\r\n\r\n{{"
        asking.sendall(half.encode())
        time.sleep(1.0)  # it is under way by then; if not, the test asks less
        app.send_signal(signal.SIGINT)
        assert asking.recv(100).startswith(b"HTTP/1.1 503 ")
        assert app.wait(PATIENCE) == 0
        assert app.stdout is not None
        assert app.stdout.read() == ""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_when_it_is_killed_nothing_of_it_is_left_running(tiny: Path) -> None:
    port = free_port()
    with running(tiny, "--port", port) as app:
        line(app)
        children: list[psutil.Process] = []
        deadline = time.monotonic() + PATIENCE
        while not children and time.monotonic() < deadline:
            children = psutil.Process(app.pid).children(recursive=True)
        assert children
        app.kill()
        app.wait()
        _gone, alive = psutil.wait_procs(children, timeout=PATIENCE)
        assert alive == []


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7"])
def test_others_come_in_by_token_alone(tiny: Path, host: str) -> None:
    refused = reseen("app", "--no-browser", "--host", host, *MODELS)
    assert refused.status == 2
    assert refused.err.count("\n") == 1
    assert "reseen token create" in refused.err


def test_with_a_token_it_listens_and_speaks_tls(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESEEN_DETECTOR", DETECTOR)  # the token's library is made with the models of the settings
    monkeypatch.setenv("RESEEN_EMBEDDER", EMBEDDER)
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    issued.private_key_pem.write_to_path(tiny / "key.pem")
    for part, pem in enumerate(issued.cert_chain_pems):
        pem.write_to_path(tiny / "cert.pem", append=part > 0)
    secret = reseen("token", "create", "desk", "--role", "viewer", "--json").well().json["token"]
    port = free_port()
    tls = ("--tls-cert", "cert.pem", "--tls-key", "key.pem")
    trusted = ssl.create_default_context()
    authority.configure_trust(trusted)
    with running(tiny, "--host", "0.0.0.0", "--port", port, *tls) as app:
        assert f"https://127.0.0.1:{port}" in line(app)
        address = f"https://127.0.0.1:{port}/api/v1/session"
        assert httpx.get(address, verify=trusted).json()["role"] is None
        signed = httpx.post(
            address, json={"token": secret}, headers={"Origin": f"https://127.0.0.1:{port}"}, verify=trusted
        )
        assert signed.json()["role"] == "viewer"
        assert "Secure" in signed.headers["set-cookie"]


def test_what_is_no_certificate_is_said(tiny: Path) -> None:
    (tiny / "cert.pem").write_text("no certificate")
    (tiny / "key.pem").write_text("no key")
    for tls in (("--tls-cert", "cert.pem"), ("--tls-cert", "cert.pem", "--tls-key", "key.pem"),
                ("--tls-cert", "none.pem", "--tls-key", "key.pem")):  # fmt: skip
        refused = reseen("app", "--no-browser", *MODELS, *tls)
        assert refused.status in {1, 2}
        assert refused.err.count("\n") == 1


def test_tokens_are_made_listed_and_revoked(tiny: Path) -> None:
    made = reseen(
        "token", "create", "desk", "--role", "searcher", "--camera", "Gate 3", "--camera", "Yard", "--json"
    ).well()
    assert made.json["cameras"] == ["Gate 3", "Yard"]
    secret = made.json["token"]
    assert len(secret) >= 43
    listed = reseen("token", "list").well().out
    assert "desk" in listed and "Gate 3, Yard" in listed and secret not in listed
    for file in (tiny / "my.reseen").rglob("*"):
        assert not file.is_file() or secret.encode() not in file.read_bytes()
    assert reseen("token", "create", "desk", "--role", "viewer").status == 1
    reseen("token", "revoke", "desk").well()
    assert reseen("token", "list", "--json").well().json == {"tokens": []}
    gone = reseen("token", "revoke", "desk")
    assert gone.status == 1 and gone.err.count("\n") == 1
    actions = [entry["action"] for entry in reseen("audit", "--library", "my.reseen", "--json").well().json["entries"]]
    assert actions == ["create token", "revoke token"]


@pytest.mark.parametrize(
    "arguments",
    [("x", "--role", "owner"), ("x", "--role", "admin", "--camera", "Gate 3"), ("", "--role", "viewer")],
)  # fmt: skip
def test_what_is_no_token_is_refused(tiny: Path, arguments: tuple[str, ...]) -> None:
    refused = reseen("token", "create", *arguments)
    assert refused.status == 1 and refused.err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments", [("--language", "de"), ("--root", "nowhere"), ("--port", "0"), ("--port", "70000")]
)
def test_settings_that_cannot_be_are_refused(tiny: Path, arguments: tuple[str, ...]) -> None:
    assert reseen("app", "--no-browser", *arguments).status == 2
