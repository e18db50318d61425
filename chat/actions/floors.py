"""What a room lets go of: the oldest messages above what it keeps, or everything at once."""

from chat.actions.replies import follow
from chat.actions.services import Services
from chat.actions.still import still
from chat.core.ids import Number
from chat.core.problems import Forbidden, Invalid
from chat.core.room import Member, Room, may_clear
from chat.store import changing, messages, rooms
from chat.store.database import Tx


def keep_to(tx: Tx, room: Room) -> Number | None:
    """Drop the oldest messages above what the room keeps: the number of the last change, if there was one.

    Answers that stay change with what they quote. Call under the room's lock.
    """
    keep = room.settings.keep
    floor = messages.floor_for(tx, room.id, keep) if keep else None
    if floor is None:
        return None
    change = rooms.next_number(tx, room.id)
    changing.raise_floor(tx, room.id, floor, change)
    last = follow(tx, room.id, room.floor, floor) or change
    messages.drop_below(tx, room.id, floor)
    return last


async def clear(services: Services, member: Member, typed_name: str | None = None) -> Number:
    """Take everything that was said in the room away, for everybody: the number of the change.

    `typed_name` is the room's name typed again, where that was asked for. Raises `Forbidden` where
    the member may not, `Invalid` if the name is another, `NotFound` if the membership has ended,
    `TooMany` above the limit.
    """
    services.limit(member.person)
    room = member.room.id

    def job(tx: Tx) -> Number:
        now = still(tx, member)
        if not may_clear(now):
            raise Forbidden("Only hosts clear this room.")
        if typed_name is not None and typed_name.strip() != now.room.name:
            raise Invalid("name", f"Type {now.room.name} to go on.")
        number = rooms.next_number(tx, room)
        messages.notice(tx, room, number, "cleared", member.person.id, services.clock_ms())
        changing.raise_floor(tx, room, number, number)
        messages.drop_below(tx, room, number)
        return number

    number = await services.db.write(job)
    services.bell.ring(room, number)
    return number
