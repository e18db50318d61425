"""Websocket, server-sent events, long poll, page stream and text stream: thin adapters over one `follow`.

They are plain ASGI beside Quart, since a framework's context for each of thousands of connections
would weigh more than the connection.
"""

import asyncio
import contextlib
import random
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from chat.core.changes import Cursor
from chat.core.limits import Bucket
from chat.core.person import Session
from chat.core.problems import Invalid
from chat.core.room import HOUSE, Member
from chat.live.batch import Batch, End
from chat.live.hub import Hub
from chat.live.presence import Presence
from chat.live.reader import Wire
from chat.web import safety
from chat.web.media import EVENTS, PAGE, TEXT, WEBSOCKET, Medium
from chat.web.pages import Pages
from chat.web.poll import PollWire
from chat.web.safety import Headers, Scope, header
from chat.web.wire import Direct, Line, Message, Outlet, PageLine, Portable, Receive, Send, transport_of

WS_SILENCE_S = 25.0  # once a page has answered a heartbeat: two and a half missed ones
EVENTS_SILENCE_S = 60.0  # it says POST alive every 25 s
INBOUND_A_MINUTE = 20  # websocket frames; a page answers six heartbeats, each with an empty one
WAIT_MAX_S = 25.0  # of a long poll: below what proxies wait for
RETRY_MS = (1_000, 3_000)  # event streams come back spread over this, so that a restart makes no herd

_STAYS: Headers = [(b"x-accel-buffering", b"no"), (b"connection", b"close")]


@dataclass(slots=True)
class Call:
    """One request to read a room, let in: who reads, from where, and what to read from."""

    scope: Scope
    receive: Receive
    send: Send
    session: Session
    member: Member
    cursor: Cursor | None  # as the client named it
    query: Mapping[str, str]
    hub: Hub
    presence: Presence
    pages: Pages
    site_url: str

    @property
    def at(self) -> Cursor:
        """Where to go on: without a cursor, from now on."""
        return self.cursor or Cursor(self.member.room.epoch, self.member.room.head)

    @contextlib.contextmanager
    def here(self) -> Iterator[None]:
        """The person is in the room as long as this lasts."""
        self.presence.connected(self.member.room.id, self.member.person.id)
        try:
            yield
        finally:
            self.presence.disconnected(self.member.room.id, self.member.person.id)

    @contextlib.contextmanager
    def followed(self, wire: Wire, at: Cursor) -> Iterator[None]:
        """`wire` is given everything after `at` as long as this lasts."""
        with self.hub.follow(self.member, self.session, at, wire):
            yield

    def shown(self, at: Cursor) -> None:
        """The call was given a page read after its member, up to `at`: that is not beyond the room's head."""
        self.member = replace(self.member, room=replace(self.member.room, head=at.number))

    async def begin(self, content_type: bytes, cache: bytes, more: Headers) -> None:
        """Send the head of a response."""
        ours: Headers = [
            (b"content-type", content_type + b"; charset=utf-8"),
            (b"cache-control", cache),
            (b"chat-status", b"ok"),
            *safety.response_headers(self.scope, self.site_url),
        ]
        await self.send({"type": "http.response.start", "status": 200, "headers": [*ours, *more]})


async def websocket(call: Call) -> None:
    """Frames of fragments. The page answers each heartbeat with one empty frame and may send nothing else."""
    await call.receive()  # websocket.connect
    await call.send({"type": "websocket.accept"})

    async def finish(end: End) -> None:
        await call.send({"type": "websocket.close", "code": end.value})

    line = Line(_outlet(call, WEBSOCKET, _frame), finish, WS_SILENCE_S)
    pace = Bucket(INBOUND_A_MINUTE / 60, INBOUND_A_MINUTE, time.monotonic())
    with call.here(), call.followed(line, call.at):
        while (message := await _next(call, line)) is not None:
            if message.get("text") != "" or pace.take(time.monotonic()):
                line.close(End.DENIED)
            else:
                line.answered()


async def events(call: Call) -> None:
    """An event a batch, whose id is the cursor after it."""
    await call.begin(b"text/event-stream", b"no-cache, no-transform", _STAYS)
    await call.send(_body(f"retry:{random.randint(*RETRY_MS)}\n\n".encode()))
    await _stay(call, Line(_outlet(call, EVENTS, _body), _last(call), EVENTS_SILENCE_S), call.at)


async def page_stream(call: Call) -> None:
    """A page that does not end, for browsers without scripts."""
    at, head = await call.pages.stream_head(call.member.person, call.member.room.slug)
    call.shown(at)
    await call.begin(b"text/html", b"no-store, no-transform", _STAYS)
    await call.send(_body(head))
    await _stay(call, PageLine(_outlet(call, PAGE, _body), _last(call), EVENTS_SILENCE_S), at)


async def text_stream(call: Call) -> None:
    """A line a message, for `curl -N`: the newest ones first, unless a cursor says where to go on."""
    at, opening = call.at, b""
    if not call.cursor:
        at, opening = await call.pages.transcript(call.member)
        call.shown(at)
    await call.begin(b"text/plain", b"no-store, no-transform", _STAYS)
    if opening:
        await call.send(_body(opening))
    await _stay(call, Line(_outlet(call, TEXT, _body), _last(call), EVENTS_SILENCE_S), at)


async def long_poll(call: Call) -> None:
    """One batch: what there is, or what comes within `wait` seconds, or only the mark."""
    wait_s = _wait(call.query)
    away = call.query.get("away") == "1"
    if away:
        call.presence.away(call.member.room.id, call.member.person.id)
    with contextlib.nullcontext() if away else call.here():
        batch = await _wait_for_change(call, wait_s)
    body = batch.encoded(WEBSOCKET.payload)
    await call.begin(b"text/html", b"private, no-store", [(b"content-length", str(len(body)).encode())])
    await call.send(_body(body, more=False))


async def _wait_for_change(call: Call, wait_s: float) -> Batch:
    if not wait_s and call.member.room.id != HOUSE:
        return await call.pages.since(call.member, call.at)
    wire = PollWire(call.at)
    gone = asyncio.ensure_future(_disconnected(call.receive))
    try:
        with call.followed(wire, call.at):
            waited: list[asyncio.Future[Any]] = [wire.done, gone]
            await asyncio.wait(waited, timeout=wait_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        gone.cancel()
    return wire.batch


async def _stay(call: Call, line: Line, at: Cursor) -> None:
    """Serve a response that stays until the peer goes or we end it."""
    with call.here(), call.followed(line, at):
        while await _next(call, line) is not None:
            pass  # what is left of a request that has no body


async def _next(call: Call, line: Line) -> Message | None:
    """What the peer sends next; `None` once it has gone or our side has said goodbye."""
    if line.ended.done():
        return None
    receiving = asyncio.ensure_future(call.receive())
    waited: list[asyncio.Future[Any]] = [receiving, line.ended]
    try:
        await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
    finally:
        if not receiving.done():
            receiving.cancel()
    if receiving.cancelled() or not receiving.done():
        return None
    message = receiving.result()
    return None if message["type"].endswith(".disconnect") else message


async def _disconnected(receive: Receive) -> None:
    """Until the peer has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _outlet(call: Call, medium: Medium, message: Callable[[bytes], Message]) -> Outlet:
    transport = transport_of(call.scope, call.send)
    return Direct(transport, medium) if transport else Portable(call.send, medium, message)


def _last(call: Call) -> Callable[[End], Coroutine[Any, Any, None]]:
    async def finish(_end: End) -> None:
        await call.send(_body(b"", more=False))

    return finish


def _frame(payload: bytes) -> Message:
    return {"type": "websocket.send", "text": payload.decode()}


def _body(content: bytes, *, more: bool = True) -> Message:
    return {"type": "http.response.body", "body": content, "more_body": more}


def _wait(query: Mapping[str, str]) -> float:
    raw = query.get("wait") or "0"
    if not (raw.isascii() and raw.isdigit() and len(raw) <= 4):
        raise Invalid("wait", "That is no number of seconds.")
    return min(float(raw), WAIT_MAX_S)


def wants_text(scope: Scope) -> bool:
    """Whether a stream is asked for as text."""
    return b"text/plain" in (header(scope["headers"], b"accept") or b"")
