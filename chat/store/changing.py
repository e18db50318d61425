"""Changing a room itself: its name, settings, address, code, lineage and floor. It must be locked."""

from dataclasses import asdict

from sqlalchemy import bindparam, delete, insert, select, update

from chat.core.ids import Number, RoomId
from chat.core.person import name_key
from chat.core.room import Settings
from chat.store.database import Tx
from chat.store.rooms import new_epoch
from chat.store.schema import former_slugs, rooms, visits

_CHANGE = update(rooms).where(rooms.c.id == bindparam("room"))
_RAISE_FLOOR = _CHANGE.values(floor=bindparam("gone_below"), floor_change=bindparam("since"))
_CODE_TAKEN = select(rooms.c.id).where(rooms.c.code == bindparam("code")).limit(1)
_SLUG_TAKEN = (
    select(rooms.c.id)
    .where(rooms.c.slug == bindparam("slug"))
    .union_all(
        select(former_slugs.c.room_id).where(
            former_slugs.c.slug == bindparam("slug"), former_slugs.c.room_id != bindparam("room")
        )
    )
    .limit(1)
)
_FORGET_SLUG = delete(former_slugs).where(former_slugs.c.slug == bindparam("slug"))
_EMPTY = (
    select(rooms.c.id)
    .where(
        rooms.c.lifetime == "ephemeral",
        ~select(visits.c.person_id).where(visits.c.room_id == rooms.c.id).exists(),
    )
    .limit(1_000)
)


def rewrite(tx: Tx, room: RoomId, name: str, topic: str, settings: Settings) -> None:
    """Give the room a name, a topic and settings, at once: whether a name is taken hangs on the access.

    Raises `IntegrityError` if it is listed now by a name that another listed room has.
    """
    row = asdict(settings) | {"name": name, "name_key": name_key(name), "topic": topic}
    tx.execute(_CHANGE.values(**row), {"room": room})


def set_code(tx: Tx, room: RoomId, code: str | None) -> None:
    """Give the room a code, or none. Raises `IntegrityError` if another room has it."""
    tx.execute(_CHANGE.values(code=code), {"room": room})


def code_taken(tx: Tx, code: str) -> bool:
    """Whether a room has this code."""
    return tx.execute(_CODE_TAKEN, {"code": code}).first() is not None


def slug_taken(tx: Tx, slug: str, room: RoomId) -> bool:
    """Whether a room is at this address, or another one than `room` was: its members still go there."""
    return tx.execute(_SLUG_TAKEN, {"slug": slug, "room": room}).first() is not None


def move(tx: Tx, room: RoomId, old: str, new: str) -> None:
    """Give the room another address; its members still find it at the old one."""
    tx.execute(_CHANGE.values(slug=new), {"room": room})
    tx.execute(_FORGET_SLUG, {"slug": old})
    tx.execute(insert(former_slugs).values(slug=old, room_id=room))


def begin_lineage(tx: Tx, room: RoomId) -> None:
    """Have every open page of the room load again."""
    tx.execute(_CHANGE.values(epoch=new_epoch()), {"room": room})


def begin_history(tx: Tx, room: RoomId, number: Number) -> None:
    """Let nobody who is new see what was said up to `number`."""
    tx.execute(_CHANGE.values(history_from=number), {"room": room})


def begin_quotes(tx: Tx, room: RoomId, number: Number) -> None:
    """Have answers show no words of what was said up to `number`, which not everybody may see."""
    tx.execute(_CHANGE.values(quoted_from=number), {"room": room})


def raise_floor(tx: Tx, room: RoomId, floor: Number, change: Number) -> None:
    """Remember that everything numbered below `floor` is gone since `change`."""
    tx.execute(_RAISE_FLOOR, {"room": room, "gone_below": floor, "since": change})


def empty(tx: Tx) -> set[RoomId]:
    """Ephemeral rooms that nobody is in, the grace after a visit included."""
    return {RoomId(room) for room in tx.execute(_EMPTY).scalars()}
