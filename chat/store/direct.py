"""Direct rooms: one for two people, found by the pair of them."""

from dataclasses import replace

from sqlalchemy import bindparam, select

from chat.core.ids import PersonId
from chat.core.person import Person
from chat.core.room import Room
from chat.store.database import Tx
from chat.store.schema import rooms

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
