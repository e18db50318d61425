"""What messages are found by, kept in step with them: call it in the transaction that changes a message.

Beside `searchable` each database has an index of grams: on SQLite a table of FTS5, which triggers keep,
on PostgreSQL one of arrays with a GIN index.
"""

import zlib
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import BigInteger, Integer, bindparam, column, delete, select, table, text
from sqlalchemy.dialects import postgresql, sqlite

from chat.core.folding import grams, indexed
from chat.core.ids import Number, PersonId, RoomId
from chat.store.database import Tx
from chat.store.ready import Ready
from chat.store.schema import files, messages, searchable

STEP = 500  # SQLite: pages of the index that one step of clearing up writes

GRAMS = table(
    "grams", column("id", BigInteger), column("rowid", BigInteger), column("grams", postgresql.ARRAY(Integer))
)

_AT = ["room_id", "number"]
_SQLITE = sqlite.insert(searchable).values({name: bindparam(name) for name in (*_AT, "text")})
_PUT_SQLITE = Ready(_SQLITE.on_conflict_do_update(_AT, set_={"text": _SQLITE.excluded.text}))
_POSTGRESQL = postgresql.insert(searchable).values({name: bindparam(name) for name in (*_AT, "text")})
_SAID = (
    _POSTGRESQL.on_conflict_do_update(index_elements=_AT, set_={"text": _POSTGRESQL.excluded.text})
    .returning(searchable.c.id)
    .cte("said")
)
_FOUND_BY = postgresql.insert(GRAMS).from_select(
    ["id", "grams"], select(_SAID.c.id, bindparam("grams", type_=postgresql.ARRAY(Integer)))
)
_PUT_POSTGRESQL = _FOUND_BY.on_conflict_do_update(
    index_elements=["id"], set_={"grams": _FOUND_BY.excluded.grams}
)
_FORGET = delete(searchable).where(
    searchable.c.room_id == bindparam("room"), searchable.c.number == bindparam("number")
)
_MESSAGE = select(messages.c.person_id, messages.c.body, messages.c.files).where(
    messages.c.room_id == bindparam("room"), messages.c.number == bindparam("number")
)
_NAMES = (
    select(files.c.name)
    .where(files.c.room_id == bindparam("room"), files.c.number == bindparam("number"))
    .order_by(files.c.place)
)
_MERGE = text("INSERT INTO grams (grams, rank) VALUES ('merge', :pages)")
_CHANGED = text("SELECT total_changes()")


def row(
    room: RoomId, number: Number, author: PersonId, body: str, names: Sequence[str] = ()
) -> dict[str, Any]:
    """What `put` takes of one message; `names` are those of its files."""
    return {"room_id": room, "number": number, "text": indexed(room, author, body, names)}


def put(tx: Tx, rows: Sequence[dict[str, Any]]) -> None:
    """Have messages found, or found by other words."""
    if tx.dialect.name == "sqlite":
        for one in rows:
            _PUT_SQLITE.run(tx, one)
    else:
        tx.execute(_PUT_POSTGRESQL, [one | {"grams": numbers(grams(one["text"]))} for one in rows])


def index(tx: Tx, room: RoomId, number: Number) -> None:
    """Have a message found by the words that it has now, and by the names of its files."""
    at = {"room": room, "number": number}
    said = tx.execute(_MESSAGE, at).one()
    names = tx.execute(_NAMES, at).scalars().all() if said.files else ()
    put(tx, [row(room, number, said.person_id, said.body, names)])


def forget(tx: Tx, room: RoomId, number: Number) -> None:
    """Have a message found no more. What is deleted from its room is forgotten by itself."""
    tx.execute(_FORGET, {"room": room, "number": number})


def clear_up(tx: Tx) -> bool:
    """SQLite: take what was forgotten out of the index's pages too, a step at a time; false when done.

    FTS5 notes what is gone, and lets go of it when it merges. PostgreSQL has a daemon for it.
    """
    if tx.dialect.name != "sqlite":
        return False
    before: int = tx.execute(_CHANGED).scalar_one()
    tx.execute(_MERGE, {"pages": -STEP})
    return int(tx.execute(_CHANGED).scalar_one()) - before >= 2  # what its manual says of the end


def numbers(some: Iterable[str]) -> list[int]:
    """Grams as PostgreSQL keeps them. Two may share a number: what is found is looked at again."""
    return sorted({zlib.crc32(gram.encode()) - 2**31 for gram in some})
