"""Parley: rooms to talk in. `hypercorn chat:app` serves it."""

from typing import Any


class _App:
    """The ASGI application, put together when a server first calls it, so that importing is free."""

    def __init__(self) -> None:
        self._app: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if self._app is None:
            from chat.assembly import start

            self._app = start().asgi_app  # what calling it would call, and one frame less for each reader
        await self._app(scope, receive, send)


app = _App()
