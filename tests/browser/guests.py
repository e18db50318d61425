"""People for the stories: each in a browser of their own, where they do everything by hand, from the door on.

With scripts off they do the same by the same words, links and buttons; only where messages stand differs.
"""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, FrameLocator, Locator, Page, Response, expect

from tests.browser.people import WATCH, unique, until_live

MS = 1000
PATIENCE_S = 10.0  # how long something may take on a busy machine where no time was promised
SOON_S = 2.0  # what is promised to be live

BOTH = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])


@dataclass(slots=True)
class Guest:
    """Somebody in a browser. What is asked for by words is looked for as long as it may take."""

    page: Page
    name: str
    url: str
    scripts: bool = True

    @property
    def context(self) -> BrowserContext:
        return self.page.context

    @property
    def first_name(self) -> str:
        """What notices call them."""
        return self.name.split()[0]

    @property
    def room(self) -> str:
        """The address part of the room that the page shows."""
        found = re.search(r"/rooms/([a-z0-9-]+)", self.page.url)
        assert found, self.page.url
        return found[1]

    @property
    def stream(self) -> Page | FrameLocator:
        """Where messages stand: in the page, or in the frame that the server keeps open."""
        return self.page if self.scripts else self.page.frame_locator("iframe").frame_locator("iframe")

    async def tab(self, path: str) -> "Guest":
        """The same person in another tab."""
        other = Guest(await self.context.new_page(), self.name, self.url, self.scripts)
        await other.go(path)
        return other

    async def go(self, path: str) -> Response | None:
        """Open an address; pages of rooms never end loading without scripts."""
        answer = await self.page.goto(self.url + path, wait_until="domcontentloaded")
        await self._arrived()
        return answer

    async def press(self, button: Locator) -> None:
        """Press what leads to another page, and wait for that."""
        async with self.page.expect_event("domcontentloaded"):
            await button.click(no_wait_after=True)
        await self._arrived()

    async def _arrived(self) -> None:
        if self.scripts and await self.page.locator("body[data-room]").count():
            await until_live(self.page)

    async def send(self, form: str) -> None:
        """Press the button of a form."""
        await self.press(self.page.locator(form).locator("button:not([type=button])").last)

    async def make_room(self, name: str, kind: str, **advanced: str) -> str:
        """Make a room of a kind, with fields of Advanced filled in: its address part."""
        await self.go("/rooms")
        await self.page.fill("#new [name=name]", name)
        await self.page.locator("#new .choice", has=self.page.get_by_text(kind, exact=True)).click()
        if advanced:
            await self.page.click("#new summary")
        for field, value in advanced.items():
            await self.page.fill(f"#new [name={field}]", value)
        await self.send("#new")
        return self.room

    async def join(self, name: str) -> None:
        """Go into a room from the list on the page Rooms."""
        await self.go("/rooms")
        await self.press(self.page.locator(".room-main", has_text=name))

    async def join_by_code(self, code: str) -> None:
        """Type a code on the page Rooms."""
        await self.go("/rooms")
        await self.page.fill("form[action='/join'] [name=code]", code)
        await self.send("form[action='/join']")

    async def leave(self) -> None:
        """Leave the room that the page shows, by its menu."""
        await self.page.click("summary[aria-label='Room menu']")
        await self.press(self.page.get_by_role("button", name="Leave room"))
        assert self.page.url.endswith("/rooms")

    async def say(self, words: str) -> None:
        """Write a message, and see it stand."""
        await self.page.fill("#text", words)
        if self.scripts:
            await self.page.press("#text", "Enter")
        else:
            await self.press(self.page.get_by_role("button", name="Send"))
        await self.reads(words, PATIENCE_S)

    async def reads(self, words: str, seconds: float = SOON_S) -> None:
        """See a message come."""
        await expect(self.message(words)).to_be_visible(timeout=seconds * MS)

    async def told(self, *words: str, seconds: float = SOON_S) -> None:
        """See a line that says so, alone or as part of one."""
        line = self.stream.locator(".notice:visible")
        for one in words:
            line = line.filter(has_text=one)
        await expect(line.last).to_be_visible(timeout=seconds * MS)

    def message(self, words: str) -> Locator:
        return self.stream.locator("li.msg", has=self.page.get_by_text(words, exact=True)).first

    async def words(self) -> list[str]:
        """Every message that stands there, oldest first; what is on its way is none yet."""
        return await self.stream.locator("li.msg:not(.sending) .msg-body").all_inner_texts()

    async def code(self) -> str:
        """The code in the header of the room."""
        code = self.page.locator(".bar .code")
        await expect(code).to_be_visible()
        found = re.search(r"[A-HJ-NP-Z]{4}-[0-9]{2}", await code.inner_text())
        assert found, await code.inner_text()
        return found[0]

    async def here(self) -> list[str]:
        """Who the panel of people says is in the room."""
        return await self.page.locator("#people-in ul:first-of-type .cut:first-child").all_inner_texts()

    async def cards(self) -> list[str]:
        """The rooms on the page Rooms, which is open."""
        return await self.page.locator(".room-main b").all_inner_texts()


@asynccontextmanager
async def guest(
    browser: Browser, url: str, name: str, *, scripts: bool = True, **options: Any
) -> AsyncIterator[Guest]:
    """Somebody new who has come in by the door."""
    context = await browser.new_context(java_script_enabled=scripts, **options)
    try:
        await context.add_init_script(WATCH)
        one = Guest(await context.new_page(), unique(name), url, scripts)
        await one.go("/enter")
        await one.page.fill("#name", one.name)
        async with one.page.expect_event("domcontentloaded"):
            await one.page.get_by_role("button", name="Come in").click(no_wait_after=True)
        yield one
    finally:
        await context.close()


@asynccontextmanager
async def guests(
    browser: Browser, url: str, *names: str, scripts: bool = True, **options: Any
) -> AsyncIterator[list[Guest]]:
    """Several people who do not know each other's browsers."""
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(guest(browser, url, name, scripts=scripts, **options))
            for name in names
        ]
