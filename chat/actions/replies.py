"""What answers show of a message changes with it."""

from chat.core.changes import REPLAY_MAX
from chat.core.ids import Number, RoomId
from chat.store import changing, replies, rooms
from chat.store.database import Tx


def follow(tx: Tx, room: RoomId, first: Number, below: Number) -> Number | None:
    """Give each answer to what is numbered from `first` up to `below` the next number: the last one given.

    Where there are more answers than a reader is sent at once, every page loads again instead. Call
    under the room's lock; few statements, since everybody who writes here waits.
    """
    found = replies.answers(tx, room, first, below, REPLAY_MAX + 1)
    if len(found) > REPLAY_MAX:
        changing.begin_lineage(tx, room)
        return None
    if not found:
        return None
    numbers = rooms.next_numbers(tx, room, len(found))
    replies.touch(tx, room, zip(found, numbers, strict=True))
    return numbers[-1]
