"""What is open ends when its token is revoked or the application ends: event streams, video, uploads."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass

import anyio
from anyio.to_thread import run_sync
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reseen.app.access import Visitor
from reseen.app.problems import Problem, problem_response

GRACE_SECONDS = 5.0
"""So long requests may go on that are under way when the application ends."""

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

        task = asyncio.current_task()
        assert task is not None
        try:
            with anyio.CancelScope() as staying:
                watching = asyncio.create_task(self._watch(scope, visit, state, staying, task))
                try:
                    await self._app(scope, receive, sending)
                finally:
                    watching.cancel()
        except asyncio.CancelledError:
            if not scope["app"].state.context.leaving.is_set():
                raise
            task.uncancel()  # the end of the application is no error of this request's
        if state["finished"]:
            return
        with suppress(Exception):
            if state["started"]:
                # A stream ends here; a promised length that is not kept makes the server close the connection.
                await send({"type": "http.response.body", "body": b"", "more_body": False})
            else:
                await problem_response(Problem(503, "the application is ending"))(scope, receive, send)

    async def _watch(
        self, scope: Scope, visit: Visit, state: dict[str, bool], staying: anyio.CancelScope, task: asyncio.Task[None]
    ) -> None:
        looked = anyio.current_time()
        left_at: float | None = None
        while True:
            await anyio.sleep(min(self._every, _TICK))
            now = anyio.current_time()
            context = scope["app"].state.context
            if context.leaving.is_set():
                left_at = left_at or now
                if state["started"]:
                    staying.cancel()
                if now - left_at >= GRACE_SECONDS:
                    task.cancel()  # unlike the scope it does not wait for what a thread is busy with
                    return
            if visit.visitor is not None and now - looked >= self._every:
                looked = now
                if not await run_sync(context.doors.still, visit.visitor):
                    staying.cancel()
                    return
