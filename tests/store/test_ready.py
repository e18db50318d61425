"""A statement that is ready does what SQLAlchemy would do with it, on both databases."""

import pytest
from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from chat.store.database import Database, Tx
from chat.store.ready import Ready
from chat.store.schema import facts, rooms
from tests.databases import Seeded, job

_ROOM = select(rooms.c.id, rooms.c.slug, rooms.c.is_default, rooms.c.code).where(
    rooms.c.id == bindparam("room")
)
_NEXT = update(rooms).where(rooms.c.id == bindparam("room")).values(head=rooms.c.head + 1)
_RETURNING = Ready(_NEXT.returning(rooms.c.head))
_CHANGING = Ready(_NEXT)
_ADD = Ready(insert(facts).values(name=bindparam("name"), value=bindparam("value")))


async def test_rows_have_the_same_columns_and_types_as_otherwise(db: Database, seeded: Seeded) -> None:
    values = {"room": seeded.room}
    (usual,) = await db.read(lambda tx: tx.execute(_ROOM, values).all())
    (quick,) = await db.read(lambda tx: Ready(_ROOM).rows(tx, values))
    assert tuple(quick) == tuple(usual)
    assert (quick.slug, quick.is_default, quick.code) == ("harbour", False, None)
    assert type(quick.is_default) is bool
    assert await db.read(lambda tx: Ready(_ROOM).first(tx, {"room": -1})) is None


async def test_it_tells_what_it_changed_and_returns(db: Database, seeded: Seeded) -> None:
    values = {"room": seeded.room}
    head = await db.read(lambda tx: tx.execute(select(rooms.c.head), values).scalar_one())
    assert await db.write(job(_CHANGING.run, values)) == 1
    assert await db.write(job(_CHANGING.run, {"room": -1})) == 0
    assert (await db.write(lambda tx: _RETURNING.one(tx, values))).head == head + 2
    with pytest.raises(ValueError, match="not enough values"):
        await db.write(lambda tx: _RETURNING.one(tx, {"room": -1}))


async def test_what_the_database_refuses_is_the_same_error_and_names_no_values(db: Database) -> None:
    fact = {"name": "canary", "value": "x"}
    await db.write(job(_ADD.run, fact))
    with pytest.raises(IntegrityError) as error:
        await db.write(job(_ADD.run, fact))
    if db.sqlite:
        assert "canary" not in str(error.value)


async def test_a_read_that_begins_with_it_is_one_snapshot(db: Database, seeded: Seeded) -> None:
    def look(tx: Tx) -> bool:
        Ready(_ROOM).first(tx, {"room": seeded.room})
        return tx.in_transaction()

    assert await db.read(look)
