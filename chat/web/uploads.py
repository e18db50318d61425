"""Forms with files: read as they come, written as they are read, never whole in memory."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Sequence
from typing import Any, cast

from hypercorn.typing import ASGIReceiveCallable
from quart import Request, current_app, g, request
from quart.asgi import ASGIHTTPConnection
from quart.wrappers.request import Body
from werkzeug.exceptions import RequestEntityTooLarge, RequestTimeout
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData

from chat.actions.uploads import Coming, Tray
from chat.core.file import Upload
from chat.core.problems import Invalid, TooLarge
from chat.web import forms
from chat.web.forms import FIELDS_MAX, Form
from chat.web.site import site

PATH = re.compile(r"/rooms/[^/]+/messages")  # where forms may have files
BOUNDARY_MAX = 70  # characters (RFC 2046, 5.1.1)
PENDING = 1_048_576  # bytes that the parser may hold while it looks for the end of something
AHEAD = 262_144  # bytes that may wait to be read before no more are taken from the network
QUIET_S = 15  # how long nothing may come
UPLOAD_S = 600  # how long all of it may take: less than between two looks for what nobody needs


class _PacedBody(Body):
    """A body that is taken from the network only as fast as it is read."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._read = asyncio.Event()

    async def __anext__(self) -> bytes:
        data = await super().__anext__()
        self._read.set()
        return data

    async def room_for_more(self) -> None:
        """Wait while too much is unread."""
        while len(self._data) > AHEAD:
            self._read.clear()
            await self._read.wait()


class IncomingRequest(Request):
    """A request that knows whether it may bring files; what it brings then is not limited by Quart."""

    body_class = _PacedBody  # type: ignore[assignment]
    body: _PacedBody

    def __init__(self, method: str, scheme: str, path: str, *args: Any, **more: Any) -> None:
        kind = args[1].get("Content-Type", "")
        self.has_files = (
            method == "POST" and PATH.fullmatch(path) is not None
            and parse_options_header(kind)[0] == "multipart/form-data"
        )  # fmt: skip
        if self.has_files:
            more["max_content_length"] = None
        super().__init__(method, scheme, path, *args, **more)


class PacedConnection(ASGIHTTPConnection):
    """Quart's, which takes everything from the network at once; this one leaves there what nobody reads."""

    async def handle_messages(self, request: Request, receive: ASGIReceiveCallable) -> None:
        """Hand the body over as it comes; returns when the client goes away, which ends the handler."""
        assert isinstance(request, IncomingRequest)
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            if message["type"] != "http.request":
                continue
            request.body.append(message.get("body", b""))
            if not message.get("more_body", False):
                request.body.set_complete()
            elif request.has_files:
                await request.body.room_for_more()


def coming() -> IncomingRequest:
    """The request that is answered."""
    return cast(IncomingRequest, request)


async def hear_form() -> None:
    """Have the whole form before anything answers it; one with files is heard where they are wanted.

    Answered before it has come, Hypercorn closes the connection without saying so, and what the client
    sends over it next is lost.
    """
    if not coming().has_files and not _brings_nothing():
        await request.get_data()


def _brings_nothing() -> bool:
    """Whether this is a page that is asked for as browsers ask, without a body (RFC 9112, 6.3)."""
    headers = request.headers
    return request.method == "GET" and not ("Content-Length" in headers or "Transfer-Encoding" in headers)


async def heard_out() -> bool:
    """Let files that nobody wanted come to their end, for the same reason; false if they did not."""
    if coming().has_files and not g.get("begun", False):
        with contextlib.suppress(TooLarge, RequestTimeout):
            async for _ in _pieces():
                pass
    return not coming().has_files or bool(g.get("ended", False))


@contextlib.asynccontextmanager
async def received() -> AsyncIterator[tuple[Form, Sequence[Upload]]]:
    """The form of this request and the files that came with it; at the end, those that nobody took are gone.

    Raises as `forms.read`; how many files there are and how large is for the action to judge.
    """
    if not coming().has_files:
        yield await forms.read(), ()
        return
    tray = Tray(site().services)
    try:
        form = await _read(tray)
        yield form, tray.uploads
    finally:
        tray.empty()


async def words() -> Form:
    """The form of this request without the files that it may bring. Raises as `forms.read`."""
    return await _read(None) if coming().has_files else await forms.read()


async def _pieces() -> AsyncIterator[bytes]:
    """The body as it comes. Raises `TooLarge`, `RequestTimeout`."""
    limits, read = site().services.files, 0
    most = limits.most * limits.size + int(current_app.config["MAX_CONTENT_LENGTH"])
    refusal = TooLarge("That is more than fits.")
    g.begun = True
    if (request.content_length or 0) > most:
        raise refusal
    clock = asyncio.get_running_loop().time
    until = clock() + UPLOAD_S
    while True:
        try:  # around nothing else: what is done with a piece is not ended in its midst
            async with asyncio.timeout_at(min(clock() + QUIET_S, until)):
                piece = await anext(request.body, b"")
        except TimeoutError as error:
            raise RequestTimeout from error
        if not piece:
            g.ended = True
            return
        if (read := read + len(piece)) > most:
            raise refusal
        yield piece


async def _read(tray: Tray | None) -> Form:
    boundary = parse_options_header(request.headers["Content-Type"])[1].get("boundary", "")
    try:
        reader = _Reader(tray, boundary.encode("ascii"))
        async for piece in _pieces():
            await reader.take(piece)
        await reader.take(None)
        pairs = [(name, value.decode()) for name, value in reader.values]
    except RequestEntityTooLarge as error:
        raise TooLarge("That is more than fits.") from error
    except ValueError as error:  # of the parser, and of what is no UTF-8
        raise Invalid("form", "That form cannot be read.") from error
    return forms.of(pairs)


class _Reader:
    """Takes a form apart while it comes (RFC 7578). Raises `ValueError` for what is none."""

    def __init__(self, tray: Tray | None, boundary: bytes) -> None:
        if not 1 <= len(boundary) <= BOUNDARY_MAX:
            raise ValueError("no boundary")
        self._decoder = MultipartDecoder(boundary, PENDING, max_parts=FIELDS_MAX)
        self._tray = tray
        self._field: bytearray | None = None
        self._file: Coming | None = None
        self._size = 0  # of all fields
        self.values: list[tuple[str, bytearray]] = []

    async def take(self, piece: bytes | None) -> None:
        """The next piece; `None` at the end. Raises `RequestEntityTooLarge`, `Unavailable`."""
        self._decoder.receive_data(piece)
        while not isinstance(event := self._decoder.next_event(), NeedData | Epilogue):
            match event:
                case Field():
                    self._field = bytearray()
                    self.values.append((event.name or "", self._field))
                case File():
                    wanted = self._tray if event.name == "files" else None
                    self._file = wanted.begin(event.filename) if wanted else None
                case Data():
                    await self._data(event)

    async def _data(self, part: Data) -> None:
        if self._field is not None:
            self._field += part.data
            self._size += len(part.data)
            if self._size > current_app.config["MAX_CONTENT_LENGTH"]:
                raise RequestEntityTooLarge
        elif self._file is not None:
            await self._file.write(part.data)
        if part.more_data:
            return
        if self._file is not None and self._tray is not None:
            await self._tray.add(self._file)
        self._field = self._file = None
