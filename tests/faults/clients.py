"""Readers that stand outside and behave like the page's script, without a browser.

Each keeps a cursor, comes back with it after every cut, applies only what is above it, and loads the
page again when told to. The text reader does what `curl` in a loop does.
"""

import asyncio
import random
from collections.abc import Iterable
from itertools import count
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from tests.faults import wire
from tests.faults.history import History, Marked, Observed
from tests.faults.http import Cut, Stream, ask, begin
from tests.faults.wire import Cursor

IDLE_S = 25.0  # without a frame: the page's script gives up then
FIRST_S = 4.0  # for the first frame of a connection
TRANSPORTS = ("websocket", "events", "changes")
AWAY = (Cut, TimeoutError, OSError, WebSocketException)

_connections = count(1)


class Reset(Exception):
    """The page has to be loaded again."""


class Page:
    """Somebody's page of one room. `transports`: one of them is picked at random for each connection."""

    def __init__(
        self, name: str, cookie: str, urls: Iterable[str], slug: str, history: History,
        transports: tuple[str, ...] = TRANSPORTS,
    ) -> None:  # fmt: skip
        self.name, self.cookie, self.slug, self.history = name, cookie, slug, history
        self.urls, self.transports = list(urls), transports
        self.cursor = Cursor("", 0)
        self.closes: list[int] = []  # codes that its websockets were closed with
        self.resets = 0
        self.up = False  # whether a first frame has come on the present connection
        self._line: Stream | ClientConnection | None = None
        self._task: asyncio.Task[None] | None = None
        self.connection = 0

    @property
    def url(self) -> str:
        return self.urls[0]

    async def open(self) -> "Page":
        """Load the page, which makes its person a member, and begin to follow."""
        await self._load()
        self.history.owed.setdefault(self.name, self.cursor.number)
        self.start()
        return self

    def start(self) -> None:
        self._task = asyncio.create_task(self._follow_forever())

    async def close(self) -> None:
        """Stop following, at once."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            if not self._task.cancelled() and (error := self._task.exception()):
                raise error
        self.cut()

    def cut(self) -> None:
        """Reset its connection; what is under way is lost."""
        self.up = False
        if isinstance(self._line, Stream):
            self._line.abort()
        elif self._line is not None:
            self._line.transport.abort()

    async def _follow_forever(self) -> None:
        while True:
            transport = random.choice(self.transports)
            self.connection, self._line, self.up = next(_connections), None, False
            try:
                await getattr(self, f"_{transport}")()
            except Reset:
                self.resets += 1
                await self._load_again()
            except AWAY:
                self.urls.append(self.urls.pop(0))
            finally:
                self.cut()
            await asyncio.sleep(random.uniform(0.02, 0.2))

    # Loading

    async def _load(self) -> None:
        """The page, and older pages until nothing between is missing: what a reader scrolls through."""
        self.connection = next(_connections)
        page = await ask(self.url, f"/rooms/{self.slug}", self.cookie)
        if page.status != 200:
            raise Cut(f"status {page.status}")
        at, shown, older = wire.page_cursor(page.text), wire.things(page.text), wire.before(page.text)
        while older and shown[0].number > self.cursor.number > 0:
            earlier = await ask(
                self.url, f"/rooms/{self.slug}?before={older}", self.cookie, headers={"HX-Request": "true"}
            )
            if earlier.status != 200:
                raise Cut(f"status {earlier.status}")
            older = wire.before(earlier.text)
            shown = wire.things(earlier.text) + shown
        newest: dict[int, wire.Thing] = {}
        for thing in shown:
            if thing.number not in newest or newest[thing.number].change < thing.change:
                newest[thing.number] = thing
        self._take(sorted(newest.values(), key=lambda thing: thing.change), at, "page")

    async def _load_again(self) -> None:
        while True:
            try:
                return await self._load()
            except AWAY:
                self.urls.append(self.urls.pop(0))
                await asyncio.sleep(0.1)

    def _take(self, things: list[wire.Thing], at: Cursor | None, transport: str) -> None:
        """Apply a batch as the filter of live.js does."""
        history, now_s = self.history, self.history.now_s()
        if at is None or (transport != "page" and at.epoch != self.cursor.epoch):
            return
        for thing in things:
            fresh = thing.change > self.cursor.number
            history.add(
                Observed(
                    now_s, self.name, transport, self.connection,
                    thing.number, thing.change, thing.body, fresh,
                )
            )  # fmt: skip
        if self.cursor.epoch and at.number > self.cursor.number:
            history.add(Marked(now_s, self.name, transport, self.cursor.number, at.number))
        self.cursor = Cursor(at.epoch, max(at.number, self.cursor.number))

    def _batch(self, text: str, transport: str) -> None:
        if wire.is_reset(text):
            raise Reset
        self.up = True
        self._take(wire.things(text), wire.mark(text), transport)

    # Transports

    async def _websocket(self) -> None:
        address = f"{self.url.replace('http', 'ws')}/rooms/{self.slug}/live?since={self.cursor}"
        options: dict[str, Any] = {"compression": None, "ping_interval": None, "proxy": None}
        connection = await connect(
            address,
            additional_headers={"Cookie": self.cookie},
            open_timeout=3,
            close_timeout=0.2,
            max_size=None,
            **options,
        )
        self._line = connection
        try:
            idle_s = FIRST_S
            while True:
                async with asyncio.timeout(idle_s):
                    text = str(await connection.recv())
                self._batch(text, "websocket")
                if idle_s == IDLE_S and "<li" not in text:
                    await connection.send("")  # a heartbeat's answer
                idle_s = IDLE_S
        except ConnectionClosed as error:
            if error.rcvd:
                self.closes.append(error.rcvd.code)
                if error.rcvd.code == 1008:
                    raise AssertionError(f"{self.name} may no longer read") from error
            raise

    async def _events(self) -> None:
        path = f"/rooms/{self.slug}/events?since={self.cursor}"
        self._line = stream = await begin(self.url, path, self.cookie, accept="text/event-stream")
        if stream.status != 200:
            raise Cut(f"status {stream.status}")
        text = ""
        async for chunk in stream.chunks(IDLE_S):
            *events, text = (text + chunk.decode()).split("\n\n")
            for event in events:
                lines = [line[5:] for line in event.split("\n") if line.startswith("data:")]
                if lines:
                    self._batch("\n".join(lines), "events")

    async def _changes(self) -> None:
        wait_s = 0
        while True:
            path = f"/rooms/{self.slug}/changes?wait={wait_s}&since={self.cursor}"
            async with asyncio.timeout(wait_s + 5):
                self._line = stream = await begin(self.url, path, self.cookie)
                if stream.status != 200:
                    raise Cut(f"status {stream.status}")
                try:
                    body = await stream.reader.readexactly(int(stream.headers["content-length"]))
                except (OSError, asyncio.IncompleteReadError) as error:
                    raise Cut(str(error)) from error
            stream.abort()
            self._batch(body.decode(), "changes")
            self.connection, wait_s = next(_connections), 20


class TextReader(Page):
    """Follows by lines of text, knowing only the number of the last one."""

    def __init__(self, name: str, cookie: str, urls: Iterable[str], slug: str, history: History) -> None:
        super().__init__(name, cookie, urls, slug, history, ("text",))
        history.wordless.add(name)

    async def _text(self) -> None:
        path = f"/rooms/{self.slug}/stream?since={self.cursor}"
        self._line = stream = await begin(self.url, path, self.cookie, accept="text/plain")
        if stream.status != 200:
            raise Cut(f"status {stream.status}")
        self.up = True  # says nothing until somebody does
        rest = ""
        async for chunk in stream.chunks(3600):
            *lines, rest = (rest + chunk.decode()).split("\n")
            for line in lines:
                number, _, _, body = line.split("\t")
                thing = wire.Thing(int(number), int(number), body)
                self._take([thing], Cursor(self.cursor.epoch, int(number)), "text")
