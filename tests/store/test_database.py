"""The schema's version, and a database that goes away and comes back."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import alembic.command
import pytest
from sqlalchemy import inspect, text

from chat.core.ids import PersonId
from chat.core.problems import Unavailable
from chat.core.search import parse
from chat.store import rooms, search
from chat.store.database import Database, Tx
from chat.store.schema import metadata
from chat.store.upgrade import NewerDatabase
from tests.databases import Seeded, asyncpg_url, everything, job, say, seed
from tests.servers import ROOT, Postgres

MIGRATE = """
import asyncio, sys
from chat.store.database import Database
async def main():
    db = Database(sys.argv[1])
    await db.migrate()
    await db.close()
asyncio.run(main())
"""
LATE_S = 8.0  # above the 5 s that a statement is waited for, with room for a busy machine


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "SQLite":
        return f"sqlite:///{tmp_path / 'made' / 'chat.db'}"
    return asyncpg_url(request.getfixturevalue("postgres_url"))


def _execute(tx: Tx, statement: str) -> None:
    tx.execute(text(statement))


def described(table: str) -> bool:
    """Whether the schema describes a table: the index of words is each database's own."""
    return not table.startswith("grams")


async def test_an_empty_database_is_made_at_once_from_several_processes(empty_url: str) -> None:
    command = [sys.executable, "-c", MIGRATE, empty_url]
    started = [
        await asyncio.create_subprocess_exec(*command, cwd=ROOT, stderr=subprocess.PIPE) for _ in range(3)
    ]
    for process in started:
        _, said = await asyncio.wait_for(process.communicate(), 30)
        assert process.returncode == 0, said.decode()
    db = Database(empty_url)
    await db.migrate()  # once more changes nothing
    place = await seed(db)
    await db.migrate()
    assert len(await db.read(lambda tx: everything(tx, place.room))) == 2
    made = set(await db.read(lambda tx: inspect(tx).get_table_names()))
    assert {name for name in made if described(name)} == {*metadata.tables, "alembic_version"}
    await db.close()


async def test_the_migrations_make_the_tables_that_the_schema_describes(url: str) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    db = Database(url)
    options = {"include_name": lambda name, kind, _: kind != "table" or described(name)}
    difference = await db.read(
        lambda tx: compare_metadata(MigrationContext.configure(tx, opts=options), metadata)
    )
    await db.close()
    assert difference == []


async def test_a_database_of_the_version_before_is_brought_up_to_date_with_what_is_in_it(
    empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    db = Database(empty_url)
    with monkeypatch.context() as before:
        upgrade = alembic.command.upgrade
        before.setattr(alembic.command, "upgrade", lambda config, _head: upgrade(config, "0001"))
        await db.migrate()
    room = (
        "INSERT INTO rooms (id, slug, name, name_key, access, lifetime, history, who_posts, who_clears, "
        "who_arranges, max_length, epoch, created_ms) VALUES (41, 'pier', 'Pier', 'pier', 'open', 'kept', "
        "'all', 'everyone', 'moderators', 'moderators', 4000, 'e', 0)"
    )
    person = "INSERT INTO people (id, name, created_ms) VALUES (5, 'Zoë', 0)"
    member = "INSERT INTO members VALUES (41, 5, 'member', 0, 0, 0)"
    said = (
        "INSERT INTO messages (room_id, number, change, pos, kind, person_id, body, at_ms, deleted) VALUES "
        "(41, 1, 1, 1, 'message', 5, 'a heron', 9, NULL), (41, 2, 2, 2, 'message', 5, 'herons', 7, NULL), "
        "(41, 3, 3, 3, 'came', 5, 'heron', 8, NULL), (41, 4, 4, 4, 'message', 5, '', 8, 'author')"
    )
    for statement in (room, person, member, said):
        await db.write(job(_execute, statement))
    await db.migrate()
    heron = parse({"q": "heron from:ZOË"})
    found = await db.read(lambda tx: search.find(tx, PersonId(5), heron, None, 9))
    assert [one.number for one in found] == [1, 2], "the newest first, as they were said"
    kept = await db.read(lambda tx: rooms.by_slug(tx, "pier"))
    assert kept is not None
    assert (kept.name, kept.code, kept.floor) == ("Pier", "", 0)
    place = await seed(db)
    assert place.room > 41, "the id of no room is given again"
    await db.close()


async def test_a_database_of_a_newer_program_is_refused_and_left_alone(url: str) -> None:
    db = Database(url)
    await db.write(lambda tx: tx.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    with pytest.raises(NewerDatabase, match="9999"):
        await db.migrate()
    asked = text("SELECT version_num FROM alembic_version")
    assert await db.read(lambda tx: tx.execute(asked).scalar_one()) == "9999"
    await db.close()


async def timely_unavailable(work: asyncio.Future[object]) -> float:
    """Seconds until `work` is refused as `Unavailable`."""
    begun = time.monotonic()
    with pytest.raises(Unavailable):
        await asyncio.wait_for(work, LATE_S)
    return time.monotonic() - begun


async def test_a_sqlite_file_that_another_holds_is_unavailable_in_time_and_comes_back(
    sqlite_url: str,
) -> None:
    db = Database(sqlite_url)
    place = await seed(db)
    holder = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")

    def post() -> "asyncio.Future[object]":
        return asyncio.ensure_future(db.write(lambda tx: say(tx, place.room, place.ann.person.id, "held up")))

    refused = [asyncio.create_task(timely_unavailable(post())) for _ in range(3)]
    assert len(await db.read(lambda tx: everything(tx, place.room))) == 2, "reading goes on"
    for task in refused:
        await task
    holder.execute("ROLLBACK")
    holder.close()
    assert await post() == place.bo.joined + 1
    await db.close()


async def test_a_sqlite_file_that_cannot_be_read_does_not_hold_up_the_loop(
    sqlite_url: str,
) -> None:
    holder = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    holder.execute("PRAGMA locking_mode=EXCLUSIVE")
    holder.execute("CREATE TABLE held (what)")
    db = Database(sqlite_url)
    glance = asyncio.create_task(timely_unavailable(asyncio.ensure_future(db.glance(lambda tx: None))))
    stood_still_s, before = 0.0, time.monotonic()
    while not glance.done():
        await asyncio.sleep(0.01)
        stood_still_s, before = max(stood_still_s, time.monotonic() - before), time.monotonic()
    assert await glance > 1, "it was waited for"
    assert stood_still_s < 0.5
    holder.close()
    place = await seed(db)
    assert len(await db.glance(lambda tx: everything(tx, place.room))) == 2
    await db.close()


async def test_a_glance_sees_what_was_committed_last_until_the_store_is_closed(sqlite_url: str) -> None:
    db = Database(sqlite_url)
    place = await seed(db)
    for count in (2, 3, 4):
        assert len(await db.glance(lambda tx: everything(tx, place.room))) == count
        await db.write(lambda tx: say(tx, place.room, place.ann.person.id, "more"))
    await db.close()
    with pytest.raises(Unavailable):
        await db.glance(lambda tx: None)


async def test_a_sqlite_file_that_cannot_be_opened_is_unavailable(tmp_path: Path) -> None:
    db = Database(f"sqlite:///{tmp_path / 'nowhere' / 'chat.db'}")
    await timely_unavailable(asyncio.ensure_future(db.read(lambda tx: None)))
    await timely_unavailable(asyncio.ensure_future(db.write(lambda tx: None)))
    (tmp_path / "nowhere").mkdir()
    await db.migrate()
    await seed(db)
    await db.close()


async def test_writing_after_the_close_is_refused(sqlite_url: str) -> None:
    db = Database(sqlite_url)
    await seed(db)
    await db.close()
    await timely_unavailable(asyncio.ensure_future(db.write(lambda tx: None)))


async def test_a_postgres_that_stops_is_unavailable_in_time_and_comes_back(
    postgres: Postgres, migrated_postgres_url: str
) -> None:
    db = Database(migrated_postgres_url)
    place = await seed(db)
    postgres.crash()
    for _ in range(3):  # the connection that was open, then new ones
        await timely_unavailable(asyncio.ensure_future(db.read(lambda tx: everything(tx, place.room))))
        await timely_unavailable(
            asyncio.ensure_future(db.write(lambda tx: say(tx, place.room, place.ann.person.id, "lost")))
        )
    postgres.start()
    await comes_back(db, place)


async def comes_back(db: Database, place: Seeded) -> None:
    deadline = time.monotonic() + 15
    while True:
        try:
            number = await db.write(lambda tx: say(tx, place.room, place.ann.person.id, "back"))
            break
        except Unavailable:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.05)
    stored = await db.read(lambda tx: everything(tx, place.room))
    assert stored[-1].number == number
    assert [thing.number for thing in stored] == list(range(1, number + 1))
    await db.close()


async def test_a_postgres_that_hangs_is_unavailable_in_time_and_comes_back(
    postgres: Postgres, migrated_postgres_url: str
) -> None:
    db = Database(migrated_postgres_url)
    place = await seed(db)
    await db.read(lambda tx: everything(tx, place.room))
    pids = [
        int(pid)
        for pid in postgres.sql("SELECT pid FROM pg_stat_activity WHERE application_name='parley'").split()
    ]
    assert pids
    stopped = [postgres.pid, *pids]

    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    try:
        took = await timely_unavailable(
            asyncio.ensure_future(db.write(lambda tx: say(tx, place.room, place.ann.person.id, "hung")))
        )
        assert took < LATE_S
    finally:
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)
    await comes_back(db, place)


async def test_a_postgres_that_takes_no_more_connections_is_unavailable(
    postgres: Postgres, migrated_postgres_url: str
) -> None:
    name = migrated_postgres_url.rpartition("/")[2]
    postgres.sql(f"ALTER DATABASE {name} CONNECTION LIMIT 0")
    postgres.sql("DO $$ BEGIN CREATE ROLE plain LOGIN; EXCEPTION WHEN duplicate_object THEN END $$")
    db = Database(migrated_postgres_url.replace("parley@", "plain@"))
    await timely_unavailable(asyncio.ensure_future(db.read(lambda tx: None)))
    await db.close()


async def test_two_transactions_that_wait_for_each_other_both_end_well(
    migrated_postgres_url: str,
) -> None:
    """PostgreSQL ends one of them (SQLSTATE 40P01); it is done again, not answered with an error."""
    one, two = Database(migrated_postgres_url), Database(migrated_postgres_url)
    place = await seed(one)

    def job(first: int, second: int):
        def run(tx) -> None:
            for person in (first, second):
                tx.execute(text(f"UPDATE people SET created_ms = created_ms + 1 WHERE id = {person}"))
                tx.execute(text("SELECT pg_sleep(0.3)"))

        return run

    ann, bo = place.ann.person.id, place.bo.person.id
    await asyncio.gather(one.write(job(ann, bo)), two.write(job(bo, ann)))
    await one.close()
    await two.close()


async def test_writers_that_wait_for_a_lock_leave_connections_to_readers(migrated_postgres_url: str) -> None:
    db, other = Database(migrated_postgres_url), Database(migrated_postgres_url)
    place = await seed(db)
    held = asyncio.Event()

    def hold(tx: Tx) -> None:
        rooms.lock(tx, place.room)
        held.set()
        tx.execute(text("SELECT pg_sleep(1)"))

    holding = asyncio.create_task(other.write(hold))
    await held.wait()
    posts = [
        asyncio.create_task(db.write(lambda tx: say(tx, place.room, place.ann.person.id, "waits")))
        for _ in range(12)
    ]
    await asyncio.sleep(0)
    await db.read(lambda tx: everything(tx, place.room))
    assert not holding.done(), "the read had to wait for the writers"
    await asyncio.gather(holding, *posts, return_exceptions=True)
    await db.close()
    await other.close()


@pytest.mark.parametrize("state", ["08006", "25006", "53100", "55P03", "57014", "57P01", "58030"])
async def test_what_is_no_fault_of_the_program_is_unavailable(migrated_postgres_url: str, state: str) -> None:
    db = Database(migrated_postgres_url)
    fault = text(f"DO $$ BEGIN RAISE EXCEPTION 'fault' USING ERRCODE = '{state}'; END $$")
    with pytest.raises(Unavailable):
        await db.write(lambda tx: tx.execute(fault))
    await db.close()
