"""Which rooms there are: those that anybody may find, and a person's own."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from chat.actions.services import Services
from chat.core.ids import PersonId, RoomId
from chat.core.person import Person, name_key
from chat.core.room import HOUSE, Room
from chat.core.unread import Mine, Unread
from chat.store import rooms, unread, visits
from chat.store.database import Tx
from chat.store.rooms import LISTED_MAX


class Card(NamedTuple):
    """A listed room and who is in it."""

    room: Room
    here: Sequence[Person] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of the listed rooms."""

    cards: Sequence[Card]
    more: bool  # whether there are listed rooms after these


async def listed(services: Services, part: str = "", after: RoomId | None = None) -> Listing:
    """The rooms that anybody may find: the first page, or the one after the room `after`.

    With `part` only those with this in their names.
    """

    def job(tx: Tx) -> Listing:
        key = name_key(part)
        found = rooms.listed(tx, key, after, LISTED_MAX + 1) if key.isprintable() else []  # as all names are
        here = visits.people_in_listed(tx)
        cards = [Card(room, here.get(room.id, ())) for room in found[:LISTED_MAX]]
        return Listing(cards, more=len(found) > LISTED_MAX)

    return await services.db.read(job)


async def mine(services: Services, person: Person) -> Sequence[Mine]:
    """The person's own rooms, with what they have not read of them."""
    return await services.db.read(lambda tx: unread.mine(tx, person.id))


async def of(services: Services, people: Collection[PersonId]) -> Mapping[PersonId, Sequence[Mine]]:
    """The same of each of these people."""
    return await services.db.read(lambda tx: unread.of(tx, people))


async def badges(
    services: Services, room: RoomId, people: Collection[PersonId]
) -> tuple[str, Mapping[PersonId, Unread]]:
    """A room's address, and what those of these people who are its members have not read of it."""

    def job(tx: Tx) -> tuple[str, Mapping[PersonId, Unread]]:
        found = rooms.by_id(tx, room)
        return (found.slug, unread.in_room(tx, room, people)) if found else ("", {})

    return await services.db.read(job)


async def outlook(services: Services) -> tuple[Sequence[Room], int]:
    """What somebody sees who has not entered: the listed rooms, and how many people are here now."""
    return await services.db.read(lambda tx: (rooms.listed(tx), visits.count_here(tx, HOUSE)))
