"""A session that ends is over everywhere, at once: for pages, forms and streams of every kind."""

import asyncio
import re
import time

from tests.faults.http import ask, insist, until
from tests.faults.readings import TRANSPORTS, Reading
from tests.faults.world import World, world
from tests.servers import Cluster, Postgres, Redis

PASSWORD = "correct horse battery"
HTMX = {"HX-Request": "true"}


async def come_in(url: str, name: str) -> str:
    """The cookie of a new session of an account."""
    entered = await ask(url, "/enter", fields={"name": name, "password": PASSWORD})
    assert entered.status == 303, entered
    return entered.headers["set-cookie"].partition(";")[0]


async def told(url: str, slug: str, cookie: str) -> dict[str, int]:
    """The status of everything that one who is signed in may ask for."""
    pages = ("/rooms", "/settings", f"/rooms/{slug}", f"/rooms/{slug}/frame")
    streams = ("/changes", f"/rooms/{slug}/changes", f"/rooms/{slug}/events", f"/rooms/{slug}/stream")
    found = {path: (await ask(url, path, cookie)).status for path in (*pages, *streams)}
    fields = {"body": "still here"}
    found["form"] = (await ask(url, f"/rooms/{slug}/messages", cookie, fields)).status
    found["htmx"] = (await ask(url, f"/rooms/{slug}/messages", cookie, fields, headers=HTMX)).status
    return found


async def end(url: str, way: str, stays: str, ends: str) -> None:
    """End the second of two sessions."""
    page = await ask(url, "/settings", stays)
    (number,) = re.findall(r'action="/settings/sessions/(\d+)/end"', page.text)
    path, who = {
        "by number": (f"/settings/sessions/{number}/end", stays),
        "as all others": ("/settings/sessions/end-others", stays),
        "by leaving": ("/leave", ends),
    }[way]
    assert (await insist(url, path, who, {})).status == 303


async def test_a_session_that_ends_at_one_process_is_over_at_the_other(
    two: Cluster, postgres: Postgres, redis: Redis
) -> None:
    async with world(two, postgres) as room:
        writing = asyncio.create_task(room.write(10_000, 0.05, writers=1, deaf=0.0))
        try:
            for way in ("by number", "as all others", "by leaving"):
                await end_one(room, way, 1.0)
            redis.kill()
            await end_one(room, "by number", 3.0)
        finally:
            writing.cancel()


async def end_one(room: World, way: str, within_s: float) -> None:
    """End one of two sessions and see that it is over and that the other is not."""
    here, there = room.cluster.urls
    stays, ends = [await come_in(here, "Ann of Harbour") for _ in range(2)]
    for cookie in (stays, ends):
        assert (await insist(there, f"/rooms/{room.slug}", cookie)).status == 200
    readings = [Reading(transport) for transport in TRANSPORTS]
    reading = [asyncio.create_task(one.read(there, room.slug, ends, "0")) for one in readings]
    try:
        await until(lambda: all(one.numbers for one in readings), "all read", 10)
        assert not any(task.done() for task in reading), readings
        await end(here, way, stays, ends)
        ended_at_s = time.monotonic()
        for url in (there, here):
            statuses = await told(url, room.slug, ends)
            assert set(statuses.values()) <= {303, 401}, statuses
            assert statuses["htmx"] == statuses[f"/rooms/{room.slug}/changes"] == 401, statuses
        await asyncio.wait_for(asyncio.gather(*reading), within_s + 5)
    finally:
        for task in reading:
            task.cancel()
    for one in readings:
        assert one.ended_at_s - ended_at_s < within_s, (way, one.transport)
        assert one.end in (1008, 401, 0), one
    assert (await insist(there, f"/rooms/{room.slug}", stays)).status == 200
    await ask(here, "/settings/sessions/end-others", stays, {})
    await ask(here, "/leave", stays, {})
