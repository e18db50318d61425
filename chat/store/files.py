"""Which files hang on which messages. The bytes are in a storage, under keys made of the file's id.

Whoever deletes rows here notes their ids in `gone_files`, in the same transaction; the bytes go after it.
"""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, bindparam, delete, insert, select, update

from chat.core.file import File
from chat.core.ids import Number, RoomId
from chat.store import searchable
from chat.store.database import Tx
from chat.store.schema import files, gone_files, messages, rooms

GONE_MAX = 500  # files whose bytes go at once, and messages whose files end at once

_OF = (
    select(files)
    .where(files.c.room_id == bindparam("room"), files.c.number.in_(bindparam("numbers", expanding=True)))
    .order_by(files.c.number, files.c.place)
)
_ONE = (
    select(files, rooms.c.slug)
    .join(rooms, rooms.c.id == files.c.room_id)
    .where(files.c.id == bindparam("file"))
)
_ADD = insert(files)
_COUNT = (
    update(messages)
    .where(messages.c.room_id == bindparam("room"), messages.c.number == bindparam("which"))
    .values(files=bindparam("many"))
)
_TOUCH = (
    update(messages)
    .where(messages.c.room_id == bindparam("room"), messages.c.number == bindparam("which"))
    .values(change=bindparam("to_change"))
)
_IN_ROOM = files.c.room_id == bindparam("room")
_OF_MESSAGE = _IN_ROOM & (files.c.number == bindparam("number"))
_BELOW = _IN_ROOM & (files.c.number < bindparam("number"))
_EXPIRED = (
    select(files.c.room_id, files.c.number).where(files.c.at_ms < bindparam("before_ms")).limit(GONE_MAX)
)
_GONE = select(gone_files.c.id).limit(GONE_MAX)
_FORGET = delete(gone_files).where(gone_files.c.id.in_(bindparam("ids", expanding=True)))
_KNOWN = select(files.c.id).where(files.c.id.in_(bindparam("ids", expanding=True)))


def small_key(file: str) -> str:
    """Under which key the small picture of a file is."""
    return f"{file}.small"


def keys_of(file: str) -> tuple[str, str]:
    """Under which keys there may be bytes of a file; its own id is the first."""
    return file, small_key(file)


def attached(tx: Tx, room: RoomId, numbers: Collection[Number]) -> dict[Number, tuple[File, ...]]:
    """The files of each of these messages, in the order they were chosen; asks nothing if there are none."""
    if not numbers:
        return {}
    found: dict[Number, tuple[File, ...]] = {}
    for row in tx.execute(_OF, {"room": room, "numbers": list(numbers)}).all():
        found[Number(row.number)] = (*found.get(Number(row.number), ()), file_of(row))
    return found


def file_of(row: Row[Any]) -> File:
    """A file from its row."""
    return File(row.id, row.name, row.type, row.size, row.width, row.height)


def one(tx: Tx, file: str) -> tuple[File, str, Number] | None:
    """A file by its id, the address of its room, and the number of its message."""
    row = tx.execute(_ONE, {"file": file}).one_or_none()
    return (file_of(row), row.slug, Number(row.number)) if row else None


def add(tx: Tx, room: RoomId, number: Number, attached: Sequence[File], now_ms: int) -> None:
    """Hang files on a new message. Their bytes must be kept by now."""
    if not attached:
        return
    place: dict[str, object] = {"room_id": room, "number": number, "at_ms": now_ms}
    rows = [
        place
        | {"id": file.id, "place": at, "name": file.name, "type": file.type, "size": file.size,
           "width": file.width, "height": file.height}
        for at, file in enumerate(attached)
    ]  # fmt: skip
    tx.execute(_ADD, rows)
    tx.execute(_COUNT, {"room": room, "which": number, "many": len(rows)})
    searchable.index(tx, room, number)


def drop(tx: Tx, room: RoomId, number: Number) -> None:
    """Take the files off a message."""
    _drop(tx, _OF_MESSAGE, {"room": room, "number": number})


def drop_below(tx: Tx, room: RoomId, floor: Number) -> None:
    """Take the files off all messages numbered below `floor`."""
    _drop(tx, _BELOW, {"room": room, "number": floor})


def drop_all(tx: Tx, room: RoomId) -> None:
    """Take the files off all messages of a room."""
    _drop(tx, _IN_ROOM, {"room": room})


def _drop(tx: Tx, which: ColumnElement[bool], values: dict[str, int]) -> None:
    tx.execute(insert(gone_files).from_select(["id"], select(files.c.id).where(which)), values)
    tx.execute(delete(files).where(which), values)


def expired(tx: Tx, before_ms: int, room: RoomId | None = None) -> set[tuple[RoomId, Number]]:
    """Messages, of one room or of all, with files from before this time; some of them, if they are many."""
    statement = _EXPIRED if room is None else _EXPIRED.where(files.c.room_id == room)
    return {
        (RoomId(row.room_id), Number(row.number)) for row in tx.execute(statement, {"before_ms": before_ms})
    }


def expire(tx: Tx, room: RoomId, number: Number, change: Number) -> None:
    """Take the files off a message that stays, and says from this change on that there were some."""
    drop(tx, room, number)
    tx.execute(_TOUCH, {"room": room, "which": number, "to_change": change})
    searchable.index(tx, room, number)


def gone(tx: Tx) -> list[str]:
    """Ids of files that are on no message any more, some of them."""
    return list(tx.execute(_GONE).scalars())


def forget(tx: Tx, ids: Collection[str]) -> None:
    """The bytes of these are gone too."""
    tx.execute(_FORGET, {"ids": list(ids)})


def known(tx: Tx, ids: Collection[str]) -> set[str]:
    """Those of these ids that a message has, of at most a few hundred."""
    return set(tx.execute(_KNOWN, {"ids": list(ids)}).scalars())
