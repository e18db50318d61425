"""Entering by name, leaving; sessions."""

import contextlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy.exc import IntegrityError

from chat.actions.asking import token_hash
from chat.actions.doors import take_out
from chat.actions.services import Services
from chat.actions.visits import depart, lock, tell
from chat.actions.whole import whole
from chat.core.ids import Number, RoomId, SessionId
from chat.core.person import Person, Session, clean_name, name_key
from chat.core.problems import Invalid, NotFound
from chat.core.room import HOUSE
from chat.store import members, memberships, people, rooms, sessions, visits
from chat.store.database import Tx
from chat.store.sessions import Signed


@dataclass(frozen=True, slots=True)
class Caller:
    """From where somebody asks: failed tries are counted by `address`, `device` names their session."""

    address: str = ""
    device: str = ""


async def enter(services: Services, raw_name: str, caller: Caller | None = None) -> tuple[Person, str]:
    """A new guest and the token of their session, which is shown nowhere else.

    Raises `Invalid("name", …)` for a bad name or one that somebody holds.
    """
    name = clean_name(raw_name)

    def job(tx: Tx) -> tuple[Person, str]:
        if people.holder(tx, name_key(name)) is not None:
            raise taken(name)
        try:
            person = people.add(tx, name, name_key(name), services.clock_ms())
        except IntegrityError as error:  # somebody entered by this name at the same moment
            raise taken(name) from error
        return person, begin(tx, services, person, caller or Caller())

    return await come_in(services, job)


async def come_in(services: Services, job: Callable[[Tx], tuple[Person, str]]) -> tuple[Person, str]:
    """Do the job of a transaction that begins a session: its person and its token."""

    async def work() -> tuple[Person, str]:
        person, token = await services.db.write(job)
        services.presence.opened(HOUSE, person.id, entered=True)
        return person, token

    return await whole(work())


def begin(tx: Tx, services: Services, person: Person, caller: Caller) -> str:
    """Begin a session, in the house: its token."""
    token = secrets.token_urlsafe(32)
    sessions.add(tx, person.id, token_hash(token), services.clock_ms(), caller.device)
    visits.enter(tx, HOUSE, person.id, services.presence.worker, "here")
    return token


async def leave(services: Services, session: Session) -> None:
    """End the session; who is signed in nowhere else is gone from all rooms, and a guest lets the name go."""
    with contextlib.suppress(NotFound):  # left twice at once, or ended from elsewhere
        await end(services, session.person, session.id)


async def end(services: Services, person: Person, session: SessionId) -> None:
    """End one of the person's sessions, as leaving does. Raises `NotFound` if they have no such session.

    A guest who is signed in nowhere else can never come back: their memberships end as well.
    """

    def job(tx: Tx) -> tuple[set[RoomId], dict[RoomId, Number]]:
        belongs = set() if person.account else members.rooms_of(tx, person.id)
        locked = lock(tx, visits.of_person(tx, person.id) | belongs)  # rooms come first in every transaction
        if not sessions.is_of(tx, session, person.id):
            raise NotFound
        sessions.end(tx, session)
        if sessions.any_left(tx, person.id):
            return set(), {}
        people.free_name(tx, person.id)
        ended, heads = visits.end_all(tx, person.id), {}
        locked |= lock(tx, ended - locked)  # entered since we looked
        for room in (ended | belongs) & locked:
            if number := _go(tx, room, person, services.clock_ms(), quietly=room not in ended):
                heads[room] = number
        return {*ended, *belongs, HOUSE}, heads

    async def work() -> None:
        ended, heads = await services.db.write(job)
        services.bell.sessions_ended()
        for room in ended:
            services.presence.forget(room, person.id)
        tell(services, heads, ended)

    await whole(work())


def _go(tx: Tx, room: RoomId, person: Person, now_ms: int, *, quietly: bool) -> Number | None:
    """Say that somebody is gone from a room; a guest is no member any more, except of what two have."""
    left = None if person.account else take_out(tx, room, person.id, now_ms, quietly=quietly)
    return left or (None if quietly else depart(tx, room, person.id, now_ms))


async def end_others(services: Services, session: Session) -> None:
    """End all of the person's sessions but this one."""

    async def work() -> None:
        await services.db.write(lambda tx: sessions.end_others(tx, session.person.id, session.id))
        services.bell.sessions_ended()

    await whole(work())


async def places(services: Services, person: Person) -> Sequence[Signed]:
    """Where the person is signed in, the latest used first."""
    since_ms = services.clock_ms() - services.session_ms
    return await services.db.read(lambda tx: sessions.of_person(tx, person.id, since_ms))


async def last_room(services: Services, person: Person) -> str | None:
    """The address of the room to come back to: the last one if it still is theirs, else the first default.

    None for who was removed from that one.
    """

    def job(tx: Tx) -> str | None:
        last = people.last_room(tx, person.id)
        theirs = last is not None and memberships.is_member(tx, last, person.id)
        room = (rooms.by_id(tx, last) if last and theirs else None) or rooms.first_default(tx)
        return room.slug if room and not members.is_banned(tx, room.id, person.id) else None

    return await services.db.read(job)


def taken(name: str) -> Invalid:
    """What is said when somebody else has the name."""
    return Invalid("name", f"{name} is taken here. Add a letter, or give the password if it is yours.")
