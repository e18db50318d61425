"""Rooms, their numbers and their ends."""

import functools
import operator
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from typing import Any

from sqlalchemy import Row, bindparam, delete, insert, select, update

from chat.core.changes import Cursor
from chat.core.ids import Number, RoomId
from chat.core.person import name_key
from chat.core.room import Room, Settings
from chat.store import facts, files
from chat.store.database import Tx
from chat.store.ready import Ready
from chat.store.schema import rooms

LISTED_MAX = 200  # rooms a page lists
ROOMS_MADE = 1_000  # made of rows lately, and kept

_SETTINGS = [rooms.c[field.name] for field in fields(Settings)]
COLUMNS = (
    rooms.c.id,
    rooms.c.slug,
    rooms.c.name,
    rooms.c.topic,
    rooms.c.epoch,
    rooms.c.head,
    rooms.c.floor,
    rooms.c.history_from,
    rooms.c.code,
    rooms.c.pair,
    rooms.c.is_default,
    *_SETTINGS,
)
_NAMES = tuple(column.name for column in COLUMNS)
_values = operator.attrgetter(*_NAMES)

_BY_SLUG = select(*COLUMNS).where(rooms.c.slug == bindparam("slug"))
_BY_ID = select(*COLUMNS).where(rooms.c.id == bindparam("room"))
_BY_CODE = select(*COLUMNS).where(rooms.c.code == bindparam("code"), rooms.c.access == "code")
_LISTED = (
    select(*COLUMNS)
    .where(rooms.c.access == "open", rooms.c.name_key.like(bindparam("like"), escape="\\"))
    .order_by(rooms.c.is_default.desc(), rooms.c.id)
    .limit(bindparam("most"))
)
_LISTED_AFTER = _LISTED.where(~rooms.c.is_default, rooms.c.id > bindparam("after"))
_FIRST_DEFAULT = select(*COLUMNS).where(rooms.c.is_default).order_by(rooms.c.id).limit(1)
_TAKEN = select(rooms.c.id).where(rooms.c.access == "open", rooms.c.name_key == bindparam("key")).limit(1)
_INSERT = insert(rooms).returning(rooms.c.id)
_LOCK = select(rooms.c.head).where(rooms.c.id == bindparam("room")).with_for_update()
_NEXT = Ready(
    update(rooms).where(rooms.c.id == bindparam("room")).values(head=rooms.c.head + 1).returning(rooms.c.head)
)
_NEXT_SOME = (
    update(rooms)
    .where(rooms.c.id == bindparam("room"))
    .values(head=rooms.c.head + bindparam("many"))
    .returning(rooms.c.head)
)
_DELETE = delete(rooms).where(rooms.c.id == bindparam("room"))
_HEADS = select(rooms.c.id, rooms.c.head, rooms.c.epoch).where(
    rooms.c.id.in_(bindparam("rooms", expanding=True))
)


def room_of(row: Row[Any]) -> Room:
    """A room from a row that has its columns."""
    return _room(_values(row))


@functools.lru_cache(maxsize=ROOMS_MADE)
def _room(values: Sequence[Any]) -> Room:
    """The same room at the same moment is one, for all who ask and for thousands who read it."""
    row = dict(zip(_NAMES, values, strict=True))
    settings = Settings(**{column.name: row[column.name] for column in _SETTINGS})
    return Room(
        RoomId(row["id"]),
        row["slug"],
        row["name"],
        row["topic"],
        settings,
        row["epoch"],
        Number(row["head"]),
        floor=Number(row["floor"]),
        history_from=Number(row["history_from"]),
        code=row["code"] or "",
        default=row["is_default"],
    )


def by_slug(tx: Tx, slug: str) -> Room | None:
    """The room at this address."""
    row = tx.execute(_BY_SLUG, {"slug": slug}).one_or_none()
    return room_of(row) if row else None


def by_id(tx: Tx, room: RoomId) -> Room | None:
    """The room with this id."""
    row = tx.execute(_BY_ID, {"room": room}).one_or_none()
    return room_of(row) if row else None


def by_code(tx: Tx, code: str) -> Room | None:
    """The room that this code opens, as it is stored."""
    row = tx.execute(_BY_CODE, {"code": code}).one_or_none()
    return room_of(row) if row else None


def first_default(tx: Tx) -> Room | None:
    """Where a new person lands."""
    row = tx.execute(_FIRST_DEFAULT).one_or_none()
    return room_of(row) if row else None


def listed(tx: Tx, part: str = "", after: RoomId | None = None, most: int = LISTED_MAX) -> list[Room]:
    """The rooms anybody may find: default rooms first, then by age.

    With `part`, a piece of a name's key, only those whose names have it; with `after` those that follow
    this room, which no default room does: they are all on the first page.
    """
    escaped = part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    values = {"like": f"%{escaped}%", "most": most}
    found = tx.execute(_LISTED_AFTER, values | {"after": after}) if after else tx.execute(_LISTED, values)
    return [room_of(row) for row in found.all()]


def name_taken(tx: Tx, key: str) -> bool:
    """Whether a listed room has this name."""
    return tx.execute(_TAKEN, {"key": key}).first() is not None


def add(tx: Tx, slug: str, name: str, topic: str, settings: Settings, now_ms: int, **more: object) -> RoomId:
    """A new, empty room with an epoch of its own; `more` are further columns.

    No id is ever given twice, not even that of a deleted room, since memory and logs go by it. Raises
    `IntegrityError` if name, slug, code or pair are taken.
    """
    row = asdict(settings) | {
        "id": facts.count(tx, "rooms"),
        "slug": slug,
        "name": name,
        "name_key": name_key(name),
        "topic": topic,
        "epoch": new_epoch(),
        "created_ms": now_ms,
    }
    return RoomId(tx.execute(_INSERT, row | more).scalar_one())


def delete_(tx: Tx, room: RoomId) -> None:
    """End a room with everything in it. It must be locked; visits are not part of it."""
    files.drop_all(tx, room)
    tx.execute(_DELETE, {"room": room})


def new_epoch() -> str:
    """A new lineage of numbers: eight random letters and digits."""
    return secrets.token_hex(4)


def lock(tx: Tx, room: RoomId) -> bool:
    """Make this transaction the only one that numbers changes of the room; false if it is gone.

    On SQLite the transaction already is the only writer. Several rooms are locked in order of id.
    """
    return tx.execute(_LOCK, {"room": room}).first() is not None


def next_number(tx: Tx, room: RoomId) -> Number:
    """The number of the change this transaction makes. The room must be locked."""
    return Number(_NEXT.one(tx, {"room": room}).head)


def next_numbers(tx: Tx, room: RoomId, many: int) -> list[Number]:
    """The numbers of that many changes at once, in order. The room must be locked."""
    last: int = tx.execute(_NEXT_SOME, {"room": room, "many": many}).scalar_one()
    return [Number(number) for number in range(last - many + 1, last + 1)]


def heads(tx: Tx, ids: Iterable[RoomId]) -> dict[RoomId, Cursor]:
    """The end of each of these rooms that still exists."""
    rows = (tx.execute(_HEADS, {"rooms": list(ids)})).all()
    return {RoomId(row.id): Cursor(row.epoch, Number(row.head)) for row in rows}
