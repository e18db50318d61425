"""The door of everything that stays open, and of the long poll: who may come in, and by which transport."""

import re
from collections import Counter
from collections.abc import Awaitable, Callable

from chat.actions import asking, visits
from chat.actions.services import Services
from chat.core.changes import Cursor
from chat.core.ids import Number
from chat.core.person import Session
from chat.core.problems import Invalid, NotFound, Problem, TooMany, Unavailable
from chat.core.room import Member, in_the_house
from chat.web.answers import status_of
from chat.web.asgi import Connection, Headers, Scope, header, query_of
from chat.web.auth import token_of
from chat.web.transports import Call, Transports

PATH = re.compile(r"(?:/rooms/(?P<slug>[a-z0-9-]{1,48}))?/(?P<kind>live|events|changes|stream)")


class Streams:
    """Lets readers in and hands them to their transport."""

    def __init__(self, services: Services, transports: Transports, site_url: str, per_address: int) -> None:
        self._services, self._transports = services, transports
        self._site_url, self._per_address = site_url, per_address
        self._open: Counter[str] = Counter()  # connections by address

    async def serve(self, connection: Connection, match: re.Match[str]) -> None:
        """Answer a request whose path matched `PATH`."""
        address = (connection.scope.get("client") or ("",))[0]
        try:
            self._count(address)
            try:
                transport, call = await self._let_in(connection, match)
                await transport(call)
            finally:
                self._uncount(address)
        except Problem as problem:
            await _refuse(connection, problem)

    async def _let_in(
        self, connection: Connection, match: re.Match[str]
    ) -> tuple[Callable[[Call], Awaitable[None]], Call]:
        scope = connection.scope
        transport = self._transport(scope, match["kind"], in_a_room=bool(match["slug"]))
        session, member = await self._who(scope, match["slug"] or "")
        cursor = _cursor(scope, query_of(scope).get("since", ""), member)
        return transport, Call(connection, session, member, cursor)

    async def _who(self, scope: Scope, slug: str) -> tuple[Session, Member]:
        token = token_of(scope, self._site_url)
        if not slug:
            session = await asking.recognise(self._services, token)
            return session, in_the_house(session.person)
        session, member = await asking.member(self._services, token, slug)
        return session, await visits.come_back(self._services, member)

    def _transport(self, scope: Scope, kind: str, *, in_a_room: bool) -> Callable[[Call], Awaitable[None]]:
        match kind, scope["type"]:
            case "live", "websocket":
                return self._transports.websocket
            case "events", "http":
                return self._transports.events
            case "changes", "http":
                return self._transports.long_poll
            case "stream", "http" if in_a_room:
                return self._transports.text_stream if _wants_text(scope) else self._transports.page_stream
        raise NotFound

    def _count(self, address: str) -> None:
        """One connection more from this address. Raises if we are stopping or it has too many."""
        if self._transports.hub.stopping:
            raise Unavailable
        if self._open[address] >= self._per_address:
            raise TooMany("Too many connections from one address.", 1.0)
        self._open[address] += 1

    def _uncount(self, address: str) -> None:
        self._open[address] -= 1
        if not self._open[address]:
            del self._open[address]


async def _refuse(connection: Connection, problem: Problem) -> None:
    status = status_of(problem)
    headers: Headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"cache-control", b"no-store"),
        (b"chat-status", b"ok"),
    ]
    if isinstance(problem, Unavailable | TooMany):
        headers.append((b"retry-after", b"1"))
    await connection.answer(status, headers, f"{status} {type(problem).__name__}\n".encode())


def _wants_text(scope: Scope) -> bool:
    return b"text/plain" in (header(scope["headers"], b"accept") or b"")


def _cursor(scope: Scope, since: str, member: Member) -> Cursor | None:
    """Where to go on: `Last-Event-ID` wins over `since`; `0` is the room's beginning."""
    last = header(scope["headers"], b"last-event-id")
    if last and (cursor := Cursor.parse(last.decode("latin-1"))):
        return cursor
    if since == "0":
        return Cursor(member.room.epoch, Number(0))
    if since and (cursor := Cursor.parse(since)) is None:
        raise Invalid("since", "That is no cursor.")
    return Cursor.parse(since)
