"""Empty databases with the newest schema, made once and copied for each test."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest
import pytest_asyncio

from chat.core.ids import Number, PersonId, RoomId
from chat.core.message import Message, Notice
from chat.core.person import Person, name_key
from chat.core.room import Member, Settings
from chat.store import changes, memberships, messages, people, rooms
from chat.store.database import Database, Tx
from tests.servers import Postgres

T = TypeVar("T")
NOW_MS = 1_790_000_000_000


def asyncpg_url(url: str) -> str:
    return url.replace("postgresql://", "postgresql+asyncpg://")


async def migrate(url: str) -> None:
    db = Database(url)
    try:
        await db.migrate()
    finally:
        await db.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "chat.db"
    asyncio.run(migrate(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres_server: Postgres) -> str:
    url = postgres_server.database()
    asyncio.run(migrate(asyncpg_url(url)))
    return url.rpartition("/")[2]


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'chat.db')}"


@pytest.fixture
def migrated_postgres_url(postgres: Postgres, postgres_template: str) -> Iterator[str]:
    url = postgres.database(postgres_template)
    yield asyncpg_url(url)
    postgres.start()
    postgres.drop(url)


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def url(request: pytest.FixtureRequest) -> str:
    """A database of the test's own, of each kind."""
    fixture = "sqlite_url" if request.param == "SQLite" else "migrated_postgres_url"
    return str(request.getfixturevalue(fixture))


@pytest_asyncio.fixture
async def db(url: str) -> AsyncIterator[Database]:
    database = Database(url)
    yield database
    await database.close()


@dataclass(frozen=True, slots=True)
class Seeded:
    """A room with Ann, who owns it, and Bo."""

    room: RoomId
    ann: Member
    bo: Member


def job(work: Callable[..., T], *args: object) -> Callable[[Tx], T]:
    """`work(tx, …)` as a job, with the arguments as they are now."""
    return lambda tx: work(tx, *args)


def add_person(tx: Tx, name: str) -> Person:
    return people.add(tx, name, name_key(name), NOW_MS)


def add_member(tx: Tx, room: RoomId, person: Person, *, owner: bool = False) -> None:
    number = rooms.next_number(tx, room)
    memberships.join(tx, room, person.id, "owner" if owner else "member", Number(0), number)
    messages.notice(tx, room, number, "came", person.id, NOW_MS)


def member_of(tx: Tx, slug: str, person: Person) -> Member:
    found = memberships.member(tx, slug, person)
    assert found
    return found


async def seed(db: Database, slug: str = "harbour") -> Seeded:
    return await db.write(lambda tx: planted(tx, slug))


def planted(tx: Tx, slug: str) -> Seeded:
    """The same in a transaction under way."""
    ann, bo = add_person(tx, "Ann"), add_person(tx, "Bo")
    room = rooms.add(tx, slug, slug.title(), "", Settings(), NOW_MS)
    add_member(tx, room, ann, owner=True)
    add_member(tx, room, bo)
    return Seeded(room, member_of(tx, slug, ann), member_of(tx, slug, bo))


@pytest_asyncio.fixture
async def seeded(db: Database) -> Seeded:
    return await seed(db)


def say(tx: Tx, room: RoomId, person: PersonId, body: str) -> Number:
    """Post under the room's lock, as an action does."""
    assert rooms.lock(tx, room)
    number = rooms.next_number(tx, room)
    messages.add(tx, room, number, person, body, NOW_MS, None)
    return number


def everything(tx: Tx, room: RoomId, since: int = 0, visible_from: int = 0) -> list[Message | Notice]:
    replay = changes.read(tx, room, Number(since), Number(visible_from))
    assert replay
    assert replay.whole
    return [change for change in replay.changes if isinstance(change, Message | Notice)]
