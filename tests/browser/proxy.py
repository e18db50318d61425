"""A TCP middlebox with faults that can be switched while connections are open.

Stands between a browser and the server and does what real networks do: refuse or swallow websockets,
hold back a streamed body until it ends, answer everything with a login page, cut, stall, delay.
One request a connection: each answer to a plain request is made to end its connection, so that a
fault chosen by the kind of request meets every request.
"""

import asyncio
import contextlib
from collections import Counter
from dataclasses import dataclass, field
from typing import Self

PORTAL = (
    b"<!doctype html><html><head><title>Airport</title></head><body><li id=wifi>Free wifi</li></body></html>"
)
HEAD_MAX = 65536  # bytes of a request's head
HALT_S = 0.5


@dataclass(slots=True)
class Faults:
    """What goes wrong at present. Every field may be changed at any time and holds for new requests."""

    websocket: str = ""  # "" · 403 · 200 · reset · hang · silent (101, then no byte of the server's)
    sse: str = ""  # "" · 403 · reset · hang · buffer (nothing until the server ends the stream)
    poll: str = ""  # "" · 403 · reset · hang
    post: str = ""  # "" · 403 · reset · hang · lost (sent on, the answer thrown away)
    everything: str = ""  # "" · reset · hang · portal (200 with a foreign page)
    delay_s: float = 0.0  # before each piece of an answer
    halt: bytes = b""  # before these words, an answer that has them stands still for HALT_S

    def of(self, kind: str) -> str:
        """The fault that meets a request of this kind."""
        return self.everything or (getattr(self, kind) if kind != "page" else "")


POLL = Faults(websocket="403", sse="403")  # what is left where nothing is let through that stays open


def kind_of(head: bytes) -> str:
    """What a request is for: websocket, sse, poll, post or page."""
    method, path, *_ = [*head.split(b"\r\n", 1)[0].split(b" "), b"", b""]
    if b"upgrade: websocket" in head.lower():
        return "websocket"
    ends = {b"/events": "sse", b"/changes": "poll"}
    for end, kind in ends.items():
        if path.partition(b"?")[0].endswith(end):
            return kind
    return "post" if method == b"POST" else "page"


def _answer(status: str, body: bytes) -> bytes:
    kind = "Content-Type: text/html; charset=utf-8\r\nConnection: close"
    return f"HTTP/1.1 {status}\r\n{kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def _closing(head: bytes) -> bytes:
    """The request's head, asking the server to end the connection after its answer, and for plain words."""
    first, *lines = head.rstrip(b"\r\n").split(b"\r\n")
    kept = [line for line in lines if not line.lower().startswith((b"connection:", b"accept-encoding:"))]
    return b"\r\n".join([first, *kept, b"Connection: close", b"", b""])


def _abort(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


@dataclass(slots=True)
class Proxy:
    """A proxy for one server; use it as an async context manager. `requests` counts kinds of requests."""

    target: int  # the server's port on 127.0.0.1
    port: int = 0  # its own; 0 is chosen at start and put here
    faults: Faults = field(default_factory=Faults)
    requests: Counter[str] = field(default_factory=Counter)
    _open: set[asyncio.StreamWriter] = field(default_factory=set)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port, limit=HEAD_MAX)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cut(self) -> None:
        """Reset every connection that is open now."""
        for writer in list(self._open):
            _abort(writer)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._open.add(writer)
        try:
            await self._serve(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError):
            pass  # a cut connection is what this is for
        finally:
            _abort(writer) if writer.transport.is_closing() else writer.close()
            self._open.discard(writer)
            self._tasks.discard(task)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        kind = kind_of(head)
        self.requests[kind] += 1
        fault = self.faults.of(kind)
        if fault == "reset":
            return _abort(writer)
        if fault == "hang":
            await asyncio.sleep(3600)
        if fault in ("403", "200", "portal"):
            status, body = ("200 OK", PORTAL) if fault != "403" else ("403 Forbidden", b"no")
            writer.write(_answer(status, body))
            return await writer.drain()
        await self._relay(reader, writer, head if kind == "websocket" else _closing(head), fault)

    async def _relay(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes, fault: str
    ) -> None:
        back, forth = await asyncio.open_connection("127.0.0.1", self.target)
        self._open.add(forth)
        forth.write(head)
        up = asyncio.create_task(self._pump(reader, forth))
        try:
            await self._answers(back, writer, fault)
        finally:
            up.cancel()
            self._open.discard(forth)
            _abort(forth)
            with contextlib.suppress(asyncio.CancelledError, OSError):
                await up

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(65536):
            writer.write(piece)
            await writer.drain()
        _abort(writer)  # the browser went away: so does the server's side of it

    async def _answers(self, back: asyncio.StreamReader, writer: asyncio.StreamWriter, fault: str) -> None:
        """Hand the server's answer on, as the fault has it."""
        if fault in ("silent", "buffer"):
            writer.write(await back.readuntil(b"\r\n\r\n"))
        held = b""
        while piece := await back.read(65536):
            if fault in ("silent", "lost"):
                continue
            if fault == "buffer":
                held += piece
                continue
            if self.faults.delay_s:
                await asyncio.sleep(self.faults.delay_s)
            if self.faults.halt and self.faults.halt in piece:
                before, _, _ = piece.partition(self.faults.halt)
                writer.write(before)
                piece = piece[len(before) :]
                await asyncio.sleep(HALT_S)
            writer.write(piece)
            await writer.drain()
        writer.write(held)
        await writer.drain()
