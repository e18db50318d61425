"""Websocket, server-sent events, long poll, page stream and text stream: thin adapters over one `follow`.

They are plain ASGI beside Quart, since a framework's context for each of thousands of connections
would weigh more than the connection.
"""

import asyncio
import functools
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chat.core.changes import Cursor
from chat.core.ids import RoomId, SessionId
from chat.core.person import Session
from chat.core.problems import Invalid
from chat.core.room import HOUSE, Member
from chat.live.batch import Batch
from chat.live.hub import Hub
from chat.live.presence import Presence
from chat.live.reader import Reader
from chat.web.asgi import Connection, Event, Headers, body, query_of
from chat.web.media import EVENTS, PAGE, TEXT, WEBSOCKET, Medium, html
from chat.web.pages import Pages
from chat.web.poll import PollWire
from chat.web.server import transport_of
from chat.web.wire import Direct, Outlet, PageWire, Portable, SocketWire, StreamWire

POLLED_MAX = 10_000  # pages that poll, of which it is remembered what they were told last
WAIT_MAX_S = 25.0  # of a long poll: below what proxies wait for
RETRY_MS = (1_000, 3_000)  # event streams come back spread over this, so that a restart makes no herd

_STAYS: Headers = [(b"x-accel-buffering", b"no"), (b"connection", b"close")]
_FORGOTTEN: Headers = []


@dataclass(frozen=True, slots=True)
class Call:
    """One request to read a room, let in."""

    connection: Connection
    session: Session
    member: Member
    cursor: Cursor | None  # as the client named it

    @property
    def at(self) -> Cursor:
        """Where to go on: without a cursor, from now on."""
        return self.cursor or head_of(self.member)

    async def begin(self, content_type: bytes, cache: bytes) -> None:
        """Send the head of a response that stays. The server keeps it as long: it is one for all."""
        await self.connection.send(_head(content_type, cache, tuple(self.connection.headers)))


@dataclass(frozen=True, slots=True)
class Transports:
    """The five ways to read a room; each is told by how it begins, its medium and its wire."""

    hub: Hub
    presence: Presence
    pages: Pages
    polled: dict[tuple[SessionId, RoomId], int] = field(default_factory=dict)

    async def websocket(self, call: Call) -> None:
        """Frames of fragments."""
        connection = call.connection
        await connection.receive()  # websocket.connect
        await connection.send({"type": "websocket.accept"})
        wire = SocketWire(connection, _outlet(connection, WEBSOCKET, _frame))
        await self._stay(call, call.member, call.at, wire)

    async def events(self, call: Call) -> None:
        """An event a batch, whose id is the cursor after it."""
        await call.begin(b"text/event-stream", b"no-cache, no-transform")
        await call.connection.send(body(f"retry:{random.randint(*RETRY_MS)}\n\n".encode()))
        wire = StreamWire(call.connection, _outlet(call.connection, EVENTS, body))
        await self._stay(call, call.member, call.at, wire)

    async def page_stream(self, call: Call) -> None:
        """A page that does not end, for browsers without scripts."""
        member, opening = await self.pages.stream_head(call.member.person, call.member.room.slug)
        await self.pages.has_read(member, member.room.head)
        await call.begin(b"text/html", b"no-store, no-transform")
        await call.connection.send(body(opening))
        wire = PageWire(call.connection, _outlet(call.connection, PAGE, body))
        reader = await self._stay(call, member, head_of(member), wire)
        if reader.cursor > member.room.head:
            await self.pages.has_read(member, reader.cursor)

    async def text_stream(self, call: Call) -> None:
        """A line a message, for `curl -N`: the newest ones first, unless a cursor says where to go on."""
        member, at, opening = call.member, call.at, b""
        if call.cursor is None:
            member, opening = await self.pages.transcript(member.person, member.room.slug)
            at = head_of(member)
        await call.begin(b"text/plain", b"no-store, no-transform")
        if opening:
            await call.connection.send(body(opening))
        wire = StreamWire(call.connection, _outlet(call.connection, TEXT, body))
        await self._stay(call, member, at, wire)

    async def long_poll(self, call: Call) -> None:
        """One batch: what there is, or what comes within `wait` seconds, or only the mark."""
        query = query_of(call.connection.scope)
        wait_s = _wait(query)
        room, person = call.member.room.id, call.member.person.id
        away = query.get("away") == "1"
        if away:
            self.presence.away(room, person)
        held = None if away else self.presence.connected(room, person)
        try:
            batch = await self._wait_for_change(call, wait_s)
        finally:
            if held:
                self.presence.disconnected(held)
        content = batch.encoded(html)
        length = (b"content-length", str(len(content)).encode())
        await call.connection.begin([*_kind(b"text/html", b"private, no-store"), length])
        await call.connection.send(body(content, more=False))

    async def _wait_for_change(self, call: Call, wait_s: float) -> Batch:
        if not wait_s and call.member.room.id != HOUSE:
            return await self.pages.since(call.member, call.at)
        page = call.session.id, call.member.room.id
        wire = PollWire(call.at, self.polled.pop(page, None))
        gone = asyncio.ensure_future(_disconnected(call.connection))
        reader = self.hub.follow(call.member, call.session, call.at, wire)
        try:
            waited: list[asyncio.Future[Any]] = [wire.done, gone]
            await asyncio.wait(waited, timeout=wait_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.hub.leave(reader)
            gone.cancel()
        if wire.own is not None:
            self.polled[page] = wire.own
            while len(self.polled) > POLLED_MAX:
                del self.polled[next(iter(self.polled))]
        return wire.batch

    async def _stay(self, call: Call, member: Member, at: Cursor, wire: StreamWire) -> Reader:
        """Serve a connection until the peer goes or we end it: its reader, to see how far it got.

        `member` is as it was when what the response began with was read, so that `at` fits it. What was
        asked with is let go, one to three KiB from a browser; and there are no context managers, since an
        idle one weighs 0.6.
        """
        call.connection.scope["headers"] = _FORGOTTEN
        held = self.presence.connected(member.room.id, member.person.id)
        try:
            reader = self.hub.follow(member, call.session, at, wire)
            try:
                while (event := await wire.hear()) is not None:
                    wire.heard(event)
            finally:
                self.hub.leave(reader)
        finally:
            self.presence.disconnected(held)
        return reader


def _kind(content_type: bytes, cache: bytes) -> Headers:
    """`Chat-Status` tells a page our answer from a proxy's."""
    kind = content_type + b"; charset=utf-8"
    return [(b"content-type", kind), (b"cache-control", cache), (b"chat-status", b"ok")]


@functools.cache
def _head(content_type: bytes, cache: bytes, more: tuple[tuple[bytes, bytes], ...]) -> Event:
    headers = [*_kind(content_type, cache), *_STAYS, *more]
    return {"type": "http.response.start", "status": 200, "headers": headers}


def head_of(member: Member) -> Cursor:
    """The room's last change when the membership was read."""
    return Cursor(member.room.epoch, member.room.head)


async def _disconnected(connection: Connection) -> None:
    """Until the peer has gone."""
    while (await connection.receive())["type"] != "http.disconnect":
        pass


def _outlet(connection: Connection, medium: Medium, event: Callable[[bytes], Event]) -> Outlet:
    transport = transport_of(connection.scope, connection.send)
    return Direct(transport, medium) if transport else Portable(connection.send, medium, event)


def _frame(payload: bytes) -> Event:
    return {"type": "websocket.send", "text": payload.decode()}


def _wait(query: Mapping[str, str]) -> float:
    raw = query.get("wait") or "0"
    if not (raw.isascii() and raw.isdigit() and len(raw) <= 4):
        raise Invalid("wait", "That is no number of seconds.")
    return min(float(raw), WAIT_MAX_S)
