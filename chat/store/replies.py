"""What the answers of a page quote, and which answers quote something."""

from collections.abc import Collection, Iterable

from sqlalchemy import bindparam, select, update

from chat.core.ids import Number, RoomId
from chat.core.reply import Quote, one_line
from chat.store.database import Tx
from chat.store.people import COLUMNS, person_of
from chat.store.schema import messages, people, rooms

_WIDE = select(rooms.c.quoted_from).where(
    rooms.c.id == bindparam("room"), rooms.c.history == "all", rooms.c.newcomers_see == 0
)
_ORIGINALS = (
    select(messages.c.number, messages.c.body, *COLUMNS)
    .join(people, people.c.id == messages.c.person_id)
    .where(
        messages.c.room_id == bindparam("room"),
        messages.c.number.in_(bindparam("numbers", expanding=True)),
        messages.c.kind == "message",
        messages.c.deleted.is_(None),
    )
)
_ANSWERS = (
    select(messages.c.number)
    .where(
        messages.c.room_id == bindparam("room"),
        messages.c.reply_to >= bindparam("first"),
        messages.c.reply_to < bindparam("below"),
        messages.c.number >= bindparam("below"),
        messages.c.deleted.is_(None),
    )
    .order_by(messages.c.number)
    .limit(bindparam("most"))
)
_TOUCH = (
    update(messages)
    .where(messages.c.room_id == bindparam("room"), messages.c.number == bindparam("which"))
    .values(change=bindparam("to_change"))
)


def quotes(tx: Tx, room: RoomId, numbers: Collection[Number]) -> dict[Number, Quote]:
    """What is shown of each of these messages in answers to it; asks nothing if there are none."""
    if not numbers:
        return {}
    shown_from = tx.execute(_WIDE, {"room": room}).scalar_one_or_none()
    found = {number: Quote(number, "hidden") for number in numbers}
    if shown_from is None:
        return found
    wanted = [number for number in numbers if number > shown_from]
    found |= {number: Quote(number, "gone") for number in wanted}
    for row in tx.execute(_ORIGINALS, {"room": room, "numbers": wanted}).all():
        found[row.number] = Quote(Number(row.number), "shown", person_of(row), one_line(row.body))
    return found


def answers(tx: Tx, room: RoomId, first: Number, below: Number, most: int) -> list[Number]:
    """The oldest answers from `below` on to what is numbered from `first` up to but not with `below`."""
    values = {"room": room, "first": first, "below": below, "most": most}
    return [Number(number) for number in tx.execute(_ANSWERS, values).scalars()]


def touch(tx: Tx, room: RoomId, changes: Iterable[tuple[Number, Number]]) -> None:
    """Have answers sent again: what each of them quotes is other since its change. There must be some."""
    tx.execute(_TOUCH, [{"room": room, "which": number, "to_change": change} for number, change in changes])
