"""Rooms that end, and rooms that fill up, while people come in through another process."""

import asyncio
import random
import re
import secrets
from collections.abc import Callable, Sequence

import pytest

from chat.core.presence import GRACE_S
from chat.store.schema import metadata
from tests.faults import stores, wire
from tests.faults.conftest import DATABASES
from tests.faults.http import Answer, begin, enter, insist
from tests.faults.world import World, world
from tests.lengths import LONG, length
from tests.servers import Cluster, Postgres

ROUNDS, LANES = length(20, 1_000), 4
RACERS = 3  # people at the door in each round
MOMENTS = 2 * RACERS + 2  # deleted after none of their answers, or one, or when somebody has all
DROP_INS = length(4, 40)  # rooms that end by themselves
CROWD, PLACES = 200, 5
OF_ROOMS = [table.name for table in metadata.sorted_tables if "room_id" in table.c]


async def drop_in(cluster: Cluster, owner: str, **more: str) -> tuple[str, str, str]:
    """Name, address and code of a new room that a code opens and that ends with the last visit."""
    name = f"Drop-in {secrets.token_hex(4)}"
    made = await insist(cluster.urls[0], "/rooms", owner, {"name": name, "preset": "drop-in"} | more)
    assert made.status == 303, made
    slug = made.headers["location"].removeprefix("/rooms/")
    page = await insist(cluster.urls[0], f"/rooms/{slug}", owner)
    (code,) = set(re.findall('data-copy="([A-Z0-9-]+)"', page.text))
    return name, slug, code


def ignore() -> None:
    pass


async def knock(
    cluster: Cluster, who: str, slug: str, code: str, at: int, step: Callable[[], None] = ignore
) -> str:
    """Come in by the code and say something: `in`, `shut`, or `fell` for a room that ended under it.

    Calls `step` after each of the three answers of who is let in.
    """
    url = cluster.urls[at % 2]
    # Wrong codes are counted by address, and every door that is shut by now is one.
    address = f"127.{random.randrange(1, 250)}.{random.randrange(250)}.{random.randrange(1, 250)}"
    joined = await insist(url, "/join", who, {"code": code}, address=address)
    if joined.status == 422:
        assert "It may have closed." in joined.text
        return "shut"
    step()
    assert (joined.status, joined.headers["location"]) == (303, f"/rooms/{slug}"), joined
    page = await insist(url, f"/rooms/{slug}", who)
    step()
    said = await insist(url, f"/rooms/{slug}/messages", who, {"body": "in time"}, accept="application/json")
    step()
    assert (page.status, said.status) in {(200, 201), (200, 404), (404, 404)}, (page.status, said)
    return "in" if said.status == 201 else "fell"


def left_behind(room: World) -> int:
    """Rows of rooms that are gone, in all tables together."""
    orphans = "(SELECT count(*) FROM {} WHERE room_id > 0 AND room_id NOT IN (SELECT id FROM rooms))"
    counts = " + ".join(orphans.format(table) for table in OF_ROOMS)
    return stores.value(room.cluster, f"SELECT {counts}", room.postgres)


def rooms_at(room: World, slugs: Sequence[str]) -> int:
    names = ", ".join(f"'{slug}'" for slug in slugs)
    return stores.value(room.cluster, f"SELECT count(*) FROM rooms WHERE slug IN ({names})", room.postgres)


async def test_a_room_that_is_deleted_while_people_come_in_leaves_nothing(
    two: Cluster, postgres: Postgres
) -> None:
    """Each finds the room and is in it, or finds no room; nothing between."""
    came: list[str] = []
    async with world(two, postgres) as room:
        people = [[await room.person() for _ in range(RACERS + 1)] for _ in range(LANES)]

        async def one(lane: int, moment: int) -> str:
            owner, *racers = people[lane]
            name, slug, code = await drop_in(two, owner)

            steps = asyncio.Semaphore(0)

            async def delete() -> Answer:
                for _ in range(moment):
                    await steps.acquire()
                return await insist(
                    two.urls[random.randrange(2)], f"/rooms/{slug}/delete", owner, {"name": name}
                )

            knocking = (knock(two, who, slug, code, at, steps.release) for at, who in enumerate(racers))
            deleted, ways = await asyncio.gather(delete(), asyncio.gather(*knocking))
            came.extend(ways)
            assert deleted.status == 303, deleted
            for at, who in enumerate(people[lane]):
                assert (await insist(two.urls[at % 2], f"/rooms/{slug}", who)).status == 404
            return slug

        slugs: list[str] = []
        for first in range(0, ROUNDS, LANES):
            moments = ((lane, (first + lane) % MOMENTS) for lane in range(LANES))
            slugs += await asyncio.gather(*(one(lane, moment) for lane, moment in moments))
            assert await asyncio.to_thread(left_behind, room) == 0
        assert rooms_at(room, slugs) == 0
    assert {"in", "shut"} <= set(came), f"there was no race: {came}"
    for server in two.servers:
        assert "Traceback" not in server.log, server.log[-3000:]


@pytest.mark.parametrize("pair", DATABASES if LONG else DATABASES[-1:], indirect=True)
async def test_who_comes_as_the_grace_of_the_last_one_ends_has_a_living_room_or_none(
    two: Cluster, postgres: Postgres
) -> None:
    async with world(two, postgres) as room:
        owner = await room.person()
        rooms = [await drop_in(two, owner) for _ in range(DROP_INS)]
        late = [await room.person() for _ in rooms]
        streams = [
            await begin(two.urls[0], f"/rooms/{slug}/events", owner, accept="text/event-stream")
            for _, slug, _ in rooms
        ]
        for stream in streams:
            assert stream.status == 200
            await anext(stream.chunks(5))
        closed_at = asyncio.get_running_loop().time()
        for stream in streams:
            stream.abort()

        async def come(n: int) -> str:
            when = GRACE_S - 0.5 + 2.5 * n / DROP_INS + random.uniform(0, 0.2)
            await asyncio.sleep(closed_at + when - asyncio.get_running_loop().time())
            return await knock(two, late[n], rooms[n][1], rooms[n][2], at=1)

        ways = await asyncio.gather(*(come(n) for n in range(DROP_INS)))
        assert set(ways) <= {"in", "shut"}, ways  # whoever came in has kept the room
        await asyncio.sleep(3)
        for way, who, (_, slug, _) in zip(ways, late, rooms, strict=True):
            page = await insist(two.urls[0], f"/rooms/{slug}", who)
            assert page.status == (200 if way == "in" else 404), way
            if way == "in":
                assert "in time" in page.text
                assert wire.page_cursor(page.text).number >= 3
        kept = [slug for way, (_, slug, _) in zip(ways, rooms, strict=True) if way == "in"]
        assert rooms_at(room, [slug for _, slug, _ in rooms]) == len(kept)
        assert left_behind(room) == 0
    assert {"in", "shut"} == set(ways), f"nobody came too early or nobody too late: {ways}"


async def test_the_last_place_of_a_full_room_goes_to_one_of_two_hundred(
    two: Cluster, postgres: Postgres
) -> None:
    async with world(two, postgres) as room:
        _, room.slug, code = await drop_in(two, room.owner, capacity=str(PLACES))
        for at in range(PLACES - 2):
            assert await knock(two, await room.person(), room.slug, code, at) == "in"
        crowd = [await enter(two.urls[n % 2], f"crowd {n}") for n in range(CROWD)]
        coming = (insist(two.urls[n % 2], "/join", who, {"code": code}) for n, who in enumerate(crowd))
        answers = await asyncio.gather(*coming)
        assert sorted(answer.status for answer in answers) == [303] + [409] * (CROWD - 1)
        assert all(f"is full ({PLACES})." in answer.text for answer in answers if answer.status == 409)
        of_room = f"room_id = (SELECT id FROM rooms WHERE slug = '{room.slug}')"
        for table in ("members", "visits"):
            count = f"SELECT count(DISTINCT person_id) FROM {table} WHERE {of_room}"
            assert stores.value(two, count, postgres) == PLACES, table
        for who, answer in zip(crowd, answers, strict=True):
            if answer.status == 303:
                assert (await insist(two.urls[0], f"/rooms/{room.slug}", who)).status == 200
        losers = [who for who, answer in zip(crowd, answers, strict=True) if answer.status == 409]
        late = await insist(two.urls[1], f"/rooms/{room.slug}/changes", losers[0])
        assert late.status == 404
