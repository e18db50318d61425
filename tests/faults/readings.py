"""Streams that the server is to end: what came over each, when it ended and how."""

import time
from dataclasses import dataclass, field

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.faults import wire
from tests.faults.http import Cut, ask, begin

TRANSPORTS = ("websocket", "events", "changes", "text", "page")
_STREAMS = {"text": ("stream", "text/plain"), "page": ("stream", "text/html")}
IDLE_S = 15.0


@dataclass(slots=True)
class Reading:
    """One stream of somebody. `end` is the close code of a websocket, the status after a last poll."""

    transport: str
    numbers: set[int] = field(default_factory=set)
    ended_at_s: float = 0.0
    end: int = 0

    async def read(self, url: str, slug: str, cookie: str, since: str) -> None:
        """Read until the server ends it."""
        match self.transport:
            case "websocket":
                await self._websocket(url, slug, cookie, since)
            case "changes":
                await self._changes(url, slug, cookie, since)
            case "events":
                await self._events(url, slug, cookie, since)
            case other:
                await self._stream(url, slug, cookie, since, *_STREAMS[other])
        self.ended_at_s = time.monotonic()

    async def _websocket(self, url: str, slug: str, cookie: str, since: str) -> None:
        address = f"{url.replace('http', 'ws')}/rooms/{slug}/live?since={since}"
        async with connect(address, additional_headers={"Cookie": cookie}, proxy=None) as socket:
            try:
                while True:
                    self._took(str(await socket.recv()))
            except ConnectionClosed as closed:
                self.end = closed.rcvd.code if closed.rcvd else -1

    async def _events(self, url: str, slug: str, cookie: str, since: str) -> None:
        path, text = f"/rooms/{slug}/events?since={since}", ""
        stream = await begin(url, path, cookie, accept="text/event-stream")
        try:
            async for chunk in stream.chunks(IDLE_S):
                text += chunk.decode()
                *events, text = text.split("\n\n")
                for event in events:
                    lines = [line[5:] for line in event.split("\n") if line.startswith("data:")]
                    self._took("\n".join(lines))
        except Cut:
            pass

    async def _changes(self, url: str, slug: str, cookie: str, since: str) -> None:
        while True:
            answer = await ask(url, f"/rooms/{slug}/changes?wait=5&since={since}", cookie)
            if answer.status != 200:
                self.end = answer.status
                return
            self._took(answer.text)
            since = str(wire.mark(answer.text))

    async def _stream(
        self, url: str, slug: str, cookie: str, since: str, kind: str, accept: str
    ) -> None:  # fmt: skip
        stream = await begin(url, f"/rooms/{slug}/{kind}?since={since}", cookie, accept=accept)
        text, rest = "", ""
        try:
            async for chunk in stream.chunks(IDLE_S):
                text += chunk.decode()
                end = "</li>" if self.transport == "page" else "\n"
                done, at, rest = text.rpartition(end)
                self._took(done + at)
                text = rest
        except Cut:
            pass

    def _took(self, text: str) -> None:
        if self.transport == "text":
            self.numbers |= {int(line.split("\t")[0]) for line in text.splitlines()}
        else:
            self.numbers |= {thing.change for thing in wire.things(text)}
