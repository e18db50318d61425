"""What a room lets go of while people write: every way of reading it agrees on what is left."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.faults import stores, wire
from tests.faults.http import ask, insist, until
from tests.faults.sheet import Sheet, follow, follow_by_polls, whole_page
from tests.faults.world import World, world
from tests.lengths import length
from tests.servers import Cluster, Postgres

KEPT, BEYOND = 500, 40
SENDERS, CLEARS = 8, 5
BETWEEN = length(40, 400)  # messages, from one clearing to the next


async def people(room: World, count: int) -> list[str]:
    return [await room.member() for _ in range(count)]


async def say(room: World, cookie: str, body: str, at: int = 0) -> int:
    """Say something: its number."""
    fields = {"body": body}
    answer = await insist(
        room.cluster.urls[at % 2], f"/rooms/{room.slug}/messages", cookie, fields, accept="application/json"
    )
    assert answer.status == 201, answer
    return int(json.loads(answer.body)["number"])


@asynccontextmanager
async def open_pages(room: World) -> AsyncIterator[list[Sheet]]:
    """A page with a websocket and one that polls, at each process."""
    sheets: list[Sheet] = []
    tasks: list[asyncio.Task[None]] = []
    for url in room.cluster.urls:
        for transport in (follow, follow_by_polls):
            reader = await room.member()
            sheets.append(await whole_page(url, room.slug, reader))
            tasks.append(asyncio.create_task(transport(sheets[-1], url, room.slug, reader)))
    try:
        yield sheets
        for task in tasks:
            assert not task.done() or task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def agreed(room: World, sheets: list[Sheet]) -> dict[int, str]:
    """What is left of the room, after every way of reading it was found to say the same."""
    store = await room.store()
    left = {number: row.body for number, row in store.rows.items() if row.body is not None}
    what = "open pages have everything"
    await until(lambda: all(sheet.cursor.number >= store.head for sheet in sheets), what, 10)
    for sheet in sheets:
        assert (sheet.shown == left, sheet.resets) == (True, 0), sheet.shown.keys() ^ left.keys()
    for url in room.cluster.urls:
        assert (await whole_page(url, room.slug, room.owner)).shown == left
        lines = (await ask(url, f"/rooms/{room.slug}", room.owner, accept="text/plain")).text.splitlines()
        assert {int(line.split("\t")[0]): line.split("\t")[3] for line in lines} == left
        polled = (await ask(url, f"/rooms/{room.slug}/changes?wait=0&since=0", room.owner)).text
        if not wire.is_reset(polled):
            assert {one.number: one.body for one in wire.things(polled) if one.body is not None} == left
        assert wire.is_reset(polled) == (sum(1 for row in store.rows.values()) > KEPT)
    return {number: body or "" for number, body in left.items()}


async def test_at_the_501st_message_the_oldest_goes_from_the_store_and_from_every_page(
    two: Cluster, postgres: Postgres
) -> None:
    async with world(two, postgres) as room:
        settings = await ask(two.urls[0], f"/rooms/{room.slug}/settings", room.owner, {"keep": str(KEPT)})
        assert settings.status == 303
        writers = await people(room, 5)

        async def write(which: int) -> list[int]:
            return [await say(room, writers[which], f"{which}-{n}", which) for n in range(KEPT // 5)]

        written = await asyncio.gather(*(write(which) for which in range(5)))
        numbers = sorted(number for part in written for number in part)
        assert len(numbers) == KEPT
        async with open_pages(room) as sheets:
            assert sorted((await agreed(room, sheets)).keys()) == numbers
            newest = await say(room, writers[0], "one more")
            left = await agreed(room, sheets)
            assert sorted(left) == [*numbers[1:], newest]
            assert [sheet.dropped for sheet in sheets] == [1] * len(sheets)
            many = (say(room, writers[n % 5], f"more {n}", n) for n in range(BEYOND))
            more = sorted(await asyncio.gather(*many))
            assert sorted(await agreed(room, sheets)) == [*numbers[BEYOND + 1 :], newest, *more]
            counted = f"room_id = (SELECT id FROM rooms WHERE slug = '{room.slug}') AND kind = 'message'"
            assert stores.value(two, f"SELECT count(*) FROM messages WHERE {counted}", postgres) == KEPT


async def test_what_is_said_while_a_room_is_cleared_is_there_or_gone_by_its_number(
    two: Cluster, postgres: Postgres
) -> None:
    acked: dict[int, str] = {}
    async with world(two, postgres) as room:
        senders = await people(room, SENDERS)
        over = asyncio.Event()

        async def write(which: int) -> None:
            for n in range(10_000):
                ends = over.is_set()  # one more after the last clearing
                number = await say(room, senders[which], f"{which}-{n}", which)
                acked[number] = f"{which}-{n}"
                if ends:
                    break

        async def more(messages: int) -> None:
            await until(lambda: len(acked) >= messages, "others write", 20)

        async def clear() -> None:
            for n in range(CLEARS):
                await more(len(acked) + BETWEEN)
                cleared = await insist(two.urls[n % 2], f"/rooms/{room.slug}/clear", room.owner, {})
                assert cleared.status == 303, cleared
            over.set()

        async with open_pages(room) as sheets:
            await asyncio.gather(clear(), *(write(which) for which in range(SENDERS)))
            left = await agreed(room, sheets)
            assert all(sheet.dropped for sheet in sheets)
        kind = f"room_id = (SELECT id FROM rooms WHERE slug = '{room.slug}') AND kind = 'cleared'"
        assert stores.value(two, f"SELECT count(*) FROM messages WHERE {kind}", postgres) == 1
        last = stores.value(two, f"SELECT number FROM messages WHERE {kind}", postgres)
        assert left == {number: body for number, body in acked.items() if number > last}
        assert {number < last for number in acked} == {True, False}, "all on one side of the last clearing"
