"""One run: a room, its writers and readers, and at the end everything read again."""

import asyncio
import contextlib
import json
import random
import secrets
from collections.abc import AsyncIterator

from tests.faults import stores, wire
from tests.faults.checker import Store, anomalies
from tests.faults.clients import AWAY, Page, TextReader
from tests.faults.history import Acked, Edited, Failed, History, Invoked, Observed
from tests.faults.http import ask, enter, until
from tests.servers import Cluster, Postgres

SETTLE_S = 15.0  # after the faults have ended, everybody must have everything; promised are 10


class World:
    """A fresh room of a cluster, with a history of what happens in it."""

    def __init__(self, cluster: Cluster, postgres: Postgres | None = None) -> None:
        self.cluster, self.postgres = cluster, postgres
        self.history = History()
        self.slug = ""
        self.pages: list[Page] = []
        self.owner = ""
        self.settle_s = SETTLE_S
        self._names = (f"{secrets.token_hex(3)}-{n}" for n in range(1, 10_000))

    async def begin(self) -> "World":
        """Make the room."""
        self.owner = await self.person()
        name = f"Room {secrets.token_hex(4)}"
        made = await ask(self.cluster.urls[0], "/rooms", self.owner, {"name": name})
        assert made.status == 303, made
        self.slug = made.headers["location"].rpartition("/")[2]
        return self

    async def person(self) -> str:
        """Somebody new: their cookie."""
        return await enter(self.cluster.urls[0], next(self._names))

    async def member(self) -> str:
        """Somebody new who has come into the room: their cookie."""
        cookie = await self.person()
        page = await ask(self.cluster.urls[0], f"/rooms/{self.slug}", cookie)
        assert page.status == 200
        return cookie

    async def reader(self, *transports: str, at: int = 0) -> Page:
        """A page that follows, beginning with the way in number `at`."""
        name = f"{'+'.join(transports)} {len(self.pages) + 1}"
        urls = list(dict.fromkeys(self.cluster.urls))
        urls = urls[at % len(urls) :] + urls[: at % len(urls)]
        cookie = await self.member()
        if transports == ("text",):
            page: Page = TextReader(name, cookie, urls, self.slug, self.history)
        else:
            page = Page(name, cookie, urls, self.slug, self.history, transports)
        self.pages.append(page)
        await page.open()
        await until(lambda: page.up, f"{name} is up", 10)
        return page

    async def readers(self, each: int = 1) -> None:
        """Readers of every transport, and some who change theirs with every connection."""
        for n in range(each):
            for transports in (("websocket",), ("events",), ("changes",), ("text",)):
                await self.reader(*transports, at=n)
            await self.reader("websocket", "events", "changes", at=n + 1)

    # Writing

    async def post(self, cookie: str, body: str, nonce: str = "", *, at: int = 0, deaf: float = 0.0) -> int:
        """Say something until it is acknowledged: its number. `deaf`: how often the answer is not awaited."""
        urls, nonce = list(dict.fromkeys(self.cluster.urls)), nonce or secrets.token_hex(8)
        history = self.history
        history.add(Invoked(history.now_s(), nonce, body))
        while True:
            try:
                answer = await ask(
                    urls[at % len(urls)], f"/rooms/{self.slug}/messages", cookie,
                    {"body": body, "nonce": nonce}, accept="application/json", deaf=random.random() < deaf,
                )  # fmt: skip
            except AWAY as error:
                why, at = f"{type(error).__name__} {error}", at + 1
            else:
                if answer.status == 201:
                    said = json.loads(answer.body)
                    history.add(Acked(history.now_s(), nonce, said["number"], said["change"]))
                    return int(said["number"])
                assert answer.status == 503, answer
                why = "503"
            history.add(Failed(history.now_s(), nonce, why))
            await asyncio.sleep(0.05)

    async def write(self, count: int, every_s: float = 0.02, *, writers: int = 3, deaf: float = 0.03) -> None:
        """`count` numbered messages by several people, one every `every_s` while the server answers."""
        cookies = [await self.member() for _ in range(writers)]

        async def one(which: int) -> None:
            for n in range(which, count, writers):
                began = asyncio.get_running_loop().time()
                await self.post(cookies[which], f"w{which}-{n}", at=which, deaf=deaf)
                spent_s = asyncio.get_running_loop().time() - began
                await asyncio.sleep(max(0.0, every_s * writers - spent_s))

        await asyncio.gather(*(one(which) for which in range(writers)))

    async def edit(self, cookie: str, number: int, body: str) -> None:
        """Put other words into a message."""
        self.history.add(Edited(self.history.now_s(), number, body))
        answer = await ask(
            self.cluster.urls[0], f"/rooms/{self.slug}/messages/{number}/edit", cookie, {"body": body},
            accept="application/json",
        )  # fmt: skip
        assert answer.status == 204, answer

    # Faults

    async def cuts(self, times: int, every_s: float) -> None:
        """Cut connections: now and then everybody's, mostly half of them."""
        for n in range(times):
            await asyncio.sleep(every_s)
            for page in self.pages:
                if n % 3 == 0 or random.random() < 0.5:
                    page.cut()

    # The end

    async def settle(self) -> Store:
        """Wait until every page has everything, read every path again, and close the pages."""
        store = await self.store()
        words = max((row.number for row in store.rows.values() if row.body is not None), default=0)
        with contextlib.suppress(TimeoutError):  # the checker says what is missing
            await until(
                lambda: all(
                    page.cursor.number >= (words if page.name in self.history.wordless else store.head)
                    for page in self.pages
                ),
                "all have everything",
                self.settle_s,
            )
        for page in self.pages:
            await page.close()
        for server in self.cluster.servers:
            if server.running:
                await self._read_again(server.url)
        return store

    async def store(self) -> Store:
        return await asyncio.to_thread(stores.read, self.cluster, self.slug, self.postgres)

    async def _read_again(self, url: str) -> None:
        """History page by page, a replay and the transcript, as pages that are owed what these hold."""
        cookie, at = self.owner, url.rpartition(":")[2]
        every = Page(f"history at {at}", cookie, [url], self.slug, self.history)
        every.cursor = wire.Cursor("", 1)
        await every._load()
        self.history.owed[every.name] = 1
        since = max(1, every.cursor.number - 400)
        replay = Page(f"replay at {at}", cookie, [url], self.slug, self.history, ("changes",))
        replay.cursor = wire.Cursor(every.cursor.epoch, since)
        answer = await ask(url, f"/rooms/{self.slug}/changes?wait=0&since={replay.cursor}", cookie)
        replay._batch(answer.text, "changes")
        self.history.owed[replay.name] = since
        self.history.wordless.add(text := f"transcript at {at}")
        lines = (await ask(url, f"/rooms/{self.slug}", cookie, accept="text/plain")).text.splitlines()
        for line in lines:
            number, body = int(line.split("\t")[0]), line.split("\t")[3]
            self.history.add(Observed(0, text, "text", 0, number, number, body, fresh=True))
        self.history.owed[text] = int(lines[0].split("\t")[0]) - 1 if lines else 0

    async def verdict(self) -> dict[str, list[str]]:
        """What is wrong, by name, at most five cases of each."""
        store = await self.settle()
        assert store.head == max(row.change for row in store.rows.values())
        return {name: cases[:5] for name, cases in anomalies(self.history, store).items()}


@contextlib.asynccontextmanager
async def world(cluster: Cluster, postgres: Postgres | None = None) -> AsyncIterator[World]:
    """A fresh room; its pages are closed whatever happens."""
    made = await World(cluster, postgres).begin()
    try:
        yield made
    finally:
        for page in made.pages:
            if page._task:
                page._task.cancel()
            page.cut()
