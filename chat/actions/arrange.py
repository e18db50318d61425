"""Having a message stand elsewhere in its room, for everybody."""

from collections.abc import Sequence
from dataclasses import dataclass

from chat.actions.messages import under_lock
from chat.actions.services import Services
from chat.core.ids import Number
from chat.core.message import Message
from chat.core.place import between, stands_between
from chat.core.problems import Forbidden, Invalid
from chat.core.room import Member, may_move
from chat.store import changing, messages, places, rooms
from chat.store.database import Tx

NEAR = 25  # things on each side of a message that its own page offers as places
NOT_THERE = "It could not be moved there."


@dataclass(frozen=True, slots=True)
class Around:
    """Where a message may go: beside these, in order, or to an end of the room."""

    before: Sequence[Message]
    after: Sequence[Message]
    first: Number
    last: Number


async def move(services: Services, member: Member, number: Number, target: Number, *, after: bool) -> Number:
    """Have a message stand right before or right after another one: the number of the change.

    A message that stands there already makes no change. If there is no position left between two
    neighbours, the room gets new ones, and open pages load again.
    Raises `NotFound`, `Forbidden` where the member may not arrange or the message has no words any
    more, `Invalid` if the target is gone or the message itself, `TooMany` above the limit.
    """
    services.limit(member.person)

    def job(tx: Tx) -> Number:
        now, message = under_lock(tx, member, number)
        if not may_move(now, message):
            raise Forbidden("Only hosts move messages here.")
        other = messages.one(tx, now.room.id, now.sees_from, target)
        if other is None or target == number:
            raise Invalid("move", NOT_THERE)
        return _put(tx, message, other, now, after=after)

    change = await services.db.write(job)
    services.bell.ring(member.room.id, change)
    return change


def _put(tx: Tx, message: Message, target: Message, now: Member, *, after: bool) -> Number:
    room, number = now.room.id, message.number
    gap = places.gap(tx, room, target, number, after=after)
    if stands_between(message.pos, *gap):
        return message.change
    change = rooms.next_number(tx, room)
    if (pos := between(*gap, change)) is None:
        places.renumber(tx, room)
        changing.begin_lineage(tx, room)
        target = messages.one(tx, room, now.sees_from, target.number) or target
        pos = between(*places.gap(tx, room, target, number, after=after), change)
        assert pos is not None, "whole steps leave room between neighbours"
    places.put(tx, room, number, pos, change)
    return change


async def around(services: Services, member: Member, message: Message) -> Around | None:
    """Where the member may move this message to; `None` if nowhere, as when the room was cleared since."""
    room, seen, at = member.room.id, member.sees_from, messages.place(message)

    def job(tx: Tx) -> Around | None:
        before = messages.older(tx, room, seen, at, NEAR)
        after = messages.from_place(tx, room, seen, at, NEAR + 1)
        ends = places.ends(tx, room, seen)
        return Around(_said(before, message), _said(after, message), *ends) if ends else None

    return await services.db.read(job) if may_move(member, message) else None


def _said(things: Sequence[messages.Stored], but: Message) -> list[Message]:
    """Those that one can name."""
    return [
        one for one in things if isinstance(one, Message) and one.number != but.number and not one.deleted
    ]
