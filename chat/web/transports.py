"""Websocket, server-sent events, long poll, page stream and text stream: five adapters over one `follow`.

They are plain ASGI beside Quart, since a framework's context for each of thousands of connections
would weigh more than the connection.
"""

import asyncio
import contextlib
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from typing import Any
from urllib.parse import parse_qs

from chat.actions import people, rooms
from chat.actions.services import Services
from chat.core.changes import Cursor
from chat.core.ids import Number
from chat.core.limits import Bucket
from chat.core.person import Session
from chat.core.problems import Invalid, NotFound, NotSignedIn, Problem, TooMany, Unavailable
from chat.core.room import HOUSE, Member, in_the_house
from chat.live.batch import Batch, End
from chat.live.hub import Hub
from chat.web import safety
from chat.web.answers import status_of
from chat.web.auth import token_of
from chat.web.media import EVENTS, PAGE, TEXT, WEBSOCKET, Medium
from chat.web.pages import Pages
from chat.web.poll import PollWire
from chat.web.safety import Headers, Scope, header
from chat.web.wire import Direct, Line, Message, Outlet, PageLine, Portable, Receive, Send, transport_of

PATH = re.compile(r"(?:/rooms/(?P<slug>[a-z0-9-]{1,48}))?/(?P<kind>live|events|changes|stream)")
WS_SILENCE_S = 25.0  # once a page has answered a heartbeat: two and a half missed ones
EVENTS_SILENCE_S = 60.0  # it says POST alive every 25 s
INBOUND_A_MINUTE = 20  # websocket frames; a page answers six heartbeats, each with an empty one
WAIT_MAX_S = 25.0  # of a long poll: below what proxies wait for
RETRY_MS = (1_000, 3_000)  # event streams come back spread over this, so that a restart makes no herd


class Streams:
    """Everything that stays open, and the long poll."""

    def __init__(self, services: Services, hub: Hub, pages: Pages, site_url: str, per_address: int) -> None:
        self._services, self._hub, self._pages = services, hub, pages
        self._site_url, self._per_address = site_url, per_address
        self._open: Counter[str] = Counter()  # connections by address

    async def serve(self, scope: Scope, receive: Receive, send: Send, match: re.Match[str]) -> None:
        """Answer a request whose path matched `PATH`."""
        try:
            with self._counted(scope):
                session, member = await self._who(scope, match["slug"] or "")
                query = _query(scope)
                cursor = _cursor(scope, query, member)
                await self._follow(scope, receive, send, match["kind"], session, member, cursor, query)
        except Problem as problem:
            await self._refuse(scope, send, problem)

    async def _who(self, scope: Scope, slug: str) -> tuple[Session, Member]:
        if scope["type"] == "http" and scope["method"] != "GET":
            raise NotFound
        try:
            session = await people.recognise(self._services, token_of(scope, self._site_url))
        except Invalid as error:  # a guest whose name went to somebody else
            raise NotSignedIn from error
        if not slug:
            return session, in_the_house(session.person)
        return session, await rooms.enter(self._services, session.person, slug)

    async def _follow(
        self, scope: Scope, receive: Receive, send: Send, kind: str, session: Session, member: Member,
        cursor: Cursor | None, query: dict[str, str],
    ) -> None:  # fmt: skip
        at = cursor or Cursor(member.room.epoch, member.room.head)
        match kind:
            case "live" if scope["type"] == "websocket":
                await self._websocket(scope, receive, send, session, member, at)
            case "events" if scope["type"] == "http":
                await self._events(scope, receive, send, session, member, at)
            case "changes" if scope["type"] == "http":
                await self._changes(scope, receive, send, session, member, at, query)
            case "stream" if scope["type"] == "http" and member.room.id != HOUSE:
                await self._stream(scope, receive, send, session, member, cursor)
            case _:
                raise NotFound

    async def _websocket(
        self, scope: Scope, receive: Receive, send: Send, session: Session, member: Member, at: Cursor
    ) -> None:
        await receive()  # websocket.connect
        await send({"type": "websocket.accept"})

        async def finish(end: End) -> None:
            await send({"type": "websocket.close", "code": end.value})

        outlet = _outlet(
            scope, send, WEBSOCKET, lambda payload: {"type": "websocket.send", "text": payload.decode()}
        )
        line = Line(outlet, finish, WS_SILENCE_S)
        pace = Bucket(INBOUND_A_MINUTE / 60, INBOUND_A_MINUTE, time.monotonic())
        with self._here(member), self._hub.follow(member, session, at, line):
            while (message := await _next(receive, line)) is not None:
                if message.get("text") != "" or pace.take(time.monotonic()):
                    line.close(End.DENIED)
                else:
                    line.answered()

    async def _events(
        self, scope: Scope, receive: Receive, send: Send, session: Session, member: Member, at: Cursor
    ) -> None:
        await self._begin(scope, send, [
            (b"content-type", b"text/event-stream; charset=utf-8"),
            (b"cache-control", b"no-cache, no-transform"),
            (b"x-accel-buffering", b"no"),
            (b"connection", b"close"),
        ])  # fmt: skip
        await send(_body(f"retry:{random.randint(*RETRY_MS)}\n\n".encode(), more=True))
        line = Line(_outlet(scope, send, EVENTS, _body), _last_chunk(send), EVENTS_SILENCE_S)
        await self._hold(receive, session, member, at, line)

    async def _stream(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        session: Session,
        member: Member,
        cursor: Cursor | None,
    ) -> None:
        text = b"text/plain" in (header(scope["headers"], b"accept") or b"")
        at, opening = cursor, b""
        if text and cursor is None:
            at, opening = await self._pages.transcript(member)
        elif not text:
            at, opening = await self._pages.stream_head(session.person, member.room.slug)
        kind = b"text/plain" if text else b"text/html"
        await self._begin(scope, send, [
            (b"content-type", kind + b"; charset=utf-8"),
            (b"cache-control", b"no-store, no-transform"),
            (b"x-accel-buffering", b"no"),
            (b"connection", b"close"),
        ])  # fmt: skip
        if opening:
            await send(_body(opening, more=True))
        medium, make = (TEXT, Line) if text else (PAGE, PageLine)
        line = make(_outlet(scope, send, medium, _body), _last_chunk(send), EVENTS_SILENCE_S)
        await self._hold(receive, session, member, at or Cursor(member.room.epoch, member.room.head), line)

    async def _hold(self, receive: Receive, session: Session, member: Member, at: Cursor, line: Line) -> None:
        """Serve a response that stays until the peer goes or we end it."""
        with self._here(member), self._hub.follow(member, session, at, line):
            while await _next(receive, line) is not None:
                pass  # the rest of a request that has no body

    async def _changes(
        self, scope: Scope, receive: Receive, send: Send, session: Session, member: Member, at: Cursor,
        query: dict[str, str],
    ) -> None:  # fmt: skip
        wait_s = _wait(query)
        if query.get("away") == "1":
            self._services.presence.away(member.room.id, member.person.id)
            batch = await self._wait_for_change(receive, session, member, at, wait_s)
        else:
            with self._here(member):
                batch = await self._wait_for_change(receive, session, member, at, wait_s)
        body = batch.encoded(WEBSOCKET.payload)
        await self._begin(scope, send, [
            (b"content-type", b"text/html; charset=utf-8"),
            (b"cache-control", b"private, no-store"),
            (b"content-length", str(len(body)).encode()),
        ])  # fmt: skip
        await send(_body(body, more=False))

    async def _wait_for_change(
        self, receive: Receive, session: Session, member: Member, at: Cursor, wait_s: float
    ) -> Batch:
        if not wait_s and member.room.id != HOUSE:
            return await self._pages.since(member, at)
        wire = PollWire(at)
        gone = asyncio.ensure_future(_disconnected(receive))
        try:
            with self._hub.follow(member, session, at, wire):
                await asyncio.wait({wire.done, gone}, timeout=wait_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
        return wire.batch

    async def _begin(self, scope: Scope, send: Send, headers: Headers, status: int = 200) -> None:
        ours: Headers = [(b"chat-status", b"ok"), *safety.response_headers(scope, self._site_url)]
        await send({"type": "http.response.start", "status": status, "headers": [*headers, *ours]})

    async def _refuse(self, scope: Scope, send: Send, problem: Problem) -> None:
        status = status_of(problem)
        headers: Headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
        if isinstance(problem, Unavailable | TooMany):
            headers.append((b"retry-after", b"1"))
        body = f"{status} {type(problem).__name__}\n".encode()
        await refuse(
            scope,
            send,
            status,
            [*headers, (b"chat-status", b"ok"), *safety.response_headers(scope, self._site_url)],
            body,
        )

    @contextlib.contextmanager
    def _here(self, member: Member) -> Iterator[None]:
        """The person is in the room as long as this lasts."""
        self._services.presence.connected(member.room.id, member.person.id)
        try:
            yield
        finally:
            self._services.presence.disconnected(member.room.id, member.person.id)

    @contextlib.contextmanager
    def _counted(self, scope: Scope) -> Iterator[None]:
        address = (scope.get("client") or ("",))[0]
        if self._hub.stopping:
            raise Unavailable
        if self._open[address] >= self._per_address:
            raise TooMany("Too many connections from one address.", 1.0)
        self._open[address] += 1
        try:
            yield
        finally:
            self._open[address] -= 1
            if not self._open[address]:
                del self._open[address]


async def refuse(scope: Scope, send: Send, status: int, headers: Headers, body: bytes) -> None:
    """Answer with a status, before a websocket is accepted too."""
    kind = "websocket.http.response" if scope["type"] == "websocket" else "http.response"
    sized = [*headers, (b"content-length", str(len(body)).encode())]
    await send({"type": f"{kind}.start", "status": status, "headers": sized})
    await send({"type": f"{kind}.body", "body": body, "more_body": False})


def _outlet(scope: Scope, send: Send, medium: Medium, message: Callable[[bytes], Message]) -> Outlet:
    transport = transport_of(scope, send)
    return Direct(transport, medium) if transport else Portable(send, medium, message)


def _last_chunk(send: Send) -> Callable[[End], Coroutine[Any, Any, None]]:
    async def finish(_end: End) -> None:
        await send(_body(b"", more=False))

    return finish


def _body(content: bytes, *, more: bool = True) -> Message:
    return {"type": "http.response.body", "body": content, "more_body": more}


async def _next(receive: Receive, line: Line) -> Message | None:
    """What the peer sends next; `None` once it has gone or our side has said goodbye."""
    if line.ended.done():
        return None
    receiving = asyncio.ensure_future(receive())
    waited: list[asyncio.Future[Any]] = [receiving, line.ended]
    await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
    if not receiving.done():
        receiving.cancel()
        return None
    message = receiving.result()
    return None if message["type"].endswith(".disconnect") else message


async def _disconnected(receive: Receive) -> None:
    """Until the peer has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _query(scope: Scope) -> dict[str, str]:
    try:
        parsed = parse_qs(scope["query_string"].decode("ascii"), keep_blank_values=True, max_num_fields=20)
    except (ValueError, UnicodeDecodeError) as error:
        raise Invalid("since", "That address cannot be read.") from error
    return {key: values[-1] for key, values in parsed.items()}


def _cursor(scope: Scope, query: dict[str, str], member: Member) -> Cursor | None:
    """Where to go on: `Last-Event-ID` wins over `since`; without either, from now on."""
    last = header(scope["headers"], b"last-event-id")
    if last and (cursor := Cursor.parse(last.decode("latin-1"))):
        return cursor
    if not (raw := query.get("since", "")):
        return None
    if raw == "0":
        return Cursor(member.room.epoch, Number(0))
    if (cursor := Cursor.parse(raw)) is None:
        raise Invalid("since", "That is no cursor.")
    return cursor


def _wait(query: dict[str, str]) -> float:
    try:
        wait_s = float(query.get("wait") or 0)
    except ValueError as error:
        raise Invalid("wait", "That is no number of seconds.") from error
    return min(max(wait_s, 0.0), WAIT_MAX_S) if wait_s == wait_s else 0.0
