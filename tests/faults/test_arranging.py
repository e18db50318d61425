"""Two people put a room in order at once, while others write in it and clear it: all end with one order."""

import asyncio
import contextlib
import random
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.faults import wire
from tests.faults.http import ask, insist, until
from tests.faults.sheet import Sheet, follow, follow_by_polls, whole_page
from tests.faults.test_floors import people, say
from tests.faults.world import World, world
from tests.lengths import length
from tests.servers import Cluster, Postgres

ROUNDS = length(25, 500)
CLEAR_EVERY = 10  # rounds
START = 12  # messages
SETTLE_S = 15
OF_ROOM = "room_id = (SELECT id FROM rooms WHERE slug = '{}')"
ORDER = f"SELECT number FROM messages WHERE {OF_ROOM} AND kind = 'message' ORDER BY pos, number"
TOUCH = (  # all neighbours: the next move makes their positions anew
    f"UPDATE messages SET pos = (SELECT count(*) FROM messages m WHERE m.room_id = messages.room_id AND "
    f"(m.pos < messages.pos OR (m.pos = messages.pos AND m.number < messages.number))) WHERE {OF_ROOM}"
)


def sql(room: World, statement: str) -> list[int]:
    """The numbers that a statement about the room finds, past the program."""
    statement = statement.format(room.slug)
    if room.cluster.database is None:
        file = room.cluster.servers[0].folder / "data" / "chat.db"
        with sqlite3.connect(file, timeout=20) as connection:
            return [number for (number,) in connection.execute(statement)]
    assert room.postgres
    answer = room.postgres.sql(statement, room.cluster.database.rpartition("/")[2])
    return [int(line) for line in answer.splitlines() if line.strip().isdigit()]


@asynccontextmanager
async def open_pages(room: World) -> AsyncIterator[list[Sheet]]:
    """A page with a websocket and one that polls, at each process: they load again when they are told to."""
    sheets: list[Sheet] = []

    async def keep(at: int, url: str, reader: str) -> None:
        while True:
            with contextlib.suppress(OSError, TimeoutError):
                await (follow if at % 2 else follow_by_polls)(sheets[at], url, room.slug, reader)
            sheets[at] = await whole_page(url, room.slug, reader)

    tasks: list[asyncio.Task[None]] = []
    for at in range(2 * len(room.cluster.urls)):
        url, reader = room.cluster.urls[at // 2], await room.member()
        sheets.append(await whole_page(url, room.slug, reader))
        tasks.append(asyncio.create_task(keep(at, url, reader)))
    try:
        yield sheets
        for task in tasks:
            assert not task.done() or task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def move(room: World, cookie: str, at: int, numbers: list[int]) -> int:
    """Move something that was there lately; what it was answered."""
    number, target = random.sample(numbers, 2)
    if random.random() < 0.4:
        target = min(numbers)  # where positions run out
    fields = {random.choice(("before", "after")): str(target)}
    path = f"/rooms/{room.slug}/messages/{number}/move"
    return (await insist(room.cluster.urls[at % 2], path, cookie, fields, accept="application/json")).status


async def agreed(room: World, sheets: list[Sheet]) -> list[int]:
    """The room's order, after every way of reading it was found to have the same."""
    order = await asyncio.to_thread(sql, room, ORDER)
    await until(lambda: all(sheet.order == order for sheet in sheets), "open pages have the order", SETTLE_S)
    for url in room.cluster.urls:
        page = await whole_page(url, room.slug, room.owner)
        assert page.order == order == [number for number in page.places if number in page.shown]
        lines = (await ask(url, f"/rooms/{room.slug}", room.owner, accept="text/plain")).text.splitlines()
        assert [int(line.split("\t")[0]) for line in lines] == order
        polled = (
            await ask(url, f"/rooms/{room.slug}/changes?wait=0&since={page.cursor.epoch}.0", room.owner)
        ).text
        if not wire.is_reset(polled):
            replay = Sheet(wire.Cursor(page.cursor.epoch, 0))
            replay.apply(polled)
            assert replay.order == order
    return order


async def test_all_end_with_one_order_whoever_moves_writes_and_clears(
    two: Cluster, postgres: Postgres
) -> None:
    told: Counter[int] = Counter()
    async with world(two, postgres) as room:
        workshop = {"who_arranges": "everyone", "who_clears": "everyone"}
        assert (await ask(two.urls[0], f"/rooms/{room.slug}/settings", room.owner, workshop)).status == 303
        ann, bo, cy = await people(room, 3)
        there = [await say(room, cy, f"first {n}", n) for n in range(START)]
        await asyncio.to_thread(sql, room, TOUCH)
        mixed = False
        async with open_pages(room) as sheets:
            epochs = {sheet.cursor.epoch for sheet in sheets}
            for n in range(ROUNDS):
                clears = n % CLEAR_EVERY == CLEAR_EVERY - 2
                clearing = [insist(two.urls[n % 2], f"/rooms/{room.slug}/clear", cy, {})] if clears else []
                *moved, said, more, _ = await asyncio.gather(
                    move(room, ann, n, there), move(room, bo, n + 1, there),
                    say(room, cy, f"said {n}", n), say(room, cy, f"more {n}", n + 1),
                    asyncio.gather(*clearing),
                )  # fmt: skip
                told.update(moved)
                there = [*there, said, more][-START:]
                mixed = mixed or any(sheet.order != sorted(sheet.order) for sheet in sheets)
            order = await agreed(room, sheets)
            epochs |= {sheet.cursor.epoch for sheet in sheets}
        cleared = (await room.store()).rows
        last = max(number for number, row in cleared.items() if row.body is None)
        assert {number for number in there if number > last} <= set(order)
        assert (await room.store()).head == max(row.change for row in cleared.values())
        assert mixed, "nothing was seen to stand elsewhere"
    assert set(told) <= {204, 404, 422}, told
    assert told[204] > ROUNDS / 2
    assert told[404] + told[422], f"nothing was cleared under a hand: {told}"
    assert len(epochs) > 1, "positions did not run out"
    for server in two.servers:
        assert "Traceback" not in server.log, server.log[-3000:]
