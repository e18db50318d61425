"""The short way of the one form that is sent all the time: a message.

Quart takes as long for a request as everything else about a post. This is what is left of it where the form
is plain and all is well. Whatever is otherwise goes Quart's way, together with what was heard of it and why
it was refused, so that every refusal is answered in one place (`messages.py`).
"""

import asyncio
import re
from collections.abc import Mapping
from typing import Any

from werkzeug.utils import redirect

from chat.actions import messages
from chat.actions.saying import Words
from chat.actions.services import Services
from chat.core.changes import Cursor
from chat.core.ids import Number
from chat.web import forms, packing
from chat.web.addresses import Slug
from chat.web.asgi import Connection, Event, Headers, Receive, Scope, again, header, whole_body
from chat.web.auth import token_of
from chat.web.forms import Form
from chat.web.media import html
from chat.web.pages import Pages

_REFUSED = "parley.refused"  # in the scope of a request: what went wrong with it here
HEARD_S = 1.0  # what has not come by then is waited for where there are limits for it

_PATH = re.compile(f"/rooms/({Slug.regex})/messages")
_JSON = (b"content-type", b"application/json")
_HTML: Headers = [(b"content-type", b"text/html; charset=utf-8"), (b"vary", b"Accept-Encoding")]
_PRIVATE: Headers = [(b"cache-control", b"private, no-store")]


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
                body = await whole_body(connection.receive, heard)
        except TimeoutError:
            return again(heard, connection.receive)
        try:
            answer = await self._say(scope, at[1], forms.parsed(body))
        except Exception as error:  # noqa: BLE001
            scope[_REFUSED] = error  # told, and logged where it has to be, by who answers all the others
            return again(heard, connection.receive)
        await connection.answer(*answer)
        return None

    def _is_plain(self, headers: Headers) -> bool:
        """Whether this is a form that cannot have files."""
        length = header(headers, b"content-length") or b""
        is_short = len(length) < 10 and length.isdigit() and int(length) <= self._form_bytes
        return is_short and header(headers, b"content-type") == b"application/x-www-form-urlencoded"

    async def _say(self, scope: Scope, slug: str, form: Form) -> tuple[int, Headers, bytes]:
        words = Words(form.text("body"), form.text("nonce"), form.number("reply_to"))
        token = token_of(scope, self._site_url)
        member, number = await messages.post_as(self._services, token, slug, words)
        if _is_data(scope["headers"]):
            place = (b"location", address(slug, number).encode())
            return 201, [_JSON, place, *_PRIVATE], receipt(number)
        if header(scope["headers"], b"hx-request") != b"true":
            note, place = _note(f"/rooms/{slug}#m-{number}")
            return 303, [*_HTML, place, *_PRIVATE], note
        cursor = Cursor.parse(form.text("since")) or Cursor("0", Number(0))
        content = (await self._pages.since(member, cursor, number)).encoded(html)
        headers = [*_HTML, *_PRIVATE]
        accepted = header(scope["headers"], b"accept-encoding") or b""
        if packed := packing.packed(content, accepted.decode("latin-1")):
            return 200, [*headers, (b"content-encoding", b"gzip")], packed
        return 200, headers, content


def raise_refusal(scope: Mapping[str, Any]) -> None:
    """Raise what a request was refused for here."""
    if error := scope.get(_REFUSED):
        raise error


def address(slug: str, number: Number) -> str:
    """Where a message is."""
    return f"/rooms/{slug}/messages/{number}"


def receipt(number: Number) -> bytes:
    """What a program is told of its post."""
    return b'{"number": %d, "change": %d}' % (number, number)


def _note(address: str) -> tuple[bytes, tuple[bytes, bytes]]:
    """What a redirection says, and its header."""
    response = redirect(address, 303)
    return response.get_data(), (b"location", response.headers["Location"].encode("latin-1"))


def _is_data(headers: Headers) -> bool:
    accepted = header(headers, b"accept") or b""
    return b"application/json" in accepted and b"text/html" not in accepted
