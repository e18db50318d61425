"""The way in: every request passes here first, and every response leaves with the security headers."""

import asyncio
from collections.abc import Awaitable, Callable

from chat.web import safety, server
from chat.web.asgi import App, Connection, Event, Headers, Receive, Scope, Send
from chat.web.posts import Posts
from chat.web.render import Renderer
from chat.web.streams import PATH, Streams

server.refuse_compression()


class Gate:
    """An ASGI application around another: refuses, hands streams over, adds headers, hears of the stop."""

    def __init__(
        self,
        app: App,
        streams: Streams,
        posts: Posts,
        renderer: Renderer,
        site_url: str,
        stop: Callable[[], Awaitable[None]],
    ) -> None:
        self._app, self._streams, self._posts, self._renderer = app, streams, posts, renderer
        self._site_url, self._stop = site_url, stop
        self._watching: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        self._watch(send)
        connection = Connection(scope, receive, send, safety.response_headers(scope, self._site_url))
        if status := safety.refusal(scope, self._site_url):
            await self._refuse(connection, status)
        elif (match := PATH.fullmatch(scope["path"])) and scope.get("method", "GET") == "GET":
            await self._streams.serve(connection, match)
        elif scope["type"] == "websocket":
            await self._refuse(connection, 404)
        else:
            if left := await self._posts.take(connection):
                await self._app(scope, left, _with_headers(connection))

    async def _refuse(self, connection: Connection, status: int) -> None:
        nothing = dict.fromkeys(("text", "kept", "nonce", "problem_id", "door"), "")
        page = self._renderer.page("problem", status=status, **nothing)
        headers: Headers = [
            (b"content-type", b"text/html; charset=utf-8"),
            (b"cache-control", b"no-store"),
            (b"connection", b"close"),  # a form that came with it was not read
        ]
        await connection.answer(status, headers, page.encode())

    def _watch(self, send: Send) -> None:
        """Learn from the first request's connection when the server begins to stop."""
        if self._watching is None and (told := server.stopping(send)):
            self._watching = asyncio.ensure_future(self._stop_after(told))

    async def _stop_after(self, told: asyncio.Event) -> None:
        await told.wait()
        await self._stop()


def _with_headers(connection: Connection) -> Send:
    async def send(event: Event) -> None:
        if event["type"] == "http.response.start":
            given = list(event.get("headers", ()))
            names = {name.lower() for name, _ in given}
            event["headers"] = given + [header for header in connection.headers if header[0] not in names]
        await connection.send(event)

    return send
