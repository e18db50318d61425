"""What keeps a worker's memory and the store in step: proofs of life, tidying up, what a sweep asks."""

from collections.abc import Collection, Mapping

from chat.actions.services import Services
from chat.actions.visits import end, end_if_empty, lock, tell
from chat.core.changes import Cursor
from chat.core.ids import Number, PersonId, RoomId, SessionId, WorkerId
from chat.core.message import NONCE_DAYS
from chat.core.presence import GIVEN_UP
from chat.core.room import HOUSE
from chat.core.tries import KEPT_MS
from chat.store import changing, invites, messages, rooms, searchable, sessions, tries, visits, workers
from chat.store.database import Tx

DAY_MS = 24 * 60 * 60 * 1000
CLEARING_MAX = 1_000  # steps; what is left is for the next time
LAG_MS = 60 * 60 * 1000  # no reader lags behind its removal for longer: one that does not drain is let go


async def enlist(services: Services, worker: WorkerId) -> None:
    """Enter a new worker."""
    await services.db.write(lambda tx: workers.enlist(tx, worker))


async def beat(services: Services, worker: WorkerId) -> bool:
    """Prove that this worker lives; false if it was given up."""
    return await services.db.write(lambda tx: workers.beat(tx, worker))


async def beats(services: Services) -> Mapping[WorkerId, int]:
    """Every worker's proof of life."""
    return await services.db.read(workers.beats)


async def show_gone(services: Services, worker: WorkerId, seen: int) -> None:
    """Give up a worker whose beat stood still at `seen`: its people are shown as gone.

    They may come back yet, and so may the worker, under a new id. Does nothing if it has beaten since.
    """

    def job(tx: Tx) -> set[RoomId]:
        if workers.lock(tx, worker) != seen:
            return set()
        workers.give_up(tx, worker)
        return visits.mark_closing(tx, worker)

    tell(services, {}, await services.db.write(job))


async def bury(services: Services, worker: WorkerId) -> None:
    """End the visits of a worker that was given up, where nobody took them up again, and strike it off."""
    bereft: set[PersonId] = set()

    def job(tx: Tx) -> tuple[dict[RoomId, Number], set[RoomId]]:
        heads: dict[RoomId, Number] = {}
        left = visits.of_worker(tx, worker)
        lock(tx, {room for room, _ in left})
        if workers.lock(tx, worker) != GIVEN_UP:
            return heads, set()
        for room, person in left:
            if number := end(tx, room, person, worker, services.clock_ms(), bereft):
                heads[room] = number
        if not left:
            workers.strike_off(tx, worker)
        return heads, {room for room, _ in left}

    changed = {HOUSE}
    while changed:
        heads, changed = await services.db.write(job)
        tell(services, heads, changed, bereft)


async def empty_rooms(services: Services) -> Collection[RoomId]:
    """Ephemeral rooms that nobody is in."""
    return await services.db.read(changing.empty)


async def end_room(services: Services, room: RoomId) -> None:
    """Delete an ephemeral room that has been empty for long enough, unless somebody is in it after all."""
    bereft: set[PersonId] = set()

    def job(tx: Tx) -> Number | None:
        return end_if_empty(tx, room, bereft) if rooms.lock(tx, room) else None

    gone = await services.db.write(job)
    if gone:
        services.bell.rooms_changed()
        tell(services, {room: gone}, (), bereft)


async def tidy(services: Services) -> None:
    """Forget nonces, sessions, failed tries and invites past their time; free names that nobody holds.

    Take what is gone out of the pages of the index of words, in steps between which others write.
    """
    now_ms = services.clock_ms()

    def job(tx: Tx) -> None:
        messages.forget_nonces(tx, now_ms - NONCE_DAYS * DAY_MS)
        sessions.forget(tx, now_ms - 2 * services.session_ms)
        messages.forget_removals(tx, now_ms - LAG_MS)
        tries.forget(tx, now_ms - KEPT_MS)
        invites.forget(tx, now_ms)
        visits.free_names(tx)

    await services.db.write(job)
    steps = 0
    while steps < CLEARING_MAX and await services.db.write(searchable.clear_up):
        steps += 1


async def heads(services: Services, ids: Collection[RoomId]) -> Mapping[RoomId, Cursor]:
    """Where rooms end, for the sweep."""
    return await services.db.read(lambda tx: rooms.heads(tx, ids))


async def ended_sessions(services: Services, since: int) -> tuple[int, Collection[SessionId]]:
    """Sessions that ended since, for the sweep."""
    return await services.db.read(lambda tx: sessions.ended_since(tx, since))
