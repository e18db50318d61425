"""The way in: every request passes here first, and every response leaves with the security headers."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import hypercorn.protocol.ws_stream

from chat.web import safety
from chat.web.render import Renderer
from chat.web.safety import Headers, Scope
from chat.web.streams import PATH, Streams, refuse
from chat.web.wire import Message, Receive, Send

App = Callable[[Any, Any, Any], Awaitable[None]]

# Every browser offers permessage-deflate and Hypercorn always accepts: a reader then holds 97 KiB more,
# and 58 KB of hostile frames inflate to 176 MB before any limit is asked. There is no setting for it
# (hypercorn issue 307).
vars(hypercorn.protocol.ws_stream)["server_extensions_handshake"] = lambda *_: None


class Gate:
    """An ASGI application around another: refuses, hands streams over, adds headers, hears of the stop."""

    def __init__(
        self,
        app: App,
        streams: Streams,
        renderer: Renderer,
        site_url: str,
        stop: Callable[[], Awaitable[None]],
    ) -> None:
        self._app, self._streams, self._renderer = app, streams, renderer
        self._site_url, self._stop = site_url, stop
        self._watching: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        self._watch(send)
        if status := safety.refusal(scope, self._site_url):
            await self._refuse(scope, send, status)
        elif (match := PATH.fullmatch(scope["path"])) and scope.get("method", "GET") == "GET":
            await self._streams.serve(scope, receive, send, match)
        elif scope["type"] == "websocket":
            await self._refuse(scope, send, 404)
        else:
            await self._app(scope, receive, self._with_headers(scope, send))

    def _with_headers(self, scope: Scope, send: Send) -> Send:
        ours = safety.response_headers(scope, self._site_url)

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *ours]
            await send(message)

        return guarded

    async def _refuse(self, scope: Scope, send: Send, status: int) -> None:
        page = self._renderer.page("problem", status=status, text="", kept="", problem_id="", clock="")
        headers: Headers = [
            (b"content-type", b"text/html; charset=utf-8"),
            (b"cache-control", b"no-store"),
            (b"connection", b"close"),  # a form that came with it was not read
            *safety.response_headers(scope, self._site_url),
        ]
        await refuse(scope, send, status, headers, page.encode())

    def _watch(self, send: Send) -> None:
        """Learn from the first request's connection when Hypercorn begins to stop.

        It tells the application only after waiting for all connections, which for streams is too late.
        """
        if self._watching is None and (context := getattr(getattr(send, "__self__", None), "context", None)):
            self._watching = asyncio.ensure_future(self._stop_after(context.terminated))

    async def _stop_after(self, terminated: Any) -> None:
        await terminated.wait()
        await self._stop()
