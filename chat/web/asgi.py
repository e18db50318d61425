"""ASGI's words, and a connection as the streams use one."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from chat.core.problems import Invalid

Scope = dict[str, Any]
Event = dict[str, Any]
Headers = list[tuple[bytes, bytes]]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]
App = Callable[[Any, Any, Any], Awaitable[None]]


def header(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> bytes | None:
    """The first value of a header. ASGI servers send names in lower case."""
    return next((value for key, value in headers if key == name), None)


def query_of(scope: Scope) -> dict[str, str]:
    """The fields of the address, the last one of each name. Raises `Invalid`."""
    try:
        parsed = parse_qs(scope["query_string"].decode("ascii"), keep_blank_values=True, max_num_fields=20)
    except (ValueError, UnicodeDecodeError) as error:
        raise Invalid("since", "That address cannot be read.") from error
    return {key: values[-1] for key, values in parsed.items()}


def body(content: bytes, *, more: bool = True) -> Event:
    """A part of a response's body."""
    return {"type": "http.response.body", "body": content, "more_body": more}


async def whole_body(receive: Receive, heard: list[Event]) -> bytes:
    """All of a body. Raises `TimeoutError` where the client has gone: nobody waits for an answer."""
    while True:
        heard.append(event := await receive())
        if event["type"] != "http.request":
            raise TimeoutError
        if not event.get("more_body", False):
            return b"".join(one.get("body", b"") for one in heard)


def again(heard: list[Event], receive: Receive) -> Receive:
    """What was heard, and then what comes."""

    async def hear() -> Event:
        return heard.pop(0) if heard else await receive()

    return hear


@dataclass(frozen=True, slots=True)
class Connection:
    """One request, and what every answer to it carries."""

    scope: Scope
    receive: Receive
    send: Send
    headers: Headers  # the security headers

    async def begin(self, headers: Headers) -> None:
        """Send the head of a successful response."""
        await self._start("http.response", 200, headers)

    async def answer(self, status: int, headers: Headers, content: bytes) -> None:
        """Send a whole response; a websocket is refused with it, before it is accepted."""
        kind = "websocket.http.response" if self.scope["type"] == "websocket" else "http.response"
        await self._start(kind, status, [*headers, (b"content-length", str(len(content)).encode())])
        await self.send({"type": f"{kind}.body", "body": content, "more_body": False})

    async def _start(self, kind: str, status: int, headers: Headers) -> None:
        await self.send({"type": f"{kind}.start", "status": status, "headers": [*headers, *self.headers]})
