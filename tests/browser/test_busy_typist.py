"""Somebody writes in two tabs and two rooms while everything goes wrong: no word is lost, none said twice."""

import random
import re
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import pytest
from playwright.async_api import Browser, BrowserContext, Page

from tests.browser.people import Person, person, until, until_live
from tests.browser.proxy import Faults, Proxy
from tests.servers import Parley

pytestmark = pytest.mark.asyncio(loop_scope="session")

STEPS = 20
HELD = """[document.getElementById('text').value, ...Object.entries(localStorage)
  .filter(([key]) => key.startsWith('draft:')).map(([, words]) => words)].join(' ')"""
TEXT = {"Accept": "text/plain"}
NOTHING_WAITS = "!document.querySelector('#outbox > li')"
WORD = re.compile(r"\bw\d+\b")


@dataclass(slots=True)
class Typist:
    """One person in two tabs of a browser. Every word is typed once: `typed` are all of them."""

    context: BrowserContext
    proxy: Proxy
    rooms: list[str]
    chance: random.Random
    come_in: Callable[[], Awaitable[Person]]
    me: Person
    tabs: list[Page] = field(default_factory=list)
    typed: list[str] = field(default_factory=list)

    async def begin(self) -> None:
        await self.me.sign_in(self.context, self.proxy.origin)
        self.tabs = [await self.context.new_page() for _ in range(2)]
        for tab in self.tabs:
            await self.open(tab, self.rooms[0])

    async def open(self, tab: Page, room: str) -> None:
        await tab.goto(f"{self.proxy.origin}/rooms/{room}", wait_until="domcontentloaded")
        await until_live(tab, 20)

    async def type(self, tab: Page) -> None:
        """A few words more, at the end of what stands there."""
        await tab.evaluate("document.getElementById('text').setSelectionRange(1e6, 1e6)")
        for _ in range(self.chance.randint(1, 3)):
            self.typed.append(f"w{len(self.typed)}")
            await tab.locator("#text").press_sequentially(f" {self.typed[-1]} ")

    async def send(self, tab: Page) -> None:
        await self.type(tab)
        await tab.press("#text", "Enter")

    async def send_badly(self, tab: Page) -> None:
        """A post that does not come or whose answer is lost; soon the network is back."""
        self.proxy.faults = Faults(post=self.chance.choice(["reset", "lost", "hang"]))
        await self.send(tab)
        await tab.wait_for_timeout(200)
        self.proxy.faults = Faults()
        self.proxy.cut()

    async def refresh(self, tab: Page) -> None:
        await tab.reload(wait_until="domcontentloaded")
        await until_live(tab, 20)

    async def switch(self, tab: Page) -> None:
        await self.open(tab, self.chance.choice(self.rooms))

    async def settle(self, tab: Page) -> None:
        """Look into every room until what was on its way from here is there."""
        for room in self.rooms:
            await self.open(tab, room)
            await until(tab, NOTHING_WAITS, 20)

    async def close(self, tab: Page) -> None:
        """Close a tab with a message that does not come, and go on in a new one."""
        await self.settle(tab)
        self.proxy.faults = Faults(post=self.chance.choice(["reset", "hang"]))
        await self.send(tab)
        await tab.close(run_before_unload=True)
        self.tabs[self.tabs.index(tab)] = new = await self.context.new_page()
        self.proxy.faults = Faults()
        await self.open(new, self.chance.choice(self.rooms))

    async def lose_session(self, tab: Page) -> None:
        """The session ends with words in both boxes and a message on its way; in by another name."""
        for one in self.tabs:
            await self.settle(one)
        self.proxy.faults = Faults(post="hang")
        await self.send(tab)
        for one in self.tabs:
            await self.type(one)
        await self.me.client.post("/leave")
        for one in self.tabs:
            await one.wait_for_url("**/enter?next=**", timeout=15_000)
        self.proxy.faults = Faults()
        self.me = await self.come_in()
        await self.me.sign_in(self.context, self.proxy.origin)
        for one in self.tabs:
            await self.switch(one)


@pytest.mark.parametrize("seed", ["calm", "storm"])
async def test_every_word_is_said_once_or_still_held(server: Parley, browser: Browser, seed: str) -> None:
    chance = random.Random(seed)
    async with AsyncExitStack() as stack:

        async def come_in() -> Person:
            return await stack.enter_async_context(person(server.url))

        bo, me = await come_in(), await come_in()
        rooms = [await bo.make_room(), await bo.make_room()]
        proxy = await stack.enter_async_context(Proxy(server.port))
        ann = Typist(await browser.new_context(), proxy, rooms, chance, come_in, me)
        stack.push_async_callback(ann.context.close)
        await ann.begin()
        usual = [ann.type, ann.send, ann.send, ann.send_badly, ann.send_badly, ann.refresh, ann.switch]
        steps = [chance.choice(usual) for _ in range(STEPS)]
        steps[STEPS // 2], steps[-2] = ann.lose_session, ann.close
        for step in steps:
            await bo.say(chance.choice(rooms), "meanwhile")
            await step(chance.choice(ann.tabs))
        for tab in ann.tabs:
            await ann.settle(tab)
        said = Counter[str]()
        for room in rooms:
            said.update(WORD.findall((await bo.client.get(f"/rooms/{room}", headers=TEXT)).text))
        held = {word for tab in ann.tabs for word in WORD.findall(await tab.evaluate(HELD))}
        assert len(said) > STEPS // 2
        assert [word for word, times in said.items() if times > 1] == []
        assert [word for word in ann.typed if word not in held | said.keys()] == []
