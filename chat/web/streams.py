"""The door of everything that stays open, and of the long poll: who may come in, and by which transport."""

import contextlib
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from urllib.parse import parse_qs

from chat.actions import people, rooms
from chat.actions.services import Services
from chat.core.changes import Cursor
from chat.core.ids import Number
from chat.core.person import Session
from chat.core.problems import Invalid, NotFound, NotSignedIn, Problem, TooMany, Unavailable
from chat.core.room import Member, in_the_house
from chat.live.hub import Hub
from chat.web import safety, transports
from chat.web.answers import status_of
from chat.web.auth import token_of
from chat.web.pages import Pages
from chat.web.safety import Headers, Scope, header
from chat.web.transports import Call, wants_text
from chat.web.wire import Receive, Send

PATH = re.compile(r"(?:/rooms/(?P<slug>[a-z0-9-]{1,48}))?/(?P<kind>live|events|changes|stream)")


class Streams:
    """Lets readers in and hands them to their transport."""

    def __init__(self, services: Services, hub: Hub, pages: Pages, site_url: str, per_address: int) -> None:
        self._services, self._hub, self._pages = services, hub, pages
        self._site_url, self._per_address = site_url, per_address
        self._open: Counter[str] = Counter()  # connections by address

    async def serve(self, scope: Scope, receive: Receive, send: Send, match: re.Match[str]) -> None:
        """Answer a request whose path matched `PATH`."""
        try:
            with self._counted(scope):
                transport = _transport(scope, match["kind"], in_a_room=bool(match["slug"]))
                session, member = await self._who(scope, match["slug"] or "")
                query = _query(scope)
                cursor = _cursor(scope, query.get("since", ""), member)
                call = Call(
                    scope, receive, send, session, member, cursor, query,
                    self._hub, self._services.presence, self._pages, self._site_url,
                )  # fmt: skip
                await transport(call)
        except Problem as problem:
            await self._refuse(scope, send, problem)

    async def _who(self, scope: Scope, slug: str) -> tuple[Session, Member]:
        try:
            session = await people.recognise(self._services, token_of(scope, self._site_url))
        except Invalid as error:  # a guest whose name went to somebody else
            raise NotSignedIn from error
        if not slug:
            return session, in_the_house(session.person)
        return session, await rooms.enter(self._services, session.person, slug)

    async def _refuse(self, scope: Scope, send: Send, problem: Problem) -> None:
        status = status_of(problem)
        headers: Headers = [
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"cache-control", b"no-store"),
            (b"chat-status", b"ok"),
            *safety.response_headers(scope, self._site_url),
        ]
        if isinstance(problem, Unavailable | TooMany):
            headers.append((b"retry-after", b"1"))
        await refuse(scope, send, status, headers, f"{status} {type(problem).__name__}\n".encode())

    @contextlib.contextmanager
    def _counted(self, scope: Scope) -> Iterator[None]:
        """One connection more from this address, unless we are stopping or it has too many."""
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
    """Answer with a status; a websocket is refused so before it is accepted."""
    kind = "websocket.http.response" if scope["type"] == "websocket" else "http.response"
    sized = [*headers, (b"content-length", str(len(body)).encode())]
    await send({"type": f"{kind}.start", "status": status, "headers": sized})
    await send({"type": f"{kind}.body", "body": body, "more_body": False})


def _transport(scope: Scope, kind: str, *, in_a_room: bool) -> Callable[[Call], Awaitable[None]]:
    websocket = scope["type"] == "websocket"
    match kind:
        case "live" if websocket:
            return transports.websocket
        case _ if websocket or scope["method"] != "GET":
            raise NotFound
        case "events":
            return transports.events
        case "changes":
            return transports.long_poll
        case "stream" if in_a_room:
            return transports.text_stream if wants_text(scope) else transports.page_stream
    raise NotFound


def _query(scope: Scope) -> dict[str, str]:
    try:
        parsed = parse_qs(scope["query_string"].decode("ascii"), keep_blank_values=True, max_num_fields=20)
    except (ValueError, UnicodeDecodeError) as error:
        raise Invalid("since", "That address cannot be read.") from error
    return {key: values[-1] for key, values in parsed.items()}


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
