"""What is seen at the end is read, and nothing else is."""

import asyncio

import pytest
from playwright.async_api import Browser, Page, Response

from tests.browser.people import person, two, until_live, until_shown
from tests.servers import Parley

pytestmark = pytest.mark.asyncio(loop_scope="session")


def reads(page: Page) -> asyncio.Queue[Response]:
    """The answers to what the page says of reading, from now on."""
    told: asyncio.Queue[Response] = asyncio.Queue()
    page.on("response", lambda answer: told.put_nowait(answer) if answer.url.endswith("/read") else None)
    return told


async def test_what_is_seen_at_the_end_is_read_once(server: Parley, browser: Browser) -> None:
    async with two(server) as (ann, bo):
        room = await ann.make_room()
        await bo.come_in(room)
        number = await ann.say(room, "hello")
        page = await bo.open(browser, server.url, room)
        told = reads(page)
        answer = await asyncio.wait_for(told.get(), 10)
        assert (answer.status, answer.request.post_data) == (204, f"number={number}")
        news = await ann.say(room, "news")
        await until_shown(page, news)
        answer = await asyncio.wait_for(told.get(), 10)
        assert answer.request.post_data == f"number={news}"
        await page.wait_for_timeout(1500)
        assert told.empty()
        await page.context.close()


async def test_somebody_who_scrolled_up_has_not_read_the_end(server: Parley, browser: Browser) -> None:
    async with person(server.url) as ann:
        room = await ann.make_room()
        for n in range(40):
            number = await ann.say(room, f"line {n}")
        page = await ann.open(browser, server.url, room, viewport={"width": 1100, "height": 600})
        await page.evaluate("document.getElementById('scroll').scrollTop = -700")
        told = reads(page)
        await until_live(page)
        await page.wait_for_timeout(1500)
        assert told.empty()
        await page.keyboard.press("Escape")
        answer = await asyncio.wait_for(told.get(), 10)
        assert answer.request.post_data == f"number={number}"
        await page.context.close()
