"""What is known of Hypercorn's inside is true of the version that is locked."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from hypercorn.asyncio import serve
from hypercorn.config import Config

from chat.web import server
from tests.processes import free_port

App = Callable[[Any, Any, Any], Awaitable[None]]


@contextlib.asynccontextmanager
async def serving(app: App, bind: str) -> AsyncIterator[asyncio.Event]:
    """Hypercorn in this process, as `bind` says; stops when the event is set, or at the end."""
    config = Config()
    config.bind = [bind]
    config.graceful_timeout = 2
    stop = asyncio.Event()
    task = asyncio.create_task(serve(app, config, shutdown_trigger=stop.wait))
    try:
        yield stop
    finally:
        stop.set()
        await asyncio.wait_for(task, 10)


async def once_up(open_: Callable[[], Awaitable[Any]]) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    for _ in range(200):
        try:
            return await open_()
        except OSError:
            await asyncio.sleep(0.02)
    raise AssertionError("the server did not start")


class Seen:
    """An application that looks at each connection's transport, answers, and then holds the line."""

    def __init__(self) -> None:
        self.transports: list[object] = []
        self.told: asyncio.Event | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        self.transports.append(server.transport_of(scope, send))
        self.told = server.stopping(send)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"up"})


ASK = b"GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n"


async def test_the_transport_under_http_1_1_is_found_and_bounded() -> None:
    app, port = Seen(), free_port()
    async with serving(app, f"127.0.0.1:{port}"):
        reader, writer = await once_up(lambda: asyncio.open_connection("127.0.0.1", port))
        writer.write(ASK)
        assert b"up" in await asyncio.wait_for(reader.read(), 5)
        writer.close()
    (transport,) = app.transports
    assert isinstance(transport, asyncio.WriteTransport)


async def test_a_unix_socket_which_has_no_tcp_is_served_all_the_same(tmp_path: Path) -> None:
    app, path = Seen(), str(tmp_path / "parley.sock")
    async with serving(app, f"unix:{path}"):
        reader, writer = await once_up(lambda: asyncio.open_unix_connection(path))
        writer.write(ASK)
        assert b"up" in await asyncio.wait_for(reader.read(), 5)
        writer.close()
    assert isinstance(app.transports[0], asyncio.WriteTransport)


async def test_the_server_tells_that_it_stops_before_it_waits_for_its_connections() -> None:
    app, port = Seen(), free_port()
    async with serving(app, f"127.0.0.1:{port}") as stop:
        reader, writer = await once_up(lambda: asyncio.open_connection("127.0.0.1", port))
        writer.write(ASK)
        await asyncio.wait_for(reader.read(), 5)
        writer.close()
        assert app.told is not None
        assert not app.told.is_set()
        stop.set()
        await asyncio.wait_for(app.told.wait(), 5)


@pytest.mark.parametrize(
    "scope", [{"http_version": "2", "scheme": "http"}, {"http_version": "1.1", "scheme": "https"}]
)
def test_under_http_2_and_tls_the_portable_way_is_taken(scope: dict[str, str]) -> None:
    async def send(event: dict[str, Any]) -> None: ...

    assert server.transport_of(scope, send) is None
    assert server.transport_of({"http_version": "1.1", "scheme": "http"}, send) is None
    assert server.stopping(send) is None


def test_without_a_supervisor_there_is_one_worker_and_nothing_to_tell() -> None:
    assert server.worker_count() == 1
    server.end_well_when_told()
    server.fail_supervisor()
