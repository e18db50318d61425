"""SQLite's writer answers everybody, whatever becomes of its connection."""

import asyncio
import sqlite3
import time
from collections.abc import Callable
from typing import Any

import pytest

from chat.core.problems import Unavailable
from chat.store import writer as module
from chat.store.writer import Writer


class Broken:
    """A lane that fails each time, and counts how often it was asked."""

    def __init__(self, error: BaseException) -> None:
        self.error, self.asked = error, 0

    async def run(self, job: Callable[[Any], Any]) -> Any:
        self.asked += 1
        await asyncio.sleep(0)
        raise self.error

    async def close(self) -> None: ...


def broken(writer: Writer, error: BaseException) -> Broken:
    lane = Broken(error)
    writer._lane = lane  # type: ignore[assignment]
    return lane


@pytest.mark.parametrize(
    "error",
    [
        ValueError("Connection closed"),
        RuntimeError("can't start new thread"),
        sqlite3.OperationalError("unable to open database file"),
        Unavailable("The store is closed."),
    ],
)
async def test_a_connection_that_fails_leaves_nobody_waiting(error: Exception, tmp_path: object) -> None:
    writer = Writer(f"{tmp_path}/chat.db")
    broken(writer, error)
    with pytest.raises((Unavailable, sqlite3.OperationalError)):
        await asyncio.wait_for(writer.run(lambda tx: None), 5)
    await writer.close()


async def test_what_nobody_foresaw_is_answered_too(tmp_path: object) -> None:
    writer = Writer(f"{tmp_path}/chat.db")
    broken(writer, KeyError("unforeseen"))
    asked = [asyncio.create_task(writer.run(lambda tx: None)) for _ in range(3)]
    for answer in await asyncio.wait_for(asyncio.gather(*asked, return_exceptions=True), 5):
        assert isinstance(answer, Unavailable)
    assert writer._task
    with pytest.raises(KeyError):
        await writer._task


async def test_everybody_who_waits_is_refused_with_the_first_group(tmp_path: object) -> None:
    """Each group would wait for the lock as long as the first did: 300 writes took 10 s to refuse."""
    writer = Writer(f"{tmp_path}/chat.db")
    lane = broken(writer, sqlite3.OperationalError("database is locked"))
    asked = [asyncio.create_task(writer.run(lambda tx: None)) for _ in range(5 * module.GROUP_MAX)]
    answers = await asyncio.wait_for(asyncio.gather(*asked, return_exceptions=True), 5)
    assert all(isinstance(answer, sqlite3.OperationalError) for answer in answers)
    assert lane.asked == 1
    await writer.close()


async def test_many_writes_under_a_foreign_lock_are_refused_in_time(sqlite_url: str) -> None:
    path = sqlite_url.removeprefix("sqlite:///")
    writer = Writer(path)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    begun = time.monotonic()
    asked = [asyncio.create_task(writer.run(lambda tx: None)) for _ in range(300)]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert time.monotonic() - begun < 5
    assert all(isinstance(answer, Exception) for answer in answers)
    holder.execute("ROLLBACK")
    holder.close()
    assert await writer.run(lambda tx: 1) == 1
    await writer.close()
