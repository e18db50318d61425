"""Writing to one connection without a task, a queue or a copy for it.

A broadcast is one loop over readers, and what it costs is what one write costs. Through ASGI's
`send` that is about 16 µs on Hypercorn, of which the kernel's `send(2)` is 5; straight to the
transport it is 7, to the socket itself 6. So on plain HTTP/1.1 the bytes are framed once for everybody
(`media.py`) and written to the socket; the transport gets what that does not take. Everywhere else (TLS,
HTTP/2, another server, the test client) the ASGI `send` is used, one batch at a time. Measured with
Hypercorn 0.18; `tests/web/test_server.py` asserts that the short way is found there.
"""

import asyncio
import contextlib
import os
import time
from asyncio import WriteTransport
from collections.abc import Callable
from typing import Any, Protocol

from chat.core.limits import Bucket
from chat.live.batch import Batch, End
from chat.live.tasks import Tasks
from chat.web.asgi import Connection, Event, Send, body
from chat.web.media import Medium

CLOSE_S = 5.0  # a peer gets this long to answer a close
INBOUND_A_MINUTE = 20  # websocket frames; a page answers six heartbeats, each with an empty one

_goodbyes = Tasks()


class Outlet(Protocol):
    """Where batches leave this process."""

    def ready(self) -> bool:
        """Whether everything that was sent before has left."""

    def send(self, batch: Batch) -> None:
        """Send a batch, without waiting."""

    def abort(self) -> None:
        """Drop the connection; nothing more is sent."""


class Direct:
    """Straight to the socket of a plain HTTP/1.1 connection; what it does not take, to the transport."""

    __slots__ = ("_encoder", "_socket", "_transport")

    def __init__(self, transport: WriteTransport, medium: Medium) -> None:
        self._transport, self._encoder = transport, medium.raw
        self._socket: int = transport.get_extra_info("socket").fileno()

    def ready(self) -> bool:
        return not self._transport.get_write_buffer_size()

    def send(self, batch: Batch) -> None:
        raw, transport = batch.encoded(self._encoder), self._transport
        if not raw or transport.is_closing():
            return
        try:
            taken = 0 if transport.get_write_buffer_size() else os.write(self._socket, raw)
        except OSError:
            taken = 0  # it is full, or broken: the transport finds out by itself
        if taken < len(raw):
            transport.write(memoryview(raw)[taken:])

    def abort(self) -> None:
        self._transport.abort()


class Portable:
    """By the server's own `send`: right everywhere."""

    __slots__ = ("_event", "_medium", "_send", "_task")

    def __init__(self, send: Send, medium: Medium, event: Callable[[bytes], Event]) -> None:
        self._send, self._medium, self._event = send, medium, event
        self._task: asyncio.Task[None] | None = None

    def ready(self) -> bool:
        return self._task is None or self._task.done()

    def send(self, batch: Batch) -> None:
        if payload := batch.encoded(self._medium.payload):
            self._task = asyncio.create_task(self._after(self._task, payload))

    def abort(self) -> None:
        if self._task:
            self._task.cancel()

    async def _after(self, earlier: asyncio.Task[None] | None, payload: bytes) -> None:
        if earlier and not earlier.done():
            await asyncio.wait([earlier])
        with contextlib.suppress(OSError):  # the peer has gone: the receiving side ends the reader
            await self._send(self._event(payload))


class StreamWire:
    """The wire of a reader that stays: an event stream, a page or a text that does not end.

    Once the page has answered, it may be silent for `silence_s`; a client that never answered is held as
    long as TCP holds it. Nothing here is a closure or an object of its own that need not be: an idle reader
    is little else than what it keeps.
    """

    __slots__ = ("_answered_s", "_hearing", "_outlet", "_over", "connection", "end", "ready")

    silence_s = 60.0  # it says POST alive every 25 s

    def __init__(self, connection: Connection, outlet: Outlet) -> None:
        self.connection = connection
        self._outlet = outlet
        self.ready = outlet.ready  # the outlet's own: it is asked before every write
        self._answered_s: float | None = None
        self._hearing: asyncio.Task[Any] | None = None  # the one who waits in `hear`
        self._over = False
        self.end: End | None = None

    def send(self, batch: Batch) -> bool:
        if self.end is not None:
            return False
        self._outlet.send(batch)
        return True

    def answered(self) -> None:
        self._answered_s = time.monotonic()

    def stale(self, now_s: float) -> bool:
        return self._answered_s is not None and now_s - self._answered_s > self.silence_s

    def close(self, end: End) -> None:
        if self.end is None:
            self.end = end
            _goodbyes.start(self._goodbye(end))

    async def hear(self) -> Event | None:
        """What the peer sends next; `None` once it has gone or our side has said goodbye.

        Our goodbye cancels who waits here. To wait for either of two things would take a task and two
        futures for each reader, 1.5 KiB.
        """
        if self._is_over():
            return None
        self._hearing = task = asyncio.current_task()
        try:
            event = await self.connection.receive()
        except asyncio.CancelledError:
            if not self._is_over() or (task and task.uncancel()):
                raise  # the server wants us to end
            return None
        finally:
            self._hearing = None
        return None if event["type"].endswith(".disconnect") else event

    def heard(self, event: Event) -> None:
        """Take what came in: here what is left of a request that has no body."""

    async def finish(self, end: End) -> None:
        """Say goodbye as this transport does."""
        await self.connection.send(body(b"", more=False))

    def _is_over(self) -> bool:
        return self._over

    async def _goodbye(self, end: End) -> None:
        try:
            if end is not End.SLOW or self._outlet.ready():
                await asyncio.wait_for(self.finish(end), CLOSE_S)
        except (TimeoutError, OSError):
            pass
        finally:
            self._over = True
            if self._hearing:
                self._hearing.cancel()
            if end is End.SLOW:
                self._outlet.abort()


class SocketWire(StreamWire):
    """The wire of a websocket. The page answers heartbeats with an empty frame and may send nothing else."""

    __slots__ = ("_pace",)

    silence_s = 25.0  # two and a half missed heartbeats

    def __init__(self, connection: Connection, outlet: Outlet) -> None:
        super().__init__(connection, outlet)
        self._pace: Bucket | None = None

    def heard(self, event: Event) -> None:
        now_s = time.monotonic()
        if self._pace is None:
            self._pace = Bucket(INBOUND_A_MINUTE / 60, INBOUND_A_MINUTE, now_s)
        if event.get("text") != "" or self._pace.take(now_s):
            self.close(End.DENIED)
        else:
            self.answered()

    async def finish(self, end: End) -> None:
        await self.connection.send({"type": "websocket.close", "code": end.value})


class PageWire(StreamWire):
    """The wire of a page that does not end: what it has shown it cannot change, only begin anew."""

    __slots__ = ()

    def send(self, batch: Batch) -> bool:
        if batch.reset or batch.touches_older():
            self.close(End.RESTART)  # the frame around it loads it again, at most once in two seconds
            return False
        return super().send(batch)
