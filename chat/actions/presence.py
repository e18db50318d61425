"""Entering visits, ending those of dead workers, and who is where."""

from collections.abc import Collection, Mapping, Sequence

from chat.actions.rooms import arrive
from chat.actions.services import Services
from chat.core.changes import Cursor
from chat.core.ids import Number, PersonId, RoomId, SessionId, WorkerId
from chat.core.message import NONCE_DAYS
from chat.core.presence import QUIET_ROOM, Attendance, Turn
from chat.core.room import HOUSE
from chat.store import messages, people, rooms, sessions, visits
from chat.store.database import Tx

DAY_MS = 24 * 60 * 60 * 1000


async def settle(services: Services, worker: WorkerId, turns: Sequence[Turn]) -> None:
    """Enter what has changed in a worker's visits, and say who came in and who left."""

    def job(tx: Tx) -> dict[RoomId, Number]:
        said: dict[RoomId, Number] = {}
        living = _lock(tx, {turn.room for turn in turns})
        for turn in turns:
            if turn.room in living:
                _settle_one(tx, services, worker, turn, said)
        return said

    _tell(services, await services.db.write(job), {turn.room for turn in turns})


def _settle_one(tx: Tx, services: Services, worker: WorkerId, turn: Turn, said: dict[RoomId, Number]) -> None:
    room, person = turn.room, turn.person
    if turn.state is None:
        if visits.end(tx, room, person, worker):
            _gone(tx, services, room, person, said)
        return
    if room != HOUSE:
        if not rooms.is_member(tx, room, person):
            return  # left or removed while the connection was still closing
        if turn.state == "closing" and not visits.anybody(tx, room, person):
            return  # signed out before the connection closed, or came and went unseen
        if number := arrive(tx, room, person, services.clock_ms()):
            said[room] = number
    visits.enter(tx, room, person, worker, turn.state)


def _gone(tx: Tx, services: Services, room: RoomId, person: PersonId, said: dict[RoomId, Number]) -> None:
    """A visit on one worker has ended: say so if there is none left on any."""
    if room == HOUSE:
        if not visits.anywhere(tx, person):
            people.free_name(tx, person)
        return
    if visits.anybody(tx, room, person) or not rooms.is_member(tx, room, person):
        return
    if visits.count_here(tx, room) < QUIET_ROOM:
        number = said[room] = rooms.next_number(tx, room)
        messages.notice(tx, room, number, "left", person, services.clock_ms())


async def prove(services: Services, worker: WorkerId, new: bool) -> bool:
    """Prove that this worker lives; false if it was given up."""

    def job(tx: Tx) -> bool:
        if new:
            visits.begin_beating(tx, worker)
            return True
        return visits.beat(tx, worker)

    return await services.db.write(job)


async def beats(services: Services) -> dict[WorkerId, int]:
    """Every worker's proof of life."""
    return await services.db.read(visits.beats)


async def show_gone(services: Services, worker: WorkerId) -> None:
    """A worker is dead: its people are shown as gone, though they may come back yet."""
    _tell(services, {}, await services.db.write(lambda tx: visits.close_visits(tx, worker)))


async def bury(services: Services, worker: WorkerId) -> None:
    """End the visits of a dead worker that nobody took up again, and strike it off."""

    def job(tx: Tx) -> tuple[dict[RoomId, Number], set[RoomId], bool]:
        said: dict[RoomId, Number] = {}
        left = visits.of_worker(tx, worker)
        _lock(tx, {room for room, _ in left})
        for room, person in left:
            if visits.end(tx, room, person, worker):
                _gone(tx, services, room, person, said)
        if not left:
            visits.give_up(tx, worker)
        return said, {room for room, _ in left}, bool(left)

    more = True
    while more:
        said, changed, more = await services.db.write(job)
        _tell(services, said, changed)


async def tidy(services: Services) -> None:
    """Forget nonces and sessions that are past their days."""
    now_ms = services.clock_ms()

    def job(tx: Tx) -> None:
        messages.forget_nonces(tx, now_ms - NONCE_DAYS * DAY_MS)
        sessions.forget(tx, now_ms - 2 * services.session_ms)

    await services.db.write(job)


async def attendance(services: Services, room: RoomId) -> Sequence[Attendance]:
    """Who is in the room, who is elsewhere, who is gone."""
    return await services.db.read(lambda tx: visits.attendance(tx, room))


async def heads(services: Services, ids: Collection[RoomId]) -> Mapping[RoomId, Cursor]:
    """Where rooms end, for the sweep."""
    return await services.db.read(lambda tx: rooms.heads(tx, ids))


async def ended_sessions(services: Services, since: int) -> tuple[int, Collection[SessionId]]:
    """Sessions that ended since, for the sweep."""
    return await services.db.read(lambda tx: sessions.ended_since(tx, since))


def _lock(tx: Tx, ids: Collection[RoomId]) -> set[RoomId]:
    """Lock rooms in order of id: those that still exist, and the house."""
    return {room for room in visits.in_order(ids) if rooms.lock(tx, room)} | {HOUSE}


def _tell(services: Services, said: Mapping[RoomId, Number], changed: Collection[RoomId]) -> None:
    for room, head in said.items():
        services.bell.ring(room, head)
    for room in changed:
        if room != HOUSE:
            services.bell.people_changed(room)
