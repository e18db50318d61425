"""Numbers, snapshots and grouped commits, the same on SQLite and on PostgreSQL."""

import asyncio
import threading

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError

from chat.core.changes import REPLAY_MAX
from chat.core.ids import Number, PersonId
from chat.core.message import Message
from chat.store import changes, messages, rooms
from chat.store.database import Database, Tx
from tests.databases import NOW_MS, Seeded, add_person, everything, job, say, seed


async def test_numbers_are_gapless_and_in_commit_order_under_concurrent_writers(url: str) -> None:
    one, two = Database(url), Database(url)
    try:
        place = await seed(one)
        start = place.bo.joined
        committed: list[int] = []

        async def post(db: Database, body: str) -> None:
            committed.append(await db.write(lambda tx: say(tx, place.room, place.ann.person.id, body)))

        await asyncio.gather(*(post((one, two)[n % 2], f"m{n}") for n in range(60)))
        assert sorted(committed) == list(range(start + 1, start + 61))
        stored = await two.read(lambda tx: everything(tx, place.room, start))
        assert [thing.number for thing in stored] == sorted(committed)
    finally:
        await one.close()
        await two.close()


async def test_whoever_reads_number_n_has_read_everything_below_it(url: str) -> None:
    """Commit order is number order: no lower number ever appears after a higher one was seen."""
    writers, reader = [Database(url), Database(url)], Database(url)
    try:
        place = await seed(reader)
        seen: list[int] = []
        done = asyncio.Event()

        async def watch() -> None:
            while not done.is_set() or len(seen) < 40:
                since = seen[-1] if seen else place.bo.joined
                found = await reader.read(job(changes.read, place.room, Number(since), Number(0)))
                assert found
                seen.extend(change.change for change in found.changes)
                assert (seen[-1] if seen else since) == found.head

        watching = asyncio.create_task(watch())
        posts = [writers[n % 2].write(job(say, place.room, place.bo.person.id, str(n))) for n in range(40)]
        await asyncio.gather(*posts)
        done.set()
        await asyncio.wait_for(watching, 20)
        assert seen == list(range(place.bo.joined + 1, place.bo.joined + 41))
    finally:
        for db in (*writers, reader):
            await db.close()


async def test_a_read_is_one_snapshot_whatever_is_written_meanwhile(db: Database, seeded: Seeded) -> None:
    written = threading.Event()

    def slow(tx: Tx) -> tuple[int, int]:
        first = rooms.by_id(tx, seeded.room)
        if db.sqlite:  # the job has a thread of its own; on PostgreSQL it runs in the loop's
            assert written.wait(10)
        else:
            tx.execute(text("SELECT pg_sleep(0.5)"))
        second = rooms.by_id(tx, seeded.room)
        assert first
        assert second
        return first.head, second.head

    reading = asyncio.create_task(db.read(slow))
    await asyncio.sleep(0.2)
    number = await db.write(lambda tx: say(tx, seeded.room, seeded.ann.person.id, "meanwhile"))
    assert not reading.done(), "the write was to come during the read"
    written.set()
    first, second = await reading
    assert first == second == number - 1


async def test_a_failing_job_undoes_itself_and_nobody_else(db: Database, seeded: Seeded) -> None:
    def bad(tx: Tx) -> None:
        say(tx, seeded.room, seeded.ann.person.id, "never")
        raise KeyError("mine")

    def post(body: str) -> asyncio.Future[Number]:
        return asyncio.ensure_future(db.write(lambda tx: say(tx, seeded.room, seeded.ann.person.id, body)))

    results = await asyncio.gather(post("a"), db.write(bad), post("b"), return_exceptions=True)
    assert isinstance(results[1], KeyError)
    stored = await db.read(lambda tx: everything(tx, seeded.room, seeded.bo.joined))
    assert sorted(thing.body for thing in stored if isinstance(thing, Message)) == ["a", "b"]
    assert [thing.number for thing in stored] == [seeded.bo.joined + 1, seeded.bo.joined + 2]


async def test_a_violated_constraint_undoes_only_the_job_that_violated_it(
    db: Database, seeded: Seeded
) -> None:
    names = ["Cy", "Cy", "Di"]
    results = await asyncio.gather(
        *(db.write(job(add_person, name)) for name in names), return_exceptions=True
    )
    assert sum(isinstance(result, IntegrityError) for result in results) == 1
    assert not isinstance(results[2], BaseException)


async def test_when_the_commit_fails_nobody_in_the_group_is_told_that_it_was_written(
    sqlite_url: str,
) -> None:
    db = Database(sqlite_url)
    place = await seed(db)

    def full_disk(tx: Tx) -> None:
        raise OperationalError("INSERT", {}, Exception("database or disk is full"))

    def post(tx: Tx) -> Number:
        return say(tx, place.room, place.ann.person.id, "together")

    results = await asyncio.gather(
        db.write(post), db.write(full_disk), db.write(post), return_exceptions=True
    )
    assert [type(result).__name__ for result in results] == ["Unavailable"] * 3
    assert await db.read(lambda tx: everything(tx, place.room, place.bo.joined)) == []
    assert await db.write(post) == place.bo.joined + 1
    await db.close()


async def test_who_stops_waiting_for_a_write_harms_nobody(db: Database, seeded: Seeded) -> None:
    gone = asyncio.create_task(db.write(lambda tx: say(tx, seeded.room, seeded.ann.person.id, "gone")))
    await asyncio.sleep(0)
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    number = await db.write(lambda tx: say(tx, seeded.room, seeded.ann.person.id, "here"))
    stored = await db.read(lambda tx: everything(tx, seeded.room, seeded.bo.joined))
    assert stored[-1].number == number
    assert [thing.number for thing in stored] == list(range(seeded.bo.joined + 1, number + 1))


async def test_who_stops_waiting_for_a_read_harms_nobody(db: Database, seeded: Seeded) -> None:
    reads = [asyncio.create_task(db.read(lambda tx: everything(tx, seeded.room))) for _ in range(30)]
    await asyncio.sleep(0.001)
    for read in reads:
        read.cancel()
    await asyncio.gather(*reads, return_exceptions=True)
    found = await asyncio.gather(*(db.read(lambda tx: everything(tx, seeded.room)) for _ in range(20)))
    assert all(len(things) == 2 for things in found)


async def test_closing_commits_what_was_accepted(url: str) -> None:
    db = Database(url)
    place = await seed(db)
    posts = [
        asyncio.create_task(db.write(lambda tx: say(tx, place.room, place.ann.person.id, "last")))
        for _ in range(5)
    ]
    await asyncio.sleep(0)
    if db.sqlite:  # on PostgreSQL a write under way holds its connection, and closing waits for no one
        await db.close()
    await asyncio.gather(*posts)
    again = Database(url)
    assert len(await again.read(lambda tx: everything(tx, place.room, place.bo.joined))) == 5
    await again.close()
    await db.close()


async def test_a_nonce_is_kept_once_for_each_author(db: Database, seeded: Seeded) -> None:
    ann, bo = seeded.ann.person.id, seeded.bo.person.id

    def keep(person: PersonId, number: int) -> asyncio.Future[None]:
        def job(tx: Tx) -> None:
            messages.keep_nonce(tx, person, "n", seeded.room, Number(number), b"d", NOW_MS)

        return asyncio.ensure_future(db.write(job))

    results = await asyncio.gather(keep(ann, 5), keep(ann, 6), keep(bo, 7), return_exceptions=True)
    assert sum(isinstance(result, IntegrityError) for result in results) == 1
    found = await db.read(lambda tx: messages.repeated(tx, ann, "n"))
    assert found
    assert found[1] in (5, 6)
    assert await db.read(lambda tx: messages.repeated(tx, bo, "n")) == (seeded.room, 7, b"d")
    await db.write(lambda tx: messages.forget_nonces(tx, NOW_MS + 1))
    assert await db.read(lambda tx: messages.repeated(tx, ann, "n")) is None


async def test_a_change_replaces_the_earlier_one_of_the_same_message(db: Database, seeded: Seeded) -> None:
    room, ann = seeded.room, seeded.ann.person.id

    def history(tx: Tx) -> tuple[int, int]:
        first, second = say(tx, room, ann, "one"), say(tx, room, ann, "two")
        messages.edit(tx, room, first, rooms.next_number(tx, room), "one!", NOW_MS + 5)
        messages.delete(tx, room, second, rooms.next_number(tx, room), "author")
        return first, second

    first, second = await db.write(history)
    found = await db.read(lambda tx: everything(tx, room, seeded.bo.joined))
    assert [(thing.number, thing.change) for thing in found] == [(first, second + 1), (second, second + 2)]
    edited, deleted = found
    assert isinstance(edited, Message)
    assert isinstance(deleted, Message)
    assert (edited.body, edited.edited_ms) == ("one!", NOW_MS + 5)
    assert (deleted.body, deleted.deleted, deleted.edited_ms) == ("", "author", None)
    assert [t.number for t in await db.read(lambda tx: everything(tx, room, seeded.bo.joined, first))] == [
        second
    ]


async def test_a_replay_of_more_than_the_limit_says_that_it_is_not_whole(
    db: Database, seeded: Seeded
) -> None:
    def many(tx: Tx) -> None:
        for n in range(REPLAY_MAX + 1):
            say(tx, seeded.room, seeded.ann.person.id, str(n))

    await db.write(many)
    at = seeded.bo.joined

    for since, visible_from, whole, count in (
        (at, 0, False, REPLAY_MAX),
        (at + 1, 0, True, REPLAY_MAX),
        (at, at + 1, True, REPLAY_MAX),  # what one may not see does not count
        (at + REPLAY_MAX + 1, 0, True, 0),
        (at + REPLAY_MAX + 900, 0, True, 0),
    ):
        replay = await db.read(job(changes.read, seeded.room, Number(since), Number(visible_from)))
        assert replay
        assert (replay.whole, len(replay.changes)) == (whole, count)


async def test_pages_of_history_follow_one_another_without_gap_or_double(
    db: Database, seeded: Seeded
) -> None:
    def many(tx: Tx) -> None:
        for n in range(25):
            say(tx, seeded.room, seeded.ann.person.id, str(n))

    await db.write(many)

    def all_pages(tx: Tx) -> list[Number]:
        page = messages.newest(tx, seeded.room, Number(0), 10)
        found = page
        while page:
            page = messages.older(tx, seeded.room, Number(0), messages.place(found[0]), 10)
            found = page + found
        return [thing.number for thing in found]

    assert await db.read(all_pages) == list(range(1, seeded.bo.joined + 26))
    middle = messages.place((await db.read(lambda tx: messages.newest(tx, seeded.room, Number(0), 10)))[0])
    rest = await db.read(lambda tx: messages.from_place(tx, seeded.room, Number(0), middle, 100))
    assert len(rest) == 10
