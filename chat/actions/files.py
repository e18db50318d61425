"""Files of messages: whose they are to read, and how they end."""

import asyncio
from collections.abc import Collection, Iterable
from functools import partial
from itertools import islice
from typing import BinaryIO

from chat.actions.services import Services
from chat.core.file import File
from chat.core.ids import Number, RoomId
from chat.core.person import Person
from chat.core.problems import NotFound
from chat.live.tasks import Tasks, every
from chat.store import files, memberships, rooms
from chat.store.database import Tx

SOME = 500  # keys asked for at once
LET_GO_S = 2.5  # between two looks for files that are on no message any more
EXPIRE_S = 60.0  # for those whose time is over
SWEEP_S = 900.0  # for what belongs to nothing; longer than an upload may take


async def read(
    services: Services, person: Person, file: str, name: str, *, small: bool = False
) -> tuple[File, BinaryIO]:
    """A file and its bytes, or those of its small picture; to be closed.

    Raises `NotFound` unless it has this name and hangs on a message that the person may see.
    """

    def job(tx: Tx) -> File | None:
        found = files.one(tx, file)
        member = memberships.member(tx, found[1], person) if found else None
        return found[0] if found and member and found[2] > member.sees_from else None

    found = await services.db.read(job)
    if found is None or found.name != name or (small and found.width is None):
        raise NotFound
    key = files.small_key(file) if small else file
    content = await asyncio.to_thread(services.storage.open, key)
    if content is None:  # deleted since
        raise NotFound
    return found, content


def care_for_ends(services: Services) -> Tasks:
    """Look for files that end, or have ended, until the tasks are cancelled."""
    seen: set[str] = set()

    async def sweep_on() -> None:
        nonlocal seen
        seen = await sweep(services, seen)

    tasks = Tasks()
    tasks.start(every(LET_GO_S, partial(let_go, services)))
    tasks.start(every(EXPIRE_S, partial(expire, services)))
    tasks.start(every(SWEEP_S, sweep_on))
    return tasks


async def expire(services: Services) -> None:
    """End the files whose time is over: their messages stay, and tell that there were some."""
    if services.files.life_ms is None:
        return
    before_ms = services.clock_ms() - services.files.life_ms
    for room in {room for room, _ in await services.db.read(lambda tx: files.expired(tx, before_ms))}:
        await _expire(services, room, before_ms)


async def _expire(services: Services, room: RoomId, before_ms: int) -> None:
    def job(tx: Tx) -> Number | None:
        if not rooms.lock(tx, room):
            return None
        change = None
        for _, number in sorted(files.expired(tx, before_ms, room)):
            change = rooms.next_number(tx, room)
            files.expire(tx, room, number, change)
        return change

    if change := await services.db.write(job):
        services.bell.ring(room, change)


async def let_go(services: Services) -> None:
    """Remove the bytes of files that no message has any more. Safe when two do it at once."""
    while ids := await services.db.read(files.gone):
        await asyncio.to_thread(_delete, services, [key for file in ids for key in files.keys_of(file)])
        await services.db.write(lambda tx, ids=ids: files.forget(tx, ids))  # type: ignore[misc]


async def sweep(services: Services, seen: Collection[str]) -> set[str]:
    """Remove what is in the storage, is no file of a message, and was not at the last look either.

    `seen` is what the last look returned; this one returns what the next has to be given. Between two
    looks lies more time than an upload may take, by a clock that cannot jump.
    """
    keys = await asyncio.to_thread(lambda: list(services.storage.keys()))
    orphans: set[str] = set()
    for some in _batches(keys):
        ids = {key.partition(".")[0] for key in some}
        known = await services.db.read(lambda tx, ids=ids: files.known(tx, ids))  # type: ignore[misc]
        orphans |= {key for key in some if key.partition(".")[0] not in known}
    await asyncio.to_thread(_delete, services, orphans & set(seen))
    return orphans - set(seen)


def _batches(keys: Iterable[str]) -> Iterable[list[str]]:
    rest = iter(keys)
    while some := list(islice(rest, SOME)):
        yield some


def _delete(services: Services, keys: Iterable[str]) -> None:
    for key in keys:
        services.storage.delete(key)
