"""What a room's readers lack: the numbered things above a cursor, and single things by number."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, bindparam, select

from chat.core.changes import REPLAY_MAX, Change, Floor, Replay, floor_of
from chat.core.ids import Number, PersonId, RoomId
from chat.core.message import Message, Notice
from chat.core.person import Person
from chat.store import files, mentions, reactions, replies
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


def things(tx: Tx, room: RoomId, rows: Sequence[Row[Any]]) -> list[Message | Notice]:
    """Messages and notices from rows of `STORED`, with what hangs on them, read only where something does."""
    quotes = replies.quotes(tx, room, {row.reply_to for row in rows if row.reply_to is not None})
    given = reactions.given(tx, room, [row.number for row in rows if row.reacted])
    attached = files.attached(tx, room, [row.number for row in rows if row.files])
    named = mentions.people_in(tx, [row.mentions for row in rows if row.mentions])

    def message(row: Row[Any]) -> Message:
        hung = attached.get(row.number, ())
        return Message(
            row.number, row.change, row.pos, _person(row), row.body, row.at_ms, row.edited_ms, row.deleted,
            row.reply_to, named.get(row.mentions, ()), quotes.get(row.reply_to), given.get(row.number, ()),
            hung, row.files - len(hung),
        )  # fmt: skip

    return [message(row) if row.kind == "message" else _notice(row) for row in rows]


def _notice(row: Row[Any]) -> Notice:
    return Notice(
        row.number, row.change, row.pos, row.kind, _person(row), row.at_ms, row.body,
        silent=row.silent, removes=row.removes,
    )  # fmt: skip


def _person(row: Row[Any]) -> Person:
    return Person(PersonId(row.author_id), row.name, account=row.password_hash is not None, admin=row.admin)


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
    changes: list[Change] = [*things(tx, room, rows[:REPLAY_MAX])]
    told = any(floor_of(change) == at.floor for change in changes)  # a clearing tells it itself
    if at.floor_change > since and not told:
        changes.append(Floor(Number(at.floor), Number(at.floor_change)))
        changes.sort(key=lambda change: change.change)
    return Replay(at.epoch, since, Number(at.head), tuple(changes), whole=len(rows) <= REPLAY_MAX)
