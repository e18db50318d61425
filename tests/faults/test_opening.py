"""Streams that are opened while much is being said."""

import asyncio
from collections.abc import Callable

import pytest

from tests.faults.http import begin
from tests.faults.world import World, world
from tests.servers import Cluster, Parley

OPENED = 40


async def _ends_at_once(room: World, cookie: str, accept: str) -> bool:
    """Whether the server ends a stream that was only just opened."""
    stream = await begin(room.cluster.urls[0], f"/rooms/{room.slug}/stream", cookie, accept=accept)
    assert stream.status == 200
    try:
        async with asyncio.timeout(0.5):
            async for _ in stream.chunks(1):
                pass
    except TimeoutError:
        return False
    finally:
        stream.abort()
    return True


@pytest.mark.parametrize("accept", ["text/plain", "text/html"])
async def test_a_stream_opened_while_others_post_stays(
    accept: str, start_parley: Callable[..., Parley]
) -> None:
    async with world(Cluster([start_parley()])) as room:
        cookie = await room.member()
        writing = asyncio.create_task(room.write(10_000, 0.005, writers=3, deaf=0.0))
        try:
            async with asyncio.timeout(20):
                ended = []
                for _ in range(OPENED // 8):
                    opening = (_ends_at_once(room, cookie, accept) for _ in range(8))
                    ended += await asyncio.gather(*opening)
        finally:
            writing.cancel()
        assert not any(ended), f"{sum(ended)} of {len(ended)} ended at once"
