"""Who gets into a room and who is put out of it, decided by several processes at once."""

import asyncio
import re
import time
from collections.abc import Callable

import pytest

from tests.faults import stores, wire
from tests.faults.http import ask, insist
from tests.faults.readings import TRANSPORTS, Reading
from tests.faults.world import World, world
from tests.servers import Cluster, Postgres, Redis

GUESTS = 200
OPENINGS = 25  # by each of two people
EVERY_S = 0.05  # between two messages


async def private_room(cluster: Cluster, owner: str) -> str:
    made = await ask(cluster.urls[0], "/rooms", owner, {"name": "Cellar", "preset": "private"})
    return made.headers["location"].removeprefix("/rooms/")


async def test_an_invite_for_one_lets_one_of_two_hundred_in(two: Cluster, postgres: Postgres) -> None:
    async with world(two, postgres) as room:
        room.slug = await private_room(two, room.owner)
        made = await ask(two.urls[0], f"/rooms/{room.slug}/invites", room.owner, {"uses": "1"})
        assert made.status == 303
        settings = await ask(two.urls[1], f"/rooms/{room.slug}/settings", room.owner)
        (link,) = re.findall(r'value="http://[^/"]+(/invites/[^"]+)"', settings.text)
        guests = [await room.person() for _ in range(GUESTS)]
        members = _members(room)
        assert members() == 1
        following = (insist(two.urls[n % 2], link, guest) for n, guest in enumerate(guests))
        answers = await asyncio.gather(*following)
        assert sorted(answer.status for answer in answers) == [303] + [404] * (GUESTS - 1)
        assert len({answer.body for answer in answers if answer.status == 404}) == 1
        assert members() == 2
        winner = next(guest for guest, answer in zip(guests, answers, strict=True) if answer.status == 303)
        assert (await insist(two.urls[0], f"/rooms/{room.slug}", winner)).status == 200


async def test_a_direct_room_opened_from_both_sides_at_once_is_one(two: Cluster, postgres: Postgres) -> None:
    async with world(two, postgres) as room:
        names = ["Ann of Harbour", "Bo of Harbour"]
        cookies = []
        for name in names:
            entered = await ask(two.urls[0], "/enter", fields={"name": name})
            cookies.append(entered.headers["set-cookie"].partition(";")[0])
        opening = (
            insist(two.urls[(n + n // 2) % 2], "/direct", cookies[n % 2], {"name": names[1 - n % 2]})
            for n in range(2 * OPENINGS)
        )
        answers = await asyncio.gather(*opening)
        assert {answer.status for answer in answers} == {303}
        (address,) = {answer.headers["location"] for answer in answers}
        room.slug = address.removeprefix("/rooms/")
        assert _members(room)() == 2
        assert stores.value(two, "SELECT count(*) FROM rooms WHERE access = 'direct'", postgres) == 1


@pytest.mark.parametrize(("with_redis", "within_s"), [(True, 1.0), (False, 3.0)], ids=["Redis", "without"])
async def test_who_is_removed_while_others_write_reads_nothing_more(
    two: Cluster, postgres: Postgres, redis: Redis, with_redis: bool, within_s: float
) -> None:
    async with world(two, postgres) as room:
        removed = await room.member()
        page = await ask(two.urls[1], f"/rooms/{room.slug}", removed)
        since = wire.page_cursor(page.text)
        (person,) = re.findall(r'data-me="u-(\d+)"', page.text)
        writing = asyncio.create_task(room.write(10_000, EVERY_S, writers=2, deaf=0.0))
        readings = [Reading(transport) for transport in TRANSPORTS]
        reading = [
            asyncio.create_task(one.read(two.urls[1], room.slug, removed, str(since))) for one in readings
        ]
        try:
            if not with_redis:
                redis.kill()
            await asyncio.sleep(2)
            assert all(one.numbers for one in readings), readings
            done = await insist(two.urls[0], f"/rooms/{room.slug}/members/{person}/remove", room.owner, {})
            removed_at_s = time.monotonic()
            assert done.status == 303
            await asyncio.wait_for(asyncio.gather(*reading), within_s + 5)
            await asyncio.sleep(0.3)  # others write on
        finally:
            for task in (writing, *reading):
                task.cancel()
        last = int(stores.value(two, _removal(room.slug, person), postgres))
        store = await room.store()
        assert store.head > last + 3, "nobody wrote after the removal"
        said = {row.number for row in store.rows.values() if row.body is not None}
        for one in readings:
            assert max(one.numbers) <= last, one.transport
            assert one.ended_at_s - removed_at_s < within_s, one.transport
            assert one.end in (1008, 404, 0), one
            if one.transport not in (
                "changes",
                "page",
            ):  # a later poll is told nothing; a page ends at an edit
                missing = {number for number in said if since.number < number < last} - one.numbers
                assert not missing, f"{one.transport} lacks {missing}"


def _members(room: World) -> Callable[[], int]:
    of_room = f"room_id = (SELECT id FROM rooms WHERE slug = '{room.slug}')"
    count = f"SELECT count(*) FROM members WHERE {of_room}"
    return lambda: int(stores.value(room.cluster, count, room.postgres))


def _removal(slug: str, person: str) -> str:
    of_room = f"room_id = (SELECT id FROM rooms WHERE slug = '{slug}')"
    return f"SELECT number FROM messages WHERE {of_room} AND removes = {person}"
