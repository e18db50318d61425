"""Coming and going: what is entered, and what is said of it."""

import contextlib
from collections.abc import Collection, Iterator, Mapping, Sequence

from chat.actions.services import Services
from chat.actions.still import still
from chat.actions.whole import whole
from chat.core.ids import Number, PersonId, RoomId, WorkerId
from chat.core.presence import QUIET_ROOM, Attendance
from chat.core.problems import Conflict, NotFound
from chat.core.room import HOUSE, NOTHING_YET, Member, Role, Room
from chat.store import members, memberships, messages, people, rooms, visits
from chat.store.database import Tx


def let_in(
    tx: Tx, room: Room, person: PersonId, now_ms: int, role: Role = "member",
    *, silent: bool = False, visiting: bool = True,
) -> Number:  # fmt: skip
    """Make somebody a member by a change of its own, and forget that they were removed once.

    `visiting` tells that they are in the room from now on. Call under the room's lock.
    """
    number = rooms.next_number(tx, room.id)
    sees = _sees_from(tx, room, number) if visiting or room.settings.history != "visit" else NOTHING_YET
    members.unban(tx, room.id, person)
    memberships.join(tx, room.id, person, role, sees, number)
    messages.notice(tx, room.id, number, "came", person, now_ms, silent=silent)
    return number


def _sees_from(tx: Tx, room: Room, number: Number) -> Number:
    """What somebody sees who joins by the change `number`, which itself they see."""
    if room.settings.history != "all":
        return Number(number - 1)
    most = room.settings.newcomers_see
    floor = messages.floor_for(tx, room.id, most) if most else None
    return Number(max(room.history_from, floor - 1 if floor else 0))


def arrive(
    tx: Tx, room: RoomId, person: PersonId, now_ms: int, *, role: Role | None = None
) -> Number | None:  # fmt: skip
    """Say that somebody came in, unless they are there already or the room is too full to say it.

    `role` makes them a member as well, which is always a change. Call under the room's lock, before
    the visit is entered. The number of the change, if there was one. Raises `Conflict` where there is
    no place for one more.
    """
    if visits.is_in(tx, room, person) and role is None:
        return None
    at = rooms.by_id(tx, room)
    assert at is not None, "the room is locked, so it is there"
    _see_to_a_place(tx, at, person)
    silent = is_quiet(tx, at)
    if role:
        return let_in(tx, at, person, now_ms, role, silent=silent)
    if at.settings.history == "visit":
        members.sees_from(tx, room, person, at.head)
    if silent:
        return None
    number = rooms.next_number(tx, room)
    messages.notice(tx, room, number, "came", person, now_ms)
    return number


def is_quiet(tx: Tx, room: Room) -> bool:
    """Whether coming and going is not said: among many, and between two."""
    return room.settings.access == "direct" or visits.is_crowded(tx, room.id, QUIET_ROOM)


def _see_to_a_place(tx: Tx, room: Room, person: PersonId) -> None:
    capacity = room.settings.capacity
    if capacity and visits.count_in(tx, room.id) >= capacity and not visits.is_in(tx, room.id, person):
        raise Conflict(f"{room.name} is full ({capacity}). Try again in a while.")


def depart(
    tx: Tx, room: RoomId, person: PersonId, now_ms: int, *, removed: bool = False, quietly: bool = False
) -> Number | None:  # fmt: skip
    """Say that somebody has left, unless the room is too full to say it, or it is to be kept quiet.

    `removed` tells that they are no member any more, which is always a change. Call under the room's
    lock, after their last visit to it has ended. The number of the change, if there was one.
    """
    at = rooms.by_id(tx, room)
    if at and at.settings.history == "visit":
        members.sees_from(tx, room, person, NOTHING_YET)
    silent = quietly or at is None or is_quiet(tx, at)
    if silent and not removed:
        return None
    number = rooms.next_number(tx, room)
    removes = person if removed else None
    messages.notice(tx, room, number, "left", person, now_ms, silent=silent, removes=removes)
    return number


def end(
    tx: Tx, room: RoomId, person: PersonId, worker: WorkerId, now_ms: int, bereft: set[PersonId]
) -> Number | None:  # fmt: skip
    """End a visit on one worker. If it was the last to the room, say so; if to any, free a guest's name.

    An ephemeral room ends with the last visit to it: the grace has passed by now. Its members are put
    into `bereft`.
    """
    if not visits.end_on_worker(tx, room, person, worker):
        return None
    if not visits.is_in_any(tx, person):
        people.free_name(tx, person)
    if room == HOUSE or visits.is_in(tx, room, person):
        return None
    if gone := end_if_empty(tx, room, bereft):
        return gone
    return depart(tx, room, person, now_ms) if memberships.is_member(tx, room, person) else None


def end_if_empty(tx: Tx, room: RoomId, bereft: set[PersonId]) -> Number | None:
    """Delete an ephemeral room that nobody is in: a number above its last, for the bell, if it was.

    Its members are put into `bereft`. Call under the room's lock.
    """
    at = rooms.by_id(tx, room)
    if at is None or at.settings.lifetime != "ephemeral" or visits.count_in(tx, room):
        return None
    bereft.update(members.people_of(tx, room))
    rooms.delete_(tx, room)
    return Number(at.head + 1)


def lock(tx: Tx, ids: Collection[RoomId]) -> set[RoomId]:
    """Lock rooms in order of id: those that still exist, and the house."""
    return {room for room in visits.in_order(ids) if rooms.lock(tx, room)} | {HOUSE}


def tell(
    services: Services, heads: Mapping[RoomId, Number], changed: Collection[RoomId],
    bereft: Collection[PersonId] = (),
) -> None:  # fmt: skip
    """Ring for what was said, for rooms whose people changed, and for the members of rooms that ended."""
    for room, head in heads.items():
        services.bell.ring(room, head)
    for room in changed:
        if room != HOUSE:
            services.bell.people_changed(room)
    for person in bereft:
        services.bell.person_changed(person)
    if bereft:
        services.bell.rooms_changed()


async def come_back(services: Services, member: Member) -> Member:
    """Begin a visit where a room is read only during one: where places are few, or history is a visit's.

    Also where the room ends with its last visit, unless this worker has entered one: a visit on another
    worker may be just ending.

    Raises `Conflict` where there is no place left, `NotFound` if the membership has ended.
    """
    settings, room, person = member.room.settings, member.room.id, member.person.id
    ends = settings.lifetime == "ephemeral"
    if settings.history != "visit" and not settings.capacity and not ends:
        return member
    if services.presence.holds(room, person) if ends else await _is_in(services, room, person):
        return member

    def job(tx: Tx) -> tuple[Number | None, Member]:
        still(tx, member)
        number = arrive(tx, room, person, services.clock_ms())
        visits.enter(tx, room, person, services.presence.worker, "here")
        return number, still(tx, member)

    async def work() -> Member:
        with or_forget(services, room, person):
            number, now = await services.db.write(job)
        services.presence.opened(room, person, entered=True)
        tell(services, {room: number} if number else {}, {room})
        return now

    services.presence.opened(room, person, entered=False)  # first, as in `walk_in`
    return await whole(work())


@contextlib.contextmanager
def or_forget(services: Services, room: RoomId, person: PersonId) -> Iterator[None]:
    """Hold no visit of somebody who is not let in: else a place that is free later would be taken by it."""
    try:
        yield
    except (NotFound, Conflict):
        services.presence.forget(room, person)
        raise


async def _is_in(services: Services, room: RoomId, person: PersonId) -> bool:
    return await services.db.read(lambda tx: visits.is_in(tx, room, person))


async def attendance(services: Services, room: RoomId) -> Sequence[Attendance]:
    """Who is in the room, who is elsewhere, who is gone."""
    return await services.db.read(lambda tx: visits.attendance(tx, room))


async def attending(services: Services, member: Member, person: PersonId) -> Attendance:
    """The same of one person. Raises `NotFound` for who is no member."""
    found = await services.db.read(lambda tx: visits.attending(tx, member.room.id, person))
    if found is None:
        raise NotFound
    return found


async def gathering(services: Services, room: RoomId) -> tuple[Room, Sequence[Attendance]] | None:
    """The room as it is now, and the same of it: what the signal of its people is made of."""

    def job(tx: Tx) -> tuple[Room, Sequence[Attendance]] | None:
        found = rooms.by_id(tx, room)
        return (found, visits.attendance(tx, room)) if found else None

    return await services.db.read(job)
