"""The use cases over a real database, with a bell that remembers and clocks set by hand."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest_asyncio
from argon2 import PasswordHasher
from sqlalchemy import select, update

from chat.actions import doors, rooms, upkeep
from chat.actions.asking import recognise
from chat.actions.passwords import Passwords
from chat.actions.people import enter
from chat.actions.services import Services
from chat.actions.settle import settle
from chat.core.changes import Change, Replay
from chat.core.ids import Number, PersonId, RoomId, SessionId, WorkerId
from chat.core.limits import Buckets
from chat.core.message import Message, Notice
from chat.core.person import Person, Session
from chat.core.room import HOUSE, Member
from chat.live.bell import Bell
from chat.live.presence import Presence
from chat.store import changes, facts
from chat.store.database import Database, Tx
from chat.store.schema import metadata, people
from chat.store.storage import Disk
from tests.databases import NOW_MS

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)  # the same thing, not worth attacking


@dataclass(slots=True)
class Heard:
    """A listener that remembers."""

    heads: list[tuple[RoomId, Number]] = field(default_factory=list)
    news: dict[Number, Replay] = field(default_factory=dict)
    people: list[RoomId] = field(default_factory=list)
    persons: list[PersonId] = field(default_factory=list)
    reads: list[tuple[RoomId, PersonId]] = field(default_factory=list)
    writers: list[tuple[RoomId, PersonId]] = field(default_factory=list)
    endings: int = 0

    def rang(self, room: RoomId, head: Number, news: Replay | None = None) -> None:
        self.heads.append((room, head))
        if news:
            self.news[head] = news

    def people_changed(self, room: RoomId) -> None:
        self.people.append(room)

    def sessions_ended(self) -> None:
        self.endings += 1

    def page_alive(self, session: SessionId, room: RoomId) -> None: ...

    def person_changed(self, person: PersonId) -> None:
        self.persons.append(person)

    def read(self, room: RoomId, person: PersonId) -> None:
        self.reads.append((room, person))

    def typing(self, room: RoomId, person: PersonId) -> None:
        self.writers.append((room, person))

    def rooms_changed(self) -> None: ...

    def bell_restored(self) -> None: ...

    def bell_silent(self) -> None: ...


class House:
    """One worker's services, and short ways to use them."""

    def __init__(self, database: Database, secret: bytes, folder: Path) -> None:
        self.heard = Heard()
        self.now_ms = NOW_MS
        self.now_s = 0.0
        presence = Presence(
            lambda worker, turns: settle(self.services, worker, turns),
            lambda worker: upkeep.enlist(self.services, worker),
            lambda worker: upkeep.beat(self.services, worker),
        )
        self.services = Services(
            db=database,
            secret=secret,
            bell=Bell(self.heard),
            presence=presence,
            posts=Buckets(100, 500),
            session_ms=1_000_000,
            body_max=4000,
            storage=Disk(folder),
            passwords=Passwords(CHEAP),
            clock_ms=lambda: self.now_ms,
            clock_s=lambda: self.now_s,
        )

    @property
    def worker(self) -> WorkerId:
        return self.services.presence.worker

    async def guest(self, name: str) -> tuple[Person, Session, str]:
        person, token = await enter(self.services, name)
        return person, await recognise(self.services, token), token

    async def administrator(self, person: Person) -> Person:
        """Make somebody an administrator."""
        await self.services.db.write(
            lambda tx: tx.execute(update(people).where(people.c.id == person.id).values(admin=True))
        )
        return replace(person, admin=True)

    async def member(self, person: Person, slug: str = "lobby") -> Member:
        await doors.join(self.services, person, slug)
        return await rooms.enter(self.services, person, slug)

    async def changes(self, member: Member, since: int = 0) -> list[Change]:
        found = await self.services.db.read(
            lambda tx: changes.read(tx, member.room.id, Number(since), Number(0))
        )
        assert found
        return list(found.changes)

    async def nothing_left_of(self, member: Member) -> bool:
        """Whether nothing is left of the room in any table."""

        def look(tx: Tx) -> bool:
            tables = [table for table in metadata.tables.values() if "room_id" in table.c]
            of_room = (select(table.c.room_id).where(table.c.room_id == member.room.id) for table in tables)
            return not any(tx.execute(statement).first() for statement in of_room)

        return await self.services.db.read(look)

    async def notices(self, member: Member) -> list[tuple[str, str]]:
        """What was noticed in the room, and of whom."""
        return [(c.kind, c.person.name) for c in await self.changes(member) if isinstance(c, Notice)]

    async def bodies(self, member: Member) -> list[str]:
        return [c.body for c in await self.changes(member) if isinstance(c, Message)]


@pytest_asyncio.fixture
async def house(db: Database, tmp_path: Path) -> House:
    made = House(db, await db.write(facts.secret), tmp_path / "files")
    await rooms.make_defaults(made.services, ["Lobby", "Testing"])
    await made.services.presence._enlist(made.worker)
    assert HOUSE == 0
    return made
