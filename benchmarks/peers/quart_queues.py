"""Quart as its documentation broadcasts: a queue for each connection, one `send` for each delivery."""

import asyncio
from collections.abc import AsyncIterator

from quart import Quart, Response, request, websocket

app = Quart(__name__)
queues: set[asyncio.Queue[str]] = set()


@app.post("/post")
async def post() -> str:
    text = (await request.body).decode()
    for queue in queues:
        queue.put_nowait(text)
    return "ok"


@app.websocket("/ws")
async def ws() -> None:
    await websocket.accept()
    async for text in received():
        await websocket.send(text)


@app.get("/sse")
async def sse() -> Response:
    response = Response(events(), content_type="text/event-stream")
    response.timeout = None  # as Quart says to do for streams
    return response


async def events() -> AsyncIterator[bytes]:
    yield b": here\n\n"
    async for text in received():
        yield f"data: {text}\n\n".encode()


async def received() -> AsyncIterator[str]:
    queue: asyncio.Queue[str] = asyncio.Queue()
    queues.add(queue)
    try:
        while True:
            yield await queue.get()
    finally:
        queues.remove(queue)
