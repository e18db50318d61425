"""Everything is away for a while: rooms that end when the last one goes have not been left by anybody."""

import asyncio
from collections.abc import Callable

import pytest

from chat.core.presence import GRACE_S, JANITOR_START_S
from tests.faults import stores
from tests.faults.conftest import DATABASES
from tests.faults.http import Stream, begin, insist, until
from tests.faults.world import World, world
from tests.lengths import LONG, length
from tests.servers import Cluster, Postgres

AWAY_S = length(5, 60)
AFTER_S = length(3, int(JANITOR_START_S + GRACE_S + 5))  # the janitor has looked by then


async def come(room: World, cookies: list[str]) -> list[Stream]:
    """A stream of each person, at either process."""
    streams = []
    for n, cookie in enumerate(cookies):
        path = f"/rooms/{room.slug}/events"
        streams.append(await begin(room.cluster.urls[n % 2], path, cookie, accept="text/event-stream"))
        assert streams[-1].status == 200
        await anext(streams[-1].chunks(5))
    return streams


def counted(room: World, table: str, what: str = "*", where: str = "1 = 1") -> int:
    of_room = f"room_id = (SELECT id FROM rooms WHERE slug = '{room.slug}')"
    statement = f"SELECT count({what}) FROM {table} WHERE {of_room} AND {where}"
    return stores.value(room.cluster, statement, room.postgres)


def here(room: World) -> int:
    """How many people are in the room."""
    return counted(room, "visits", "DISTINCT person_id", "state = 'here'")


WAYS = [(how, database) for how in ("stopped", "killed") for database in DATABASES]


@pytest.mark.parametrize(("how", "pair"), WAYS if LONG else WAYS[::3], indirect=["pair"])
async def test_an_ephemeral_room_and_its_people_are_there_after_a_full_stop(
    how: str, two: Cluster, postgres: Postgres
) -> None:
    async with world(two, postgres) as room:
        ann, bo = [await room.person() for _ in range(2)]
        made = await insist(two.urls[0], "/rooms", ann, {"name": "Raft", "preset": "off-the-record"})
        room.slug = made.headers["location"].removeprefix("/rooms/")
        for cookie in (ann, bo):
            assert (await insist(two.urls[1], f"/rooms/{room.slug}", cookie)).status == 200
        await come(room, [ann, bo])
        said = await insist(two.urls[0], f"/rooms/{room.slug}/messages", ann, {"body": "before"})
        assert (said.status, here(room)) == (303, 2)

        ending: Callable[[], object]
        for server in two.servers:
            ending = server.stop if how == "stopped" else server.kill
            await asyncio.to_thread(ending)
        await asyncio.sleep(AWAY_S)
        for server in two.servers:
            await asyncio.to_thread(server.start)

        streams = await come(room, [ann, bo])
        await until(lambda: here(room) == 2, "both are shown", 10)
        await asyncio.sleep(AFTER_S)
        assert here(room) == 2
        assert counted(room, "messages", where="kind = 'left'") == 0
        for cookie in (ann, bo):
            assert "before" in (await insist(two.urls[1], f"/rooms/{room.slug}", cookie)).text
        for stream in streams:
            stream.abort()
        if LONG:  # it does end when they have gone
            exists = f"SELECT count(*) FROM rooms WHERE slug = '{room.slug}'"
            gone = lambda: stores.value(two, exists, postgres) == 0  # noqa: E731
            await until(gone, "the room ends", 90)
