"""What is open ends when its token is revoked or the application ends: event streams, video, uploads."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass

import anyio
from anyio.to_thread import run_sync
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reseen.app.access import Visitor

_TICK = 0.5
VISIT = "reseen.visit"
"""Where in a request's scope its ``Visit`` is."""


@dataclass
class Visit:
    """A request under way, and who makes it once that is known."""

    visitor: Visitor | None = None


class Ending:
    """Watches every request that takes long.

    Args:
        app: What comes behind; ``app.state.context`` of the scope's application has the doors.
        every: Seconds between looks.
    """

    def __init__(self, app: ASGIApp, every: float) -> None:
        self._app = app
        self._every = every

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and end it when its visitor may no longer be here."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        visit = scope[VISIT] = Visit()
        state = {"started": False, "finished": False}

        async def sending(message: Message) -> None:
            state["started"] = True
            state["finished"] = message["type"] == "http.response.body" and not message.get("more_body", False)
            await send(message)

        with anyio.CancelScope() as staying:
            watching = asyncio.create_task(self._watch(scope, visit, state, staying))
            try:
                await self._app(scope, receive, sending)
            finally:
                watching.cancel()
        if state["started"] and not state["finished"]:
            # A stream ends here; a promised length that is not kept makes the server close the connection.
            with suppress(Exception):
                await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _watch(self, scope: Scope, visit: Visit, state: dict[str, bool], staying: anyio.CancelScope) -> None:
        looked = anyio.current_time()
        while True:
            await anyio.sleep(min(self._every, _TICK))
            context = scope["app"].state.context
            over = state["started"] and context.leaving.is_set()
            if visit.visitor is not None and anyio.current_time() - looked >= self._every:
                looked = anyio.current_time()
                over = over or not await run_sync(context.doors.still, visit.visitor)
            if over:
                staying.cancel()
                return
