"""The least that a post can cost with this stack: a bare Quart that commits a form's words to SQLite, synced.

Forms that wait at the same time share a commit, as ours do: otherwise the disk would be measured.
"""

import asyncio
from collections.abc import AsyncGenerator

from quart import Quart, request
from sqlalchemy import Column, Integer, MetaData, Table, Text, insert
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

app = Quart(__name__)
_said = Table("said", MetaData(), Column("id", Integer, primary_key=True), Column("body", Text))
_INSERT = insert(_said).returning(_said.c.id, sort_by_parameter_order=True)
_waiting: list[tuple[str, "asyncio.Future[int]"]] = []
_come = asyncio.Event()


@app.get("/health")
async def health() -> str:
    return "ok"


@app.post("/rooms/lobby/messages")
async def post() -> tuple[dict[str, int], int]:
    """Say something: answered with its number when it is on the disk."""
    body = (await request.form)["body"]
    written: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    _waiting.append((body, written))
    _come.set()
    return {"number": await written}, 201


@app.while_serving
async def writing() -> AsyncGenerator[None, None]:
    engine = create_async_engine("sqlite+aiosqlite:///commit.db")
    async with engine.connect() as connection:
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            await connection.exec_driver_sql(f"PRAGMA {pragma}")
        await connection.run_sync(_said.metadata.create_all)
        await connection.commit()
        task = asyncio.create_task(_write(connection))
        yield
        task.cancel()
    await engine.dispose()


async def _write(connection: AsyncConnection) -> None:
    while True:
        await _come.wait()
        _come.clear()
        group, _waiting[:] = _waiting[:], []
        numbers = (await connection.execute(_INSERT, [{"body": body} for body, _ in group])).scalars().all()
        await connection.commit()
        for (_, written), number in zip(group, numbers, strict=True):
            if not written.done():
                written.set_result(number)
