"""What a room's readers lack: the numbered things above a cursor, and single things by number."""

from typing import Any

from sqlalchemy import Row, bindparam, select

from chat.core.changes import REPLAY_MAX, Change, Floor, Replay, floor_of
from chat.core.ids import Number, PersonId, RoomId
from chat.core.message import Message, Notice
from chat.core.person import Person
from chat.store import mentions
from chat.store.database import Tx
from chat.store.schema import messages, people, rooms

COLUMNS = (
    *(c for c in messages.c if c.name not in ("room_id", "person_id")),
    people.c.id.label("author_id"), people.c.name, people.c.password_hash, people.c.admin,
)  # fmt: skip
STORED = select(*COLUMNS).join(people, people.c.id == messages.c.person_id)

_ROOM = select(rooms.c.epoch, rooms.c.head, rooms.c.floor, rooms.c.floor_change).where(
    rooms.c.id == bindparam("room")
)
_SINCE = (
    STORED.where(
        messages.c.room_id == bindparam("room"),
        messages.c.change > bindparam("since"),
        messages.c.number > bindparam("visible_from"),
    )
    .order_by(messages.c.change, messages.c.number)
    .limit(REPLAY_MAX + 1)
)


def change_of(row: Row[Any]) -> Message | Notice:
    """A message or a notice from a row of `STORED`."""
    person = Person(PersonId(row.author_id), row.name, account=row.password_hash is not None, admin=row.admin)
    if row.kind != "message":
        return Notice(
            row.number,
            row.change,
            row.pos,
            row.kind,
            person,
            row.at_ms,
            row.body,
            silent=row.silent,
            removes=row.removes,
        )
    return Message(
        row.number, row.change, row.pos, person, row.body, row.at_ms, row.edited_ms, row.deleted,
        row.reply_to, mentions.read(row.mentions),
    )  # fmt: skip


def read(tx: Tx, room: RoomId, since: Number, visible_from: Number) -> Replay | None:
    """Everything after `since` that somebody who sees from `visible_from` may see; `None`: no such room.

    One snapshot: the head is read first, so that nothing above it is promised.
    """
    at = tx.execute(_ROOM, {"room": room}).one_or_none()
    if at is None:
        return None
    if at.head <= since:
        return Replay(at.epoch, since, Number(at.head), ())
    rows = tx.execute(_SINCE, {"room": room, "since": since, "visible_from": visible_from}).all()
    changes: list[Change] = [change_of(row) for row in rows[:REPLAY_MAX]]
    told = any(floor_of(change) == at.floor for change in changes)  # a clearing tells it itself
    if at.floor_change > since and not told:
        changes.append(Floor(Number(at.floor), Number(at.floor_change)))
        changes.sort(key=lambda change: change.change)
    return Replay(at.epoch, since, Number(at.head), tuple(changes), whole=len(rows) <= REPLAY_MAX)
