"""How far somebody has read a room."""

from chat.actions.services import Services
from chat.core.ids import Number
from chat.core.room import Member
from chat.store import unread


async def mark(services: Services, member: Member, number: Number) -> None:
    """Set the person's read mark: forward, or back to have messages unread again."""
    room, person = member.room.id, member.person.id
    if await services.db.write(lambda tx: unread.mark(tx, room, person, number)):
        services.bell.read(room, person)


async def advance(services: Services, member: Member, number: Number) -> None:
    """Move the person's read mark forward, if it is not there yet: a page without scripts has shown it."""
    room, person = member.room.id, member.person.id
    await services.db.write(lambda tx: unread.advance(tx, room, person, number))
    services.bell.read(room, person)
