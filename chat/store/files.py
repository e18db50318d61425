"""Which files hang on which messages; the bytes are elsewhere."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Row, bindparam, select

from chat.core.file import File
from chat.core.ids import Number, RoomId
from chat.store.database import Tx
from chat.store.schema import files

_OF = (
    select(files)
    .where(files.c.room_id == bindparam("room"), files.c.number.in_(bindparam("numbers", expanding=True)))
    .order_by(files.c.number, files.c.place)
)


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
