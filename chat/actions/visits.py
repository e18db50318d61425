"""Coming and going: what is entered, and what is said of it."""

from collections.abc import Collection, Mapping, Sequence

from chat.actions.services import Services
from chat.core.ids import Number, PersonId, RoomId, WorkerId
from chat.core.presence import QUIET_ROOM, Attendance, Turn, VisitState
from chat.core.room import HOUSE, Role, Room
from chat.store import messages, people, rooms, visits
from chat.store.database import Tx

Heads = dict[RoomId, Number]


def arrive(tx: Tx, room: RoomId, person: PersonId, now_ms: int, *, role: Role | None = None) -> Number | None:
    """Say that somebody came in, unless they are there already or the room is too full to say it.

    `role` makes them a member as well, which is always a change. Call under the room's lock, before
    the visit is entered. The number of the change, if there was one.
    """
    if role is None and visits.is_in(tx, room, person):
        return None
    silent = visits.count_here(tx, room) >= QUIET_ROOM
    if role is None and silent:
        return None
    number = rooms.next_number(tx, room)
    if role:
        rooms.join(tx, room, person, role, Number(0), number)
    messages.notice(tx, room, number, "came", person, now_ms, silent=silent)
    return number


def depart(
    tx: Tx, room: RoomId, person: PersonId, now_ms: int, *, removed: bool = False
) -> Number | None:  # fmt: skip
    """Say that somebody has left, unless the room is too full to say it.

    `removed` tells that they are no member any more, which is always a change. Call under the room's
    lock, after their last visit to it has ended. The number of the change, if there was one.
    """
    silent = visits.count_here(tx, room) >= QUIET_ROOM
    if silent and not removed:
        return None
    number = rooms.next_number(tx, room)
    removes = person if removed else None
    messages.notice(tx, room, number, "left", person, now_ms, silent=silent, removes=removes)
    return number


def end(tx: Tx, room: RoomId, person: PersonId, worker: WorkerId, now_ms: int) -> Number | None:
    """End a visit on one worker. If it was the last to the room, say so; if to any, free a guest's name."""
    if not visits.end_on_worker(tx, room, person, worker):
        return None
    if not visits.is_in_any(tx, person):
        people.free_name(tx, person)
    if room == HOUSE or visits.is_in(tx, room, person) or not rooms.is_member(tx, room, person):
        return None
    return depart(tx, room, person, now_ms)


def lock(tx: Tx, ids: Collection[RoomId]) -> set[RoomId]:
    """Lock rooms in order of id: those that still exist, and the house."""
    return {room for room in visits.in_order(ids) if rooms.lock(tx, room)} | {HOUSE}


def tell(services: Services, heads: Mapping[RoomId, Number], changed: Collection[RoomId]) -> None:
    """Ring for what was said, and for rooms whose people changed."""
    for room, head in heads.items():
        services.bell.ring(room, head)
    for room in changed:
        if room != HOUSE:
            services.bell.people_changed(room)


async def settle(services: Services, worker: WorkerId, turns: Sequence[Turn]) -> Sequence[VisitState | None]:
    """Enter what has changed in a worker's visits, and say who came in and who left.

    What the store says of each visit then: nothing where the person is no member or the room is gone.
    """

    def job(tx: Tx) -> tuple[list[VisitState | None], Heads, set[RoomId]]:
        heads: Heads = {}
        entered: list[VisitState | None] = []
        changed: set[RoomId] = set()
        living = lock(tx, {turn.room for turn in turns})
        for turn in turns:
            is_living = turn.room in living
            entered.append(_settle_one(tx, services, worker, turn, heads, changed) if is_living else None)
        return entered, heads, changed

    entered, heads, changed = await services.db.write(job)
    tell(services, heads, changed)
    return entered


def _settle_one(
    tx: Tx, services: Services, worker: WorkerId, turn: Turn, heads: Heads, changed: set[RoomId]
) -> VisitState | None:
    room, person, now_ms = turn.room, turn.person, services.clock_ms()
    number: Number | None = None
    if turn.state is None:
        number = end(tx, room, person, worker, now_ms)
        changed.add(room)
    elif room != HOUSE and not _may_be_in(tx, turn):
        return None
    else:
        if room != HOUSE:
            number = arrive(tx, room, person, now_ms)
        if visits.enter(tx, room, person, worker, turn.state):
            changed.add(room)
    if number:
        heads[room] = number
    return turn.state


def _may_be_in(tx: Tx, turn: Turn) -> bool:
    """Not who left or was removed while the connection was closing, nor who signed out before it closed."""
    is_member = rooms.is_member(tx, turn.room, turn.person)
    return is_member and (turn.state != "closing" or visits.is_in(tx, turn.room, turn.person))


async def attendance(services: Services, room: RoomId) -> Sequence[Attendance]:
    """Who is in the room, who is elsewhere, who is gone."""
    return await services.db.read(lambda tx: visits.attendance(tx, room))


async def gathering(services: Services, room: RoomId) -> tuple[Room, Sequence[Attendance]] | None:
    """The room as it is now, and the same of it: what the signal of its people is made of."""

    def job(tx: Tx) -> tuple[Room, Sequence[Attendance]] | None:
        found = rooms.by_id(tx, room)
        return (found, visits.attendance(tx, room)) if found else None

    return await services.db.read(job)
