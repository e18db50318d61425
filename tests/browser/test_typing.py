"""Who is writing: told not too often, and shown without the one who reads it."""

import pytest
from playwright.async_api import Browser, Page, Route

from tests.browser.people import person, until, until_live
from tests.servers import Parley

pytestmark = pytest.mark.asyncio(loop_scope="session")

LINE = "document.getElementById('typing').innerText.trim()"
SWAP = "text => htmx.swap({text, sourceElement: document.body, target: document.body, swap: 'none'})"


async def signal(page: Page, *people: tuple[str, str]) -> None:
    """What the server sends when these people write."""
    names = "".join(f'<span data-person="{who}" hidden>{name}</span>' for who, name in people)
    await page.evaluate(SWAP, f'<hx-partial hx-target="#typing" hx-swap="innerHTML">{names}</hx-partial>')


async def test_the_line_says_who_writes_except_the_reader(server: Parley, browser: Browser) -> None:
    async with person(server.url) as ann:
        page = await ann.open(browser, server.url, await ann.make_room())
        await until_live(page)
        me = await page.evaluate("document.body.dataset.me")
        bo, cy, di = ("u-901", "Bo Lindqvist"), ("u-902", "Cy"), ("u-903", "Di &lt;b&gt;")
        for people, words in (
            ([bo], "Bo is typing…"),
            ([bo, (me, "Ann"), cy], "Bo and Cy are typing…"),
            ([bo, cy, di], "Several people are typing…"),
            ([(me, "Ann")], ""),
            ([di], "Di is typing…"),
            ([], ""),
        ):
            await signal(page, *people)
            await until(page, f"{LINE} === '{words}'")
        await signal(page, bo)
        await until(page, f"{LINE} === 'Bo is typing…'")
        await until(page, f"{LINE} === ''", 8)
        assert await page.evaluate("shift") == 0, await page.evaluate("shifted")
        await page.context.close()


async def test_writing_is_told_once_in_four_seconds(server: Parley, browser: Browser) -> None:
    async with person(server.url) as ann:
        page = await ann.open(browser, server.url, await ann.make_room())
        told: list[str] = []

        async def answer(route: Route) -> None:
            told.append(route.request.method)
            await route.fulfill(status=204)

        await page.route("**/typing", answer)
        await until_live(page)
        await page.locator("#text").press_sequentially("  ")
        assert told == []
        await page.locator("#text").press_sequentially("several words")
        await page.wait_for_timeout(100)
        assert told == ["POST"]
        await page.context.close()
