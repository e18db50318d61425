"""People for the tests of pages: one that speaks HTTP, and the browser pages they look at."""

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx
from playwright.async_api import Browser, BrowserContext, Page, Route

from tests.servers import Parley

_names = count(1)

WATCH = """
window.violations = []; window.shift = 0; window.shifted = [];
document.addEventListener('securitypolicyviolation', e =>
  violations.push(e.violatedDirective + ' ' + e.blockedURI));
new PerformanceObserver(list => {
  for (const e of list.getEntries()) if (!e.hadRecentInput) {
    shift += e.value;
    shifted.push(...e.sources.map(s => s.node?.outerHTML?.slice(0, 90) ?? s.node?.nodeName));
  }
}).observe({ type: 'layout-shift', buffered: true });
"""  # what a page must never do, remembered from its first byte

NUMBERS = "[...document.querySelectorAll('#log > .msg')].map(li => Number(li.dataset.number))"
IS_LIVE = "document.getElementById('status-text').textContent.startsWith('Live')"


@dataclass(slots=True)
class Person:
    """Somebody who has entered, over HTTP and without a browser: fast, and beside any proxy."""

    client: httpx.AsyncClient
    name: str
    nonces: Any = field(default_factory=count)

    async def make_room(self) -> str:
        """A new open room of this person's; its slug."""
        answer = await self.client.post("/rooms", data={"name": f"Harbour {next(_names)}"})
        assert answer.status_code == 303, answer.text
        found = re.fullmatch(r".*/rooms/([a-z0-9-]+)", answer.headers["location"])
        assert found
        return found[1]

    async def come_in(self, room: str) -> None:
        """Join an open room by opening it."""
        answer = await self.client.get(f"/rooms/{room}")
        assert answer.status_code == 200, answer.text

    async def say(self, room: str, words: str) -> int:
        """Post a message; its number."""
        form = {"body": words, "nonce": f"{self.name}-{next(self.nonces)}"}
        answer = await self.client.post(
            f"/rooms/{room}/messages", data=form, headers={"Accept": "application/json"}
        )
        assert answer.status_code == 201, answer.text
        return int(answer.json()["number"])

    async def edit(self, room: str, number: int, words: str) -> None:
        answer = await self.client.post(f"/rooms/{room}/messages/{number}/edit", data={"body": words})
        assert answer.status_code == 303, answer.text

    async def open(self, browser: Browser, origin: str, room: str, **options: Any) -> Page:
        """This person's page of the room, as seen through `origin`, in a context of its own."""
        context = await browser.new_context(**options)
        await self.sign_in(context, origin)
        page = await context.new_page()
        await page.goto(f"{origin}/rooms/{room}", wait_until="domcontentloaded")
        return page

    async def sign_in(self, context: BrowserContext, origin: str) -> None:
        await context.add_init_script(WATCH)
        await context.add_cookies(
            [{"name": one.name, "value": one.value or "", "url": origin} for one in self.client.cookies.jar]
        )


def unique(name: str) -> str:
    """A name that nobody has in this test run."""
    return f"{name} {next(_names)}"


@asynccontextmanager
async def person(url: str, name: str = "") -> AsyncIterator[Person]:
    """Somebody new, who enters by a name of their own."""
    async with httpx.AsyncClient(base_url=url, timeout=10) as client:
        name = name or unique("Ann")
        answer = await client.post("/enter", data={"name": name})
        assert answer.status_code == 303, answer.text
        yield Person(client, name)


@asynccontextmanager
async def two(server: Parley) -> AsyncIterator[tuple[Person, Person]]:
    """Two people who have just entered."""
    async with person(server.url) as one, person(server.url) as other:
        yield one, other


async def until(page: Page, true: str, seconds: float = 10) -> None:
    """Wait until an expression is true. Asks again and again: the page's policy forbids it to be told to."""
    try:
        async with asyncio.timeout(seconds):
            while not await page.evaluate(f"!!({true})"):  # noqa: ASYNC110 - a page rings no bell
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"not within {seconds} s: {true}") from None


async def until_live(page: Page, seconds: float = 10) -> None:
    """Wait until the page says that it is live."""
    await until(page, IS_LIVE, seconds)


async def until_shown(page: Page, number: int, seconds: float = 10) -> None:
    """Wait until a message is in the page."""
    await until(page, f"document.getElementById('m-{number}')", seconds)


async def until_numbers(page: Page, numbers: list[int], seconds: float = 10) -> None:
    """Wait until the page's messages are exactly these, in this order; says what they are if not."""
    with contextlib.suppress(AssertionError):
        await until(
            page, f"JSON.stringify({NUMBERS}) === '{json.dumps(numbers, separators=(',', ':'))}'", seconds
        )
    assert await page.evaluate(NUMBERS) == numbers


async def write(page: Page, words: str) -> None:
    """Write a message and press Enter."""
    await page.fill("#text", words)
    await page.press("#text", "Enter")


def hide(hidden: bool) -> str:
    """What makes a page believe that its tab is hidden, or shown."""
    return f"""(() => {{
      Object.defineProperty(document, 'hidden', {{ configurable: true, get: () => {str(hidden).lower()} }});
      document.dispatchEvent(new Event('visibilitychange'));
    }})()"""


def given(html: str, status: int = 200) -> Callable[[Route], Awaitable[None]]:
    """Answers a request of a page with this, whatever the server would say."""

    async def answer(route: Route) -> None:
        await route.fulfill(body=html, status=status, content_type="text/html; charset=utf-8")

    return answer
