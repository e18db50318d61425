"""Who reacted to what."""

from collections.abc import Collection

from sqlalchemy import bindparam, select

from chat.core.ids import Number, RoomId
from chat.core.person import Person
from chat.core.reaction import Reaction
from chat.store.database import Tx
from chat.store.people import COLUMNS, person_of
from chat.store.schema import people, reactions

_OF = (
    select(reactions.c.number, reactions.c.emoji, *COLUMNS)
    .join(people, people.c.id == reactions.c.person_id)
    .where(
        reactions.c.room_id == bindparam("room"),
        reactions.c.number.in_(bindparam("numbers", expanding=True)),
    )
    .order_by(reactions.c.change)
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
