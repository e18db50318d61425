"""SQLite's one writer: jobs that wait at the same time share one synced commit.

SQLite has one writer at a time, and a commit with `synchronous=FULL` waits for the disk. Committing
each job alone would make every sender wait for everybody's disk time; together they pay once. Each
job has a savepoint of its own: one that fails undoes only itself.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from chat.core.problems import Unavailable
from chat.store.sqlite import Lane

T = TypeVar("T")

GROUP_MAX = 64  # jobs a commit: bounds how long the first of them waits
QUEUE_MAX = 1_000  # jobs waiting: above this the disk is not keeping up and new work is refused


@dataclass(slots=True)
class _Waiting:
    job: Callable[[Connection], Any]
    answer: "asyncio.Future[Any]"
    result: Any = None
    error: Exception | None = None


class Writer:
    """Runs jobs in the order they came, many to a commit."""

    def __init__(self, path: str) -> None:
        self._lane = Lane(path, "BEGIN IMMEDIATE")
        self._queue: list[_Waiting] = []
        self._task: asyncio.Task[None] | None = None

    async def run(self, job: Callable[[Connection], T]) -> T:
        """The job's result, once its changes are committed and synced; or whatever it raised."""
        if len(self._queue) >= QUEUE_MAX:
            raise Unavailable("Too much is waiting to be written.")
        waiting = _Waiting(job, asyncio.get_running_loop().create_future())
        self._queue.append(waiting)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._drain())
        result: T = await waiting.answer
        return result

    async def alone(self, job: Callable[[Connection], T]) -> T:
        """`job(connection)` on the writer's connection, in a transaction the job makes itself."""
        return await self._lane.run(job)

    async def close(self) -> None:
        """Wait until everything that was accepted is written."""
        if self._task:
            await self._task
        await self._lane.close()

    async def _drain(self) -> None:
        while self._queue:
            group, self._queue = self._queue[:GROUP_MAX], self._queue[GROUP_MAX:]
            failure: Exception | None = Unavailable("The writer was ended.")
            try:
                failure = await self._commit(group)
            finally:
                if failure:  # whoever came meanwhile would wait as long for the same: they have waited
                    group, self._queue = group + self._queue, []
                _answer(group, failure)

    async def _commit(self, group: list[_Waiting]) -> Exception | None:
        try:
            return await self._lane.run(partial(_commit, group))
        except (sqlite3.Error, Unavailable) as error:
            return error  # the file cannot be opened: everybody in the group is told, none waits for ever
        except (ValueError, RuntimeError) as error:  # aiosqlite was closed, or no thread can be had
            return _caused(Unavailable("The store cannot be written."), error)


def _caused(problem: Unavailable, cause: Exception) -> Unavailable:
    problem.__cause__ = cause
    return problem


def _answer(group: list[_Waiting], failure: Exception | None) -> None:
    for waiting in group:
        if waiting.answer.done():
            continue  # whoever asked has gone; what they asked for is done
        if error := failure or waiting.error:
            waiting.answer.set_exception(error)
        else:
            waiting.answer.set_result(waiting.result)


def _commit(group: list[_Waiting], connection: Connection) -> Exception | None:
    """Do the group's jobs in one transaction; what made it fail as a whole, if something did."""
    try:
        with connection.begin():
            for waiting in group:
                _attempt(connection, waiting)
    except Exception as error:  # noqa: BLE001
        return error  # for everybody in the group: nothing of it was committed
    return None


def _attempt(connection: Connection, waiting: _Waiting) -> None:
    """Do one job in a savepoint, by the driver: SQLAlchemy's costs more than the rest of the commit."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    driver.execute("SAVEPOINT job")
    try:
        waiting.result = waiting.job(connection)
    except OperationalError:
        raise  # locked or out of space: the transaction itself is in doubt, nobody gets an answer from it
    except Exception as error:  # noqa: BLE001
        driver.execute("ROLLBACK TO job")
        waiting.error = error  # belongs to whoever asked, and only to them
    driver.execute("RELEASE job")
