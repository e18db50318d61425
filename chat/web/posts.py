"""The short way of the one form that is sent all the time: a message, by a page's script or by a program.

Quart takes as long for a request as everything else about a post. This is what is left of it where the form
is plain and all is well. Whatever is otherwise goes Quart's way, together with what was heard of it and why
it was refused, so that every refusal is answered in one place (`messages.py`).
"""

import asyncio
import re
from collections.abc import Mapping
from typing import Any

from chat.actions import messages
from chat.actions.saying import Words
from chat.actions.services import Services
from chat.core.changes import Cursor
from chat.core.ids import Number
from chat.core.problems import Problem
from chat.core.room import Member
from chat.web import forms, packing
from chat.web.addresses import Slug
from chat.web.asgi import Connection, Event, Headers, Receive, header
from chat.web.auth import token_of
from chat.web.forms import Form
from chat.web.media import html
from chat.web.pages import Pages

_REFUSED = "parley.refused"  # in the scope of a request: the problem that it met here
HEARD_S = 1.0  # what has not come by then is waited for where there are limits for it

_PATH = re.compile(f"/rooms/({Slug.regex})/messages")
_JSON, _HTML = (b"content-type", b"application/json"), (b"content-type", b"text/html; charset=utf-8")
_PLAIN: Headers = [(b"cache-control", b"private, no-store")]


class Posts:
    """Answers posts without Quart. `form_bytes` is how long a form may be, `site_url` as in the settings."""

    def __init__(self, services: Services, pages: Pages, site_url: str, form_bytes: int) -> None:
        self._services, self._pages = services, pages
        self._site_url, self._form_bytes = site_url, form_bytes

    async def take(self, connection: Connection) -> Receive | None:
        """Answer a request, or return how to receive it: from its beginning, though some of it was heard."""
        scope = connection.scope
        at = _PATH.fullmatch(scope["path"]) if scope["method"] == "POST" else None
        if at is None or not self._is_plain(scope["headers"]):
            return connection.receive
        heard: list[Event] = []
        try:
            async with asyncio.timeout(HEARD_S):
                body = await _body(connection.receive, heard)
        except TimeoutError:
            return _again(heard, connection.receive)
        try:
            await self._say(connection, at[1], forms.parsed(body))
        except Problem as problem:
            scope[_REFUSED] = problem
            return _again(heard, connection.receive)
        return None

    def _is_plain(self, headers: Headers) -> bool:
        """Whether a whole answer of ours is wanted to a form that cannot have files."""
        length = header(headers, b"content-length") or b""
        return (
            header(headers, b"content-type") == b"application/x-www-form-urlencoded"
            and len(length) < 10 and length.isdigit() and int(length) <= self._form_bytes
            and (_is_data(headers) or header(headers, b"hx-request") == b"true")
        )  # fmt: skip

    async def _say(self, connection: Connection, slug: str, form: Form) -> None:
        headers, token = connection.scope["headers"], token_of(connection.scope, self._site_url)
        words = Words(form.text("body"), form.text("nonce"), form.number("reply_to"))
        member, number = await messages.post_as(self._services, token, slug, words)
        if _is_data(headers):
            kind, place = (
                (b"content-type", b"application/json"),
                (b"location", address(slug, number).encode()),
            )
            await connection.answer(201, [kind, place, *_PLAIN], receipt(number))
        else:
            await self._show(connection, await self._since(member, form, number))

    async def _since(self, member: Member, form: Form, number: Number) -> bytes:
        cursor = Cursor.parse(form.text("since")) or Cursor("0", Number(0))
        return (await self._pages.since(member, cursor, number)).encoded(html)

    async def _show(self, connection: Connection, content: bytes) -> None:
        headers = [_HTML, (b"vary", b"Accept-Encoding"), *_PLAIN]
        accepted = (header(connection.scope["headers"], b"accept-encoding") or b"").decode("latin-1")
        if packed := packing.packed(content, accepted):
            headers.append((b"content-encoding", b"gzip"))
        await connection.answer(200, headers, packed or content)


def raise_refusal(scope: Mapping[str, Any]) -> None:
    """Raise what a request was refused for here."""
    if problem := scope.get(_REFUSED):
        raise problem


def address(slug: str, number: Number) -> str:
    """Where a message is."""
    return f"/rooms/{slug}/messages/{number}"


def receipt(number: Number) -> bytes:
    """What a program is told of its post."""
    return b'{"number": %d, "change": %d}' % (number, number)


def _is_data(headers: Headers) -> bool:
    accepted = header(headers, b"accept") or b""
    return b"application/json" in accepted and b"text/html" not in accepted


async def _body(receive: Receive, heard: list[Event]) -> bytes:
    """All of a body. Raises `TimeoutError` where the client has gone: nobody waits for an answer."""
    while True:
        heard.append(event := await receive())
        if event["type"] != "http.request":
            raise TimeoutError
        if not event.get("more_body", False):
            return b"".join(one.get("body", b"") for one in heard)


def _again(heard: list[Event], receive: Receive) -> Receive:
    async def again() -> Event:
        return heard.pop(0) if heard else await receive()

    return again
