"""An orderly stop: everybody is told to come back, nothing is left hanging, nothing is in the log."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.faults.http import Cut, Stream, ask, begin
from tests.faults.world import World, world
from tests.servers import Cluster, Parley, Redis

WEBSOCKETS, STREAMS = 100, 100
STOP_S = 10.0


async def _websocket(room: World, cookie: str) -> ClientConnection:
    address = f"{room.cluster.urls[0].replace('http', 'ws')}/rooms/{room.slug}/live"
    options: dict[str, Any] = {"compression": None, "ping_interval": None, "proxy": None}
    connection = await connect(address, additional_headers={"Cookie": cookie}, open_timeout=10, **options)
    assert "data-mark" in str(await connection.recv())
    return connection


async def _close_code(connection: ClientConnection) -> int | None:
    try:
        async with asyncio.timeout(STOP_S + 5):
            while True:
                await connection.recv()
    except ConnectionClosed as error:
        return error.rcvd.code if error.rcvd else None
    finally:
        connection.transport.abort()


async def _stream(room: World, cookie: str, n: int) -> Stream:
    kind, accept = [("events", "text/event-stream"), ("stream", "text/plain"), ("stream", "text/html")][n % 3]
    stream = await begin(room.cluster.urls[0], f"/rooms/{room.slug}/{kind}", cookie, accept=accept)
    assert stream.status == 200
    return stream


async def _end_of(stream: Stream) -> str:
    try:
        async for _ in stream.chunks(STOP_S + 5):
            pass
    except Cut:
        return "cut"
    finally:
        stream.abort()
    return "well" if stream.ended_well else "?"


async def _poll(room: World, cookie: str) -> int:
    return (await ask(room.cluster.urls[0], f"/rooms/{room.slug}/changes?wait=20", cookie)).status


@pytest.mark.parametrize("workers", [None, 2])
async def test_a_stop_tells_two_hundred_readers_to_come_back(
    workers: int | None, start_parley: Callable[..., Parley], redis: Redis
) -> None:
    server = start_parley(workers=workers, REDIS_URL=redis.url)
    async with world(Cluster([server], redis)) as room:
        cookies = [await room.member() for _ in range(4)]
        sockets = [await _websocket(room, cookies[n % 4]) for n in range(WEBSOCKETS)]
        streams = [await _stream(room, cookies[n % 4], n) for n in range(STREAMS)]
        polls = [asyncio.create_task(_poll(room, cookie)) for cookie in cookies]
        await asyncio.sleep(0.3)  # the polls wait; that they do is no part of what is promised

        closing = [asyncio.create_task(_close_code(socket)) for socket in sockets]
        ending = [asyncio.create_task(_end_of(stream)) for stream in streams]
        began_s = time.monotonic()
        status = await asyncio.to_thread(server.stop)
        took_s = time.monotonic() - began_s

        assert Counter(await asyncio.gather(*closing)) == {1012: WEBSOCKETS}
        assert Counter(await asyncio.gather(*ending)) == {"well": STREAMS}
        assert set(await asyncio.gather(*polls)) == {200}
        assert (status, took_s < STOP_S) == (0, True), took_s
        assert "Traceback" not in server.log, server.log[-3000:]
        assert "rror" not in server.log, server.log[-3000:]
