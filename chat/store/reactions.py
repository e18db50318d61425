"""Who reacted to what: written under the lock of the room."""

from collections.abc import Collection

from sqlalchemy import bindparam, delete, func, insert, select, update

from chat.core.ids import Number, PersonId, RoomId
from chat.core.person import Person
from chat.core.reaction import Reaction
from chat.store.database import Tx
from chat.store.people import COLUMNS, person_of
from chat.store.schema import messages, people, reactions

_OF = (
    select(reactions.c.number, reactions.c.emoji, *COLUMNS)
    .join(people, people.c.id == reactions.c.person_id)
    .where(
        reactions.c.room_id == bindparam("room"),
        reactions.c.number.in_(bindparam("numbers", expanding=True)),
    )
    .order_by(reactions.c.change)
)
_TO = (reactions.c.room_id == bindparam("room")) & (reactions.c.number == bindparam("which"))
_THE_SAME = _TO & (reactions.c.emoji == bindparam("emoji"))
_GIVE = insert(reactions)
_TAKE = delete(reactions).where(_THE_SAME, reactions.c.person_id == bindparam("person"))
_FORGET = delete(reactions).where(_TO)
_KINDS = select(func.count(reactions.c.emoji.distinct())).where(_TO, reactions.c.emoji != bindparam("emoji"))
_NOTE = (
    update(messages)
    .where(messages.c.room_id == bindparam("room"), messages.c.number == bindparam("which"))
    .values(change=bindparam("to_change"), reacted=select(reactions.c.number).where(_TO).exists())
)


def given(tx: Tx, room: RoomId, numbers: Collection[Number]) -> dict[Number, tuple[Reaction, ...]]:
    """The reactions to each of these messages, oldest first; asks nothing if there are none."""
    if not numbers:
        return {}
    people_by: dict[Number, dict[str, list[Person]]] = {}
    for row in tx.execute(_OF, {"room": room, "numbers": list(numbers)}).all():
        people_by.setdefault(Number(row.number), {}).setdefault(row.emoji, []).append(person_of(row))
    return {
        number: tuple(Reaction(emoji, tuple(who)) for emoji, who in kinds.items())
        for number, kinds in people_by.items()
    }


def kinds_beside(tx: Tx, room: RoomId, number: Number, emoji: str) -> int:
    """How many other kinds of reaction a message has."""
    return tx.execute(_KINDS, {"room": room, "which": number, "emoji": emoji}).scalar_one()


def give(tx: Tx, room: RoomId, number: Number, change: Number, who: PersonId, emoji: str) -> None:
    """Add somebody's reaction, which they have not given yet."""
    row = {"room_id": room, "number": number, "emoji": emoji, "person_id": who, "change": change}
    tx.execute(_GIVE, row)


def take(tx: Tx, room: RoomId, number: Number, who: PersonId, emoji: str) -> bool:
    """Take somebody's reaction back; false if there was none."""
    values = {"room": room, "which": number, "emoji": emoji, "person": who}
    return tx.execute(_TAKE, values).rowcount > 0


def note(tx: Tx, room: RoomId, number: Number, change: Number) -> None:
    """Write down in the message that its reactions are others since `change`."""
    tx.execute(_NOTE, {"room": room, "which": number, "to_change": change})


def forget(tx: Tx, room: RoomId, number: Number) -> None:
    """Take all reactions to a message away."""
    tx.execute(_FORGET, {"room": room, "which": number})
