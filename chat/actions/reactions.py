"""Answering to a message with one picture."""

from chat.actions.messages import under_lock
from chat.actions.services import Services
from chat.core.ids import Number
from chat.core.problems import Forbidden, Invalid
from chat.core.reaction import KINDS_MAX, clean_emoji
from chat.core.room import Member
from chat.store import reactions, rooms
from chat.store.database import Tx


async def react(services: Services, member: Member, number: Number, raw_emoji: str) -> Number:
    """Give a reaction to a message, or take it back: the number of the change.

    Everybody may who sees the message, also where only some write. Raises `NotFound`, `Invalid` for
    what is no emoji or one kind too many, `Forbidden` for a deleted message, `TooMany` above the
    limit of posts.
    """
    emoji = clean_emoji(raw_emoji)
    services.limit(member.person)
    room, who = member.room.id, member.person.id

    def job(tx: Tx) -> Number:
        _, message = under_lock(tx, member, number)
        if message.deleted:
            raise Forbidden("The message is gone.")
        change = rooms.next_number(tx, room)
        if not reactions.take(tx, room, number, who, emoji):
            if reactions.kinds_beside(tx, room, number, emoji) >= KINDS_MAX:
                raise Invalid("emoji", f"{KINDS_MAX} kinds are enough for one message. Choose one of them.")
            reactions.give(tx, room, number, change, who, emoji)
        reactions.note(tx, room, number, change)
        return change

    change = await services.db.write(job)
    services.bell.ring(room, change)
    return change
