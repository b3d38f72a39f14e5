"""A real Chromium for the tests of the pages, and what it must never do."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
PATIENCE = 90_000
"""Milliseconds that a page may take to do something before a test gives up."""


def chromium() -> str:
    """The browser's program; the test is skipped where there is none."""
    named = os.environ.get("RESEEN_CHROMIUM")
    found = named or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip("no Chromium is here (apt install chromium)")
    return found


@dataclass
class Watched:
    """A page, and everything about it that should not have happened.

    Attributes:
        page: Playwright's page.
        wrong: Errors on the console, uncaught ones, reports of the policy, requests to another host.
    """

    page: Any
    wrong: list[str] = field(default_factory=list)


@contextmanager
def browser() -> Iterator[Any]:
    """Chromium, started."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not here")
    program = chromium()
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--mute-audio"])
        try:
            yield started
        finally:
            started.close()


@contextmanager
def watched(started: Any, address: str, **options: Any) -> Iterator[Watched]:
    """A page that is watched; leaving it with anything wrong fails the test."""
    context = started.new_context(base_url=address, **options)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    seen = Watched(page)
    host = urlsplit(address).netloc

    def asked(request: Any) -> None:
        target = urlsplit(request.url)
        if target.scheme in {"http", "https", "ws", "wss"} and target.netloc != host:
            seen.wrong.append(f"request to {request.url}")

    def said(message: Any) -> None:
        if message.type in {"error", "warning"}:
            seen.wrong.append(f"console: {message.text} ({message.location.get('url')})")

    page.on("request", asked)
    page.on("console", said)
    page.on("pageerror", lambda error: seen.wrong.append(f"error: {error}"))
    page.add_init_script(
        "addEventListener('securitypolicyviolation', (event) => "
        "console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));"
    )
    try:
        yield seen
    finally:
        context.close()
    assert not seen.wrong, "\n".join(seen.wrong)
