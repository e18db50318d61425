"""SQLite: one thread a connection, and a whole transaction handed to it at once.

Going to the thread and back for every statement costs more than the statement: a post took 2.7 ms of
processor time that way and takes 0.76 ms this way. So aiosqlite gives the connection and its thread,
and SQLAlchemy runs inside that thread on the plain connection underneath.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from typing import TypeVar

import aiosqlite
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import StaticPool

from chat.core.problems import Unavailable

T = TypeVar("T")

BUSY_MS = 2_000  # how long SQLite waits for another process's write before we answer 503
PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",  # a commit returns when it is on the disk: what "acknowledged" means here
    "foreign_keys=ON",
    "secure_delete=ON",  # deleted words leave the file too
    f"busy_timeout={BUSY_MS}",
    "temp_store=MEMORY",
    "cache_size=-16000",  # KiB
)


class Lane:
    """One connection in a thread of its own. `begin` is the statement that begins a transaction."""

    def __init__(self, path: str, begin: str) -> None:
        self._path = path
        self._begin = begin
        self._driver: aiosqlite.Connection | None = None
        self._connection: Connection | None = None
        self._closed = False

    async def run(self, job: Callable[[Connection], T]) -> T:
        """`job(connection)`, run in the lane's thread; jobs take turns. Opens the file when needed.

        The connection is not in a transaction: the job begins one. Whatever it raises is raised here.
        Raises `sqlite3.Error` if the file cannot be opened, `Unavailable` after `close`.
        """
        if self._closed:
            raise Unavailable("The store is closed.")
        if self._driver is None:
            self._driver = await aiosqlite.connect(
                self._path, isolation_level=None, check_same_thread=False, timeout=BUSY_MS / 1000
            )
        return await self._driver._execute(self._connected, job)  # type: ignore[no-any-return,no-untyped-call]

    async def close(self) -> None:
        """Let the connection go, after the jobs that were handed over."""
        self._closed = True
        driver, self._driver = self._driver, None
        if driver is not None:
            if self._connection is not None:
                await driver._execute(self._connection.close)  # type: ignore[no-untyped-call]
            await driver.close()

    def _connected(self, job: Callable[[Connection], T]) -> T:
        if self._connection is None:
            assert self._driver is not None
            self._connection = _engine(self._driver._conn, self._begin).connect()
        try:
            return job(self._connection)
        finally:
            if self._connection.in_transaction():
                self._connection.rollback()


class Lanes:
    """A few lanes for readers; the one that was used last, whose cache is warm, is used next."""

    def __init__(self, path: str, count: int, wait_s: float) -> None:
        self._free = [Lane(path, "BEGIN") for _ in range(count)]
        self._all = tuple(self._free)
        self._turn = asyncio.Semaphore(count)
        self._wait_s = wait_s

    async def run(self, job: Callable[[Connection], T]) -> T:
        """`job(connection)` in a free lane. Raises `TimeoutError` when none is free in time."""
        async with asyncio.timeout(self._wait_s):  # `wait_for` may swallow a cancellation
            await self._turn.acquire()
        lane = self._free.pop()
        try:
            return await lane.run(job)
        finally:
            self._free.append(lane)
            self._turn.release()

    async def close(self) -> None:
        """Let all connections go."""
        for lane in self._all:
            await lane.close()


class AtHand:
    """A connection in the loop's own thread, for jobs that read a few rows by their keys.

    That takes SQLite 10 µs a statement; to go to another thread, wait there for the interpreter after each
    statement and come back takes 300. It waits for nothing: a file that is locked is for a lane.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._closed = False
        self._plain: sqlite3.Connection | None = None
        self._connection: Connection | None = None

    def run(self, job: Callable[[Connection], T]) -> T:
        """`job(connection)`, at once. Raises what that does, `sqlite3.Error`, `Unavailable` after `close`."""
        if self._closed:
            raise Unavailable("The store is closed.")
        if self._connection is None:
            self._plain = sqlite3.connect(self._path, isolation_level=None, timeout=0)
            self._connection = _engine(self._plain, "BEGIN").connect()
            self._plain.execute("PRAGMA busy_timeout=0")
        try:
            return job(self._connection)
        finally:
            if self._connection.in_transaction():
                self._connection.rollback()

    def close(self) -> None:
        """Let the connection go."""
        self._closed = True
        if self._connection is not None:
            self._connection.close()
        if self._plain is not None:
            self._plain.close()


def _engine(connection: sqlite3.Connection, begin: str) -> Engine:
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    engine = create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)
    event.listen(engine, "begin", lambda _: connection.execute(begin))  # a tenth of SQLAlchemy's time
    return engine
