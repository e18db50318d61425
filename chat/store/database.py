"""Transactions and the schema's version, on SQLite and on PostgreSQL.

`read(job)` is one snapshot, `write(job)` one durable transaction: when it returns, the job's changes
are committed and synced. A job is a plain function of the connection, which may be run again after its
changes were undone. On SQLite it runs in the connection's thread, and writes that wait at the same time
share a commit (`writer.py`); on PostgreSQL it runs through asyncpg, in a transaction of its own.
"""

import asyncio
import contextlib
import fcntl
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Table, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import create_async_engine

from chat.core.problems import Unavailable
from chat.store.sqlite import AtHand, Lanes
from chat.store.upgrade import upgrade
from chat.store.writer import Writer

Tx = Connection
T = TypeVar("T")
Job = Callable[[Tx], T]

POOL_SIZE = 8  # connections a worker keeps to PostgreSQL
LANES = 4  # SQLite: threads that read; all run in one interpreter, and each weighs 0.7 MiB once it was used
WRITERS = 5  # PostgreSQL: of them may write at once: those that wait for a lock leave some to readers
POOL_WAIT_S = 2.0  # how long a request waits for one
COMMAND_S = 5.0  # PostgreSQL: no statement is waited for longer
TRIES = 3  # PostgreSQL: of a transaction that it ended in favour of another

AWAY = (
    OperationalError,
    InterfaceError,
    PoolTimeout,
    OSError,
    sqlite3.OperationalError,
)
"""What the drivers raise when the database cannot be reached, is locked or has no space."""


def upserting(tx: Tx, table: Table) -> postgresql.Insert | sqlite.Insert:
    """An `INSERT` that can be told what to do on a conflict, which each dialect has of its own."""
    return postgresql.insert(table) if tx.dialect.name == "postgresql" else sqlite.insert(table)


@contextlib.contextmanager
def _unavailable_when_away() -> Iterator[None]:
    """Turn a database that is away into `Unavailable`, which callers may try again."""
    try:
        yield
    except AWAY as error:
        raise Unavailable("The store cannot be reached.") from error
    except DBAPIError as error:
        if not error.connection_invalidated and not _away(error):
            raise
        raise Unavailable("The store cannot be reached.") from error


def _away(error: DBAPIError) -> bool:
    """By SQLSTATE: no connection (08), a standby (25006), no resources (53), a lock not had (55P03), somebody
    intervened (57), the disk failed (58).

    So are those that lost to another transaction (40) as often as they were tried.
    """
    return _state(error).startswith(("08", "25006", "40", "53", "55P03", "57", "58"))


def _state(error: DBAPIError) -> str:
    return str(getattr(error.orig, "sqlstate", None) or "")


class _Sqlite:
    def __init__(self, path: str) -> None:
        self._path = Path(path)
        self._readers = Lanes(path, LANES, POOL_WAIT_S)
        self._at_hand = AtHand(path)
        self._writer = Writer(path)
        self.write = self._writer.run

    async def read(self, job: Job[T]) -> T:
        return await self._readers.run(job)  # the first SELECT takes the snapshot

    async def glance(self, job: Job[T]) -> T:
        with contextlib.suppress(*AWAY):
            return self._at_hand.run(job)
        return await self.read(job)

    async def migrate(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.with_suffix(".lock").open("w") as lock:
            await asyncio.to_thread(fcntl.flock, lock, fcntl.LOCK_EX)
            await self._writer.alone(upgrade)

    async def close(self) -> None:
        await self._writer.close()
        await self._readers.close()
        self._at_hand.close()


class _Postgres:
    def __init__(self, url: str) -> None:
        settings = {"synchronous_commit": "on", "lock_timeout": "4s", "application_name": "parley"}
        self._engine = create_async_engine(
            url,
            pool_size=POOL_SIZE,
            max_overflow=0,
            pool_timeout=POOL_WAIT_S,
            connect_args={"timeout": POOL_WAIT_S, "command_timeout": COMMAND_S, "server_settings": settings},
        )
        self._snapshots = self._engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        self._turn = asyncio.Semaphore(WRITERS)

    async def read(self, job: Job[T]) -> T:
        async with self._snapshots.connect() as connection:
            return await connection.run_sync(job)

    async def glance(self, job: Job[T]) -> T:
        return await self.read(job)

    async def write(self, job: Job[T]) -> T:
        """Raises `TimeoutError` when too many others write all the time."""
        async with asyncio.timeout(POOL_WAIT_S):
            await self._turn.acquire()
        try:
            return await self._persist(job)
        finally:
            self._turn.release()

    async def _persist(self, job: Job[T]) -> T:
        """Two transactions may wait for each other: PostgreSQL undoes one, which is done again."""
        for _ in range(TRIES - 1):
            try:
                return await self._write(job)
            except DBAPIError as error:
                if not _state(error).startswith("40"):
                    raise
        return await self._write(job)

    async def _write(self, job: Job[T]) -> T:
        async with self._engine.begin() as connection:
            return await connection.run_sync(job)

    async def migrate(self) -> None:
        async with self._engine.connect() as connection:
            await connection.run_sync(upgrade)

    async def close(self) -> None:
        await self._engine.dispose()


class Database:
    """All access to one database. `url` is SQLAlchemy's: `sqlite:///…` or `postgresql://…`."""

    def __init__(self, url: str) -> None:
        parsed = make_url(url)
        self.sqlite = parsed.get_backend_name() == "sqlite"
        self._backend = _Sqlite(parsed.database or "chat.db") if self.sqlite else _Postgres(url)

    async def read(self, job: Job[T]) -> T:
        """The job's result, from one snapshot. Raises `Unavailable` when the database is away."""
        with _unavailable_when_away():
            return await self._backend.read(job)

    async def glance(self, job: Job[T]) -> T:
        """As `read`, for a job that reads a few rows by their keys and may be run again: nothing else runs
        meanwhile. It is what every request begins with.
        """
        with _unavailable_when_away():
            return await self._backend.glance(job)

    async def write(self, job: Job[T]) -> T:
        """The job's result, once what it changed is committed and synced.

        Whatever the job raises undoes its changes and is raised here. Raises `Unavailable` when the
        database is away; then it is not known to have been written, and mostly has not been.
        """
        with _unavailable_when_away():
            return await self._backend.write(job)

    async def migrate(self) -> None:
        """Bring the schema up to date, one process at a time. Raises `NewerDatabase`, `Unavailable`."""
        with _unavailable_when_away():
            await self._backend.migrate()

    async def close(self) -> None:
        """Commit what waits and let the connections go."""
        await self._backend.close()
