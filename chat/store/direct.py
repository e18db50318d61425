"""Direct rooms: one for two people, found by the pair of them."""

from dataclasses import replace

from sqlalchemy import bindparam, select

from chat.core.ids import PersonId
from chat.core.person import Person
from chat.core.room import Room
from chat.store.database import Tx
from chat.store.schema import members, rooms

OTHERS_MAX = 1_000  # of one person; the lists of more show a new name when they are loaded next

_THEIRS = (
    select(members.c.room_id)
    .join(rooms, rooms.c.id == members.c.room_id)
    .where(members.c.person_id == bindparam("person"), rooms.c.access == "direct")
)
_OTHERS = (
    select(members.c.person_id)
    .where(members.c.room_id.in_(_THEIRS), members.c.person_id != bindparam("person"))
    .order_by(members.c.person_id)
    .limit(OTHERS_MAX)
)
_SLUG = select(rooms.c.slug).where(rooms.c.pair == bindparam("two"))


def pair(one: PersonId, other: PersonId) -> str:
    """What is stored of the two people of a direct room, whoever is named first."""
    low, high = sorted((one, other))
    return f"{low}-{high}"


def other_of(two: str, reader: PersonId) -> PersonId:
    """Who the other one is, for one of the two of a `pair`."""
    low, high = map(int, two.split("-"))
    return PersonId(high if low == reader else low)


def named(room: Room, other: Person) -> Room:
    """A direct room as one of the two sees it: it is called what the other one is."""
    return replace(room, name=other.name, other=other)


def slug_of(tx: Tx, one: PersonId, other: PersonId) -> str | None:
    """Where the direct room of two people is."""
    slug: str | None = tx.execute(_SLUG, {"two": pair(one, other)}).scalar_one_or_none()
    return slug


def others(tx: Tx, person: PersonId) -> list[PersonId]:
    """With whom somebody has a direct room."""
    return [PersonId(other) for other in tx.execute(_OTHERS, {"person": person}).scalars()]
