"""Messages: written under their room's lock, read in pages by place."""

from collections.abc import Sequence

from sqlalchemy import bindparam, func, insert, select, tuple_, update
from sqlalchemy import delete as delete_

from chat.core.ids import Number, PersonId, RoomId
from chat.core.message import PAGE, POS_STEP, Message, Notice, NoticeKind
from chat.store import files, mentions, searchable
from chat.store.changes import STORED, things
from chat.store.database import Tx
from chat.store.ready import Ready
from chat.store.schema import messages, nonces, rooms

_PLACE = tuple_(messages.c.pos, messages.c.number)
_PAGE = STORED.where(messages.c.room_id == bindparam("room"), messages.c.number > bindparam("visible_from"))
_NEWEST = _PAGE.order_by(messages.c.pos.desc(), messages.c.number.desc()).limit(bindparam("most"))
_OLDER = _NEWEST.where(tuple_(bindparam("pos"), bindparam("before")) > _PLACE)
_FROM = (
    _PAGE.where(tuple_(bindparam("pos"), bindparam("first")) <= _PLACE)
    .order_by(messages.c.pos, messages.c.number)
    .limit(bindparam("most"))
)
_ONE = _PAGE.where(messages.c.number == bindparam("number"), messages.c.kind == "message")
_SAID = _NEWEST.where(messages.c.kind == "message", messages.c.deleted.is_(None))
_LAST = (
    select(messages.c.number)
    .where(messages.c.room_id == bindparam("room"), messages.c.kind == "message")
    .order_by(messages.c.number.desc())
    .limit(bindparam("most"))
    .subquery()
)
_FIRST_OF_LAST = select(func.min(_LAST.c.number), func.count()).select_from(_LAST)
_ROW = ("room_id", "number", "change", "pos", "kind", "person_id", "body", "at_ms")
_MORE = ("silent", "removes", "reply_to", "mentions")
_INSERT = Ready(insert(messages).values({name: bindparam(name) for name in (*_ROW, *_MORE)}))
_EDIT = (
    update(messages)
    .where(messages.c.room_id == bindparam("room"), messages.c.number == bindparam("which"))
    .values(
        body=bindparam("text"),
        edited_ms=bindparam("now_ms"),
        change=bindparam("to_change"),
        mentions=bindparam("named"),
    )
)
_DELETE = (
    update(messages)
    .where(messages.c.room_id == bindparam("room"), messages.c.number == bindparam("which"))
    .values(
        body="",
        mentions="",
        edited_ms=None,
        reacted=False,
        files=0,
        deleted=bindparam("by"),
        change=bindparam("to_change"),
    )
)
_BELOW = (messages.c.room_id == bindparam("room")) & (messages.c.number < bindparam("floor"))
_DROP = delete_(messages).where(_BELOW, messages.c.removes.is_(None))
_HUSH = (
    update(messages)
    .where(_BELOW, messages.c.removes.is_not(None), messages.c.silent.is_(False))
    .values(silent=True, body="")
)
_OLD = select(rooms.c.id).where(rooms.c.id == messages.c.room_id, messages.c.number < rooms.c.floor).exists()
_FORGET_REMOVALS = delete_(messages).where(
    messages.c.removes.is_not(None), messages.c.silent, messages.c.at_ms < bindparam("before_ms"), _OLD
)
_NONCE = Ready(
    select(nonces.c.room_id, nonces.c.number, nonces.c.digest).where(
        nonces.c.person_id == bindparam("person"), nonces.c.nonce == bindparam("nonce")
    )
)
_KEEP_NONCE = Ready(insert(nonces).values({column.name: bindparam(column.name) for column in nonces.c}))
_FORGET_NONCES = delete_(nonces).where(nonces.c.at_ms < bindparam("before_ms"))

Stored = Message | Notice


def newest(tx: Tx, room: RoomId, visible_from: Number, most: int = PAGE) -> list[Stored]:
    """The last things of the log, in order."""
    values = {"room": room, "visible_from": visible_from, "most": most}
    return things(tx, room, tx.execute(_NEWEST, values).all()[::-1])


def older(
    tx: Tx, room: RoomId, visible_from: Number, before: tuple[int, Number], most: int = PAGE
) -> list[Stored]:
    """The things placed right before (`pos`, `number`), in order; nothing need stand at that place."""
    values = {"room": room, "visible_from": visible_from, "most": most, "pos": before[0], "before": before[1]}
    return things(tx, room, tx.execute(_OLDER, values).all()[::-1])


def from_place(
    tx: Tx, room: RoomId, visible_from: Number, first: tuple[int, Number], most: int = PAGE
) -> list[Stored]:
    """The thing at (`pos`, `number`) and what follows it, in order."""
    values = {"room": room, "visible_from": visible_from, "most": most, "pos": first[0], "first": first[1]}
    return things(tx, room, tx.execute(_FROM, values).all())


def transcript(tx: Tx, room: RoomId, visible_from: Number, most: int) -> list[Message]:
    """The last messages that still have words, in order."""
    values = {"room": room, "visible_from": visible_from, "most": most}
    found = things(tx, room, tx.execute(_SAID, values).all()[::-1])
    return [message for message in found if isinstance(message, Message)]


def one(tx: Tx, room: RoomId, visible_from: Number, number: Number) -> Message | None:
    """The message with this number, deleted or not."""
    rows = tx.execute(_ONE, {"room": room, "visible_from": visible_from, "number": number}).all()
    return next((found for found in things(tx, room, rows) if isinstance(found, Message)), None)


def add(
    tx: Tx, room: RoomId, number: Number, author: PersonId, body: str, now_ms: int, reply_to: Number | None
) -> Sequence[PersonId]:
    """A new message at the end of the room, by the change that makes it: who is named in it."""
    named = mentions.find(tx, room, body)
    row = _row(room, number, author, body, now_ms)
    _INSERT.run(tx, row | {"kind": "message", "reply_to": reply_to, "mentions": mentions.stored(named)})
    searchable.put(tx, [searchable.row(room, number, author, body)])
    return named


def notice(
    tx: Tx, room: RoomId, number: Number, kind: NoticeKind, person: PersonId, now_ms: int,
    *, detail: str = "", silent: bool = False, removes: PersonId | None = None,
) -> None:  # fmt: skip
    """Note at the end of the room that something happened to it."""
    row = _row(room, number, person, detail, now_ms)
    _INSERT.run(tx, row | {"kind": kind, "silent": silent, "removes": removes})


def _row(room: RoomId, number: Number, person: PersonId, body: str, now_ms: int) -> dict[str, object]:
    place = {"room_id": room, "number": number, "change": number, "pos": number * POS_STEP}
    rest = {
        "person_id": person,
        "body": body,
        "at_ms": now_ms,
        "silent": False,
        "removes": None,
        "reply_to": None,
        "mentions": "",
    }
    return place | rest


def edit(tx: Tx, room: RoomId, number: Number, change: Number, body: str, now_ms: int) -> None:
    """Put other words into a message."""
    named = mentions.stored(mentions.find(tx, room, body))
    values = {"room": room, "which": number, "to_change": change, "text": body, "now_ms": now_ms}
    tx.execute(_EDIT, values | {"named": named})
    searchable.index(tx, room, number)


def delete(tx: Tx, room: RoomId, number: Number, change: Number, by: str) -> None:
    """Take a message's words and files away and leave a tombstone."""
    files.drop(tx, room, number)
    tx.execute(_DELETE, {"room": room, "which": number, "to_change": change, "by": by})
    searchable.forget(tx, room, number)


def floor_for(tx: Tx, room: RoomId, most: int) -> Number | None:
    """The floor that leaves the room's last `most` messages; `None` if it has no more than these."""
    last, found = tx.execute(_FIRST_OF_LAST, {"room": room, "most": most + 1}).one()
    return Number(last + 1) if found > most else None


def drop_below(tx: Tx, room: RoomId, floor: Number) -> None:
    """Delete everything numbered below `floor`.

    What ended a membership stays, without words: a reader that lags is cut at it.
    """
    files.drop_below(tx, room, floor)
    tx.execute(_DROP, {"room": room, "floor": floor})
    tx.execute(_HUSH, {"room": room, "floor": floor})


def forget_removals(tx: Tx, before_ms: int) -> None:
    """Delete what `drop_below` left and no reader can lag behind any more."""
    tx.execute(_FORGET_REMOVALS, {"before_ms": before_ms})


def repeated(tx: Tx, person: PersonId, nonce: str) -> tuple[RoomId, Number, bytes] | None:
    """What this author's nonce was used for: room, message number, digest of the body."""
    row = _NONCE.first(tx, {"person": person, "nonce": nonce})
    return (RoomId(row.room_id), Number(row.number), row.digest) if row else None


def keep_nonce(
    tx: Tx, person: PersonId, nonce: str, room: RoomId, number: Number, digest: bytes, now_ms: int
) -> None:
    """Remember what a nonce was used for. Raises `IntegrityError` if another room just used it."""
    _KEEP_NONCE.run(
        tx,
        {
            "person_id": person,
            "nonce": nonce,
            "room_id": room,
            "number": number,
            "digest": digest,
            "at_ms": now_ms,
        },
    )


def forget_nonces(tx: Tx, before_ms: int) -> None:
    """Forget which posts were made before this time."""
    tx.execute(_FORGET_NONCES, {"before_ms": before_ms})


def place(thing: Stored) -> tuple[int, Number]:
    """Where a thing stands in its room."""
    return thing.pos, thing.number


def clip(found: Sequence[Stored], most: int = PAGE) -> tuple[list[Stored], bool]:
    """A page asked for with one more than fits: the page, and whether there is more before it."""
    return list(found[-most:]), len(found) > most
